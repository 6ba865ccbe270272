"""Candidates become requests that fit the endpoint: identical passages travel once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rerank_cli.model import Candidates, Passage, Query


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request to an endpoint may carry; None is no limit."""

    passages: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One query with the texts to score against it; `first` is the number of texts before it."""

    query: Query
    texts: tuple[str, ...]
    first: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The requests for some candidates.

    The distinct texts are numbered through all requests, in order of first appearance;
    `text_of[i]` is the number of passage i's text.
    """

    candidates: Candidates
    requests: tuple[Request, ...]
    text_of: tuple[int, ...]

    def spread(self, scores: Sequence[float]) -> tuple[float, ...]:
        """One score a distinct text becomes one score a passage, in input order."""
        return tuple(scores[number] for number in self.text_of)

    def passage(self, number: int) -> Passage:
        """The first passage that has the distinct text of this number."""
        return self.candidates.passages[self.text_of.index(number)]


def plan(candidates: Candidates, limits: Limits) -> Plan:
    """Split the distinct texts of the candidates into requests within the limits."""
    numbers: dict[str, int] = {}
    text_of = tuple(numbers.setdefault(p.text, len(numbers)) for p in candidates.passages)
    texts = tuple(numbers)
    size = limits.passages or max(len(texts), 1)
    requests = tuple(
        Request(candidates.query, texts[first : first + size], first)
        for first in range(0, len(texts), size)
    )
    return Plan(candidates, requests, text_of)


# UTF-8 length decides cheaply: Latin text runs at about four bytes a token, while a CJK character
# (three bytes) is about one; other scripts lie between.
_BYTES_PER_TOKEN = {True: 4.0, False: 3.0}


def estimate_tokens(text: str) -> int:
    """About how many tokens a multilingual tokenizer makes of a text (within a factor of two)."""
    return round(len(text.encode("utf-8", "replace")) / _BYTES_PER_TOKEN[text.isascii()]) or 1


def request_tokens(query: Query, texts: Iterable[str]) -> int:
    """Estimated input tokens of a request: a cross-encoder reads the query with each passage."""
    sizes = [estimate_tokens(text) for text in texts]
    return estimate_tokens(query) * len(sizes) + sum(sizes)
