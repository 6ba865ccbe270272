"""The paired randomisation test: whether a difference between two runs could be chance.

Fisher's test, as Smucker, Allan and Carterette (CIKM 2007) recommend it for retrieval: if the two
runs were equally good, each query's difference might as well have the other sign.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating[Any]]

PERMUTATIONS = 10_000
LEVEL = 0.05
"""A p below this is called significant."""

MOST_EXACT = 16
"""Queries that differ, up to which all signs (65,536) are tried instead of some."""

_BLOCK = 500
_ROUNDING = 1e-9


def p_value(differences: Sequence[float], seed: int) -> float:
    """The two-sided p of the mean of the differences, one a query; from more than 0 to 1.

    Exact where at most `MOST_EXACT` queries differ; else from `PERMUTATIONS` signs drawn with the
    seed, the observed ones counted among them. Queries that do not differ change nothing.
    """
    import numpy as np

    values = np.array([each for each in differences if each], dtype=np.float64)
    if not values.size:
        return 1.0
    # Sums that only rounding keeps apart are equal: with values such as 0.1 there are many.
    enough = abs(float(values.sum())) - _ROUNDING * float(np.abs(values).sum())
    exact = values.size <= MOST_EXACT
    blocks = _all_signs(values.size) if exact else _some_signs(values.size, seed)
    as_far = total = 0
    for signs in blocks:
        as_far += int(np.count_nonzero(np.abs(signs @ values) >= enough))
        total += len(signs)
    return as_far / total if exact else (as_far + 1) / (total + 1)


def _all_signs(count: int) -> "Iterator[Matrix]":
    """Every row of so many signs."""
    import numpy as np

    rows = np.arange(2**count)[:, None]
    yield ((rows >> np.arange(count)) & 1) * 2.0 - 1.0


def _some_signs(count: int, seed: int) -> "Iterator[Matrix]":
    """`PERMUTATIONS` rows of so many signs, in blocks that stay small.

    The bits are Python's, whose generator gives the same ones in every version; numpy's may not.
    """
    import numpy as np

    source = Random(seed)  # noqa: S311 - chance for statistics, not for secrets
    for start in range(0, PERMUTATIONS, _BLOCK):
        rows = min(_BLOCK, PERMUTATIONS - start)
        wide = -(-count // 8)
        drawn = np.frombuffer(source.randbytes(rows * wide), dtype=np.uint8).reshape(rows, wide)
        yield np.unpackbits(drawn, axis=1)[:, :count] * 2.0 - 1.0
