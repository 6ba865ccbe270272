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
    begin = lines.position
    style = Style(delimiter or usual, quotes)
    line, header = next(rows(lines, style), (0, []))
    if not header:
        return
    raw = text[begin : lines.position].lstrip("\r\n")
    style = _style_of(raw, style, names, is_given=delimiter is not None)
    columns, width = _columns_of(raw, style, names, source, line)
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


def _style_of(raw: str, style: Style, names: FieldNames, *, is_given: bool) -> Style:
    """How the rows are cut, by the header: its separator, if none is given, and blanks after it."""
    header = _names_in(raw, style)
    if len(header) == 1 and not is_given:
        others = (replace(style, delimiter=each) for each in _SEPARATORS if each in raw)
        style = next((each for each in others if _has_text(_names_in(raw, each), names)), style)
    cells = _cut(raw, style)
    return replace(style, blanks=len(cells) > 1 and all(name[:1] == " " for name in cells[1:]))


def _columns_of(
    raw: str, style: Style, names: FieldNames, source: str, line: int
) -> tuple[list[str], int]:
    """The names of the columns up to the last that has one, and how many columns there are."""
    header = _names_in(raw, style)
    width = len(header)
    columns = header[: max((at for at, name in enumerate(header, 1) if name), default=0)]
    listed = ", ".join(repr(name[:_SHORT]) for name in header[:_SHOWN])
    problem, hint = None, None
    twice = [name for name, times in Counter(columns).items() if times > 1]
    if twice:
        problem = f"column {twice[0][:_SHORT]!r} stands twice"
        hint = "Give each column a name of its own: rows are read by the names of the header."
    elif not _has_text(columns, names):
        problem = f"no text column: found {listed}, expected {names.expected}"
        hint = "Name it with --text-field; a table needs a header row."
        if other := _other_separator(raw, style, names):
            problem = f"the separator looks like {other!r}: found {listed} as columns"
            hint = f"Try: --delimiter '{other}'".replace("\t", "\\t")
    elif names.id is not None and names.id not in columns:
        problem = f"no id column {names.id!r}: found {listed}"
    if problem:
        raise InputError(problem, source=source, line=line, hint=hint)
    return columns, width


def _other_separator(raw: str, style: Style, names: FieldNames) -> str | None:
    """A separator that may be the right one for a header without a text column."""
    alone = len(_names_in(raw, style)) == 1
    for each in _SEPARATORS:
        header = _names_in(raw, replace(style, delimiter=each))
        if each != style.delimiter and len(header) > 1 and (alone or _has_text(header, names)):
            return each
    return None


def _has_text(header: Sequence[str], names: FieldNames) -> bool:
    return names.text_of(dict.fromkeys(header))[0] is not None


def _names_in(raw: str, style: Style) -> list[str]:
    return [name.strip() for name in _cut(raw, style)]


def _cut(raw: str, style: Style) -> list[str]:
    """The cells of a header, none where it cannot be cut so."""
    with contextlib.suppress(InputError):
        return next(rows(Lines(raw, ""), style), (0, list[str]()))[1]
    return []
