"""The data types that all modules share: passages, candidates, jobs, scores, rankings, runs.

This module imports no other of the package.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

Query: TypeAlias = str
"""What the user asks, never blank."""

PassageId: TypeAlias = str | int
"""A passage's own name, as its row has it."""


class Passage(NamedTuple):
    """One text to score, and where it came from.

    `line` counts from 1; 0 means that there is none, as for a document given in Python. `row` is
    the whole input row as it was read (empty for a plain line), from which the row-shaped outputs
    are written back; `text_key` and `id_key` say which of its fields are text and id (of several
    that are joined, the last; of one within an object, its dotted name). (A named tuple: a file may
    hold some hundred thousand, and a dataclass takes four times as long.)
    """

    text: str
    source: str
    line: int
    id: PassageId | None = None
    row: Mapping[str, object] = MappingProxyType({})
    text_key: str | None = None
    id_key: str | None = None

    @property
    def fields(self) -> Mapping[str, object]:
        """The row without the text and the id; objects that hold either stay whole."""
        known = (self.text_key, self.id_key)
        return {name: value for name, value in self.row.items() if name not in known}

    @property
    def locator(self) -> str:
        """Where it comes from, as `file:line`; the source alone if there is no line."""
        return f"{self.source}:{self.line}" if self.line else self.source

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to score."""
        return not self.text or self.text.isspace()


@dataclass(frozen=True, slots=True)
class Candidates:
    """A query and the passages to rank for it, in input order."""

    query: Query
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """One query of a batch, with its id, its candidates, and the other fields of its row.

    `positions` holds the position of each candidate among the row's documents, from 0; `blank` is
    how many blank documents were left out. `source` and `line` are where the row comes from.
    `judgments` has the relevance of each candidate (1 or 0), where the row says which are relevant.
    """

    id: PassageId
    candidates: Candidates
    positions: Sequence[int]
    fields: Mapping[str, object]
    source: str
    line: int
    blank: int = 0
    judgments: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What scoring cost: requests sent, and tokens where the endpoint reports them.

    `cached` is how many passages cost nothing, because their score was in the cache.
    """

    requests: int = 0
    input_tokens: int | None = None
    cached: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        known = [n for n in (self.input_tokens, other.input_tokens) if n is not None]
        tokens = sum(known) if known else None
        return Usage(self.requests + other.requests, tokens, self.cached + other.cached)


class Range(NamedTuple):
    """The least and the greatest possible score."""

    low: float
    high: float


UNIT = Range(0.0, 1.0)
"""Probabilities, or what looks like them."""

UNBOUNDED = Range(-math.inf, math.inf)
"""Logits: the sigmoid makes probabilities of them."""


class Window(NamedTuple):
    """A part of a passage's text: from character `start` up to, not including, `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scores:
    """One relevance score a passage, in input order, and what they cost.

    A score means something only beside scores of the same model; ranks may be compared. `best` has
    the best window of each passage, the one nearest to the query; it is empty where the engine does
    not say.
    """

    values: tuple[float, ...]
    usage: Usage
    best: tuple[Window | None, ...] = ()


class Ranked(NamedTuple):
    """A passage with its relevance score, its rank (from 1) and its index in the input (from 0).

    `best` is its best window, where the engine says which one that is.
    """

    passage: Passage
    score: float
    rank: int
    # This hides the method `index` that every tuple has; nothing here calls it.
    index: int  # type: ignore[assignment]
    best: Window | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The passages that are kept, best first, out of `total` from `files` files.

    `scale` says what the scores are: the model's own (native), or mapped to 0..1 (see `scaling`).
    `detail` says which file of a model served, where it is in this process; `cost` is what scoring
    cost, where a price is known.
    """

    query: Query
    results: tuple[Ranked, ...]
    total: int
    provider: str
    model: str | None
    usage: Usage
    files: int = 1
    scale: str = "native"
    detail: str = ""
    cost: float | None = None


class ScoredDoc(NamedTuple):
    """A line of a run: a document that was ranked for a query, and its score."""

    query_id: str
    doc_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Run:
    """The rankings of one system: scores by query id and document id."""

    name: str
    scores: Mapping[str, Mapping[str, float]]


Qrels: TypeAlias = Mapping[str, Mapping[str, int]]
"""Judgments: how relevant (not at all: 0 or less), by query id and document id."""
