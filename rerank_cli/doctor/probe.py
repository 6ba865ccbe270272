"""Sends tiny requests to one host, in the expected wire format or in each known one."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from rerank_cli.dialects import DIALECTS, Decoded
from rerank_cli.dialects.reply import excerpt, list_at, object_of, parse
from rerank_cli.doctor.guesses import Guess, forms_of, guesses
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
        every = [
            form
            for form in forms_of(providers)
            if settings.model or "{model}" not in DIALECTS[form].path
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
        if self._own or isinstance(first, Scored):
            return first
        if marked := self._marked(first.error):
            return marked
        return self._search(first) if self._may_yet_score(first.error) else first

    def _search(self, first: FailedProbe) -> Scored | FailedProbe:
        """What `find` returns where the first probe failed."""
        telling, dead = first, {first.url} if first.error.fault in _DEAD else set()
        is_astray = _has_no_path(first.error)
        for guess in guesses(self.settings.base_url, self.providers, self.forms):
            if guess.leaves and not (is_astray and advice_on(self._known) is None):
                break
            other = self._as(guess)
            if other == self.settings or self._exchange(other).url in dead:
                continue
            probed = self._probe_with_model(other)
            if self._refuses_how(probed):
                continue
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
            is_astray &= guess.leaves or _has_no_path(probed.error)
        return self._recognised(telling)

    def _marked(self, error: ScoringError) -> Scored | FailedProbe | None:
        """The probe of a provider in its own wire form, where a refusal holds its marks.

        It may want its key in another form, and so refuse one that is right.
        """
        said = f"{error.code} {error.said}"
        for row in self.providers.values():
            is_known = row.dialect == self.settings.provider.dialect
            if is_known or not any(mark in said for mark in row.marks):
                continue
            for guess in guesses(self.settings.base_url, self.providers, [row.dialect]):
                probed = self.probe(self._as(guess))
                if isinstance(probed, Scored) or probed.error.fault not in TRY_OTHERS:
                    return probed
        return None

    def _as(self, guess: Guess) -> Settings:
        """The settings for a guess, with its own model where none is named."""
        model = self.settings.model or guess.row.model
        return replace(self.settings, provider=guess.row, base_url=guess.base_url, model=model)

    def _refuses_how(self, probed: Scored | FailedProbe) -> bool:
        """Whether a key was refused that was sent in another form than that of the settings."""
        rows = (probed.settings.provider, self.settings.provider)
        one, other = ((row.key_header, row.key_scheme) for row in rows)
        refused = (Fault.KEY, Fault.ACCESS)
        return one != other and isinstance(probed, FailedProbe) and probed.error.fault in refused

    def _may_yet_score(self, error: ScoringError, lost: Sequence[Fault] = ()) -> bool:
        """Whether another wire form or path may score after this, or after the faults of `lost`."""
        if error.fault is Fault.MODEL:
            # What was asked for is a guess, or nothing.
            return self.settings.model is None
        return error.fault in (*TRY_OTHERS, *lost) and advice_on(error.signs) is None

    @cached_property
    def _known(self) -> frozenset[Sign]:
        """What the server says of itself at the root of its host."""
        exchange = self._exchange(self.settings)
        url = urlsplit(exchange.url)._replace(path="/").geturl()
        with suppress(ScoringError):
            reply = self._send(lambda transport: exchange.get(transport, url))
            return signs_of(excerpt(reply.body))
        return frozenset()

    def _recognised(self, failed: FailedProbe) -> FailedProbe:
        """As it is; where there is no such path, with what the server says of itself."""
        if failed.error.fault is not Fault.PATH or advice_on(self._known) is None:
            return failed
        error = replace(failed.error, signs=failed.error.signs | self._known)
        return failed._replace(error=error)

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
