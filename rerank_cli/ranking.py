"""Turns relevance scores into ranks; applies --top-n and --threshold."""

from collections.abc import Sequence
from math import isfinite

from rerank_cli.errors import UsageError
from rerank_cli.model import Candidates, Ranked, Window


def check_kept(top_n: int | None, threshold: float | None) -> None:
    """Raise UsageError for numbers that `rank` does not take."""
    if top_n is not None and top_n < 1:
        raise UsageError(f"top_n {top_n} is less than 1")
    if threshold is not None and not isfinite(threshold):
        raise UsageError(f"threshold {threshold} is not a finite number")


def rank(
    candidates: Candidates,
    scores: Sequence[float],
    *,
    top_n: int | None = None,
    threshold: float | None = None,
    shown: Sequence[float] | None = None,
    best: Sequence[Window | None] = (),
) -> tuple[Ranked, ...]:
    """The passages by score, descending; ties keep input order.

    `scores` holds one a passage, in input order; `shown` the same on the scale of the output, which
    may be too coarse to rank by; `best` the best windows, if any are known. Kept are those with a
    shown score >= threshold, and of them the first top_n (>= 1); ranks count from 1.
    """
    shown = scores if shown is None else shown
    # A reversed sort keeps the order of equals.
    order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
    if threshold is not None:
        order = [index for index in order if shown[index] >= threshold]
    return tuple(
        Ranked(candidates.passages[index], shown[index], rank, index, best[index] if best else None)
        for rank, index in enumerate(order[:top_n], start=1)
    )
