"""The table for people: rank, score, score bar, line, id, passage."""

from collections.abc import Sequence
from functools import partial

from rerank_cli.model import Ranked, Ranking
from rerank_cli.rendering import View
from rerank_cli.rendering.numbers import counted, format_cost, format_score, score_bars
from rerank_cli.rendering.passage_table import Column, render_passages
from rerank_cli.rendering.visible import visible
from rerank_cli.scaling import NATIVE

_SHORTEST_BAR = 4
"""Cells."""


def render_table(ranking: Ranking, view: View) -> list[str]:
    """The table in one piece; none where no passage is left."""
    if not ranking.results:
        return []
    scores = [each.score for each in ranking.results]
    columns = [
        Column("rank", [str(each.rank) for each in ranking.results], right=True),
        Column("score", [format_score(score) for score in scores], right=True),
        Column("", score_bars(scores), drawn=partial(score_bars, scores), least=_SHORTEST_BAR),
        *locator_columns(ranking.results, ranking.files),
    ]
    return [render_passages(columns, ranking.results, view)]


def locator_columns(results: Sequence[Ranked], files: int) -> list[Column]:
    """The passages' lines, as file:line where there are several files; and their ids, if any."""
    passages = [ranked.passage for ranked in results]
    lines = [each.locator if files > 1 else str(each.line) for each in passages]
    columns = [Column("line", [visible(line) for line in lines], right=files == 1, label=True)]
    if any(each.id is not None for each in passages):
        ids = ["" if each.id is None else visible(str(each.id)) for each in passages]
        columns.append(Column("id", ids, label=True))
    return columns


def footer(ranking: Ranking, seconds: float) -> str:
    """The line under a table, for standard error: how many passages, scored by whom, the cost."""
    kept, usage = len(ranking.results), ranking.usage
    parts = [
        f"{kept} of {ranking.total} passages" if kept < ranking.total else counted(kept, "passage"),
        " ".join(filter(None, (ranking.provider, ranking.model))),
        ranking.detail,
        "" if ranking.scale == NATIVE else f"{ranking.scale} scores",
        "" if usage.input_tokens is None else counted(usage.input_tokens, "token"),
        "" if ranking.cost is None else format_cost(ranking.cost),
        f"{usage.cached} from the cache" if usage.cached else "",
        f"{seconds:.2f} s",
    ]
    return " · ".join(filter(None, parts))
