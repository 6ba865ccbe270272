"""CSV and TSV with a header row; quoted cells may hold newlines."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from rerank_cli.errors import InputError
from rerank_cli.model import Passage
from rerank_cli.reading.fields import FieldNames, passage_of

# The csv module refuses cells above 128 KiB by default; a passage may be a megabyte.
# The limit is a C long, which has 32 bits on some systems.
csv.field_size_limit(2**31 - 1)


def csv_passages(text: str, source: str, names: FieldNames) -> Iterator[Passage]:
    """The passages of a comma-separated table."""
    return _passages(text, source, names, ",")


def tsv_passages(text: str, source: str, names: FieldNames) -> Iterator[Passage]:
    """The passages of a tab-separated table."""
    return _passages(text, source, names, "\t")


def _passages(text: str, source: str, names: FieldNames, delimiter: str) -> Iterator[Passage]:
    rows = _rows(text, source, delimiter)
    line, header = next(rows, (1, []))
    if not header:
        return
    _check_header(header, names, source, line)
    for line, cells in rows:
        if len(cells) == 1 < len(header) and not cells[0].strip():
            continue
        if len(cells) != len(header):
            found = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
            problem = f"{found}, expected {len(header)} as in the header"
            hint = "A cell that holds the delimiter or a newline must stand in double quotes."
            raise InputError(problem, source=source, line=line, hint=hint)
        yield passage_of(dict(zip(header, cells, strict=True)), names, source, line)


def _rows(text: str, source: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line each begins on; blank lines between them are skipped."""
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"not a well-formed table: {error}"
            hint = 'A quote inside a quoted cell is doubled: "".'
            raise InputError(problem, source=source, line=line, hint=hint) from None
        if cells:
            yield line, cells


def _check_header(header: list[str], names: FieldNames, source: str, line: int) -> None:
    columns = ", ".join(map(repr, header))
    twice = [name for name, times in Counter(header).items() if times > 1]
    if twice:
        raise InputError(f"column {twice[0]!r} stands twice", source=source, line=line)
    if names.text_of(dict.fromkeys(header))[0] is None:
        problem = f"no text column: found {columns}, expected {names.expected}"
        hint = "Name it with --text-field; a table needs a header row."
        raise InputError(problem, source=source, line=line, hint=hint)
    if names.id is not None and names.id not in header:
        raise InputError(f"no id column {names.id!r}: found {columns}", source=source, line=line)
