"""How numbers are shown to a person."""

import math
from collections.abc import Sequence

_BLOCKS = " ▏▎▍▌▋▊▉█"
BAR_CELLS = 10
_MANY = 1e7
_SOMETHING = 0.005
"""The share of a bar's length from which it is not empty."""


def format_score(score: float) -> str:
    """Four decimals; three significant digits where those would show zero, or a row of digits."""
    text = f"{score or 0.0:.4f}"
    if score == 0 or (float(text) != 0 and abs(score) < _MANY):
        return text
    short = f"{score:.2e}"
    return short if math.isfinite(float(short)) else repr(score)


def format_measure(value: float | None) -> str:
    """A measure, precision or recall: four decimals; - where there is none."""
    return "-" if value is None else f"{value:.4f}"


def format_cost(cost: float) -> str:
    """A cost in the currency of the price, to a millionth."""
    return f"cost {cost:.6f}".rstrip("0").rstrip(".")


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with the word for what it counts; the plural has an s unless it is given."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def score_bars(scores: Sequence[float], cells: int = BAR_CELLS) -> list[str]:
    """Bars of some cells, in eighths: from 0 to 1 if all scores lie there, else of their range."""
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    # By a power of two, so that no difference of two scores is beyond a float.
    low, high = low / 4, high / 4
    bars = []
    for score in scores:
        share = (score / 4 - low) / (high - low) if high > low else 1.0
        eighths = max(round(share * cells * 8), int(share > _SOMETHING))
        full, part = divmod(eighths, 8)
        bars.append(("█" * full + _BLOCKS[part].strip()).ljust(cells))
    return bars


def size_in_words(size: int) -> str:
    """A number of bytes as people say it."""
    for unit, many in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= many:
            return f"{size / many:.1f} {unit}" if size < 100 * many else f"{size / many:.0f} {unit}"
    return f"{size} bytes"
