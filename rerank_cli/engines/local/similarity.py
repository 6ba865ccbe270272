"""A query's features against passages, and the relevance score that they give.

Three cosines, each of a passage by itself: `cos` of the two texts' vectors; `clause`, the best one
with a stretch of about 16 tokens of the passage, which finds the sentence that answers in a long
text; `maxsim`, the best one of each query token with a token of the passage, in the encoder's
features in context, as a mean weighted by background IDF.
"""

from collections.abc import Sequence

import numpy as np

from rerank_cli.engines.local.encoder import FEATURES, Encoder
from rerank_cli.engines.local.tiles import CELL, TILE, Layout, lay_out
from rerank_cli.engines.local.tokens import BEGIN, END
from rerank_cli.engines.local.weights import Floats, Ints

# Fitted on CMRC 2018 (trial set, zh), XQuAD (zh, en) and SciFact (training claims), candidate lists
# of 50 from BM25, each set with the same weight: the direction by the listwise softmax of the
# relevant passage against its list (nDCG hardly moves around it), then scale and bias by logistic
# regression, with one relevant passage to five others.
_SLOPES = np.array([4.8, 4.8, 8.9], np.float32)
_BIAS = np.float32(-9.4)
# -log p of a piece from which it tells something, and how much more it can tell at most.
_IDF_FLOOR, _IDF_SPAN = 5, 10
# What single precision can vouch for.
_SIGNIFICANT = 6

_CELLS = TILE // CELL
_TINY = np.float32(1e-12)


class Question:
    """A query, encoded, to which passages are compared."""

    def __init__(self, encoder: Encoder, pieces: Sequence[int], idf: Sequence[float]) -> None:
        """`pieces` are the query's tokens, at least one, and `idf` the -log p of each."""
        self._encoder = encoder
        layout = _marked([pieces])
        features = np.concatenate([tile.copy() for tile in encoder.tiles(layout)])
        sums = features.reshape(-1, CELL, FEATURES).sum(axis=1)
        self.vector = encoder.vectors(_whole(encoder.pooled(sums), layout), layout.lengths)[0]
        tokens = features[1 : 1 + len(pieces)]
        self._tokens = np.ascontiguousarray((tokens / _norms(tokens)).T)
        weights = np.clip(np.array(idf, np.float32) - _IDF_FLOOR, 0, _IDF_SPAN)
        if not weights.any():
            weights += 1
        self._weights = weights / weights.sum()

    def features(self, passages: Sequence[Sequence[int]]) -> Floats:
        """cos, clause and maxsim (passages x 3) of the tokens of at least one passage."""
        layout = _marked(passages)
        sums, nearest = self._cells(layout)
        pooled = self._encoder.pooled(sums)
        cos = self._cosines(_whole(pooled, layout), layout.lengths)
        best = np.maximum.reduceat(nearest, layout.first, axis=0)
        maxsim = (best * self._weights).sum(axis=1)
        return np.stack([cos, self._clause(pooled, layout), maxsim], axis=1)

    def score(self, passages: Sequence[Sequence[int]]) -> list[float]:
        """The probability that each passage is relevant, to six significant digits."""
        logits = (self.features(passages) * _SLOPES).sum(axis=1) + _BIAS
        scores = 1 / (1 + np.exp(-logits.astype(np.float64)))
        return [float(f"{score:.{_SIGNIFICANT}g}") for score in scores]

    def _cells(self, layout: Layout) -> tuple[Floats, Floats]:
        """Each cell's sum of features, and its best cosine with each query token."""
        cells = layout.slots // CELL
        sums = np.empty((cells, FEATURES), np.float32)
        nearest = np.empty((cells, len(self._weights)), np.float32)
        for i, tile in enumerate(self._encoder.tiles(layout)):
            here = slice(i * _CELLS, (i + 1) * _CELLS)
            tile.reshape(_CELLS, CELL, FEATURES).sum(axis=1, out=sums[here])
            norms = _norms(tile)
            cosines = tile @ self._tokens
            cosines /= norms
            # An empty slot is like nothing.
            cosines[norms[:, 0] == _TINY] = -1
            cosines.reshape(_CELLS, CELL, -1).max(axis=1, out=nearest[here])
        return sums, nearest

    def _clause(self, pooled: Floats, layout: Layout) -> Floats:
        """The best cosine of two cells side by side, or of the only one."""
        last = layout.first + layout.cells - 1
        starts = layout.counts > 0
        starts[last[layout.cells > 1]] = False
        (at,) = np.nonzero(starts)
        # The cell after a text's only one is its neighbour's, or lies beyond the end.
        alone = np.isin(at, last)
        after = np.where(alone, at, at + 1)
        stretch = pooled[at] + np.where(alone[:, None], np.float32(0), pooled[after])
        tokens = layout.counts[at] + np.where(alone, 0, layout.counts[after])
        cosines = np.full(len(pooled), -1, np.float32)
        cosines[at] = self._cosines(stretch, tokens)
        best: Floats = np.maximum.reduceat(cosines, layout.first)
        return best

    def _cosines(self, pooled: Floats, tokens: Ints) -> Floats:
        cosines: Floats = (self._encoder.vectors(pooled, tokens) * self.vector).sum(axis=1)
        return cosines


def _marked(texts: Sequence[Sequence[int]]) -> Layout:
    return lay_out([[BEGIN, *pieces, END] for pieces in texts])


def _whole(pooled: Floats, layout: Layout) -> Floats:
    """Each text's sum over its own cells, and no further: empty ones would change its order."""
    cells = zip(layout.first, layout.first + layout.cells, strict=True)
    return np.stack([pooled[first:end].sum(axis=0) for first, end in cells])


def _norms(features: Floats) -> Floats:
    """The length of each row (rows x 1), never 0."""
    squares: Floats = np.einsum("ij,ij->i", features, features)[:, None]
    return np.maximum(np.sqrt(squares), _TINY)
