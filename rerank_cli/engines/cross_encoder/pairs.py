"""What a back end is: it scores pairs of a query and a passage, each by itself."""

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

from rerank_cli.model import Window

OVERLAP = 5
"""Neighbouring windows of a long passage share one part in so many."""

Q = TypeVar("Q")


class Scored(NamedTuple):
    """A passage's score, its best window if it was scored in several, and the tokens read.

    `cut` says that the query was too long to be read to its end beside this passage.
    """

    score: float
    best: Window | None
    tokens: int
    cut: bool = False


class PairModel(Protocol[Q]):
    """A reranker in memory. May be used from several threads.

    threads   how many may score at once with profit
    batch     passages that are best given to `score` together
    """

    threads: int
    batch: int

    def prepared(self, query: str) -> Q:
        """What is made of a query once, for all its passages."""

    def score(self, query: Q, texts: Sequence[str]) -> list[Scored]:
        """A score for each text. Raises SettingsError where the model does not fit its files."""

    def stop(self) -> None:
        """Let calls of `score` in other threads end soon, with an error that is `stopped`."""


def shares(query: int, passage: int, room: int) -> tuple[int, int]:
    """Tokens of the query that are read, and those of a passage that fit beside it.

    As the tokenizers cut what is too long: from the longer of the two.
    """
    half = room // 2
    if query + passage <= room:
        return query, passage
    query = max(room - passage, room - half) if query > passage else min(query, half)
    return query, room - query


def first_line(error: Exception) -> str:
    """The beginning of what another library says of an error."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def probability(logit: float) -> float:
    """The sigmoid, of any number."""
    if logit >= 0:
        return 1 / (1 + math.exp(-logit))
    power = math.exp(logit)
    return power / (1 + power)
