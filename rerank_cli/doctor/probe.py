"""The questions: of a few words, in one wire form or in all of them."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from rerank_cli.dialects import DIALECTS, Decoded
from rerank_cli.dialects.reply import list_at, object_of, parse
from rerank_cli.engines.endpoint.exchange import Exchange
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

_ENDING = re.compile(r"(/v\d+)?(/(re)?rank\w*)?/?$")
"""What people write at the end of a base URL, or leave out."""

_MODELS_SHOWN, _MODELS_TRIED = 10, 4
_MARKED_WITHIN = 100_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The scores that were given for `TEXTS`, or some of them, and by whom."""

    settings: Settings
    url: str
    reply: Reply
    decoded: Decoded
    seconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """That there are no scores, and why; who was asked, and where."""

    settings: Settings
    url: str
    error: ScoringError


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
        self._models: dict[str, list[str]] = {}
        self._models_left = _MODELS_TRIED
        self.first: Answer | Silence | None = None
        """The end of the question that ranking with the same settings would ask."""
        self._own = settings.provider.owns(settings.base_url)

    @property
    def url(self) -> str:
        """Where the first question goes."""
        return self._exchange_for(self.settings).url

    @property
    def forms(self) -> list[str]:
        """The wire forms that are tried: one alone where the provider's own host is asked."""
        if self._own:
            return [self.settings.provider.dialect]
        # This one has the model in its URL.
        return [each for each in DIALECTS if each != "score-vector" or self.settings.model]

    def ask(self, settings: Settings, texts: Sequence[str] = TEXTS) -> Answer | Silence:
        """The answer, or why there is none.

        A connection that a server has closed without a word after its last answer is made anew.
        """
        ending = self._ask_once(settings, texts)
        if isinstance(ending, Answer) or ending.error.fault is not Fault.BROKEN:
            return ending
        self.close()
        self._transport = self._make_transport()
        return self._ask_once(settings, texts)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _ask_once(self, settings: Settings, texts: Sequence[str]) -> Answer | Silence:
        exchange = self._exchange_for(settings)
        body = exchange.body(Request(QUERY, texts, range(len(texts))))
        began = time.monotonic()
        try:
            reply = exchange.send(self._transport, body)
            decoded = exchange.scores(reply, len(texts))
        except ScoringError as error:
            return Silence(settings, exchange.url, error)
        return Answer(settings, exchange.url, reply, decoded, time.monotonic() - began)

    def find(self) -> Answer | Silence:
        """The answer to the first question, or of the first wire form and path that get one.

        A refusal that tells more than the first one, such as of a key, stands for an answer.
        """
        first = self.first = self._ask_with_model(self.settings)
        if self._own or isinstance(first, Answer) or first.error.fault not in TRY_OTHERS:
            return first
        dead = {first.url} if first.error.fault in _DEAD else set()
        for row, base_url in self._guesses():
            model = self.settings.model or row.model
            other = replace(self.settings, provider=row, base_url=base_url, model=model)
            if other == self.settings or self._exchange_for(other).url in dead:
                continue
            ending = self._ask_with_model(other)
            if isinstance(ending, Answer):
                return ending
            if ending.error.fault in _DEAD:
                dead.add(ending.url)
            elif ending.error.fault not in (*TRY_OTHERS, Fault.BROKEN, Fault.UNREACHED):
                return ending
        return first

    def _ask_with_model(self, settings: Settings) -> Answer | Silence:
        """As `ask`; where the user named no model, and that is the trouble, of one it has."""
        ending = self.ask(settings)
        if self.settings.model or isinstance(ending, Answer):
            return ending
        failed = ending.error.fault is Fault.FAILED and settings == self.settings
        told = failed or "model" in ending.error.message.lower()
        if ending.error.fault in _DEAD or not told:
            return ending
        for model in self.models(ending)[: self._models_left]:
            self._models_left -= 1
            another = self.ask(replace(settings, model=model))
            if isinstance(another, Answer):
                return another
        return ending

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
        """The provider to ask in a wire form as, and the usual paths of its base URLs."""
        fit = [row for row in self.rows.values() if row.dialect == form and not row.path]
        # Those of one's own, if there are any: they need no headers.
        own = [row for row in fit if row.kind == "self-hosted"] or fit[:1]
        paths = dict.fromkeys(urlsplit(row.base_url).path for row in own)
        return CUSTOM if form == CUSTOM.dialect else own[0], list(paths)

    def named(self, answer: Answer) -> Provider:
        """The provider that answers; of those with a common form by what only its replies hold."""
        row = answer.settings.provider
        if row != CUSTOM:
            return row
        headers = "\n".join(f"{name}: {value}" for name, value in answer.reply.headers.items())
        body = answer.reply.body[:_MARKED_WITHIN].decode("utf-8", "replace")
        same = [each for each in self.rows.values() if each.dialect == row.dialect]
        # Headers first: a proxy passes on the body of the server behind it.
        marked = (
            each for seen in (headers, body) for each in same if any(m in seen for m in each.marks)
        )
        return next(marked, row)

    def models(self, asked: Silence) -> list[str]:
        """The rerankers that the endpoint says it has, or whatever models if none is called so."""
        parts = urlsplit(asked.url)
        url = parts._replace(path=parts.path.rpartition("/")[0] + "/models").geturl()
        if url not in self._models:
            exchange = self._exchange_for(asked.settings)
            try:
                listed = list_at(parse(exchange.look(self._transport, url).body), "data")
            except ScoringError:
                listed = ()
            ids = (object_of(each).get("id") for each in listed)
            names = [name for name in ids if isinstance(name, str)]
            self._models[url] = [name for name in names if "rerank" in name.lower()] or names
        return self._models[url][:_MODELS_SHOWN]
