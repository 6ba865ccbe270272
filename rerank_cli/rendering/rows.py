"""Rows of the input with rank and score, or the bare texts of passages, for the next program."""

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping

from rerank_cli.model import Ranked, Ranking
from rerank_cli.rendering import View
from rerank_cli.rendering.json import best_of, dumps
from rerank_cli.rendering.visible import LINE_BREAK, visible_block

_ADDED = ("rank", "score")


def render_jsonl(ranking: Ranking, _view: View) -> Iterator[str]:
    """One JSON object a line."""
    for ranked in ranking.results:
        # Put in front of the row's own JSON: a dictionary for each row would be half the work.
        best = best_of(ranked)
        row = dumps(_input_row(ranked, _ADDED if best is None else (*_ADDED, "best")))
        found = "" if best is None else f'"best": {dumps(best)}, '
        yield f'{{"rank": {ranked.rank}, "score": {ranked.score!r}, {found}{row[1:]}\n'


def render_csv(ranking: Ranking, view: View, delimiter: str = ",") -> Iterable[str]:
    """A table with a header; rows of other files may add columns, missing cells are empty."""
    lines = delimited(_table(ranking), delimiter)
    return map(visible_block, lines) if view.terminal else lines


def render_tsv(ranking: Ranking, view: View) -> Iterable[str]:
    """As `render_csv`, with tabs."""
    return render_csv(ranking, view, "\t")


def render_text(ranking: Ranking, view: View) -> Iterable[str]:
    """One passage a line; a line break within a passage becomes a space."""
    lines = (LINE_BREAK.sub(" ", each.passage.text) + "\n" for each in ranking.results)
    return map(visible_block, lines) if view.terminal else lines


def delimited(rows: Iterable[Iterable[object]], delimiter: str = ",") -> Iterator[str]:
    """The rows as CSV, a line a piece; None is an empty cell, lists and objects are JSON."""
    written = io.StringIO()
    plain = csv.writer(written, delimiter=delimiter, lineterminator="\n")
    # The csv module leaves a lone carriage return unquoted, and then cannot read it back. Where a
    # cell has line breaks, quotes around all of them keep its lines from passing for rows.
    quoted = csv.writer(written, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        cells = list(map(_cell, row))
        (quoted if any("\r" in cell or "\n" in cell for cell in cells) else plain).writerow(cells)
        yield written.getvalue()
        written.seek(0)
        written.truncate()


def renamed(row: Mapping[str, object], taken: Collection[str]) -> Mapping[str, object]:
    """The row, its fields whose names are `taken` under a free one: rank becomes input_rank."""
    if row.keys().isdisjoint(taken):
        return row
    kept = {}
    for name, value in row.items():
        free = name
        while free in taken or (free != name and free in row):
            free = f"input_{free}"
        kept[free] = value
    return kept


def _table(ranking: Ranking) -> Iterator[Iterable[object]]:
    columns = dict.fromkeys(_ADDED)
    for ranked in ranking.results:
        columns.update(dict.fromkeys(_input_row(ranked)))
    yield columns
    for ranked in ranking.results:
        row = {"rank": ranked.rank, "score": ranked.score, **_input_row(ranked)}
        yield map(row.get, columns)


def _input_row(ranked: Ranked, added: Collection[str] = _ADDED) -> Mapping[str, object]:
    return renamed(ranked.passage.row or {"text": ranked.passage.text}, added)


def _cell(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else dumps(value)
