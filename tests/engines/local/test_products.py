"""What a row is multiplied to must not depend on the rows beside it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rerank_cli.engines.local import products
from rerank_cli.engines.local.products import BLOCK, product
from rerank_cli.engines.local.weights import Floats
from tests.running import process

_CPU_INFO = Path("/proc/cpuinfo")
CPU = _CPU_INFO.read_text() if _CPU_INFO.exists() else ""

WAYS = (
    products._by_blocks,
    products._by_sixteen_as_columns,
    products._by_eight,
    products._without_blas,
)


def numbers(*shape: int) -> Floats:
    """Random numbers, the same each time."""
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("columns", [1, 2, 7, 12, 40, 256])
@pytest.mark.parametrize("inner", [256, 1280])
def test_equal_rows_have_equal_results(inner: int, columns: int) -> None:
    """A score would change in its last digit with the passages beside it."""
    rows = np.tile(numbers(1, inner), (5 * BLOCK, 1))

    results = product(rows, numbers(inner, columns))

    assert (results == results[0]).all()


@pytest.mark.parametrize("way", WAYS)
def test_each_way_is_the_product(way: Callable[[Floats, Floats], Floats]) -> None:
    """A slip in one way would give other scores on other processors."""
    rows, matrix = numbers(3 * BLOCK, 96), numbers(96, 33)

    assert np.allclose(way(rows, matrix), rows @ matrix, atol=1e-4)


def test_a_way_in_which_place_counts_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of processors that no test runs on, each has its own habit."""
    by_place = np.arange(BLOCK, dtype=np.float32)[:, None]
    for name in ("_by_blocks", "_by_sixteen_as_columns", "_by_eight"):
        monkeypatch.setattr(products, name, lambda rows, matrix: rows @ matrix + by_place)
    monkeypatch.setattr(products, "_way_of_shape", {})
    rows, matrix = numbers(BLOCK, 8), numbers(8, 5)

    assert np.allclose(product(rows, matrix), rows @ matrix, atol=1e-4)


@pytest.mark.process
@pytest.mark.skipif("avx2" not in CPU, reason="names kernels of OpenBLAS for x86")
@pytest.mark.parametrize("kernel", ["Haswell", "Sandybridge", "Nehalem"])
def test_a_score_is_the_same_in_any_company_on_other_processors(kernel: str) -> None:
    """The same file would rank otherwise on a laptop than on a server."""
    texts = [f"the {word} of the year, and what it was about" for word in "abcdefghijklmnopqrs"]
    env = {"OPENBLAS_CORETYPE": kernel}

    def scores(lines: list[str]) -> dict[str, str]:
        stdin = "\n".join(lines).encode()
        done = process("which word", "-p", "local", "-f", "tsv", stdin=stdin, env=env)
        rows = [line.split("\t") for line in done.out.splitlines()[1:]]
        return {row[-1]: row[1] for row in rows}

    together = scores(texts)

    assert len(together) == len(texts)
    assert scores(texts[7:9]) == {text: together[text] for text in texts[7:9]}
