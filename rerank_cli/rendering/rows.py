"""The input's own rows, best first, with rank and score added: JSONL, CSV, TSV."""

import csv
import io
from collections.abc import Iterator
from itertools import chain

from rerank_cli.model import Ranked, Ranking
from rerank_cli.rendering.json import dumps

_ADDED = ("rank", "score")


def render_jsonl(ranking: Ranking) -> Iterator[str]:
    """One JSON object a line."""
    for ranked in ranking.results:
        row = ranked.passage.row
        if not row or "rank" in row or "score" in row:
            yield dumps(_row(ranked)) + "\n"
        else:
            # Put in front of the row's own JSON: a dictionary for each row would be half the work.
            yield f'{{"rank": {ranked.rank}, "score": {ranked.score!r}, {dumps(row)[1:]}\n'


def render_table(ranking: Ranking, delimiter: str) -> Iterator[str]:
    """A table with a header; rows of other files may add columns, missing cells are empty."""
    columns = dict.fromkeys(_ADDED)
    for ranked in ranking.results:
        columns.update(dict.fromkeys(_row(ranked)))
    written = io.StringIO()
    plain = csv.writer(written, delimiter=delimiter, lineterminator="\n")
    # The csv module leaves a lone carriage return unquoted, and then cannot read it back.
    quoted = csv.writer(written, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    rows = map(_row, ranking.results)
    for cells in chain([columns], ([_cell(row.get(name)) for name in columns] for row in rows)):
        (quoted if any("\r" in cell for cell in cells) else plain).writerow(cells)
        yield written.getvalue()
        written.seek(0)
        written.truncate()


def _row(ranked: Ranked) -> dict[str, object]:
    """The row as it was read; a column of the input that is called rank becomes input_rank."""
    row = ranked.passage.row or {"text": ranked.passage.text}
    if "rank" not in row and "score" not in row:
        return {"rank": ranked.rank, "score": ranked.score, **row}
    kept: dict[str, object] = {"rank": ranked.rank, "score": ranked.score}
    for name, value in row.items():
        free = name
        while free in _ADDED or (free != name and free in row):
            free = f"input_{free}"
        kept[free] = value
    return kept


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else dumps(value)
