"""What a threshold would keep: passages, precision and recall, pooled over the judged queries."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from itertools import groupby, zip_longest
from typing import NamedTuple

from rerank_cli.model import Qrels, Run

_OF_PROBABILITIES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_STEPS = 10
_EXACT = Context(prec=700)
"""Digits enough for any float."""


class Kept(NamedTuple):
    """What a threshold keeps: `kept` passages score at least that, `relevant` of them are relevant.

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
class ThresholdReport:
    """What a range of thresholds would keep of one run, pooled over its judged queries.

    name      the run's
    passages  of judged queries
    unjudged  those of them without a judgment of their own, which count as not relevant
    relevant  all that the judgments have, ranked or not
    rows      the range, from the lowest threshold
    best      the threshold with the best F1, None where none keeps a relevant passage
    wanted    the precision that was asked for, if any
    reaching  the lowest threshold (the most recall) that has it, None where none has
    nearest   the threshold with the highest precision, None without passages
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


def threshold_report(run: Run, qrels: Qrels, wanted: float | None = None) -> ThresholdReport:
    """The run at a range of thresholds; a relevance of 1 and above is relevant."""
    judged = [
        (score, qrels[query_id].get(doc_id))
        for query_id, scores in run.scores.items()
        if query_id in qrels
        for doc_id, score in scores.items()
    ]
    relevant = sum(grade > 0 for grades in qrels.values() for grade in grades.values())
    steps = _steps([(score, (grade or 0) > 0) for score, grade in judged], relevant)
    # Each step with the shortest number as threshold that keeps the same passages.
    short = [
        step._replace(threshold=shortest(lower and lower.threshold, step.threshold))
        for step, lower in zip_longest(steps, steps[1:])
    ]
    best = max(short, key=lambda step: (step.f1, step.threshold), default=None)
    reaching = [s for s in short if wanted is not None and (s.precision or 0.0) >= wanted]
    return ThresholdReport(
        name=run.name,
        passages=len(judged),
        unjudged=sum(grade is None for _, grade in judged),
        relevant=relevant,
        rows=tuple(_at(steps, threshold, relevant) for threshold in _range(steps)),
        best=best if best and best.f1 else None,
        wanted=wanted,
        reaching=max(reaching, key=lambda step: step.kept, default=None),
        nearest=max(short, key=lambda step: (step.precision or 0.0, step.kept), default=None),
    )


def _steps(judged: list[tuple[float, bool]], total: int) -> list[Kept]:
    """What each distinct score keeps as a threshold, highest first.

    `judged` has the score of each passage and whether it is relevant; `total` are relevant in all.
    """
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
    """What any threshold keeps: as much as the last of the steps (highest first) not below it."""
    last = next((step for step in reversed(steps) if step.threshold >= threshold), None)
    return last._replace(threshold=threshold) if last else _kept(threshold, 0, 0, total)


def shortest(low: float | None, high: float) -> float:
    """The number with the fewest decimals that is above `low` and at most `high`."""
    exact = Decimal(repr(high))
    for decimals in range(20):
        number = float(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_FLOOR, _EXACT))
        if number <= high and (low is None or number > low):
            return number
    return high


def _range(steps: Sequence[Kept]) -> Sequence[float]:
    """Thresholds to show: usual ones for scores from 0 to 1, else even steps over the scores."""
    if not steps:
        return []
    low, high = (Decimal(repr(steps[at].threshold)) for at in (-1, 0))
    if low >= 0 and high <= 1:
        return _OF_PROBABILITIES
    if low == high:
        return [float(low)]
    # Of 1, 2 or 5 times a power of ten; the first keeps everything.
    most = (high - low) / _STEPS
    power = Decimal(1).scaleb(most.adjusted())
    step = max(power * each for each in (1, 2, 5) if power * each <= most)
    at = (low / step).to_integral_value(ROUND_FLOOR) * step
    found = []
    while at <= high:
        # A step below the lowest score may be beyond any float.
        found.append(max(float(at), -sys.float_info.max))
        at += step
    return found
