"""The paired randomisation test."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_cli.evaluation.significance import MOST_EXACT, PERMUTATIONS, p_value

_VALUES = st.floats(-1, 1).map(lambda value: round(value, 3))
_FEW = st.lists(_VALUES, max_size=10)
_MANY = st.lists(_VALUES.filter(bool), min_size=MOST_EXACT + 1, max_size=40)
_quick = settings(max_examples=25, deadline=None)


@given(_FEW)
@_quick
def test_few_queries_are_counted_out(differences: list[float]) -> None:
    """The p of a small collection would be off by chance."""
    observed = abs(sum(differences)) - 1e-9
    signs = list(product((1, -1), repeat=len(differences)))
    sums = (sum(s * d for s, d in zip(row, differences, strict=True)) for row in signs)
    expected = sum(abs(each) >= observed for each in sums) / len(signs)
    assert p_value(differences, 0) == pytest.approx(expected)


@given(st.one_of(_FEW, _MANY), st.integers(0, 2**64))
@_quick
def test_it_is_a_probability_and_never_zero(differences: list[float], seed: int) -> None:
    """A p of zero would claim what no sample of permutations can show."""
    assert 0 < p_value(differences, seed) <= 1


@given(_MANY, st.integers(0, 100))
@_quick
def test_the_same_seed_gives_the_same(differences: list[float], seed: int) -> None:
    """A paper's figures could not be reproduced."""
    assert p_value(differences, seed) == p_value(differences, seed)


@given(_FEW)
@_quick
def test_which_run_comes_first_does_not_matter(differences: list[float]) -> None:
    """A difference would be significant in one order of the runs and not in the other."""
    assert p_value(differences, 1) == p_value([-each for each in differences], 1)


@given(_MANY)
@_quick
def test_queries_that_do_not_differ_change_nothing(differences: list[float]) -> None:
    """Judging more queries on which both runs agree would change the verdict."""
    assert p_value([0.0, *differences, 0.0], 3) == p_value(differences, 3)


def test_no_difference_is_no_difference() -> None:
    """A run compared with itself would seem to differ."""
    assert p_value([], 0) == p_value([0.0] * 50, 0) == 1.0


def test_always_better_is_significant() -> None:
    """A run that is better on each of fifty queries would be called chance."""
    assert p_value([0.1] * 50, 0) == 1 / (PERMUTATIONS + 1)
    assert p_value([0.1] * 8, 0) == 2 / 2**8


def test_the_sample_agrees_with_the_count() -> None:
    """Seventeen queries would be judged by another measure than sixteen."""
    differences = [((each * 37) % 101 - 37) / 101 for each in range(1, 15)]
    exact = p_value(differences, 0)
    sampled = p_value([*differences, 1e-6, 1e-6, 1e-6], 0)
    assert sampled == pytest.approx(exact, abs=0.015)
