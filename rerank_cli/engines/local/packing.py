"""The tokens of several texts in one matrix, packed so that a text's numbers stay its own.

A slot holds one token, a cell is 8 slots, a tile 128 slots. A text begins at a cell and ends with a
gap, over which no convolution reaches its neighbour; the whole is a number of tiles. As every
matrix product then has the same few shapes, and every sum follows the cells, a text's numbers do
not depend on the texts beside it, down to the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rerank_cli.engines.local.weights import Ints

CELL = 8
TILE = 128
GAP = 2
"""How far the widest convolution reaches to either side."""


@dataclass(frozen=True, slots=True)
class PackedTexts:
    """Which token is in which slot.

    slots       their number, a multiple of TILE; GAP more are on either side
    vocabulary  the distinct token ids of the texts, ascending
    token_at    of each slot (GAP + slots + GAP) the index of its token in `vocabulary`, whose
                length stands for an empty slot
    first       the first cell of each text
    cells       the number of cells of each text that hold tokens
    lengths     the number of tokens of each text
    counts      the number of tokens in each cell
    """

    slots: int
    vocabulary: Ints
    token_at: Ints
    first: Ints
    cells: Ints
    lengths: Ints
    counts: Ints


def pack(texts: Sequence[Sequence[int]]) -> PackedTexts:
    """Pack the token ids of at least one text."""
    lengths = np.array([len(text) for text in texts], np.int64)
    cells = -(-(lengths + GAP) // CELL)
    first = np.cumsum(cells) - cells
    slots = -(-int(cells.sum()) * CELL // TILE) * TILE
    flat = np.concatenate([np.asarray(text, np.int64) for text in texts])
    at = np.arange(len(flat)) + np.repeat(first * CELL - np.cumsum(lengths) + lengths, lengths)
    vocabulary, indices = np.unique(flat, return_inverse=True)
    token_at = np.full(slots + 2 * GAP, len(vocabulary))
    token_at[at + GAP] = indices
    counts = np.bincount(at // CELL, minlength=slots // CELL)
    return PackedTexts(slots, vocabulary, token_at, first, -(-lengths // CELL), lengths, counts)
