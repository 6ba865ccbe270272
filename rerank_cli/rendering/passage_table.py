"""Tables of passages: short columns, then the passage.

Fitted to a width by Rich; without one (in a pipe) a passage is one line, whole, so that grep and
cut can work on it.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len

from rerank_cli.rendering import View
from rerank_cli.rendering.columns import GAP, aligned, cells_of
from rerank_cli.rendering.visible import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# A joiner between letters shapes them; one beside a blank or an ASCII character joins nothing, and
# Rich loses what stands next to it where a line ends.
_STRAY_JOINER = re.compile("(?<![^\x00-\x7f\\s])\u200d|\u200d(?![^\x00-\x7f\\s])")

_LINES = 3
"""Lines of a passage, unless it is shown in full."""
_NARROWEST = 20
"""Cells for the passage, below which the other columns give way."""
_LEAST = 8
"""Cells that the passage, and an id or a line that is cut, have at least."""
_WIDEST_LABEL = 24
_CHARACTERS = 6
"""Characters a cell, at most, that are looked at."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column before the passage: a header, and a cell a passage, short and on one line.

    `right` aligns it to the right, `label` says that it may be cut where the width is small.
    """

    header: str
    cells: Sequence[str]
    right: bool = False
    label: bool = False


def render_passages(columns: Sequence[Column], texts: Sequence[str], view: View) -> str:
    """The table of the columns and the passages with these texts; the first row stands out."""
    passages = [_STRAY_JOINER.sub("<U+200D>", visible(text)) for text in texts]
    if view.width is not None:
        return _fitted(columns, passages, view, view.width)
    rows = list(zip(*([column.header, *column.cells] for column in columns), strict=True))
    lines = aligned(rows, [at for at, column in enumerate(columns) if column.right])
    return "".join(
        f"{line}{' ' * GAP}{passage}\n"
        for line, passage in zip(lines, ["passage", *passages], strict=True)
    )


def fits(columns: Sequence[Column], width: int) -> bool:
    """Whether the passage has room beside the columns in `width` cells."""
    return _widths(columns, width)[1] >= _NARROWEST


def _fitted(columns: Sequence[Column], passages: Sequence[str], view: View, width: int) -> str:
    # Only here: importing Rich's tables takes as long as a small request.
    from rich.table import Table
    from rich.text import Text

    from rerank_cli.rendering.rich_output import console_of, written_by

    if not fits(columns, width):
        # The bars say nothing that the scores do not.
        columns = [column for column in columns if column.header]
    widths, room = _widths(columns, width)
    console = console_of(view, sum(widths) + GAP * len(widths) + room)
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="dim")
    shown = []
    for column, cells in zip(columns, widths, strict=True):
        justify: Literal["left", "right"] = "right" if column.right else "left"
        table.add_column(column.header, justify=justify, width=cells, overflow="fold")
        shown.append([Text(each if view.full else _end(each, cells)) for each in column.cells])
    table.add_column("passage", width=room, overflow="fold")
    shown.append([Text(each) if view.full else _cut(console, each, room) for each in passages])
    for at, row in enumerate(zip(*shown, strict=True)):
        table.add_row(*row, style="" if at else "bold green")
    return written_by(console, table)


def _widths(columns: Sequence[Column], width: int) -> tuple[list[int], int]:
    """Cells for each column, and those left for the passage (a few at least).

    Lines and ids give way to the passage where the width is small.
    """
    widths = [min(cells_of((each.header, *each.cells)), _WIDEST_LABEL) for each in columns]
    room = width - sum(widths) - GAP * len(widths)
    labels = [at for at, column in enumerate(columns) if column.label]
    while room < _NARROWEST and labels:
        widest = max(labels, key=widths.__getitem__)
        if widths[widest] <= _LEAST:
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


def _cut(console: "Console", passage: str, room: int) -> "Text":
    """The first `_LINES` lines of a passage, `room` cells wide; an ellipsis where it goes on."""
    from rich.text import Text

    # Wrapping is costly and needs no more than this: most characters take a cell or more, but
    # marks above and below letters take none.
    start = Text(passage[: room * _LINES * _CHARACTERS], overflow="fold")
    lines = start.wrap(console, room)
    if len(lines) <= _LINES and len(start) == len(passage):
        return start
    kept = [line.plain.rstrip() for line in lines[:_LINES]]
    last = Text(kept[-1] + "…")
    if last.cell_len > room:
        last.truncate(room, overflow="ellipsis")
    return Text("\n".join([*kept[:-1], last.plain]))
