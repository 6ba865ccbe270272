"""Tables of passages: short columns, then the passage.

Fitted to a width by Rich; without one (in a pipe) a passage is one line, whole, so that grep and
cut can work on it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from rerank_cli.rendering import Look
from rerank_cli.rendering.visible import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# A joiner between letters shapes them; one beside a blank or an ASCII character joins nothing, and
# Rich loses what stands next to it where a line ends.
_STRAY_JOINER = re.compile("(?<![^\x00-\x7f\\s])\u200d|\u200d(?![^\x00-\x7f\\s])")

_GAP = 2
_LINES = 3
_NARROWEST = 20
_LEAST = 8
_CHARACTERS = 6
"""Characters a cell, at most, that are looked at."""
_WIDEST_LABEL = 24


@dataclass(frozen=True, slots=True)
class Column:
    """A column before the passage: its cells are short and on one line.

    `right` aligns it, `label` says that it may be cut where the width is small.
    """

    header: str
    cells: Sequence[str]
    right: bool = False
    label: bool = False

    @property
    def width(self) -> int:
        """Cells of its widest."""
        return max(cell_len(cell) for cell in (self.header, *self.cells))


def lay_out(columns: Sequence[Column], texts: Sequence[str], look: Look) -> str:
    """The table, the passages of these texts last; the first of them stands out."""
    passages = [_STRAY_JOINER.sub("<U+200D>", visible(text)) for text in texts]
    if look.width is None:
        return _one_line_each(columns, passages)
    return _fitted(columns, passages, look, look.width)


def _one_line_each(columns: Sequence[Column], passages: Sequence[str]) -> str:
    widths = [column.width for column in columns]
    rows = [[column.header for column in columns]]
    rows += [list(cells) for cells in zip(*(column.cells for column in columns), strict=True)]
    lines = []
    for cells, passage in zip(rows, ["passage", *passages], strict=True):
        padded = (
            " " * (width - cell_len(cell)) + cell
            if column.right
            else cell + " " * (width - cell_len(cell))
            for column, width, cell in zip(columns, widths, cells, strict=True)
        )
        lines.append((" " * _GAP).join([*padded, passage]) + "\n")
    return "".join(lines)


def _fitted(columns: Sequence[Column], passages: Sequence[str], look: Look, width: int) -> str:
    # Only here: importing Rich's tables takes as long as a small request.
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    widths, room = _widths(columns, width)
    if room < _NARROWEST:
        # The bars say nothing that the scores do not.
        columns = [column for column in columns if column.header]
        widths, room = _widths(columns, width)
    console = Console(
        file=io.StringIO(),
        width=sum(widths) + _GAP * len(widths) + room,
        # Rich takes the width seriously on a dumb terminal only if it is given both.
        height=25,
        force_terminal=look.colour,
        color_system="standard" if look.colour else None,
        legacy_windows=False,
    )
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="dim")
    for column, column_width in zip(columns, widths, strict=True):
        table.add_column(
            column.header,
            justify="right" if column.right else "left",
            width=column_width,
            overflow="fold",
        )
    table.add_column("passage", width=room, overflow="fold")
    for row, passage in enumerate(passages):
        text = Text(passage) if look.full else _cut(console, passage, room)
        cells_of_row = (
            Text(column.cells[row] if look.full else _shortened(column.cells[row], cells))
            for column, cells in zip(columns, widths, strict=True)
        )
        table.add_row(*cells_of_row, text, style="bold green" if row == 0 else "")
    with console.capture() as capture:
        console.print(table)
    return "".join(line.rstrip() + "\n" for line in capture.get().splitlines())


def _widths(columns: Sequence[Column], width: int) -> tuple[list[int], int]:
    """The widths of the columns, and what is left for the passage (a few cells at least).

    Places and ids give way to the passage where the width is small.
    """
    widths = [min(column.width, _WIDEST_LABEL) for column in columns]
    room = width - sum(widths) - _GAP * len(widths)
    labels = [number for number, column in enumerate(columns) if column.label]
    while room < _NARROWEST and labels:
        widest = max(labels, key=widths.__getitem__)
        if widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
        room += 1
    return widths, max(room, _LEAST)


def _shortened(text: str, cells: int) -> str:
    """The end of a place, which tells more than its beginning, in so many cells."""
    if cell_len(text) <= cells:
        return text
    while cell_len(text) > cells - 1:
        text = text[1:]
    return "…" + text


def _cut(console: "Console", passage: str, room: int) -> "Text":
    """The first few lines of a passage, with an ellipsis where it goes on."""
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
