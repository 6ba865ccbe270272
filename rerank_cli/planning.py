"""Splits candidates into requests within the limits of the endpoint; estimates tokens."""

import json
import math
from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import dataclass, replace
from typing import TypeVar

from rerank_cli.model import Candidates, Query

T = TypeVar("T")

# Bytes of the names of the fields around query and documents, the model and the options; and of
# what stands around each text where it takes most: {"text":"…"},
_FRAME, _AROUND = 256, 12
# UTF-8 length decides cheaply: Latin text runs at about four bytes a token, while a CJK character
# (three bytes) is about one; other scripts lie between.
_LATIN_BYTES, _OTHER_BYTES = 4.0, 3.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request to an endpoint may carry; None is no limit.

    `bytes` are those of the request body, of which `frame` go to what is no passage (None: the
    query and a guess), and `around` to what stands around each passage. `tokens` are estimated (see
    `estimate_tokens`).
    """

    passages: int | None = None
    bytes: int | None = None
    tokens: int | None = None
    frame: int | None = None
    around: int = _AROUND

    def measured(self, query: Query, body: Callable[["Request"], Sized]) -> "Limits":
        """The limits with `frame` and `around` as the bodies of a query's requests have them."""
        if self.bytes is None:
            return self
        one, two = (len(body(Request(query, [""] * count, range(count)))) for count in (1, 2))
        return replace(self, frame=2 * one - two, around=two - one)


@dataclass(frozen=True, slots=True)
class Request:
    """One query with the texts to score against it, and their numbers among the distinct texts."""

    query: Query
    texts: Sequence[str]
    numbers: Sequence[int]
    again: bool = False
    """Whether these are the texts that a reply forgot."""
    tries: int = 0
    """How often a larger request failed that had these texts."""

    def part(self, positions: slice) -> "Request":
        """A request for some of the texts only."""
        return replace(self, texts=self.texts[positions], numbers=self.numbers[positions])

    def only(self, positions: Sequence[int]) -> "Request":
        """A request for just the texts at some positions."""
        texts = [self.texts[at] for at in positions]
        return replace(self, texts=texts, numbers=[self.numbers[at] for at in positions])

    @property
    def tokens(self) -> int:
        """Estimated input tokens: a cross-encoder reads the query with each passage."""
        return estimate_tokens(self.query) * len(self.texts) + sum(map(estimate_tokens, self.texts))


@dataclass(frozen=True, slots=True)
class Plan:
    """The requests for some candidates.

    The distinct texts are numbered through all requests, in order of first appearance;
    `text_of[i]` is the number of passage i's text. Each request is within the limits.
    """

    candidates: Candidates
    requests: Sequence[Request]
    text_of: Sequence[int]
    limits: Limits = Limits()

    def spread(self, of_texts: Sequence[T]) -> tuple[T, ...]:
        """What each distinct text has (a score, a window) becomes each passage's, in input order.

        Of nothing it is nothing.
        """
        return tuple(map(of_texts.__getitem__, self.text_of)) if of_texts else ()

    def only(self, numbers: Sequence[int]) -> "Plan":
        """The plan for just the texts of these numbers: the first passage that has each."""
        first = dict(zip(reversed(self.text_of), reversed(self.candidates.passages), strict=True))
        passages = tuple(first[number] for number in numbers)
        return plan(Candidates(self.candidates.query, passages), self.limits)

    @property
    def texts(self) -> list[str]:
        """The distinct texts, by number."""
        return [text for request in self.requests for text in request.texts]

    def locator(self, number: int) -> str:
        """Where the first passage with the text of this number comes from, as `file:line`.

        Of several passages on that line it says which one.
        """
        passages = self.candidates.passages
        index = self.text_of.index(number)
        locator = passages[index].locator
        nearby = [each.locator for each in passages[max(index - 1, 0) : index + 2]]
        return locator if nearby.count(locator) == 1 else f"{locator} (document {index})"

    @property
    def tokens(self) -> int:
        """Estimated input tokens of all requests."""
        return sum(request.tokens for request in self.requests)

    @property
    def distinct(self) -> int:
        """How many distinct texts there are."""
        return sum(len(request.texts) for request in self.requests)


def plan(candidates: Candidates, limits: Limits) -> Plan:
    """Split the distinct texts of the candidates into requests within the limits.

    A text that is beyond a limit by itself gets a request of its own.
    """
    numbers: dict[str, int] = {}
    text_of = [numbers.setdefault(p.text, len(numbers)) for p in candidates.passages]
    texts = list(numbers)
    requests = [
        Request(candidates.query, texts[first:end], range(first, end))
        for first, end in _spans(candidates.query, texts, limits)
    ]
    return Plan(candidates, requests, text_of, limits)


def _spans(query: Query, texts: Sequence[str], limits: Limits) -> Iterator[tuple[int, int]]:
    """First and end of each request."""
    if limits.bytes is None and limits.tokens is None:
        step = limits.passages or max(len(texts), 1)
        yield from ((first, min(first + step, len(texts))) for first in range(0, len(texts), step))
        return
    frame = _FRAME + json_bytes(query) if limits.frame is None else limits.frame
    most_bytes = math.inf if limits.bytes is None else limits.bytes - frame
    most_tokens = math.inf if limits.tokens is None else limits.tokens
    query_tokens = estimate_tokens(query)
    first = size = tokens = 0
    for number, text in enumerate(texts):
        text_size = 0 if limits.bytes is None else json_bytes(text) + limits.around
        text_tokens = 0 if limits.tokens is None else query_tokens + estimate_tokens(text)
        size, tokens = size + text_size, tokens + text_tokens
        full = number - first == limits.passages or size > most_bytes or tokens > most_tokens
        if number > first and full:
            yield first, number
            first, size, tokens = number, text_size, text_tokens
    if texts:
        yield first, len(texts)


def json_bytes(text: str) -> int:
    """The bytes of a text within a JSON body, as UTF-8 with only what JSON demands escaped."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def estimate_tokens(text: str) -> int:
    """About how many tokens a multilingual tokenizer makes of a text (within a factor of two)."""
    if text.isascii():
        return round(len(text) / _LATIN_BYTES) or 1
    return round(len(text.encode("utf-8", "replace")) / _OTHER_BYTES) or 1
