"""The input's own rows, best first, with rank and score added: JSONL, CSV, TSV."""

import csv
import io

from rerank_cli.model import Ranked, Ranking
from rerank_cli.rendering.json import dumps

_ADDED = ("rank", "score")


def render_jsonl(ranking: Ranking) -> str:
    """One JSON object a line."""
    return "".join(dumps(_row(ranked)) + "\n" for ranked in ranking.results)


def render_table(ranking: Ranking, delimiter: str) -> str:
    """A table with a header; rows of other files may add columns, missing cells are empty."""
    rows = [_row(ranked) for ranked in ranking.results]
    columns = list(dict.fromkeys([*_ADDED, *(name for row in rows for name in row)]))
    written = io.StringIO()
    plain = csv.writer(written, delimiter=delimiter, lineterminator="\n")
    # The csv module leaves a lone carriage return unquoted, and then cannot read it back.
    quoted = csv.writer(written, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for cells in (columns, *([_cell(row.get(name)) for name in columns] for row in rows)):
        (quoted if any("\r" in cell for cell in cells) else plain).writerow(cells)
    return written.getvalue()


def _row(ranked: Ranked) -> dict[str, object]:
    """The row as it was read; a column of the input that is called rank becomes input_rank."""
    row = ranked.passage.row or {"text": ranked.passage.text}
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
