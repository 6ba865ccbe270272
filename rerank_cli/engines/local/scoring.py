"""Features of a query and a passage, and the probability they give."""

from collections.abc import Sequence

import numpy as np

from rerank_cli.engines.local.encoder import Encoder
from rerank_cli.engines.local.layout import CELL, TILE, lay_out
from rerank_cli.engines.local.tokens import BEGIN, END
from rerank_cli.engines.local.weights import Floats

COS, CLAUSE, MAXSIM, BIAS = 6.67, 6.65, 13.19, -14.0


class Question:
    """A query as it is compared: its vector, its tokens' unit features, and their weights."""

    def __init__(self, encoder: Encoder, pieces: Sequence[int], idf: Sequence[float]) -> None:
        self._encoder = encoder
        layout = lay_out([[BEGIN, *pieces, END]])
        features = np.concatenate([tile.copy() for tile in encoder.tiles(layout)])
        cells = features.reshape(-1, CELL, features.shape[1]).sum(axis=1)
        pooled = np.add.reduceat(encoder.pooled(cells), layout.first, axis=0)
        self._vector = encoder.vectors(pooled, layout.lengths)[0]
        own = features[1 : 1 + len(pieces)]
        self._tokens = np.ascontiguousarray((own / np.linalg.norm(own, axis=1, keepdims=True)).T)
        weights = np.clip(np.array(idf, np.float32) - 5, 0, 10)
        if not weights.any():
            weights += 1
        self._weights = weights / weights.sum()

    def features(self, passages: Sequence[Sequence[int]]) -> Floats:
        """cos, clause and maxsim of each passage (passages x 3)."""
        layout = lay_out([[BEGIN, *pieces, END] for pieces in passages])
        cells = layout.slots // CELL
        sums = np.empty((cells, self._encoder_width()), np.float32)
        best = np.empty((cells, self._tokens.shape[1]), np.float32)
        per_tile = TILE // CELL
        for i, tile in enumerate(self._encoder.tiles(layout)):
            here = slice(i * per_tile, (i + 1) * per_tile)
            grid = tile.reshape(per_tile, CELL, -1)
            sums[here] = grid.sum(axis=1)
            norms = np.sqrt(np.einsum("ij,ij->i", tile, tile))
            empty = norms == 0
            norms[empty] = 1
            sims = tile @ self._tokens
            sims /= norms[:, None]
            sims[empty] = -1
            best[here] = sims.reshape(per_tile, CELL, -1).max(axis=1)
        maxsim = (np.maximum.reduceat(best, layout.first, axis=0) * self._weights).sum(axis=1)
        pooled = self._encoder.pooled(sums)
        whole = np.add.reduceat(pooled, layout.first, axis=0)
        cos = (self._encoder.vectors(whole, layout.lengths) * self._vector).sum(axis=1)
        # a clause is two neighbouring cells
        counts = layout.counts
        pair = pooled.copy()
        pair[:-1] += pooled[1:]
        n = counts.copy()
        n[:-1] += counts[1:]
        real = np.flatnonzero(counts)
        v = np.full(cells, -1, np.float32)
        v[real] = (self._encoder.vectors(pair[real], n[real]) * self._vector).sum(axis=1)
        # last cell of a text has only itself unless it's the only one
        v2 = np.full(cells, -1, np.float32)
        v2[:] = v
        last = layout.first + -(-layout.lengths // CELL) - 1
        many = last > layout.first
        v2[last[many]] = -1
        clause = np.maximum.reduceat(v2, layout.first)
        return np.stack([cos, clause, maxsim], axis=1)

    def _encoder_width(self) -> int:
        return 1280
