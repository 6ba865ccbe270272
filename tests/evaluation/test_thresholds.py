"""What a threshold would keep."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_cli.evaluation.thresholds import ThresholdReport, shortest, threshold_report
from rerank_cli.model import Run

_QRELS = {"q1": {"a": 2, "b": 0, "c": 1}, "q2": {"a": 1}}
_RUN = Run("r", {"q1": {"a": 0.93, "b": 0.41, "x": 0.02}, "q2": {"a": 0.62, "z": 0.55}})
_SCORES = st.floats(allow_nan=False, allow_infinity=False)
_RUNS = st.dictionaries(st.sampled_from("abcdefghij"), _SCORES, min_size=1)


def _at(found: ThresholdReport, threshold: float) -> tuple[int, float | None, float | None]:
    row = next(row for row in found.rows if row.threshold == threshold)
    return row.kept, row.precision, row.recall


def test_precision_and_recall_of_each_threshold() -> None:
    """`--threshold` would be chosen by wrong figures."""
    found = threshold_report(_RUN, _QRELS)
    assert (found.passages, found.unjudged, found.relevant) == (5, 2, 3)
    assert _at(found, 0.0) == (5, 2 / 5, 2 / 3)
    assert _at(found, 0.5) == (3, 2 / 3, 2 / 3)
    assert _at(found, 0.6) == (2, 1.0, 2 / 3)
    assert _at(found, 0.99) == (0, None, 0.0)


def test_the_best_f1_is_named_by_a_short_number() -> None:
    """Seventeen digits would have to be typed, and suit one score of one run."""
    best = threshold_report(_RUN, _QRELS).best
    assert best is not None
    assert (best.threshold, best.kept) == (0.6, 2)
    assert best.f1 == pytest.approx(0.8)


def test_the_threshold_of_a_precision_keeps_most() -> None:
    """Passages would be thrown away that the wanted precision allows."""
    scores = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6, "e": 0.5}
    grades = {"q": {"a": 1, "c": 1, "d": 1}}
    found = threshold_report(Run("r", {"q": scores}), grades, 0.75)
    assert found.reaching is not None
    assert (found.reaching.threshold, found.reaching.kept) == (0.6, 4)


def test_a_precision_out_of_reach_is_not_named() -> None:
    """A threshold would be recommended that does not do what was asked for."""
    found = threshold_report(Run("r", {"q": {"a": 0.9, "b": 0.8}}), {"q": {"b": 1}}, 0.9)
    assert found.reaching is None
    assert found.nearest is not None
    assert (found.nearest.kept, found.nearest.precision) == (2, 0.5)


def test_queries_without_judgments_are_left_out() -> None:
    """Passages that nobody looked at would count as mistakes."""
    run = Run("r", {"q2": {"a": 0.5}, "other": {"a": 0.9}})
    assert threshold_report(run, _QRELS).passages == 1


def test_no_judged_query_gives_an_empty_report() -> None:
    """A library user would get an error of zip for a run of other queries."""
    found = threshold_report(Run("r", {"other": {"a": 0.9}}), _QRELS, 0.5)
    assert (found.passages, found.rows, found.best, found.reaching) == (0, (), None, None)


def test_nothing_relevant_names_nothing() -> None:
    """A threshold would be called best that keeps nothing relevant."""
    found = threshold_report(Run("r", {"q": {"a": 0.5}}), {"q": {"a": 0}}, 0.5)
    assert (found.best, found.reaching) == (None, None)
    assert {row.recall for row in found.rows} == {None}


@given(_RUNS, st.sets(st.sampled_from("abcdefghij")))
@settings(max_examples=100, deadline=None)
def test_what_is_named_keeps_what_it_says(scores: dict[str, float], relevant: set[str]) -> None:
    """The threshold that eval names would keep other passages in `rerank --threshold`."""
    qrels = {"q": dict.fromkeys(relevant, 1) | {"none": 0}}
    found = threshold_report(Run("r", {"q": scores}), qrels, 0.5)
    for kept in (*found.rows, found.best, found.reaching):
        if kept is not None:
            passed = {name for name, score in scores.items() if score >= kept.threshold}
            assert (kept.kept, kept.relevant) == (len(passed), len(passed & relevant))
    assert found.rows[0].kept == len(scores)
    assert len(found.rows) <= 27
    assert all(low.threshold < high.threshold for low, high in pairwise(found.rows))


@given(_SCORES, _SCORES)
@settings(max_examples=200, deadline=None)
def test_the_shortest_number_lies_between(one: float, other: float) -> None:
    """A rounded threshold would let the next passage pass, or keep its own out."""
    low, high = sorted((one, other))
    assert shortest(None, high) <= high
    if low < high:
        assert low < shortest(low, high) <= high
