"""How far several rankings of the same passages agree."""

import math
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rerank_cli.model import Ranking


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a ranking agrees with the first one.

    tau       Kendall's tau-b of the scores: 1 for the same order, -1 for the reverse; None where
              one of them ranks all passages alike
    overlap   the share of the best `depth` passages that are among the first one's best `depth`
    """

    tau: float | None
    overlap: float
    depth: int


def agreement(first: Ranking, other: Ranking, depth: int) -> Agreement:
    """Compare two rankings of all of the same passages; `depth` is at most their number."""
    scores = [_by_index(each) for each in (first, other)]
    best = [{ranked.index for ranked in each.results[:depth]} for each in (first, other)]
    return Agreement(kendall_tau(*scores), len(best[0] & best[1]) / depth, depth)


def _by_index(ranking: Ranking) -> list[float]:
    scores = {ranked.index: ranked.score for ranked in ranking.results}
    return [scores[index] for index in range(len(scores))]


def kendall_tau(first: Sequence[float], other: Sequence[float]) -> float | None:
    """Kendall's tau-b of two scorings of the same things; None if one has no order.

    By Knight's method: sorted by the one, the other's inversions are what disagrees.
    """
    pairs = math.comb(len(first), 2)
    tied = [_tied_pairs(each) for each in (first, other)]
    both = _tied_pairs(zip(first, other, strict=True))
    if pairs in tied:
        return None
    in_order = [score for _, score in sorted(zip(first, other, strict=True))]
    discordant = _inversions(in_order)
    concordant_less_discordant = pairs - tied[0] - tied[1] + both - 2 * discordant
    return concordant_less_discordant / math.sqrt((pairs - tied[0]) * (pairs - tied[1]))


def _tied_pairs(values: Iterable[object]) -> int:
    return sum(math.comb(count, 2) for count in Counter(values).values())


def _inversions(values: Sequence[float]) -> int:
    """Pairs of which the first is greater than the second."""
    seen: list[float] = []
    inversions = 0
    # From the end: what is smaller and comes later is inverted.
    for value in reversed(values):
        inversions += bisect_left(seen, value)
        insort(seen, value)
    return inversions
