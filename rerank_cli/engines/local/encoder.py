"""The forward pass of the multilingual Universal Sentence Encoder v3, in numpy.

A token's features are its embedding beside three convolutions over embeddings (2, 3 and 5 tokens
wide), normalised together: 1,280 numbers. A text's vector is a small dense network over the sum of
its tokens' features: 512 numbers.
"""

from collections.abc import Collection, Iterator

import numpy as np

from rerank_cli.engines.local.packing import GAP, TILE, PackedTexts
from rerank_cli.engines.local.products import BLOCK, product
from rerank_cli.engines.local.tokens import BEGIN, END
from rerank_cli.engines.local.weights import Floats, Ints, Map, Weights

FEATURES = 1280
_EMBEDDING = 512
_WIDTH = 256
# The width of each convolution, and how many of its tokens are to the left.
_BRANCHES = ((2, 0), (3, 1), (5, 2))


class Encoder:
    """The encoder's layers; call `load` with all token ids before anything is encoded."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        widths = [width for width, _ in _BRANCHES]

        def each(name: str) -> list[Floats]:
            return [weights[f"{name}{width}"] for width in widths]

        self._epsilon = np.float32(weights["eps"])
        self._project = np.concatenate(each("proj"), axis=1), np.concatenate(each("proj_b"))
        self._projection_norm = np.concatenate(each("ln_g")), np.concatenate(each("ln_b"))
        self._first = list(zip(each("w1_"), each("b1_"), strict=True))
        self._second = list(zip(each("w2_"), each("b2_"), strict=True))
        self._token_norm = weights["ln_g"], weights["ln_b"]
        self._pool, self._pool_bias = weights["cnn_W"], weights["cnn_b"]
        self._dense = [weights[name] for name in ("d0", "p1", "d1", "d2", "p3", "d3")]

    def load(self, token_ids: Collection[int], mapper: Map = map) -> None:
        """Read the embeddings of these tokens, and of those that begin and end every text."""
        self._weights.load(np.array([BEGIN, END, *token_ids], np.int64), mapper)

    def tiles(self, packed: PackedTexts) -> Iterator[Floats]:
        """The features of the slots (TILE x 1280 each, to be used at once); empty slots are 0."""
        embeddings = _padded(self._weights.embed(packed.vocabulary), 1)
        projected = product(embeddings, self._project[0])
        projected += self._project[1]
        self._normalise(projected, self._projection_norm)
        projected[len(packed.vocabulary) :] = 0
        branches = range(len(_BRANCHES))
        inner = [self._first_convolution(projected, branch, packed) for branch in branches]
        tile = np.empty((TILE, FEATURES), np.float32)
        for start in range(0, packed.slots, TILE):
            here = packed.token_at[GAP + start : GAP + start + TILE]
            np.take(embeddings, here, axis=0, out=tile[:, :_EMBEDDING], mode="clip")
            for branch, hidden in enumerate(inner):
                at = _EMBEDDING + branch * _WIDTH
                tile[:, at : at + _WIDTH] = self._second_convolution(hidden, branch, start)
            self._normalise(tile, self._token_norm)
            tile[here == len(packed.vocabulary)] = 0
            yield tile

    def _first_convolution(self, projected: Floats, branch: int, packed: PackedTexts) -> Floats:
        """The first convolution (GAP + slots + GAP x 256).

        What a token adds to a neighbour depends on its embedding alone, so it is computed once for
        each token of the vocabulary and looked up.
        """
        (width, left), (weight, bias) = _BRANCHES[branch], self._first[branch]
        own = np.ascontiguousarray(projected[:, branch * _WIDTH : (branch + 1) * _WIDTH])
        hidden = np.zeros((packed.slots + 2 * GAP, _WIDTH), np.float32)
        parts = [product(own, weight[k * _WIDTH : (k + 1) * _WIDTH]) for k in range(width)]
        part = np.empty((TILE, _WIDTH), np.float32)
        for start in range(GAP, GAP + packed.slots, TILE):
            tile = hidden[start : start + TILE]
            tile += bias
            for k in range(width):
                at = start + k - left
                np.take(parts[k], packed.token_at[at : at + TILE], axis=0, out=part, mode="clip")
                tile += part
            np.maximum(tile, 0, out=tile)
            here = packed.token_at[start : start + TILE]
            np.take(own, here, axis=0, out=part, mode="clip")
            tile += part
            tile[here == len(packed.vocabulary)] = 0
        return hidden

    def _second_convolution(self, hidden: Floats, branch: int, start: int) -> Floats:
        """The second convolution of a tile (TILE x 256)."""
        (width, left), (weight, bias) = _BRANCHES[branch], self._second[branch]
        at = GAP + start - left
        neighbours = np.concatenate([hidden[at + k : at + k + TILE] for k in range(width)], axis=1)
        out = product(neighbours, weight)
        out += bias
        np.maximum(out, 0, out=out)
        out += hidden[GAP + start : GAP + start + TILE]
        return out

    def pooled(self, sums: Floats) -> Floats:
        """The pooling layer (n x 512), which is linear, over sums of features (n x 1280)."""
        return product(_padded(sums), self._pool)[: len(sums)]

    def vectors(self, pooled: Floats, tokens: Ints) -> Floats:
        """The unit vectors (n x 512) of texts whose pooled sums are over so many tokens."""
        count: Floats = tokens.astype(np.float32)[:, None]
        root: Floats = np.sqrt(count)
        mean = _padded(pooled / root + root * self._pool_bias)
        d0, p1, d1, d2, p3, d3 = self._dense
        hidden = np.maximum(product(mean, d0), 0)
        middle = np.maximum(product(mean, p1) + product(hidden, d1), 0)
        hidden = np.maximum(product(middle, d2), 0)
        last = np.tanh(product(middle, p3) + product(hidden, d3))[: len(tokens)]
        unit: Floats = last / np.sqrt(np.maximum((last * last).sum(axis=1, keepdims=True), 1e-12))
        return unit

    def _normalise(self, x: Floats, scale_and_shift: tuple[Floats, Floats]) -> None:
        """Layer normalisation of each row, in place."""
        x -= x.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
        x *= (1 / np.sqrt(variance + self._epsilon))[:, None]
        x *= scale_and_shift[0]
        x += scale_and_shift[1]


def _padded(rows: Floats, least: int = 0) -> Floats:
    """The rows with at least so many empty ones after them, up to a multiple of BLOCK."""
    extra = -(len(rows) + least) % BLOCK + least
    return np.concatenate([rows, np.zeros((extra, rows.shape[1]), np.float32)])
