"""The line under a table: how many passages, scored by whom, at what cost."""

from rerank_cli.model import Ranking
from rerank_cli.rendering.numbers import counted
from rerank_cli.scaling import NATIVE


def footer(ranking: Ranking, seconds: float) -> str:
    """One line, for standard error."""
    kept = len(ranking.results)
    parts = [
        f"{kept} of {ranking.total} passages" if kept < ranking.total else counted(kept, "passage"),
        " ".join(filter(None, (ranking.provider, ranking.model))),
    ]
    if ranking.scale != NATIVE:
        parts.append(f"{ranking.scale} scores")
    if ranking.usage.input_tokens is not None:
        parts.append(counted(ranking.usage.input_tokens, "token"))
    if ranking.usage.cached:
        parts.append(f"{ranking.usage.cached} from the cache")
    parts.append(f"{seconds:.2f} s")
    return " · ".join(parts)
