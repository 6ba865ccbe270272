"""CSV and TSV with a header row; quoted cells may hold newlines."""

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from rerank_cli.errors import InputError
from rerank_cli.model import Passage
from rerank_cli.reading.cells import Lines, Style, rows
from rerank_cli.reading.fields import FieldNames, passage_of

_SEPARATORS = (",", ";", "\t", "|")
# The line that Excel takes for itself, before the header.
_EXCEL = re.compile(r'"?sep=([^"\r\n])"?(?:\r\n?|\n|\Z)')
_FIRST_LINE = re.compile(r"[\r\n]*([^\r\n]*)")
_SHOWN = 12
_SHORT = 40


def csv_passages(
    text: str,
    source: str,
    names: FieldNames,
    *,
    delimiter: str | None = None,
    quotes: bool = True,
    warn: Callable[[str], None] | None = None,
    usual: str = ",",
) -> Iterator[Passage]:
    """The passages of a table that is separated by commas, if not by the `delimiter`.

    Without one, another is taken where the header shows it. `quotes` is whether cells may be
    quoted; `warn` is called with what is odd. Raises InputError at the first row that is none.
    """
    lines = Lines(text, source)
    if excel := _EXCEL.match(text):
        next(lines)
        lines.row.clear()
        delimiter = delimiter or excel[1]
    first = _FIRST_LINE.match(text, lines.position)
    style = _style_of(first[1] if first else "", delimiter, Style(usual, quotes), names)
    line, header = next(rows(lines, style), (0, []))
    if not header:
        return
    columns, width = _columns_of(header, style, names, source, line), len(header)
    for line, cells in rows(lines, style, width, warn):
        if not len(columns) <= len(cells) <= width or len(columns) < width:
            if len(cells) == 1 and not cells[0].strip():
                continue
            _check_row(cells, columns, width, source, line)
        yield passage_of(dict(zip(columns, cells, strict=False)), names, source, line)


tsv_passages = partial(csv_passages, usual="\t")
"""The passages of a tab-separated table; as `csv_passages`."""


def _check_row(
    cells: Sequence[str], columns: Sequence[str], width: int, source: str, line: int
) -> None:
    """Raise InputError for a row that has other columns than those with a name."""
    hint = "A cell that holds the delimiter or a newline must stand in double quotes."
    if not len(columns) <= len(cells) <= width:
        found = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        problem = f"{found}, expected {width} as in the header"
        raise InputError(problem, source=source, line=line, hint=hint)
    for cell in cells[len(columns) :]:
        if cell.strip():
            problem = f"{cell[:_SHORT]!r} stands in a column that the header has no name for"
            raise InputError(problem, source=source, line=line, hint=hint)


def _style_of(first: str, delimiter: str | None, usual: Style, names: FieldNames) -> Style:
    """How rows are cut, by the first line: its separator, if none is given, and blanks after it."""
    style = replace(usual, delimiter=delimiter or usual.delimiter)
    cells = _cut(first, style)
    if delimiter is None and len(cells) <= 1:
        for each in _SEPARATORS:
            other = _cut(first, replace(style, delimiter=each))
            # No cells: between quoted cells there is something else than the usual delimiter.
            if len(other) > 1 and (not cells or _has_text(other, names)):
                style, cells = replace(style, delimiter=each), other
                break
    return replace(style, blanks=len(cells) > 1 and all(name[:1] == " " for name in cells[1:]))


def _columns_of(
    header: Sequence[str], style: Style, names: FieldNames, source: str, line: int
) -> list[str]:
    """The names of the columns, up to the last that has one."""
    stripped = [name.strip() for name in header]
    columns = stripped[: max((at for at, name in enumerate(stripped, 1) if name), default=0)]
    listed = ", ".join(repr(name[:_SHORT]) for name in stripped[:_SHOWN])
    problem, hint = None, None
    twice = [name for name, times in Counter(columns).items() if times > 1]
    if twice:
        problem = f"column {twice[0][:_SHORT]!r} stands twice"
        hint = "Give each column a name of its own: rows are read by the names of the header."
    elif not _has_text(columns, names):
        problem = f"no text column: found {listed}, expected {names.expected}"
        hint = "Name it with --text-field; a table needs a header row."
        if other := _other_separator(header, style, names):
            problem = f"the separator looks like {other!r}: found {listed} as columns"
            hint = f"Try: --delimiter '{other}'".replace("\t", "\\t")
    elif names.id is not None and names.id not in columns:
        problem = f"no id column {names.id!r}: found {listed}"
    if problem:
        raise InputError(problem, source=source, line=line, hint=hint)
    return columns


def _other_separator(header: Sequence[str], style: Style, names: FieldNames) -> str | None:
    """A separator that may be the right one for a header without a text column."""
    line = style.delimiter.join(header)
    for each in _SEPARATORS:
        cells = _cut(line, replace(style, delimiter=each))
        fits = len(header) == 1 or _has_text(cells, names)
        if each != style.delimiter and len(cells) > 1 and fits:
            return each
    return None


def _has_text(header: Sequence[str], names: FieldNames) -> bool:
    return names.text_of({name.strip(): None for name in header})[0] is not None


def _cut(line: str, style: Style) -> list[str]:
    """The cells of a line, none where it cannot be cut so."""
    with contextlib.suppress(InputError):
        return next(rows(Lines(line, ""), style), (0, list[str]()))[1]
    return []
