"""All errors, as one tree with RerankError at its root; and the exit codes.

    RerankError                    never raised itself
    ├── UsageError            2    the command line asks for something impossible
    ├── InputError            2    a file or standard input is not what it should be
    ├── SettingsError         3    no key, unknown provider, a setting that cannot be used
    │   └── CacheError        3    the cache cannot be read or written just now
    └── ScoringError               never raised itself: something that an endpoint did
        ├── RefusedError      4    it answered, and refused the request
        └── EndpointError     5    it could not be reached, or failed
            └── ReplyError    5    it answered, but the reply cannot be trusted

Each says what was found (`problem`), usually what to do about it (`hint`), and carries its other
facts as fields. Only the `message` properties here put them into words, only `cli.border` turns
those into output, and nothing decides by them. Who knows more of an error that is on its way raises
a copy: `raise dataclasses.replace(error, attempts=3) from error.__cause__`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import ClassVar

_SHOWN = 600
"""Characters of what an endpoint did that are shown; an endpoint may say any amount."""


class ExitCode(IntEnum):
    """The exit codes of the process."""

    OK = 0
    NOTHING_LEFT = 1
    USAGE = 2
    SETTINGS = 3
    REFUSED = 4
    ENDPOINT = 5
    PARTLY = 6
    INTERRUPTED = 130


@dataclass(eq=False, repr=False)
class RerankError(Exception):
    """An error that a user can act on: what was found, and perhaps what to do about it."""

    exit_code: ClassVar[ExitCode]

    problem: str
    hint: str | None = None

    @property
    def message(self) -> str:
        """All facts but the hint, as one line."""
        return self.problem

    @property
    def facts(self) -> dict[str, object]:
        """What a program needs to know of it beside the words."""
        return {"exit_code": int(self.exit_code)}

    def __str__(self) -> str:
        return self.message


class UsageError(RerankError):
    """The command line asks for something impossible."""

    exit_code = ExitCode.USAGE


@dataclass(eq=False, repr=False, kw_only=True)
class InputError(RerankError):
    """Bad input: `source` is the file, `line` counts from 1; None or 0 is the whole file."""

    exit_code = ExitCode.USAGE

    source: str
    line: int | None = None

    @property
    def message(self) -> str:
        """The problem after `file:line: `, as compilers have it."""
        where = f"{self.source}:{self.line}" if self.line else self.source
        return f"{where}: {self.problem}"

    @property
    def facts(self) -> dict[str, object]:
        return {**super().facts, "file": self.source, "line": self.line or None}


class SettingsError(RerankError):
    """No key, an unknown provider, a setting that cannot be used."""

    exit_code = ExitCode.SETTINGS


class CacheError(SettingsError):
    """The cache cannot be read or written just now: locked, read-only, no space left."""


class Fault(StrEnum):
    """Why an endpoint did not score, as far as its status, code and words show."""

    KEY = "key"
    ACCESS = "access"
    BALANCE = "balance"
    MODEL = "model"
    PATH = "path"
    TASK = "not a reranker"
    TOO_LARGE = "too large"
    REQUEST = "request"
    RATE = "rate limit"
    BUSY = "busy"
    FAILED = "failed"
    UNREACHED = "unreached"
    SLOW = "slow"
    BROKEN = "broken"
    UNREADABLE = "unreadable"
    NONSENSE = "nonsense"


class TlsFault(StrEnum):
    """Why there is no secure connection."""

    HOST = "the certificate is for another host"
    EXPIRED = "the certificate has expired"
    UNTRUSTED = "nobody trusted here vouches for the certificate"
    NOT_SPOKEN = "the server does not speak TLS"
    OTHER = "other"


class Sign(StrEnum):
    """What the words of a reply point to, beside its fault; for `rerank doctor`."""

    WEB_PAGE = "a page for people, or a login"
    MODEL = "the model"
    NO_MODEL = "a model must be named"
    GATE = "a check for browsers, or a firewall, before the endpoint"
    OLLAMA = "Ollama"
    LM_STUDIO = "LM Studio"
    WANTS_TLS = "the server expects TLS"
    WIRE_FORM = "the server may speak another wire form"


@dataclass(eq=False, repr=False, kw_only=True)
class ScoringError(RerankError):
    """Something an endpoint did. What is not known is None or empty.

    fault           why it did not score
    tls             why there is no secure connection
    signs           what the words of its reply point to
    transient       whether the same request may succeed later
    retry_after     seconds that the endpoint asks to wait before that
    status, code    HTTP status, and the endpoint's own error code
    request_id      the endpoint's id for the request
    said            the endpoint's own words
    provider, url   the endpoint's name, and the URL of the request, without secrets
    proxy           the proxy before it, without its password, and what names it
    attempts        how often the request was sent before it was given up
    seconds         how long all attempts took, with the waits between them
    stopped         whether it came of Ctrl-C or `close`, so that nothing failed
    waits_too_long  whether `retry_after` is longer than anything is waited for
    passages        locators (file:line) of the passages it is about
    more_passages   whether it is about more than those
    alone           whether one passage failed by itself before any other was scored
    most            passages that a request may have, as far as it says so
    """

    fault: Fault = Fault.FAILED
    tls: TlsFault | None = None
    signs: frozenset[Sign] = frozenset()
    transient: bool = False
    retry_after: float | None = None
    status: int | None = None
    code: int | str | None = None
    request_id: str | None = None
    said: str = ""
    provider: str | None = None
    url: str | None = None
    proxy: str | None = None
    attempts: int | None = None
    seconds: float = 0.0
    stopped: bool = False
    waits_too_long: bool = False
    passages: tuple[str, ...] = ()
    more_passages: bool = False
    alone: bool = False
    most: int | None = None

    @property
    def message(self) -> str:
        """Endpoint, problem, status, the endpoint's words; then attempts, and passages."""
        answer = self.problem + self._reply()
        where = [f"{self.provider} ({self.url})"] if self.provider is not None else []
        where += [f"through the proxy {self.proxy}"] if self.proxy else []
        if where:
            # What follows must not be cut off.
            answer = cut(f"{' '.join(where)}: {answer}")
        more = self._attempts() + self._passages()
        # What follows has punctuation of its own.
        return answer.rstrip(" .;,:。；，：") + more if more else answer

    def _reply(self) -> str:
        code = None if str(self.code) == str(self.status) else self.code
        facts = {"HTTP": self.status, "code": code, "request id": self.request_id or None}
        listed = ", ".join(f"{name} {fact}" for name, fact in facts.items() if fact is not None)
        # The endpoint's own words last: they may be long, and are cut there.
        return (f" ({listed})" if listed else "") + (self.said and f": {self.said}")

    def _attempts(self) -> str:
        asks = f"it asks to wait {self.retry_after:.0f} s" if self.retry_after else ""
        too_long = f"; {asks}, which is too long" if self.waits_too_long else ""
        if self.attempts is None:
            return too_long
        tries = "1 try" if self.attempts == 1 else f"{self.attempts} tries"
        since = ""
        if asks and self.attempts == 1 and not too_long:
            since = f", since {asks} (--deadline)"
        return f"; gave up after {tries} in {self.seconds:.1f} s{since}{too_long}"

    def _passages(self) -> str:
        if self.alone:
            return f"; for one passage alone too ({self.passages[0]})"
        named = ", ".join([*self.passages, *["…"] * self.more_passages])
        return f"; passage: {named}" if named else ""


class RefusedError(ScoringError):
    """The endpoint answered, and refused."""

    exit_code = ExitCode.REFUSED


class EndpointError(ScoringError):
    """The endpoint could not be reached, or failed."""

    exit_code = ExitCode.ENDPOINT


@dataclass(eq=False, repr=False, kw_only=True)
class ReplyError(EndpointError):
    """A reply that breaks the contract: one finite score for each passage that was sent.

    `missing` holds the indexes (from 0, within the request) of the passages that got no score, and
    `scores` the good ones by index, where that is all that is wrong.
    """

    fault: Fault = Fault.NONSENSE
    missing: tuple[int, ...] = ()
    scores: Mapping[int, float] | None = None

    def __post_init__(self) -> None:
        # A reply that is cut short, is no JSON, or forgot a passage may come right; one that has
        # a wrong index or score will not.
        self.transient = self.fault is not Fault.NONSENSE or bool(self.missing)


def cut(text: str) -> str:
    """A text that may be of any length, as much of it as is shown."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


# Faults of every query, if of one; and those that are of one query even if none has succeeded yet.
_OF_SETUP = (Fault.KEY, Fault.BALANCE, Fault.MODEL, Fault.PATH, Fault.TASK)
_OF_ALL = (*_OF_SETUP, Fault.UNREACHED, Fault.RATE)
_OF_ONE = (Fault.REQUEST, Fault.TOO_LARGE, Fault.NONSENSE)


def ends_all(error: RerankError, *, succeeded: bool) -> bool:
    """Whether other queries would fail as this one did, so that it is no use to go on.

    As long as none has `succeeded`, most failures are taken to be of all, unless it is known which
    passages they are about.
    """
    if isinstance(error, InputError):
        return False
    if not isinstance(error, ScoringError):
        return not succeeded
    of_one = succeeded or error.passages or error.fault in _OF_ONE
    return error.fault in _OF_ALL or not of_one
