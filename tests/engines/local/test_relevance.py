"""The measure that the embedded engine is judged by."""

import math

import pytest

from tests.benchmarks.relevance import ndcg


def test_linear_gain_and_log2_discount() -> None:
    """The benchmark's numbers could not be held against trec_eval's."""
    scores = {"a": 0.9, "b": 0.5, "c": 0.1}
    grades = {"a": 1, "b": 3, "missing": 2}

    gained = 1 + 3 / math.log2(3)
    ideal = 3 + 2 / math.log2(3) + 1 / 2
    assert ndcg(scores, grades) == pytest.approx(gained / ideal)


@pytest.mark.parametrize(("relevant", "expected"), [("b", 1.0), ("a", 1 / math.log2(3))])
def test_equal_scores_are_ranked_by_id_descending(relevant: str, expected: float) -> None:
    """An engine that gives every passage the same score would look better than it is."""
    assert ndcg({"a": 0.5, "b": 0.5}, {relevant: 1}) == pytest.approx(expected)


def test_only_the_first_ten_count() -> None:
    """A passage that no one reads would count."""
    scores = {f"{i:02}": 1 - i / 100 for i in range(20)}

    assert ndcg(scores, {"10": 1}) == 0
    assert ndcg(scores, {"09": 1}) > 0
