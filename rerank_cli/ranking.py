"""Relevance scores become ranks."""

from collections.abc import Sequence

from rerank_cli.model import Candidates, Ranked


def rank(
    candidates: Candidates,
    scores: Sequence[float],
    *,
    top_n: int | None = None,
    threshold: float | None = None,
) -> tuple[Ranked, ...]:
    """The passages by score, descending; ties keep input order.

    `scores` holds one a passage, in input order. Kept are those with score >= threshold, and of
    them the first top_n (>= 1); ranks count from 1.
    """
    # A reversed sort keeps the order of equals.
    order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
    if threshold is not None:
        order = [index for index in order if scores[index] >= threshold]
    return tuple(
        Ranked(candidates.passages[index], scores[index], rank, index)
        for rank, index in enumerate(order[:top_n], start=1)
    )
