"""The relevance score of a passage for a query, from three cosines between them.

Each is of a passage by itself: `whole` of the two texts' vectors; `span`, the highest one of the
query's vector with that of about 16 adjacent tokens of the passage, which finds the sentence that
answers in a long text; `maxsim`, the highest one of each query token with a token of the passage,
in the encoder's features in context, as a mean weighted by background IDF.
"""

from collections.abc import Sequence

import numpy as np

from rerank_cli.engines.local.encoder import FEATURES, Encoder
from rerank_cli.engines.local.packing import CELL, TILE, PackedTexts, pack
from rerank_cli.engines.local.products import product
from rerank_cli.engines.local.tokens import BEGIN, END
from rerank_cli.engines.local.weights import Floats, Ints

# Fitted on CMRC 2018 (trial set, zh), XQuAD (zh, en) and SciFact (training claims), candidate lists
# of 50 from BM25, each set with the same weight: the direction by the listwise softmax of the
# relevant passage against its list (nDCG hardly moves around it), then scale and bias by logistic
# regression, with one relevant passage to five others.
_SLOPES = np.array([4.8, 4.8, 8.9], np.float32)
_BIAS = np.float32(-9.4)
# -log p from which a token carries information, and the most that counts beyond.
_IDF_FLOOR, _IDF_SPAN = 5, 10
# The digits that single precision supports.
_SIGNIFICANT = 6

_CELLS = TILE // CELL
_TINY = np.float32(1e-12)


class EncodedQuery:
    """A query, encoded, to which passages are compared."""

    def __init__(self, encoder: Encoder, token_ids: Sequence[int], idf: Sequence[float]) -> None:
        """`token_ids` are the query's, at least one, and `idf` the -log p of each."""
        self._encoder = encoder
        packed = _packed([token_ids])
        features = np.concatenate([tile.copy() for tile in encoder.tiles(packed)])
        sums = features.reshape(-1, CELL, FEATURES).sum(axis=1)
        self.vector = encoder.vectors(_text_sums(encoder.pooled(sums), packed), packed.lengths)[0]
        tokens = features[1 : 1 + len(token_ids)]
        self._tokens: Floats = np.ascontiguousarray((tokens / _norms(tokens)).T)
        weights = np.clip(np.array(idf, np.float32) - _IDF_FLOOR, 0, _IDF_SPAN)
        if not weights.any():
            weights += 1
        self._weights = weights / weights.sum()

    def features(self, passages: Sequence[Sequence[int]]) -> Floats:
        """whole, span and maxsim (passages x 3) of the token ids of at least one passage."""
        packed = _packed(passages)
        sums, nearest = self._cells(packed)
        pooled = self._encoder.pooled(sums)
        whole = self._cosines(_text_sums(pooled, packed), packed.lengths)
        best = np.maximum.reduceat(nearest, packed.first, axis=0)
        maxsim = (best * self._weights).sum(axis=1)
        return np.stack([whole, self._span(pooled, packed), maxsim], axis=1)

    def score(self, passages: Sequence[Sequence[int]]) -> list[float]:
        """The probability that each passage is relevant, to six significant digits."""
        logits = (self.features(passages) * _SLOPES).sum(axis=1) + _BIAS
        scores = 1 / (1 + np.exp(-logits.astype(np.float64)))
        return [float(f"{score:.{_SIGNIFICANT}g}") for score in scores]

    def _cells(self, packed: PackedTexts) -> tuple[Floats, Floats]:
        """Each cell's sum of features, and its best cosine with each query token."""
        cells = packed.slots // CELL
        sums = np.empty((cells, FEATURES), np.float32)
        nearest = np.empty((cells, len(self._weights)), np.float32)
        for i, tile in enumerate(self._encoder.tiles(packed)):
            here = slice(i * _CELLS, (i + 1) * _CELLS)
            tile.reshape(_CELLS, CELL, FEATURES).sum(axis=1, out=sums[here])
            norms = _norms(tile)
            cosines = product(tile, self._tokens)
            cosines /= norms
            # An empty slot resembles nothing.
            cosines[norms[:, 0] == _TINY] = -1
            cosines.reshape(_CELLS, CELL, -1).max(axis=1, out=nearest[here])
        return sums, nearest

    def _span(self, pooled: Floats, packed: PackedTexts) -> Floats:
        """The highest cosine of two adjacent cells, or of the only one."""
        last = packed.first + packed.cells - 1
        starts = packed.counts > 0
        starts[last[packed.cells > 1]] = False
        (at,) = np.nonzero(starts)
        # The cell after a text's only one belongs to its neighbour, or is beyond the end.
        alone = np.isin(at, last)
        after = np.where(alone, at, at + 1)
        sums = pooled[at] + np.where(alone[:, None], np.float32(0), pooled[after])
        tokens = packed.counts[at] + np.where(alone, 0, packed.counts[after])
        cosines = np.full(len(pooled), -1, np.float32)
        cosines[at] = self._cosines(sums, tokens)
        best: Floats = np.maximum.reduceat(cosines, packed.first)
        return best

    def _cosines(self, pooled: Floats, tokens: Ints) -> Floats:
        cosines: Floats = (self._encoder.vectors(pooled, tokens) * self.vector).sum(axis=1)
        return cosines


def _packed(texts: Sequence[Sequence[int]]) -> PackedTexts:
    return pack([[BEGIN, *token_ids, END] for token_ids in texts])


def _text_sums(pooled: Floats, packed: PackedTexts) -> Floats:
    """Each text's sum over its own cells, and no further: empty ones would change its order."""
    cells = zip(packed.first, packed.first + packed.cells, strict=True)
    return np.stack([pooled[first:end].sum(axis=0) for first, end in cells])


def _norms(features: Floats) -> Floats:
    """The length of each row (rows x 1), never 0."""
    squares: Floats = np.einsum("ij,ij->i", features, features)[:, None]
    return np.maximum(np.sqrt(squares), _TINY)
