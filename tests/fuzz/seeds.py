"""Seeds: some hundred in the default run, thousands by the marker `fuzz`.

Each is one case, and makes the same case on every machine. `FUZZ_SEEDS` names others: one that
failed (`FUZZ_SEEDS=137`), or a range that nobody has tried yet (`FUZZ_SEEDS=50000-60000`).
"""

import os
from collections.abc import Callable, Iterable

import pytest

_SAID = os.environ.get("FUZZ_SEEDS", "")


def blocks(few: int, many: int, size: int = 25) -> pytest.MarkDecorator:
    """Parametrize `seeds` with ranges: `few` seeds in the default run, `many` by the marker."""
    if _SAID:
        first, _, last = _SAID.partition("-")
        starts = range(int(first), int(last or first) + 1)
        only = [pytest.param(starts[at : at + size]) for at in range(0, len(starts), size)]
        return pytest.mark.parametrize("seeds", only, ids=str)
    always = [pytest.param(range(at, min(at + size, few))) for at in range(0, few, size)]
    size *= 8
    marked = [
        pytest.param(range(at, at + size), marks=pytest.mark.fuzz)
        for at in range(few, few + many, size)
    ]
    return pytest.mark.parametrize("seeds", [*always, *marked], ids=str)


def each(seeds: Iterable[int], case: Callable[[int], None]) -> None:
    """Try every seed, and report all that fail."""
    failed = []
    for seed in seeds:
        try:
            case(seed)
        except Exception as error:  # noqa: BLE001 - reported below, with its seed
            reason = (str(error) or type(error).__name__).strip()
            failed.append(f"FUZZ_SEEDS={seed}: {type(error).__name__}: {reason[:1500]}")
    assert not failed, f"{len(failed)} of the seeds failed\n" + "\n".join(failed[:10])
