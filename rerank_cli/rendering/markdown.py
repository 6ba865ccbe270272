"""A table in Markdown, for a page, an issue or a report."""

import re
from collections.abc import Iterator

from rerank_cli.model import Ranking
from rerank_cli.rendering import View
from rerank_cli.rendering.numbers import format_score
from rerank_cli.rendering.table import locator_columns
from rerank_cli.rendering.visible import LINE_BREAK, visible

# What begins or ends a cell, or something that is no plain text, as most dialects have it.
_MARKUP = re.compile(r"[\\`*_\[\]<>|~$&]")


def render_markdown(ranking: Ranking, _view: View) -> Iterator[str]:
    """Rank, score, line, id and passage: a row a passage, whole, best first.

    What would be markup is escaped, and a line break is one in the table too.
    """
    if not ranking.results:
        return
    columns = locator_columns(ranking.results, ranking.files)
    yield _row("rank", "score", *(column.header for column in columns), "passage")
    right = (True, True, *(column.right for column in columns), False)
    yield _row(*("--:" if each else "---" for each in right))
    for at, ranked in enumerate(ranking.results):
        cells = (_plain(column.cells[at]) for column in columns)
        passage = "<br>".join(map(_plain, LINE_BREAK.split(ranked.passage.text)))
        yield _row(str(ranked.rank), format_score(ranked.score), *cells, passage)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _plain(text: str) -> str:
    """A text that shows as it is."""
    return _MARKUP.sub(r"\\\g<0>", visible(text.expandtabs(1)))
