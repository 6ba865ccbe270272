"""Sends tiny requests to one host, in the expected wire format or in each known one."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from rerank_cli.dialects import DIALECTS, Decoded
from rerank_cli.dialects.reply import excerpt, list_at, object_of, parse
from rerank_cli.engines.endpoint.exchange import Exchange
from rerank_cli.engines.endpoint.refusal import advice_on, signs_of
from rerank_cli.engines.endpoint.tries import PROBE
from rerank_cli.errors import Fault, ScoringError, Sign
from rerank_cli.planning import Request
from rerank_cli.providers import CUSTOM, Provider
from rerank_cli.settings import Settings
from rerank_cli.transport import Reply, Transport
from rerank_cli.transport.clock import Clock

QUERY = PROBE.query
FAR, RIGHT = "Bananas are yellow.", PROBE.texts[0]
# The right one is neither first nor last: an endpoint that ranks by order of input, or counts from
# one, is found out.
TEXTS = (FAR, RIGHT, "Berlin is the capital of Germany.")

TRY_OTHERS = (Fault.PATH, Fault.REQUEST, Fault.NONSENSE, Fault.UNREADABLE, Fault.FAILED)
"""After these the endpoint may yet score in another wire form, or at another path."""

_DEAD = (Fault.PATH, Fault.UNREADABLE)
"""After these no other wire form will work at the same URL."""

_LOST = (Fault.BROKEN, Fault.UNREACHED)
"""What may come of a guess, beside them."""

_ENDING = re.compile(r"(/v\d+)?(/(re)?rank\w*)?/?$")
"""What may stand at the end of a base URL, or be missing there."""

_FINAL_PATH = re.compile(r"(/(re)?rank\w*)?/?$")

_MODELS_SHOWN, _MODELS_TRIED = 10, 4
_MARKED_WITHIN = 100_000


_Result = TypeVar("_Result")


class Scored(NamedTuple):
    """A probe that got scores for `TEXTS` or some of them: sent as, to, the reply, seconds."""

    settings: Settings
    url: str
    reply: Reply
    decoded: Decoded
    seconds: float


class FailedProbe(NamedTuple):
    """A probe that got no scores: sent as, to, and why."""

    settings: Settings
    url: str
    error: ScoringError


class Prober:
    """Sends probes to one host through one connection, which `connect` opens.

    `settings` are those of the user, `providers` all rows by name; `note` is called with a line
    about each reply.
    """

    def __init__(
        self,
        settings: Settings,
        providers: Mapping[str, Provider],
        connect: Callable[[], Transport],
        note: Callable[[str], None],
    ) -> None:
        self.settings = settings
        self.providers = providers
        self._connect = connect
        self._note = note
        self._clock = Clock()
        self._transport = connect()
        self._models: dict[str, list[str]] = {}
        self._models_left = _MODELS_TRIED
        self.first: Scored | FailedProbe | None = None
        """Result of the first probe: exactly the request that `rerank` would send."""
        self.other: Scored | FailedProbe | None = None
        """What else answers where the URL that was given answers wrongly."""
        self._own = settings.provider.owns(settings.base_url)
        # A wire format that no row speaks could not be suggested.
        spoken = {CUSTOM.dialect, *(row.dialect for row in providers.values() if not row.path)}
        every = [
            form
            for form, dialect in DIALECTS.items()
            if form in spoken and (settings.model or "{model}" not in dialect.path)
        ]
        self.forms = [settings.provider.dialect] if self._own else every
        """The wire forms to try: just one at the provider's own host."""

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _exchange(self, settings: Settings) -> Exchange:
        return Exchange(settings, {}, self._clock, self._note)

    def _send(self, send: Callable[[Transport], _Result]) -> _Result:
        """What `send` returns; once more where the server closed the connection after a reply."""
        try:
            return send(self._transport)
        except ScoringError as error:
            if error.fault is not Fault.BROKEN:
                raise
        self.close()
        self._transport = self._connect()
        return send(self._transport)

    def probe(self, settings: Settings, texts: Sequence[str] = TEXTS) -> Scored | FailedProbe:
        """Send the query with these texts as the settings say."""
        exchange = self._exchange(settings)
        body = exchange.body(Request(QUERY, texts, range(len(texts))))

        def send(transport: Transport) -> Scored:
            began = time.monotonic()
            reply = exchange.send(transport, body, len(texts))
            decoded = exchange.scores(reply, len(texts))
            return Scored(settings, exchange.url, reply, decoded, time.monotonic() - began)

        try:
            return self._send(send)
        except ScoringError as error:
            return FailedProbe(settings, exchange.url, exchange.routed(error))

    def find(self) -> Scored | FailedProbe:
        """The first probe that gets scores, over the wire forms and paths that may be meant.

        A refusal that identifies the problem (a bad key, say) also ends the search. Where the URL
        that was given answers wrongly, that is returned, and the rest is `other`.
        """
        first = self.first = self._probe_with_model(self.settings)
        if self._own or isinstance(first, Scored) or not self._may_yet_score(first.error):
            return first
        telling, dead = first, {first.url} if first.error.fault in _DEAD else set()
        is_astray = _has_no_path(first.error)
        for guess in sorted(self._guesses(), key=self._leaves):
            row, base_url = guess
            if (leaves := self._leaves(guess)) and not is_astray:
                break
            model = self.settings.model or row.model
            other = replace(self.settings, provider=row, base_url=base_url, model=model)
            if other == self.settings or self._exchange(other).url in dead:
                continue
            probed = self._probe_with_model(other)
            if isinstance(probed, Scored) or not self._may_yet_score(probed.error, _LOST):
                # Scores at the same URL show that the wire form was guessed wrongly.
                misread = telling is not first and telling.url == probed.url
                if misread or not is_wrong(telling.error):
                    return probed
                if isinstance(probed, Scored) or probed.url != telling.url:
                    self.other = probed
                break
            if probed.error.fault in _DEAD:
                dead.add(probed.url)
            if not is_wrong(telling.error):
                telling = max(telling, probed, key=_weight)
            is_astray &= leaves or _has_no_path(probed.error)
        return self._recognised(telling)

    def _may_yet_score(self, error: ScoringError, lost: Sequence[Fault] = ()) -> bool:
        """Whether another wire form or path may score after this, or after the faults of `lost`."""
        if error.fault is Fault.MODEL:
            # What was asked for is a guess, or nothing.
            return self.settings.model is None
        return error.fault in (*TRY_OTHERS, *lost) and advice_on(error.signs) is None

    def _leaves(self, guess: tuple[Provider, str]) -> bool:
        """Whether a guess is outside of the path that was given."""
        path = _FINAL_PATH.sub("", urlsplit(self.settings.base_url).path)
        return not f"{urlsplit(guess[1]).path}/".startswith(f"{path}/")

    def _recognised(self, failed: FailedProbe) -> FailedProbe:
        """As it is; where there is no such path, with what the server says of itself."""
        if failed.error.fault is not Fault.PATH:
            return failed
        url = urlsplit(failed.url)._replace(path="/").geturl()
        exchange = self._exchange(failed.settings)
        with suppress(ScoringError):
            reply = self._send(lambda transport: exchange.get(transport, url))
            if advice_on(known := signs_of(excerpt(reply.body))):
                error = replace(failed.error, signs=failed.error.signs | known)
                return failed._replace(error=error)
        return failed

    def _probe_with_model(self, settings: Settings) -> Scored | FailedProbe:
        """As `probe`; where the user named no model, and that may be why it failed, with others."""
        probed = self.probe(settings)
        if self.settings.model or isinstance(probed, Scored) or probed.error.fault in _DEAD:
            return probed
        failed = probed.error.fault is Fault.FAILED and settings == self.settings
        if not (failed or probed.error.fault is Fault.MODEL or Sign.MODEL in probed.error.signs):
            return probed
        for model in self.models(probed)[: self._models_left]:
            self._models_left -= 1
            another = self.probe(replace(settings, model=model))
            if isinstance(another, Scored) or is_wrong(another.error):
                return another
        return probed

    def _guesses(self) -> Iterator[tuple[Provider, str]]:
        """Each wire form at the base URL that was given, then where servers usually have it."""
        parts = urlsplit(self.settings.base_url)
        forms = [self._usual(form) for form in self.forms]
        for row, _ in forms:
            yield row, parts.geturl()
        for stem in dict.fromkeys((_ENDING.sub("", parts.path), "")):
            for row, paths in forms:
                for path in paths:
                    if stem + path != parts.path:
                        yield row, parts._replace(path=stem + path).geturl()

    def _usual(self, form: str) -> tuple[Provider, list[str]]:
        """A provider that speaks a wire form, and the usual paths of its base URLs."""
        fit = [row for row in self.providers.values() if row.dialect == form and not row.path]
        # Those of one's own, if there are any: they need no headers.
        own = [row for row in fit if row.kind == "self-hosted"] or fit[:1]
        paths = dict.fromkeys(urlsplit(row.base_url).path for row in own)
        return CUSTOM if form == CUSTOM.dialect else own[0], list(paths)

    def named(self, scored: Scored) -> Provider:
        """The provider that gave the scores; of those with the same form by marks in the reply."""
        row = scored.settings.provider
        if row != CUSTOM:
            return row
        headers = "\n".join(f"{name}: {value}" for name, value in scored.reply.headers.items())
        body = scored.reply.body[:_MARKED_WITHIN].decode("utf-8", "replace")
        # Headers first: a proxy passes on the body of the server behind it.
        for seen in (headers, body):
            for each in self.providers.values():
                if each.dialect == row.dialect and any(mark in seen for mark in each.marks):
                    return each
        return row

    def models(self, failed: FailedProbe) -> list[str]:
        """The endpoint's models that are called rerankers, or all where none is; at most ten."""
        parts = urlsplit(failed.url)
        url = parts._replace(path=parts.path.rpartition("/")[0] + "/models").geturl()
        if url not in self._models:
            exchange = self._exchange(failed.settings)
            try:
                reply = self._send(lambda transport: exchange.get(transport, url))
                listed = list_at(parse(reply.body), "data")
            except ScoringError:
                listed = ()
            ids = (object_of(each).get("id") for each in listed)
            names = [name for name in ids if isinstance(name, str)]
            self._models[url] = [name for name in names if "rerank" in name.lower()] or names
        return self._models[url][:_MODELS_SHOWN]


def is_wrong(error: ScoringError) -> bool:
    """Whether a URL answers a good request with what is no score for each passage."""
    return error.fault is Fault.UNREADABLE or is_unscored(error)


def is_unscored(error: ScoringError) -> bool:
    """Whether the wire form is right, but not the scores; TEI answers a NaN with status 424."""
    if error.status == 424:
        return error.fault is not Fault.TASK
    return error.fault is Fault.NONSENSE and Sign.WIRE_FORM not in error.signs


def _has_no_path(error: ScoringError) -> bool:
    return error.fault is Fault.PATH and error.status in (404, 405)


def _weight(probed: FailedProbe) -> int:
    """How much a failed probe says of what is wrong."""
    if is_unscored(probed.error):
        return 2
    return int(probed.error.fault is Fault.MODEL and probed.settings.model is None)
