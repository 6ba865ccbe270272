"""Everything that can go wrong, as one tree.

    RerankError                    never raised itself
    ├── UsageError            2    the command line asks for something impossible
    ├── InputError            2    a file or standard input is not what it should be
    ├── SettingsError         3    no key, unknown provider, a setting that cannot be used
    │   └── CacheError        3    the cache cannot be read or written just now
    └── ScoringError               never raised itself: something that an endpoint did
        ├── RefusedError      4    it answered, and refused the request
        └── EndpointError     5    it could not be reached, or failed
            └── ReplyError    5    it answered, but the reply cannot be trusted

Each carries a one-line message (what was found, and where), usually a hint (what to do about it),
and the exit code of the process. `cli.border` is the only place that turns them into output.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import ClassVar


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


class RerankError(Exception):
    """An error that a user can act on: one line of message, and perhaps a hint."""

    exit_code: ClassVar[ExitCode]

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class UsageError(RerankError):
    """The command line asks for something impossible."""

    exit_code = ExitCode.USAGE


class InputError(RerankError):
    """Bad input, with its place: the message begins `file:line: `, as compilers have it."""

    exit_code = ExitCode.USAGE

    def __init__(
        self, problem: str, *, source: str, line: int | None = None, hint: str | None = None
    ) -> None:
        place = source if line is None else f"{source}:{line}"
        super().__init__(f"{place}: {problem}", hint)
        self.source = source
        self.line = line


class SettingsError(RerankError):
    """No key, an unknown provider, a setting that cannot be used."""

    exit_code = ExitCode.SETTINGS


class CacheError(SettingsError):
    """The cache cannot be read or written just now: locked, read-only, no space left."""


class Fault(StrEnum):
    """Why an endpoint did not score, as far as status, code and message tell."""

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


class ScoringError(RerankError):
    """Something an endpoint did.

    `fault` says why, `transient` whether the same request may succeed later, and `wait` how many
    seconds the endpoint asked to wait before that.
    """

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        fault: Fault = Fault.FAILED,
        transient: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.fault = fault
        self.transient = transient
        self.wait = wait


class RefusedError(ScoringError):
    """The endpoint answered, and refused."""

    exit_code = ExitCode.REFUSED


class EndpointError(ScoringError):
    """The endpoint could not be reached, or failed."""

    exit_code = ExitCode.ENDPOINT


class ReplyError(EndpointError):
    """A reply that breaks the contract: one finite score for each passage that was sent.

    `missing` holds the places (from 0, within the request) of the passages that got no score, and
    `scores` the good ones by place, where that is all that is wrong.
    """

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        fault: Fault = Fault.NONSENSE,
        missing: tuple[int, ...] = (),
        scores: Mapping[int, float] | None = None,
    ) -> None:
        # A reply that is cut short, is no JSON, or forgot a passage may come right; one that has
        # a wrong index or score will not.
        super().__init__(
            message, hint, fault=fault, transient=fault is not Fault.NONSENSE or bool(missing)
        )
        self.missing = missing
        self.scores = scores or {}


# Faults of every query, if of one; and those that are of one query even if none has succeeded yet.
_OF_ALL = (
    Fault.KEY,
    Fault.BALANCE,
    Fault.MODEL,
    Fault.PATH,
    Fault.TASK,
    Fault.UNREACHED,
    Fault.RATE,
)
_OF_ONE = (Fault.REQUEST, Fault.TOO_LARGE, Fault.NONSENSE)


def ends_all(error: RerankError, *, succeeded: bool) -> bool:
    """Whether other queries would fail as this one did, so that it is no use to go on.

    As long as none has `succeeded`, most failures are taken to be of all.
    """
    if isinstance(error, InputError):
        return False
    if not isinstance(error, ScoringError):
        return not succeeded
    return error.fault in _OF_ALL or (not succeeded and error.fault not in _OF_ONE)
