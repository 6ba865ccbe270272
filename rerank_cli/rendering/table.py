"""The table for people: rank, score, score bar, place, id, passage."""

from collections.abc import Sequence

from rerank_cli.model import Ranked, Ranking
from rerank_cli.rendering import Look
from rerank_cli.rendering.numbers import Scale, format_score
from rerank_cli.rendering.passage_table import Column, lay_out
from rerank_cli.rendering.visible import visible


def render(ranking: Ranking, look: Look) -> str:
    """The table, or nothing where no passage is left."""
    if not ranking.results:
        return ""
    columns = [*_scores(ranking.results), *places(ranking.results, ranking.files)]
    return lay_out(columns, [each.passage.text for each in ranking.results], look)


def _scores(results: Sequence[Ranked]) -> list[Column]:
    scale = Scale([ranked.score for ranked in results])
    return [
        Column("rank", [str(ranked.rank) for ranked in results], right=True),
        Column("score", [format_score(ranked.score) for ranked in results], right=True),
        Column("", [scale.bar(ranked.score) for ranked in results]),
    ]


def places(results: Sequence[Ranked], files: int) -> list[Column]:
    """Where the passages stand (with the file where there are several), and their ids if any."""
    passages = [ranked.passage for ranked in results]
    lines = [each.locator if files > 1 else str(each.line) for each in passages]
    columns = [Column("line", [visible(line) for line in lines], right=files == 1, label=True)]
    if any(each.id is not None for each in passages):
        shown = ["" if each.id is None else visible(str(each.id)) for each in passages]
        columns.append(Column("id", shown, label=True))
    return columns
