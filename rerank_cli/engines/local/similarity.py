"""The relevance score of a passage for a query, from three cosines between them.

Each is of a passage by itself: `whole` of the two texts' vectors; `span`, the highest one of the
query's vector with that of about 16 adjacent tokens of the passage, which finds the sentence that
answers in a long text; `maxsim`, the highest one of each query token with a token of the passage,
in the encoder's features in context, as a mean weighted by background IDF.

The best window is one of those 16 tokens: the one whose span, with the maxsim of its tokens alone,
adds most to the score.
"""

from collections.abc import Sequence
from typing import NamedTuple

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


class Match(NamedTuple):
    """The score of a passage, and its best window: its tokens from `first` up to before `end`."""

    score: float
    first: int
    end: int


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

    def score(self, passages: Sequence[Sequence[int]]) -> list[Match]:
        """The probability that each passage is relevant, to six significant digits.

        A passage is the ids of its tokens, at least one; there is at least one passage.
        """
        packed = _packed(passages)
        sums, nearest = self._cells(packed)
        pooled = self._encoder.pooled(sums)
        whole = self._cosines(_text_sums(pooled, packed), packed.lengths)
        maxsim = self._maxsim(np.maximum.reduceat(nearest, packed.first, axis=0))
        at, after = _pairs(packed)
        spans = self._spans(pooled, packed, at, after)
        features = np.stack([whole, np.maximum.reduceat(spans, packed.first), maxsim], axis=1)
        logits = (features * _SLOPES).sum(axis=1) + _BIAS
        scores = 1 / (1 + np.exp(-logits.astype(np.float64)))
        nearby = np.maximum(nearest[at], nearest[after])
        adds = np.full(len(pooled), -np.inf, np.float32)
        adds[at] = _SLOPES[1] * spans[at] + _SLOPES[2] * self._maxsim(nearby)
        return [
            Match(float(f"{score:.{_SIGNIFICANT}g}"), *_window(adds[first : first + cells], length))
            for score, first, cells, length in zip(
                scores, packed.first, packed.cells, packed.lengths, strict=True
            )
        ]

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

    def _maxsim(self, nearest: Floats) -> Floats:
        mean: Floats = (nearest * self._weights).sum(axis=1)
        return mean

    def _spans(self, pooled: Floats, packed: PackedTexts, at: Ints, after: Ints) -> Floats:
        """For each cell the cosine of the pair that begins there, -1 where none does."""
        alone = at == after
        sums = pooled[at] + np.where(alone[:, None], np.float32(0), pooled[after])
        tokens = packed.counts[at] + np.where(alone, 0, packed.counts[after])
        cosines = np.full(len(pooled), -1, np.float32)
        cosines[at] = self._cosines(sums, tokens)
        return cosines

    def _cosines(self, pooled: Floats, tokens: Ints) -> Floats:
        cosines: Floats = (self._encoder.vectors(pooled, tokens) * self.vector).sum(axis=1)
        return cosines


def _packed(texts: Sequence[Sequence[int]]) -> PackedTexts:
    return pack([[BEGIN, *token_ids, END] for token_ids in texts])


def _pairs(packed: PackedTexts) -> tuple[Ints, Ints]:
    """First and second cell of each two adjacent ones of a text; its only cell twice."""
    last = packed.first + packed.cells - 1
    starts = packed.counts > 0
    starts[last[packed.cells > 1]] = False
    (at,) = np.nonzero(starts)
    return at, np.where(np.isin(at, last), at, at + 1)


def _window(adds: Floats, length: int) -> tuple[int, int]:
    """First and end of the best window's tokens, of a text with `length` packed ones.

    `adds` has what the pair of cells adds to the score that begins at each of the text's cells.
    """
    # Without the tokens that mark beginning and end.
    at = int(adds.argmax()) * CELL - 1
    return max(at, 0), min(at + 2 * CELL, int(length) - 2)


def _text_sums(pooled: Floats, packed: PackedTexts) -> Floats:
    """Each text's sum over its own cells, and no further: empty ones would change its order."""
    cells = zip(packed.first, packed.first + packed.cells, strict=True)
    return np.stack([pooled[first:end].sum(axis=0) for first, end in cells])


def _norms(features: Floats) -> Floats:
    """The length of each row (rows x 1), never 0."""
    squares: Floats = np.einsum("ij,ij->i", features, features)[:, None]
    return np.maximum(np.sqrt(squares), _TINY)
