"""How the tokens of several texts lie in one matrix, so that a text's numbers stay its own.

A text begins at a cell and ends with a gap, over which no window reaches its neighbour; the whole
is a number of tiles. As every matrix product then has the same few shapes, and every sum follows
the cells, a text's numbers do not depend on the texts beside it, down to the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rerank_cli.engines.local.weights import Ints

CELL = 8
TILE = 128
GAP = 2
"""How far the widest n-gram window reaches to either side."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The slots of some texts: `slots` is a multiple of TILE, and GAP more stand on either side."""

    slots: int
    pieces: Ints
    """The distinct pieces, ascending."""
    piece_at: Ints
    """Which of them is at each slot (GAP + slots + GAP); `len(pieces)` where there is none."""
    first: Ints
    """The first cell of each text."""
    cells: Ints
    """The number of cells of each text that hold tokens."""
    lengths: Ints
    """The number of tokens of each text."""
    counts: Ints
    """The number of tokens in each cell."""


def lay_out(texts: Sequence[Sequence[int]]) -> Layout:
    """Lay the tokens of at least one text side by side."""
    lengths = np.array([len(text) for text in texts], np.int64)
    cells = -(-(lengths + GAP) // CELL)
    first = np.cumsum(cells) - cells
    slots = -(-int(cells.sum()) * CELL // TILE) * TILE
    flat = np.concatenate([np.asarray(text, np.int64) for text in texts])
    at = np.arange(len(flat)) + np.repeat(first * CELL - np.cumsum(lengths) + lengths, lengths)
    pieces, numbers = np.unique(flat, return_inverse=True)
    piece_at = np.full(slots + 2 * GAP, len(pieces))
    piece_at[at + GAP] = numbers
    counts = np.bincount(at // CELL, minlength=slots // CELL)
    return Layout(slots, pieces, piece_at, first, -(-lengths // CELL), lengths, counts)
