"""Which thresholds are shown: those that tell apart the scores that there are."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_cli.evaluation.thresholds import Kept, ThresholdReport, threshold_report
from rerank_cli.model import Run

_SCORES = st.lists(
    st.integers(-4000, 4000).map(lambda number: number / 100), min_size=2, max_size=12, unique=True
)


def _of(*scores: float) -> ThresholdReport:
    ranked = {str(at): score for at, score in enumerate(scores)}
    return threshold_report(Run("r", {"q": ranked}), {"q": {"0": 1, "none": 0}})


def _shown(*scores: float) -> list[float]:
    return [row.threshold for row in _of(*scores).rows]


@pytest.mark.parametrize("scores", [(0.0, 1.0), (0.2, 0.2), (0.0,), (1.0,)])
def test_probabilities_get_the_usual_thresholds(scores: tuple[float, ...]) -> None:
    """Scores from 0 to 1, ends included, would be cut at odd numbers."""
    shown = _shown(*scores)
    assert {0.0, 0.1, 0.5, 0.9, 0.99} <= set(shown)
    assert all(0 <= each < 1 for each in shown)


@given(_SCORES.filter(lambda scores: min(scores) < 0 or max(scores) > 1))
@settings(max_examples=100, deadline=None)
def test_scores_beyond_0_to_1_get_steps_over_all_of_them(scores: list[float]) -> None:
    """Nothing would be shown of the scores above 1: no threshold there could be chosen."""
    shown = _shown(*scores)
    gaps = [high - low for low, high in pairwise(shown)]
    width = max(scores) - min(scores)
    assert shown[0] <= min(scores)
    assert max(scores) - shown[-1] <= max(gaps) + 1e-9
    # Even, and between ten and some more than twice as many.
    assert max(gaps) - min(gaps) <= 1e-9
    assert width / 26 <= max(gaps) <= width / 10 + 1e-9


@pytest.mark.parametrize(
    ("scores", "first", "last", "count"),
    [
        ((0.2, 1.7), 0.2, 1.7, 16),
        ((-11.21, 9.14), -12.0, 8.0, 11),
        ((0.0, 10.0), 0.0, 10.0, 11),
        ((-0.5, 0.5), -0.5, 0.5, 11),
        ((3.0, 3.0), 3.0, 3.0, 1),
    ],
)
def test_steps_are_round_numbers(
    scores: tuple[float, ...], first: float, last: float, count: int
) -> None:
    """A threshold of 1.2345 would be recommended where 1.2 does."""
    shown = _shown(*scores)
    assert (shown[0], shown[-1], len(shown)) == (first, last, count)


def test_of_equally_good_thresholds_the_highest_is_best() -> None:
    """A threshold would be recommended that lets more passages pass for the same F1."""
    qrels = {"q": {"a": 1, "c": 1, "f": 1}}
    scores = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6, "e": 0.5, "f": 0.4}
    found = threshold_report(Run("r", {"q": scores}), qrels)
    assert found.best is not None
    assert found.best.kept == 3
    assert found.best.f1 == pytest.approx(2 / 3)


def test_of_thresholds_with_the_wanted_precision_the_one_that_keeps_most_is_named() -> None:
    """Relevant passages would be thrown away though the precision allows them."""
    scores = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6}
    found = threshold_report(Run("r", {"q": scores}), {"q": dict.fromkeys("abcd", 1)}, 1.0)
    assert found.reaching is not None
    assert found.reaching.kept == 4
    assert found.wanted == 1.0


def test_the_nearest_precision_keeps_as_much_as_it_can() -> None:
    """Where the wanted precision is out of reach, a worse threshold would be named instead."""
    scores = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6}
    found = threshold_report(Run("r", {"q": scores}), {"q": {"a": 0, "b": 1, "c": 0, "d": 1}}, 0.9)
    assert found.reaching is None
    assert found.nearest is not None
    assert (found.nearest.kept, found.nearest.precision) == (4, 0.5)


def test_a_grade_of_1_is_relevant_and_one_below_0_is_not() -> None:
    """Spam, which some judges grade -2, would count as relevant."""
    run = Run("r", {"q": {"a": 0.9, "b": 0.8, "c": 0.7}})
    found = threshold_report(run, {"q": {"a": 1, "b": -2, "c": 0, "d": 3}})
    assert (found.relevant, found.unjudged) == (2, 0)
    assert found.rows[0].relevant == 1


def test_a_run_of_which_nothing_is_judged_has_no_thresholds() -> None:
    """A run for other queries than the judged ones would end in a traceback."""
    found = threshold_report(Run("r", {"other": {"a": 0.9}}), {"q": {"a": 1}}, 0.5)
    assert (found.passages, found.rows, found.best, found.nearest) == (0, (), None, None)


def test_where_nothing_is_kept_or_relevant_there_is_no_f1() -> None:
    """A threshold that keeps nothing would end in a traceback."""
    for precision, recall in ((None, 0.0), (0.0, None), (None, None), (0.0, 0.0)):
        assert Kept(0.5, 0, 0, precision, recall).f1 == 0
    assert Kept(0.5, 4, 2, 0.5, 0.25).f1 == pytest.approx(1 / 3)


@pytest.mark.parametrize("extreme", [1.7e308, -1.7e308])
def test_the_largest_scores_have_finite_thresholds(extreme: float) -> None:
    """A threshold that is rounded to infinity would end JSON and CSV in a traceback."""
    scores = {"a": extreme, "b": -extreme}
    report = threshold_report(Run("r", {"q": scores}), {"q": {"a": 1}})
    chosen = [row for row in (*report.rows, report.best, report.nearest) if row]
    assert all(math.isfinite(row.threshold) for row in chosen)
