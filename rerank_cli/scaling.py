"""Maps scores to 0..1 (--scores), if what the model gives allows it.

A model's scores are logits without bounds, or probabilities: a threshold fits only one of them.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from rerank_cli.errors import UsageError
from rerank_cli.model import UNBOUNDED, UNIT, Range

NATIVE = "native"

_NOT_TWICE = (
    "The sigmoid makes probabilities of logits; here it would only push scores together. "
    "Leave --scores out, or spread them: --scores minmax. (If they are logits all the same, name "
    "the kind of server with -p.)"
)


def scaled(scores: Sequence[float], scale: str, score_range: Range | None) -> Sequence[float]:
    """Scores of one query on a scale of `SCALES`, in the order given.

    `score_range` is the range of the model's scores, None if unknown. Raises UsageError for
    the sigmoid of scores that all lie in 0..1, unless the model is known to give logits.
    """
    probable = bool(scores) and all(0 <= each <= 1 for each in scores)
    if scale == "sigmoid" and score_range != UNBOUNDED and probable:
        raise UsageError("--scores sigmoid: the scores are in 0..1 already", _NOT_TWICE)
    return SCALES[scale](scores)


class Scaler:
    """`scaled` for many queries of one model, whose range may be unknown.

    Once any score was outside 0..1 the model is known to give logits, whatever the scores of
    another query are. `known` says that an earlier run finished a query on this scale: by the
    sigmoid it can only have done so with such a score.
    """

    def __init__(self, scale: str, score_range: Range | None, *, known: bool = False) -> None:
        self._scale = scale
        self._range = UNBOUNDED if known and score_range is None else score_range

    def __call__(self, scores: Sequence[float]) -> Sequence[float]:
        if self._range is None and any(not 0 <= each <= 1 for each in scores):
            self._range = UNBOUNDED
        return scaled(scores, self._scale, self._range)


def check_scale(scale: str, score_range: Range | None) -> None:
    """Raise UsageError, before anything is sent, for a scale that is unknown or cannot fit."""
    if scale not in SCALES:
        raise UsageError(f"scores {scale!r} is not one of {', '.join(SCALES)}")
    if scale == "sigmoid" and score_range == UNIT:
        raise UsageError("--scores sigmoid: this model's scores are in 0..1 already", _NOT_TWICE)


def misfit(threshold: float | None, scale: str, score_range: Range | None) -> str | None:
    """Why a threshold cannot fit the range of the scores; None if it can, or nothing is known."""
    known = score_range if scale == NATIVE else UNIT
    if threshold is None or known is None:
        return None
    if known == UNBOUNDED and 0 < threshold < 1:
        return (
            f"--threshold {threshold:g} looks like a probability, but this model's scores are "
            "logits without bounds; --scores sigmoid maps them to 0..1"
        )
    if known == UNBOUNDED or known.low <= threshold <= known.high:
        return None
    kept = "everything" if threshold < known.low else "nothing"
    within = f"{known.low:g}..{known.high:g}"
    return f"--threshold {threshold:g} keeps {kept}: scores are within {within}"


def _sigmoid(score: float) -> float:
    if score >= 0:
        return 1 / (1 + math.exp(-score))
    # The same, without a power that no float can hold.
    odds = math.exp(score)
    return odds / (1 + odds)


def _minmax(scores: Sequence[float]) -> Sequence[float]:
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    # In quarters, so that no difference of two scores is beyond a float.
    span = high / 4 - low / 4
    return [min(max((score / 4 - low / 4) / span, 0.0), 1.0) if span else 1.0 for score in scores]


SCALES: Mapping[str, Callable[[Sequence[float]], Sequence[float]]] = {
    NATIVE: lambda scores: scores,
    "sigmoid": lambda scores: [_sigmoid(score) for score in scores],
    "minmax": _minmax,
}
