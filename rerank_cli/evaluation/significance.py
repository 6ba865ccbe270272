"""The paired randomisation test: whether a difference between two runs could be chance.

Fisher's test, as Smucker, Allan and Carterette (CIKM 2007) recommend it for retrieval: if the two
runs were equally good, each query's difference might as well have the other sign.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
    as_far = total = 0
    for bits in _all_bits(values.size) if exact else _some_bits(values.size, seed):
        as_far += int(np.count_nonzero(np.abs((bits * 2.0 - 1.0) @ values) >= enough))
        total += len(bits)
    return as_far / total if exact else (as_far + 1) / (total + 1)


def _all_bits(count: int) -> "Iterator[NDArray[np.integer]]":
    import numpy as np

    yield (np.arange(2**count)[:, None] >> np.arange(count)) & 1


def _some_bits(count: int, seed: int) -> "Iterator[NDArray[np.integer]]":
    """`PERMUTATIONS` rows of so many bits, in blocks that stay small.

    They are Python's, whose generator gives the same ones in every version; numpy's may not.
    """
    import numpy as np

    source = Random(seed)  # noqa: S311 - chance for statistics, not for secrets
    wide = -(-count // 8)
    for _ in range(PERMUTATIONS // _BLOCK):
        drawn = np.frombuffer(source.randbytes(_BLOCK * wide), dtype=np.uint8)
        yield np.unpackbits(drawn.reshape(_BLOCK, wide), axis=1)[:, :count]
