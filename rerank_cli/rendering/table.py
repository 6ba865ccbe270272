"""The table for people: rank, score, score bar, line, id, passage."""

from collections.abc import Sequence

from rerank_cli.model import Ranked, Ranking
from rerank_cli.rendering import View
from rerank_cli.rendering.numbers import ScoreBars, format_score
from rerank_cli.rendering.passage_table import Column, render_passages
from rerank_cli.rendering.visible import visible


def render_table(ranking: Ranking, view: View) -> list[str]:
    """The table in one piece; none where no passage is left."""
    if not ranking.results:
        return []
    columns = [*_scores(ranking.results), *locator_columns(ranking.results, ranking.files)]
    return [render_passages(columns, [each.passage.text for each in ranking.results], view)]


def _scores(results: Sequence[Ranked]) -> list[Column]:
    bars = ScoreBars([ranked.score for ranked in results])
    return [
        Column("rank", [str(ranked.rank) for ranked in results], right=True),
        Column("score", [format_score(ranked.score) for ranked in results], right=True),
        Column("", [bars.bar(ranked.score) for ranked in results]),
    ]


def locator_columns(results: Sequence[Ranked], files: int) -> list[Column]:
    """The passages' lines, as file:line where there are several files; and their ids, if any."""
    passages = [ranked.passage for ranked in results]
    lines = [each.locator if files > 1 else str(each.line) for each in passages]
    columns = [Column("line", [visible(line) for line in lines], right=files == 1, label=True)]
    if any(each.id is not None for each in passages):
        ids = ["" if each.id is None else visible(str(each.id)) for each in passages]
        columns.append(Column("id", ids, label=True))
    return columns
