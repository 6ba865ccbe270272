"""Relevance scores become ranks."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from rerank_cli.model import Candidates, Passage, Ranked
from rerank_cli.ranking import rank

SCORES = st.lists(
    st.sampled_from([-1.5, -0.0, 0.0, 0.3, 1.0]) | st.floats(allow_nan=False), max_size=12
)


def ranked(
    scores: list[float], *, top_n: int | None = None, threshold: float | None = None
) -> tuple[Ranked, ...]:
    """As many passages as scores, ranked by them; the texts are their places."""
    passages = tuple(Passage(str(place), "a.txt", place + 1) for place in range(len(scores)))
    return rank(Candidates("q", passages), scores, top_n=top_n, threshold=threshold)


def test_the_best_passage_comes_first() -> None:
    """The worst passages would go on to the language model."""
    results = ranked([0.9974, 0.0, 0.2787, 0.0, 0.1172])
    assert [(r.rank, r.score, r.index, r.passage.text) for r in results] == [
        (1, 0.9974, 0, "0"),
        (2, 0.2787, 2, "2"),
        (3, 0.1172, 4, "4"),
        (4, 0.0, 1, "1"),
        (5, 0.0, 3, "3"),
    ]


def test_logits_are_ranked_like_shares() -> None:
    """A model that answers in logits would be ranked by size instead of value."""
    assert [r.index for r in ranked([-11.0, 2.5, -0.5])] == [1, 2, 0]


def test_ties_keep_input_order_zeros_of_both_signs_too() -> None:
    """The same input would give another ranking on another day."""
    assert [r.index for r in ranked([0.5, -0.0, 0.5, 0.0, -0.0, 0.5])] == [0, 2, 5, 1, 3, 4]


def test_a_threshold_keeps_what_reaches_it() -> None:
    """`--threshold 0.3` would drop a passage that scores 0.3."""
    assert [r.score for r in ranked([0.3, 0.2999, 0.31], threshold=0.3)] == [0.31, 0.3]


def test_a_threshold_of_zero_is_a_threshold() -> None:
    """`--threshold 0` would keep the negative logits."""
    assert [r.score for r in ranked([-1.0, 0.0, 2.0], threshold=0.0)] == [2.0, 0.0]


def test_top_n_counts_after_the_threshold() -> None:
    """Fewer passages than asked for would be kept, or ones below the threshold."""
    scores = [0.9, 0.1, 0.8, 0.7]
    assert [r.index for r in ranked(scores, top_n=2, threshold=0.5)] == [0, 2]
    assert [r.index for r in ranked(scores, top_n=4, threshold=0.5)] == [0, 2, 3]


def test_a_threshold_that_none_reaches_leaves_nothing() -> None:
    """The best of the bad passages would pass for good."""
    assert ranked([0.1, 0.2], top_n=1, threshold=0.9) == ()


@given(SCORES, st.none() | st.integers(1, 14), st.none() | st.floats(allow_nan=False))
@example([0.0, -0.0, 0.0], None, -0.0)
def test_a_ranking_is_ordered_and_whole(
    scores: list[float], top_n: int | None, threshold: float | None
) -> None:
    """A passage would be lost, doubled, out of order, or beside another one's score."""
    results = ranked(scores, top_n=top_n, threshold=threshold)
    reaching = [s for s in scores if threshold is None or s >= threshold]
    assert len(results) == min(len(reaching), top_n or len(reaching))
    assert [r.rank for r in results] == list(range(1, len(results) + 1))
    assert len({r.index for r in results}) == len(results)
    for result in results:
        assert result.score is scores[result.index]
        assert result.passage.text == str(result.index)
    for better, worse in pairwise(results):
        assert better.score > worse.score or (
            better.score == worse.score and better.index < worse.index
        )
    kept = {r.index for r in results}
    left = [s for place, s in enumerate(scores) if place not in kept]
    if results and len(results) == top_n:
        assert all(score <= results[-1].score for score in left)
    elif threshold is not None:
        assert all(score < threshold for score in left)
