"""Tables of passages: short columns, then the passage.

Fitted to a width; without one (in a pipe) a passage is one line, whole, so that grep and cut can
work on it.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len

from rerank_cli.model import Ranked
from rerank_cli.rendering import View
from rerank_cli.rendering.columns import GAP, aligned, cells_of
from rerank_cli.rendering.excerpt import Line, Look, excerpt, one_line, whole
from rerank_cli.rendering.wrapping import wrap

_NARROWEST = 20
"""Cells for the passage, below which other columns are left out."""
_LEAST = 8
"""Cells that the passage, and an id or a line that is cut, have at least."""
_WIDEST_LABEL = 24

# What a terminal obeys: how parts of a passage look, in the row that stands out and in the others.
_BOLD, _DIM, _GREEN, _BOLD_GREEN = "1", "2", "32", "1;32"
_LOOKS = {
    True: {Look.PLAIN: _GREEN, Look.BEST: _BOLD_GREEN, Look.MARK: _DIM},
    False: {Look.PLAIN: "", Look.BEST: _BOLD, Look.MARK: _DIM},
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column before the passage: a header, and a cell a passage, short and on one line.

    `right` aligns it to the right, `label` says that it may be cut where the width is small.
    `drawn` makes its cells of any width from `least` up: it gives way before the labels.
    """

    header: str
    cells: Sequence[str]
    right: bool = False
    label: bool = False
    drawn: Callable[[int], Sequence[str]] | None = None
    least: int = _LEAST


def render_passages(columns: Sequence[Column], results: Sequence[Ranked], view: View) -> str:
    """The table of the columns and the passages of the results; the first row stands out."""
    if view.width is not None:
        return "".join(_fitted(columns, results, view, view.width))
    passages = [one_line(ranked.passage.text) for ranked in results]
    rows = list(zip(*([column.header, *column.cells] for column in columns), strict=True))
    lines = aligned(rows, [at for at, column in enumerate(columns) if column.right])
    return "".join(
        f"{line}{' ' * GAP}{passage}\n"
        for line, passage in zip(lines, ["passage", *passages], strict=True)
    )


def fits(columns: Sequence[Column], width: int) -> bool:
    """Whether the passage has room beside the columns in `width` cells."""
    return _widths(columns, width, _NARROWEST)[1] >= _NARROWEST


def _fitted(
    columns: Sequence[Column], results: Sequence[Ranked], view: View, width: int
) -> Iterable[str]:
    """The lines of the table in `width` cells."""
    if not fits(columns, width):
        columns = [column for column in columns if not column.drawn]
    widest = max(cell_len(ranked.passage.text[:width]) for ranked in results)
    widths, room = _widths(columns, width, min(max(width // 2, _NARROWEST), widest))
    columns = [
        replace(column, cells=column.drawn(cells)) if column.drawn else column
        for column, cells in zip(columns, widths, strict=True)
    ]
    headers = map(_padded, [column.header for column in columns], widths, columns)
    yield _styled("".join(headers) + "passage", _DIM, view) + "\n"
    for at, ranked in enumerate(results):
        passage = list(whole(ranked, room)) if view.full else excerpt(ranked, room)
        cells = [
            [column.cells[at][start:end] for start, end in wrap(column.cells[at], cells)]
            if view.full
            else [_end(column.cells[at], cells)]
            for column, cells in zip(columns, widths, strict=True)
        ]
        yield from _row(columns, widths, cells, passage, view, first=not at)


def _row(
    columns: Sequence[Column],
    widths: Sequence[int],
    cells: Sequence[Sequence[str]],
    passage: Sequence[Line],
    view: View,
    *,
    first: bool,
) -> Iterable[str]:
    """The lines of a row."""
    looks = _LOOKS[first]
    if not any(look is Look.BEST for line in passage for _, look in line):
        looks = looks | {Look.PLAIN: looks[Look.BEST] if first else ""}
    for at in range(max(map(len, (*cells, passage)))):
        texts = [lines[at] if at < len(lines) else "" for lines in cells]
        parts = passage[at] if at < len(passage) else ()
        start = "".join(map(_padded, texts, widths, columns))
        line = _styled(start if parts else start.rstrip(), _BOLD_GREEN if first else "", view)
        yield line + "".join(_styled(text, looks[look], view) for text, look in parts) + "\n"


def _padded(text: str, width: int, column: Column) -> str:
    padding = " " * (width - cell_len(text))
    return (padding + text if column.right else text + padding) + " " * GAP


def _styled(text: str, code: str, view: View) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if view.colour and code and text else text


def _widths(columns: Sequence[Column], width: int, wanted: int) -> tuple[list[int], int]:
    """Cells for each column, and those left for the passage (a few at least).

    As long as these are fewer than wanted, what is drawn gives way, then lines and ids.
    """
    widths = [min(cells_of((each.header, *each.cells)), _WIDEST_LABEL) for each in columns]
    room = width - sum(widths) - GAP * len(widths)
    drawn = [at for at, column in enumerate(columns) if column.drawn]
    labels = [at for at, column in enumerate(columns) if column.label]
    for yielding in (drawn, labels):
        while room < wanted and yielding:
            widest = max(yielding, key=widths.__getitem__)
            if widths[widest] <= columns[widest].least:
                break
            widths[widest] -= 1
            room += 1
    return widths, max(room, _LEAST)


def _end(text: str, width: int) -> str:
    """The end of a text in `width` cells: of a file:line it tells more than the beginning."""
    if cell_len(text) <= width:
        return text
    at = bisect_left(range(len(text)), True, key=lambda start: cell_len(text[start:]) < width)
    return "…" + text[at:]
