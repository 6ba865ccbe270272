"""How far several rankings of the same passages agree."""

import math
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rerank_cli.model import Ranking


class Agreement(NamedTuple):
    """How far a ranking agrees with the first one; JSON has the fields by their names.

    kendall_tau  tau-b of the scores: 1 for the same order, -1 for the reverse; None where one of
                 them ranks all passages alike
    overlap      the share of the best `depth` passages that are among the first one's best `depth`
    """

    kendall_tau: float | None
    overlap: float
    depth: int


def agreement(first: Ranking, other: Ranking, depth: int) -> Agreement:
    """Compare two rankings of all of the same passages; `depth` is at most their number."""
    scores, best = [], []
    for ranking in (first, other):
        in_order = sorted(ranking.results, key=lambda ranked: ranked.index)
        scores.append([ranked.score for ranked in in_order])
        best.append({ranked.index for ranked in ranking.results[:depth]})
    return Agreement(kendall_tau(*scores), len(best[0] & best[1]) / depth, depth)


def kendall_tau(first: Sequence[float], other: Sequence[float]) -> float | None:
    """Kendall's tau-b of two scorings of the same things; None if one has no order.

    By Knight's method: sorted by the one, what is smaller in the other and comes later disagrees.
    """
    pairs = math.comb(len(first), 2)
    tied = [_tied_pairs(each) for each in (first, other)]
    both = _tied_pairs(zip(first, other, strict=True))
    if pairs in tied:
        return None
    discordant = 0
    later: list[float] = []
    for _, score in sorted(zip(first, other, strict=True), reverse=True):
        discordant += bisect_left(later, score)
        insort(later, score)
    concordant_less_discordant = pairs - tied[0] - tied[1] + both - 2 * discordant
    return concordant_less_discordant / math.sqrt((pairs - tied[0]) * (pairs - tied[1]))


def _tied_pairs(values: Iterable[object]) -> int:
    return sum(math.comb(count, 2) for count in Counter(values).values())
