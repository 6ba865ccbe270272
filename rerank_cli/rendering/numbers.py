"""How a relevance score is shown to a person."""

_BLOCKS = " ▏▎▍▌▋▊▉█"
BAR_CELLS = 10


def format_score(score: float) -> str:
    """Four decimals; three significant digits where those would show a score as zero."""
    text = f"{score:.4f}"
    if float(text) == 0:
        return f"{score:.2e}" if score else "0.0000"
    return text


class Scale:
    """Score bars for one ranking: of 0..1 where all scores lie there, else of their own range."""

    def __init__(self, scores: list[float]) -> None:
        low, high = min(scores, default=0.0), max(scores, default=0.0)
        self._low, self._high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)

    def bar(self, score: float) -> str:
        """`BAR_CELLS` wide, in eighths of a cell; any score above the lowest shows something."""
        span = self._high - self._low
        share = (score / 2 - self._low / 2) / (span / 2) if 0 < span < float("inf") else 1.0
        eighths = max(round(share * BAR_CELLS * 8), int(share > 0.005))
        full, part = divmod(eighths, 8)
        return ("█" * full + _BLOCKS[part].strip()).ljust(BAR_CELLS)
