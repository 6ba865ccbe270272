"""Rows of cells: CSV as RFC 4180 has it, and tab-separated text, in which hardly anyone quotes."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rerank_cli.errors import InputError

# The csv module refuses cells above 128 KiB by default; a passage may be a megabyte.
# The limit is a C long, which has 32 bits on some systems.
csv.field_size_limit(2**31 - 1)

Row = tuple[int, list[str]]
"""The line on which a row begins, and its cells."""

UNQUOTED = "--no-quotes takes quotation marks as ordinary characters."

# A quoted cell with what may follow it, and an unquoted one: within a line, over lines that end in
# LF or CRLF, and over lines that end in CR.
_QUOTED = r'"((?:[^"]++|"")*+)"'
_IN_LINE = (re.compile(_QUOTED + r"(?=\t|\Z)"), re.compile(r"[^\t]*"))
_OVER_LF = (
    re.compile(_QUOTED + r"(?=\t|\r?\n|\r?\Z)"),
    re.compile(r"(?:[^\t\r\n]|\r(?!\n|\Z))*+"),
)
_OVER_CR = (re.compile(_QUOTED + r"(?=[\t\r\n]|\Z)"), re.compile(r"[^\t\r\n]*"))
_FIRST_LINE = re.compile(r"[^\r\n]*(\r\n?|\n)?")


@dataclass(frozen=True, slots=True)
class Style:
    """How rows are cut: the delimiter; whether cells are quoted; whether blanks may go before."""

    delimiter: str
    quotes: bool = True
    blanks: bool = False


class Lines:
    """The lines of a table, with their ends, and those that the row being read has had so far.

    A line ends in LF or CRLF; where the first one ends in CR alone, CR ends lines too. A byte order
    mark at the start of a row, as `cat` leaves it between two files, is dropped, and with it the
    second file's header.
    """

    def __init__(self, text: str, source: str) -> None:
        self.text, self.source = text, source
        first = _FIRST_LINE.match(text)
        self._header = first[0] if first else ""
        self.by_cr = self._header.endswith("\r")
        self._stream = io.StringIO(text, newline="" if self.by_cr else "\n")
        self.row: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._stream)
        self.number += 1
        if not self.row and line.startswith("\ufeff"):
            line = line[1:]
            if line == self._header:
                return next(self)
        self.row.append(line)
        return line

    @property
    def start(self) -> int:
        """The line on which the row begins."""
        return self.number - len(self.row) + 1

    @property
    def position(self) -> int:
        """Where the next line begins in the text."""
        return self._stream.tell()


def rows(
    lines: Lines, style: Style, width: int | None = None, warn: Callable[[str], None] | None = None
) -> Iterator[Row]:
    """The rows of cells; blank lines are skipped.

    `width` is the number of cells that a row should have, if it is known. Raises InputError for
    what is no table, and for a cell of tab-separated text that may be quoted, over several rows, or
    only begin with a quotation mark; of other text `warn` is called with that.
    """
    if not style.quotes:
        return _cut_rows(lines, lambda line: _content(line).split(style.delimiter))
    if style.delimiter == "\t":
        return _cut_rows(lines, lambda line: _tab_separated(lines, line, width))
    return _csv_rows(lines, style, width, warn)


def _cut_rows(lines: Lines, cut: Callable[[str], list[str]]) -> Iterator[Row]:
    for line in lines:
        number, is_blank, cells = lines.number, not _content(line), cut(line)
        lines.row.clear()
        if not is_blank:
            yield number, cells


def _tab_separated(lines: Lines, line: str, width: int | None) -> list[str]:
    """The cells of a row, which may take more lines."""
    content = _content(line)
    if '"' not in line:
        return content.split("\t")
    cells, _, is_open = _cells(content, 0, _IN_LINE)
    if not is_open:
        return cells
    at = lines.position - len(line)
    longer, end, is_open = _cells(lines.text, at, _OVER_CR if lines.by_cr else _OVER_LF)
    if is_open or len(longer) != (width or len(longer)):
        return cells
    while lines.position < end:
        next(lines)
    rows_within = _rows_within(lines, "\t", longer)
    if rows_within[0] and any(rows_within[1:]):
        problem = (
            f"a cell begins with a quotation mark, which the one on line {lines.number} may close, "
            "but there are rows between them"
        )
        raise InputError(problem, source=lines.source, line=lines.start, hint=UNQUOTED)
    return longer


def _cells(
    text: str, at: int, patterns: tuple[re.Pattern[str], re.Pattern[str]]
) -> tuple[list[str], int, bool]:
    """The cells of a row, where it ends, and whether one begins with a quote that is not closed."""
    quoted, unquoted = patterns
    cells, is_open = [], False
    while True:
        found = quoted.match(text, at) if text.startswith('"', at) else None
        if found:
            cells.append(found[1].replace('""', '"'))
        else:
            is_open = is_open or text.startswith('"', at)
            found = unquoted.match(text, at)
            cells.append(found[0] if found else "")
        at = found.end() if found else at
        if not text.startswith("\t", at):
            return cells, at, is_open
        at += 1


def _csv_rows(
    lines: Lines, style: Style, width: int | None, warn: Callable[[str], None] | None
) -> Iterator[Row]:
    delimiter = style.delimiter
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=style.blanks)
    while True:
        lines.row.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _malformed(lines, error) from None
        if len(lines.row) > 1 and warn and all(_rows_within(lines, delimiter, cells)):
            warn(
                f"{lines.source}:{lines.start}: a quoted cell goes on to line {lines.number}, over "
                f"lines that look like rows. {UNQUOTED}"
            )
            warn = None
        if cells:
            yield lines.start, cells


def _malformed(lines: Lines, error: csv.Error) -> InputError:
    problem = f"not a well-formed table: {error}"
    hint = f'A quote inside a quoted cell is doubled: "". {UNQUOTED}'
    if not any('"' in line for line in lines.row):
        problem = "not a well-formed table: a carriage return in the middle of a line"
        hint = "It must stand in a quoted cell, or at the end of every line."
    return InputError(problem, source=lines.source, line=lines.start, hint=hint)


def _rows_within(lines: Lines, delimiter: str, cells: list[str]) -> list[bool]:
    """Of each line of a row that is not blank, whether it looks like a whole row.

    None does if there is one cell a row, or if all are quoted, as programs that quote write them.
    """
    quoted = delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)
    if len(cells) == 1 or _content("".join(lines.row)) == quoted:
        return [False]
    return [line.count(delimiter) == len(cells) - 1 for line in lines.row if not line.isspace()]


def _content(line: str) -> str:
    """A line without its end."""
    return line.removesuffix("\n").removesuffix("\r")
