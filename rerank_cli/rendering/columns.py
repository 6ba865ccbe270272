"""Plain text in columns, aligned by the cells that characters take in a terminal."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from rich.cells import cell_len

from rerank_cli.rendering.visible import visible

GAP = 2
"""Cells between two columns."""


def cells_of(texts: Iterable[str]) -> int:
    """Cells of the widest text."""
    return max(map(cell_len, texts))


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """A line a row, each cell padded to its column's width.

    Columns whose number (from 0) is in `right` are aligned to the right. Every row has as many
    cells as the first.
    """
    widths = [cells_of(column) for column in zip(*rows, strict=True)]

    def padded(column: int, cell: str) -> str:
        padding = " " * (widths[column] - cell_len(cell))
        return padding + cell if column in right else cell + padding

    return [(" " * GAP).join(padded(*each) for each in enumerate(row)) for row in rows]


def aligned_table(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """As `aligned`, in one text, without blanks at the ends of lines."""
    return "".join(f"{line.rstrip()}\n" for line in aligned(rows, right))


def aligned_facts(facts: Mapping[str, object]) -> str:
    """A line a fact: its name (with blanks for _) and its value. Facts that are None are left out.

    The values are made harmless to a terminal.
    """
    known = {name.replace("_", " "): value for name, value in facts.items() if value is not None}
    width = max(map(len, known), default=0) + GAP
    return "".join(f"{name:{width}}{visible(str(value))}\n" for name, value in known.items())
