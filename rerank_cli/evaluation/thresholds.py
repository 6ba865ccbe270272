"""What a threshold would keep: passages, precision and recall, pooled over the judged queries."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from itertools import groupby
from typing import NamedTuple

from rerank_cli.model import Qrels, Run

_OF_PROBABILITIES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_STEPS = 10
_EXACT = Context(prec=700)
"""Digits enough for any float."""


class Kept(NamedTuple):
    """What scores of `threshold` and above are: so many passages, so many of them relevant.

    `precision` is None where nothing is kept, `recall` where nothing is relevant at all.
    """

    threshold: float
    kept: int
    relevant: int
    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 where either is missing."""
        precision, recall = self.precision or 0.0, self.recall or 0.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One run at a range of thresholds.

    `passages` are those of the judged queries, `unjudged` of them have no judgment of their own
    and count as not relevant; `relevant` are all that the judgments have, ranked or not. `best`
    has the best F1. `wanted` is the precision that was asked for, `reaching` the lowest threshold
    (the most recall) that has it, or None, and `nearest` the one with the highest precision.
    """

    name: str
    passages: int
    unjudged: int
    relevant: int
    rows: tuple[Kept, ...]
    best: Kept | None
    wanted: float | None
    reaching: Kept | None
    nearest: Kept | None


def thresholds(run: Run, qrels: Qrels, wanted: float | None = None) -> Thresholds:
    """The run at a range of thresholds; a relevance of 1 and above is relevant."""
    judged = [
        (score, qrels[query_id].get(doc_id))
        for query_id, scores in run.scores.items()
        if query_id in qrels
        for doc_id, score in scores.items()
    ]
    total = sum(grade > 0 for grades in qrels.values() for grade in grades.values())
    steps = _cumulated([(score, (grade or 0) > 0) for score, grade in judged], total)
    scores = [step.threshold for step in reversed(steps)]
    named = _named(steps)
    best = max(named, key=lambda step: (step.f1, step.threshold), default=None)
    reaching = [s for s in named if wanted is not None and (s.precision or 0.0) >= wanted]
    return Thresholds(
        run.name,
        len(judged),
        sum(grade is None for _, grade in judged),
        total,
        tuple(_at(steps[: len(steps) - bisect_left(scores, x)], x, total) for x in _range(scores)),
        best if best and best.f1 else None,
        wanted,
        max(reaching, key=lambda step: step.kept, default=None),
        max(named, key=lambda step: (step.precision or 0.0, step.kept), default=None),
    )


def _cumulated(judged: list[tuple[float, bool]], total: int) -> list[Kept]:
    """What each distinct score keeps as a threshold, highest first."""
    kept = relevant = 0
    steps = []
    judged.sort(reverse=True)
    for score, group in groupby(judged, key=lambda pair: pair[0]):
        hits = [hit for _, hit in group]
        kept, relevant = kept + len(hits), relevant + sum(hits)
        steps.append(_kept(score, kept, relevant, total))
    return steps


def _kept(threshold: float, kept: int, relevant: int, total: int) -> Kept:
    precision = relevant / kept if kept else None
    return Kept(threshold, kept, relevant, precision, relevant / total if total else None)


def _at(steps: Sequence[Kept], threshold: float, total: int) -> Kept:
    """What a threshold keeps that need not be a score: the last of the steps not below it."""
    kept, relevant = (steps[-1].kept, steps[-1].relevant) if steps else (0, 0)
    return _kept(threshold, kept, relevant, total)


def _named(steps: Sequence[Kept]) -> list[Kept]:
    """The same, each by the shortest number that keeps the same passages."""
    lower = [*(step.threshold for step in steps[1:]), None]
    # Without steps there is still the None.
    return [
        step._replace(threshold=shortest(low, step.threshold))
        for step, low in zip(steps, lower, strict=False)
    ]


def shortest(low: float | None, high: float) -> float:
    """The number with the fewest decimals that is above `low` and at most `high`."""
    exact = Decimal(repr(high))
    for places in range(20):
        number = float(exact.quantize(Decimal(1).scaleb(-places), ROUND_FLOOR, _EXACT))
        if number <= high and (low is None or number > low):
            return number
    return high


def _range(scores: Sequence[float]) -> list[float]:
    """Thresholds to show: usual ones for scores from 0 to 1, else even steps over the scores.

    The scores come in ascending order.
    """
    if not scores:
        return []
    low, high = scores[0], scores[-1]
    if low >= 0 and high <= 1:
        return list(_OF_PROBABILITIES)
    width = Decimal(repr(high)) - Decimal(repr(low))
    if not width:
        return [low]
    # Of 1, 2 or 5 times a power of ten; the first keeps everything.
    power = Decimal(1).scaleb((width / _STEPS).adjusted())
    step = max(power * each for each in (1, 2, 5) if power * each <= width / _STEPS)
    at = (Decimal(repr(low)) / step).to_integral_value(ROUND_FLOOR) * step
    found = []
    while at <= Decimal(repr(high)):
        found.append(float(at))
        at += step
    return found
