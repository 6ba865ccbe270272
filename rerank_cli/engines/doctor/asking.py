"""The questions: of a few words, in one wire form or in all of them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from rerank_cli.dialects import DIALECTS, Decoded
from rerank_cli.dialects.reply import list_at, object_of, parse
from rerank_cli.engines.exchange import Exchange
from rerank_cli.errors import Fault, ScoringError
from rerank_cli.planning import Request
from rerank_cli.providers import CUSTOM, Provider
from rerank_cli.settings import Settings
from rerank_cli.transport import Reply, Transport

QUERY = "What is the capital of France?"
FAR, RIGHT = "Bananas are yellow.", "Paris is the capital of France."
# The right one stands neither first nor last: an endpoint that answers in order of input, or
# counts from one, is found out.
TEXTS = (FAR, RIGHT, "Berlin is the capital of Germany.")

TRY_OTHERS = (Fault.PATH, Fault.REQUEST, Fault.NONSENSE, Fault.UNREADABLE, Fault.FAILED)
"""After these the endpoint may yet answer in another wire form, or at another path."""

_DEAD = (Fault.PATH, Fault.UNREADABLE)
"""After these no other wire form is going to be understood at the same URL."""

_MODELS_SHOWN = 10
_MARKED_WITHIN = 100_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The scores that were given for `TEXTS`, or some of them, and by whom."""

    settings: Settings
    url: str
    reply: Reply
    decoded: Decoded
    seconds: float


class Asker:
    """Asks one host, through one connection."""

    def __init__(
        self,
        settings: Settings,
        rows: Mapping[str, Provider],
        exchange_for: Callable[[Settings], Exchange],
        make_transport: Callable[[], Transport],
    ) -> None:
        self.settings = settings
        self.rows = rows
        self._exchange_for = exchange_for
        self._make_transport = make_transport
        self._transport = make_transport()

    @property
    def url(self) -> str:
        """Where the first question goes."""
        return self._exchange_for(self.settings).url

    def ask(self, settings: Settings, texts: Sequence[str] = TEXTS) -> Answer | ScoringError:
        """The answer, or why there is none.

        A connection that a server has closed without a word after its last answer is made anew.
        """
        answer = self._ask_once(settings, texts)
        if isinstance(answer, Answer) or answer.fault is not Fault.BROKEN:
            return answer
        self.close()
        self._transport = self._make_transport()
        return self._ask_once(settings, texts)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _ask_once(self, settings: Settings, texts: Sequence[str]) -> Answer | ScoringError:
        exchange = self._exchange_for(settings)
        body = exchange.body(Request(QUERY, texts, range(len(texts))))
        began = time.monotonic()
        try:
            reply = exchange.send(self._transport, body)
            decoded = exchange.scores(reply, len(texts))
        except ScoringError as error:
            return error
        return Answer(settings, exchange.url, reply, decoded, time.monotonic() - began)

    def in_another_form(self, first: ScoringError) -> Answer | None:
        """The answer in the first wire form, and at the first path, that gets one.

        `first` is what the first question ended with. Hosted endpoints are known, and not tried.
        """
        if self.settings.provider.kind == "hosted" or first.fault not in TRY_OTHERS:
            return None
        dead = {self.url} if first.fault in _DEAD else set()
        for base_url in _bases(self.settings.base_url or ""):
            for row in self._forms():
                other = replace(self.settings, provider=row, base_url=base_url)
                url = self._exchange_for(other).url
                if url in dead:
                    continue
                answer = self.ask(other)
                if isinstance(answer, Answer):
                    return answer
                if answer.fault in _DEAD:
                    dead.add(url)
        return None

    def _forms(self) -> Iterator[Provider]:
        """A provider for each wire form that a URL without a model can have."""
        rows = [CUSTOM, *self.rows.values()]
        for dialect in DIALECTS:
            fit = [row for row in rows if row.dialect == dialect and not row.path]
            if fit and (dialect != "score-vector" or self.settings.model):
                # Those of one's own first: they need no headers.
                yield min(fit, key=lambda row: row.kind == "hosted")

    def named(self, answer: Answer) -> Provider:
        """The provider that answers: the one asked for, else by what only its replies hold."""
        row = answer.settings.provider
        if row == self.settings.provider and row != CUSTOM:
            return row
        headers = "\n".join(f"{name}: {value}" for name, value in answer.reply.headers.items())
        body = answer.reply.body[:_MARKED_WITHIN].decode("utf-8", "replace")
        same = [each for each in self.rows.values() if each.dialect == row.dialect]
        # Headers first: a proxy passes on the body of the server behind it.
        marked = (
            each for seen in (headers, body) for each in same if any(m in seen for m in each.marks)
        )
        return next(marked, row)

    def models(self) -> list[str]:
        """The names of the models that the endpoint says it has; none if it does not say."""
        url = (self.settings.base_url or "").rstrip("/") + "/models"
        try:
            reply = self._exchange_for(self.settings).look(self._transport, url)
            listed = list_at(parse(reply.body), "data")
        except ScoringError:
            return []
        names = (object_of(each).get("id") for each in listed)
        return [name for name in names if isinstance(name, str)][:_MODELS_SHOWN]


def _bases(given: str) -> Iterator[str]:
    """The base URL as it was given, then as it may have been meant."""
    parts = urlsplit(given)
    paths = dict.fromkeys((parts.path.rstrip("/"), "", "/v1", "/v3", "/api/v1"))
    return (parts._replace(path=path).geturl() for path in paths)
