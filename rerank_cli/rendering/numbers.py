"""How numbers are shown to a person."""

import math

_BLOCKS = " ▏▎▍▌▋▊▉█"
BAR_CELLS = 10
_MANY = 1e7
_SOMETHING = 0.005
"""The share of a bar's length from which it is not empty."""


def format_score(score: float) -> str:
    """Four decimals; three significant digits where those would show zero, or a row of digits."""
    text = f"{score:.4f}"
    if score == 0 or (float(text) != 0 and abs(score) < _MANY):
        return text.removeprefix("-") if score == 0 else text
    short = f"{score:.2e}"
    return short if math.isfinite(float(short)) else repr(score)


def format_measure(value: float | None) -> str:
    """A measure, precision or recall: four decimals; - where there is none."""
    return "-" if value is None else f"{value:.4f}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with the word for what it counts; the plural has an s unless it is given."""
    return f"{count} {one if count == 1 else many or one + 's'}"


class ScoreBars:
    """Bars for the scores of one ranking: from 0 to 1 if all lie there, else of their own range."""

    def __init__(self, scores: list[float]) -> None:
        low, high = min(scores, default=0.0), max(scores, default=0.0)
        self._low, self._high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)

    def bar(self, score: float) -> str:
        """`BAR_CELLS` wide, in eighths of a cell."""
        # By a power of two, so that no difference of two scores is beyond a float.
        low, high = self._low / 4, self._high / 4
        share = (score / 4 - low) / (high - low) if high > low else 1.0
        eighths = max(round(share * BAR_CELLS * 8), int(share > _SOMETHING))
        full, part = divmod(eighths, 8)
        return ("█" * full + _BLOCKS[part].strip()).ljust(BAR_CELLS)
