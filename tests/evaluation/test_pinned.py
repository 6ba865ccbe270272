"""Figures that a paper quotes: the same seed and runs give them in every version."""

import pytest

from rerank_cli.evaluation.measured_runs import Difference, evaluate
from rerank_cli.evaluation.measures import parse
from rerank_cli.evaluation.significance import PERMUTATIONS, p_value
from rerank_cli.model import Run

_DIFFERENCES = [((each * 37) % 101 - 37) / 101 for each in range(1, 25)]


@pytest.mark.parametrize(
    ("differences", "seed", "as_far"),
    [
        (_DIFFERENCES, 0, 346),
        (_DIFFERENCES, 42, 435),
        ([0.1] * 12 + [-0.1] * 6, 0, 2391),
        ([0.1] * 12 + [-0.1] * 6, 1, 2354),
    ],
)
def test_a_sampled_p_is_pinned(differences: list[float], seed: int, as_far: int) -> None:
    """A published p could not be computed again with the next version."""
    assert p_value(differences, seed) == (as_far + 1) / (PERMUTATIONS + 1)


@pytest.mark.parametrize(
    ("differences", "p"),
    [([0.5], 1.0), ([0.5, 0.25], 0.5), ([0.1] * 16, 2 / 2**16), ([0.1, 0.2, -0.3], 1.0)],
)
def test_an_exact_p_is_pinned(differences: list[float], p: float) -> None:
    """The p of few queries would be drawn by chance, or be off."""
    assert p_value(differences, 0) == p


def test_a_run_without_a_figure_has_no_difference() -> None:
    """Accuracy is nothing where nothing relevant is ranked: the comparison would be a traceback."""
    qrels = {"q": {"a": 1, "b": 0}}
    some, none = Run("some", {"q": {"a": 1.0, "b": 0.5}}), Run("none", {"q": {"z": 1.0}})
    for runs in ((some, none), (none, some), (none, none)):
        _, second = evaluate(runs, qrels, parse(["Accuracy"]), 0).runs
        assert second.differences == {"Accuracy": Difference(None, None)}


def test_only_queries_with_a_figure_in_both_runs_are_compared() -> None:
    """A query that only one run has a figure for would end in a traceback."""
    qrels = {"q1": {"a": 1, "b": 0}, "q2": {"a": 1, "b": 0}}
    first = Run("first", {"q1": {"a": 1.0, "b": 0.5}, "q2": {"z": 1.0}})
    other = Run("other", {"q1": {"a": 0.5, "b": 1.0}, "q2": {"a": 1.0, "b": 0.5}})
    for runs, difference in (((first, other), -0.5), ((other, first), 0.5)):
        _, second = evaluate(runs, qrels, parse(["Accuracy"]), 0).runs
        assert second.differences == {"Accuracy": Difference(difference, 1.0)}


def test_a_difference_is_significant_below_5_percent() -> None:
    """Every difference, or none, would be marked."""
    assert Difference(0.1, 0.049).significant
    assert not Difference(0.1, 0.05).significant
    assert not Difference(None, None).significant


def test_queries_of_only_one_side_are_named() -> None:
    """A user would not see that half of the run was never judged."""
    run = Run("r", {"both": {"a": 1.0}, "ranked": {"a": 1.0}})
    qrels = {"judged": {"a": 1}, "both": {"a": 1}}
    (measured,) = evaluate([run], qrels, parse(["P@1"]), 0).runs
    assert (measured.unjudged, measured.unranked) == (("ranked",), ("judged",))
