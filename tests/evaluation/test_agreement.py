"""How far rankings agree, against the definitions."""

import math
from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.evaluation.agreement import agreement, kendall_tau
from tests.rendering.rankings import ranking

_SCORES = st.sampled_from([0.0, -0.0, 0.25, 0.5, 1.0, -3.5, 1e-300]) | st.floats(
    allow_nan=False, allow_infinity=False
)
_PAIRS = st.lists(st.tuples(_SCORES, _SCORES), max_size=40)


def _by_definition(first: Sequence[float], other: Sequence[float]) -> float | None:
    """Tau-b pair by pair: concordant less discordant, over what is not tied in either."""
    pairs = list(combinations(zip(first, other, strict=True), 2))
    # Compared, not subtracted: a difference of two floats may be too large for one.
    signs = [(_compared(a, b), _compared(c, d)) for (a, c), (b, d) in pairs]
    untied = [sum(bool(each[side]) for each in signs) for side in (0, 1)]
    if 0 in untied:
        return None
    return sum(one * two for one, two in signs) / math.sqrt(untied[0] * untied[1])


def _compared(one: float, two: float) -> int:
    return (one > two) - (one < two)


@given(_PAIRS)
def test_tau_is_that_of_the_definition(pairs: list[tuple[float, float]]) -> None:
    """A model would be told to agree more, or less, than it does; ties are the hard part."""
    first, other = [a for a, _ in pairs], [b for _, b in pairs]
    expected = _by_definition(first, other)
    assert kendall_tau(first, other) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("seed", "count", "steps", "expected"),
    [
        (2, 5, 3, 0.7216878364870322),
        (3, 40, 9, 0.16297392724789928),
        (4, 200, 9, -0.08926307503484325),
        (5, 200, 2, 0.015490659801353621),
        (6, 200, 1000, -0.02358976998785309),
    ],
)
def test_tau_is_what_scipy_gave(seed: int, count: int, steps: int, expected: float) -> None:
    """The number could not be set beside those of papers, which come from scipy."""
    chance = Random(seed)
    first, other = [[int(chance.random() * steps) for _ in range(count)] for _ in range(2)]
    assert kendall_tau(first, other) == pytest.approx(expected)


@pytest.mark.long  # that is, importing scipy
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=2, max_size=200))
def test_tau_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    """As above, of any pairs, with the scipy that is installed."""
    stats = pytest.importorskip("scipy.stats")
    first, other = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    expected = stats.kendalltau(first, other).statistic
    assert kendall_tau(first, other) == (None if math.isnan(expected) else pytest.approx(expected))


@given(_PAIRS)
def test_tau_is_the_same_from_either_side(pairs: list[tuple[float, float]]) -> None:
    """`-m A -m B` and `-m B -m A` would disagree on how far the two agree."""
    first, other = [a for a, _ in pairs], [b for _, b in pairs]
    there, back = kendall_tau(first, other), kendall_tau(other, first)
    assert there == (None if back is None else pytest.approx(back))


@pytest.mark.parametrize(
    ("first", "other", "expected"),
    [
        ([1, 2, 3], [10, 20, 21], 1.0),
        ([1, 2, 3], [-1, -2, -3], -1.0),
        ([1, 2, 3, 4], [2, 1, 3, 4], 4 / 6),
        ([1, 1, 2], [1, 2, 2], 1 / 2),
        ([1, 2, 3], [5, 5, 5], None),
        ([], [], None),
        ([1], [2], None),
    ],
)
def test_known_values(first: list[float], other: list[float], expected: float | None) -> None:
    """The README's promise, 1 for the same order and -1 for the reverse, would not hold."""
    tau = kendall_tau(first, other)
    assert tau == (None if expected is None else pytest.approx(expected))


def test_many_passages_take_no_time_that_grows_with_their_square() -> None:
    """A comparison of a large file would stand still after the models have answered."""
    count = 20_000
    comparisons = 0

    class Counted(float):
        def __lt__(self, other: float) -> bool:
            nonlocal comparisons
            comparisons += 1
            return float(self) < float(other)

    first = [Counted(at) for at in range(count)]
    other = [Counted(at * 7919 % count) for at in range(count)]
    assert kendall_tau(first, other) is not None
    assert comparisons < 100 * count


def test_overlap_is_the_share_of_the_best_that_both_have() -> None:
    """Two models would seem to find the same passages, or none of the same."""
    first = ranking(list("abcde"), [5, 4, 3, 2, 1])
    other = ranking(list("abcde"), [1, 5, 2, 4, 3])
    shares = [agreement(first, other, depth).overlap for depth in range(1, 6)]
    assert shares == [0, 1 / 2, 1 / 3, 3 / 4, 1]
    assert agreement(first, other, 3).depth == 3


def test_rankings_are_matched_by_passage_not_by_rank() -> None:
    """Results stand in another order in each ranking: every pair of models would agree."""
    first = ranking(list("abc"), [0.9, 0.5, 0.1])
    assert agreement(first, ranking(list("abc"), [-9, -5, -1]), 1).kendall_tau == pytest.approx(-1)
    assert agreement(first, ranking(list("abc"), [90, 50, 10]), 1).kendall_tau == pytest.approx(1)


def test_passages_of_the_same_text_count_each_for_itself() -> None:
    """A file with a line twice would end in an error, or in a tau of fewer passages."""
    same = ranking(["a", "a", "b"], [0.5, 0.5, 0.1])
    apart = ranking(["a", "a", "b"], [0.5, 0.4, 0.1])
    assert agreement(same, apart, 2).kendall_tau == pytest.approx(2 / math.sqrt(2 * 3))
