"""What scores are mapped to, and which scales and thresholds cannot fit."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.errors import UsageError
from rerank_cli.model import UNBOUNDED, UNIT, Range
from rerank_cli.scaling import NATIVE, SCALES, Scaler, check_scale, misfit, scaled
from tests.properties import BRIEFLY

FINITE = st.floats(allow_nan=False, allow_infinity=False)
_LARGEST = 1.7976931348623157e308
_MAPPED = pytest.mark.parametrize("scale", sorted({*SCALES} - {NATIVE}))


def test_scales() -> None:
    """A scale that scripts use would be gone."""
    assert set(SCALES) == {NATIVE, "sigmoid", "minmax"}


@BRIEFLY
@given(st.lists(FINITE))
def test_native_scores_are_as_they_come(scores: list[float]) -> None:
    """Scores would change though nobody asked."""
    assert list(scaled(scores, NATIVE, None)) == scores
    assert list(scaled(scores, NATIVE, UNIT)) == scores


@_MAPPED
@BRIEFLY
@given(st.lists(FINITE | st.sampled_from([_LARGEST, -_LARGEST, 5e-324, -0.0, 710.0, -746.0])))
def test_mapped_scores_lie_in_0_to_1(scale: str, scores: list[float]) -> None:
    """A threshold of 0.5 would mean nothing, or huge scores end in a traceback."""
    assert all(0 <= each <= 1 for each in scaled(scores, scale, UNBOUNDED))
    assert len(scaled(scores, scale, UNBOUNDED)) == len(scores)


@_MAPPED
@BRIEFLY
@given(st.lists(FINITE, min_size=2))
def test_order_stays(scale: str, scores: list[float]) -> None:
    """A worse passage would come before a better one."""
    pairs = sorted(zip(scores, scaled(scores, scale, UNBOUNDED), strict=True))
    mapped = [each for _, each in pairs]
    assert all(low <= high + 1e-15 for low, high in itertools.pairwise(mapped))


@_MAPPED
@BRIEFLY
@given(st.lists(st.sampled_from([-3.5, 0.0, 0.25, 8.0]), min_size=2))
def test_ties_stay(scale: str, scores: list[float]) -> None:
    """Passages of the same score would be ranked by chance."""
    mapped = scaled(scores, scale, UNBOUNDED)
    for one, first in zip(scores, mapped, strict=True):
        for other, second in zip(scores, mapped, strict=True):
            assert (one == other) == (first == second)


@pytest.mark.parametrize(
    ("score", "mapped"),
    [
        (0.0, 0.5),
        (math.log(3), 0.75),
        (-math.log(3), 0.25),
        (9.140625, 0.9998927),
        (-11.2109375, 0.0000135),
        (_LARGEST, 1.0),
        (-_LARGEST, 0.0),
    ],
)
def test_sigmoid(score: float, mapped: float) -> None:
    """What one server calls 0.9999 and another 9.14 would not be the same threshold."""
    assert scaled([score], "sigmoid", UNBOUNDED)[0] == pytest.approx(mapped, abs=1e-7)


@pytest.mark.parametrize(
    ("scores", "mapped"),
    [
        ([1.0, 3.0, 2.0], [0.0, 1.0, 0.5]),
        ([-9.0, -1.0], [0.0, 1.0]),
        ([0.2, 0.2], [1.0, 1.0]),
        ([7.0], [1.0]),
        ([], []),
        ([-_LARGEST, 0.0, _LARGEST], [0.0, 0.5, 1.0]),
    ],
)
def test_minmax(scores: list[float], mapped: list[float]) -> None:
    """The best would not be 1 and the worst 0, or few passages end in a traceback."""
    assert list(scaled(scores, "minmax", None)) == pytest.approx(mapped)


@BRIEFLY
@given(st.lists(FINITE, min_size=2))
def test_minmax_of_different_scores_has_both_ends(scores: list[float]) -> None:
    """A threshold would keep nothing though one passage is best."""
    mapped = scaled(scores, "minmax", None)
    assert max(mapped) == 1
    assert min(mapped) == 0 or len(set(scores)) == 1


# The sigmoid of what is a probability already


@pytest.mark.parametrize("score_range", [None, UNIT])
@pytest.mark.parametrize("scores", [[0.0, 1.0], [0.5], [0.0]])
def test_sigmoid_of_probabilities(scores: list[float], score_range: Range | None) -> None:
    """Every passage would score between 0.5 and 0.73, and a threshold of 0.5 keep them all."""
    with pytest.raises(UsageError, match=r"in 0\.\.1 already"):
        scaled(scores, "sigmoid", score_range)


@pytest.mark.parametrize(
    ("scores", "score_range"),
    [([0.1, 0.9], UNBOUNDED), ([0.1, 1.5], None), ([-0.1, 0.5], None)],
)
def test_sigmoid_of_logits(scores: list[float], score_range: Range | None) -> None:
    """Logits that happen to be small, or of an unknown server, could not be mapped."""
    assert scaled(scores, "sigmoid", score_range)[0] == pytest.approx(
        1 / (1 + math.exp(-scores[0]))
    )


def test_scale_that_cannot_fit_is_known_before() -> None:
    """The request would be paid for, and nothing be shown."""
    with pytest.raises(UsageError, match=r"in 0\.\.1 already"):
        check_scale("sigmoid", UNIT)
    for scale, score_range in (("sigmoid", None), ("sigmoid", UNBOUNDED), ("minmax", UNIT)):
        check_scale(scale, score_range)
    check_scale(NATIVE, UNIT)


# Thresholds


@pytest.mark.parametrize(
    ("threshold", "scale", "score_range", "says"),
    [
        (0.3, NATIVE, UNBOUNDED, "logits"),
        (0.99, NATIVE, UNBOUNDED, "--scores sigmoid"),
        (1.5, NATIVE, UNIT, "keeps nothing"),
        (-0.1, NATIVE, UNIT, "keeps everything"),
        (2.0, "sigmoid", UNBOUNDED, "keeps nothing"),
        (-1.0, "sigmoid", None, "keeps everything"),
        (-1.0, "minmax", UNIT, "keeps everything"),
        (0.0, NATIVE, UNBOUNDED, None),
        (1.0, NATIVE, UNBOUNDED, None),
        (-2.5, NATIVE, UNBOUNDED, None),
        (0.3, "sigmoid", UNBOUNDED, None),
        (0.3, NATIVE, UNIT, None),
        (0.0, NATIVE, UNIT, None),
        (1.0, NATIVE, UNIT, None),
        (0.3, NATIVE, None, None),
        (-7.0, NATIVE, None, None),
        (None, NATIVE, UNBOUNDED, None),
        (None, "sigmoid", UNIT, None),
    ],
)
def test_threshold_and_range(
    threshold: float | None, scale: str, score_range: Range | None, says: str | None
) -> None:
    """A threshold of the wrong kind would keep all or nothing, without a word."""
    said = misfit(threshold, scale, score_range)
    assert (says or "") in (said or "")
    assert (said is None) == (says is None)


def test_once_logits_always_logits() -> None:
    """A query whose logits happen to lie in 0..1 would fail in a batch, each time anew."""
    scaler = Scaler("sigmoid", None)
    with pytest.raises(UsageError):
        scaler([0.2, 0.7])
    assert len(scaler([-3.0, 4.0])) == 2
    assert scaler([0.0]) == [0.5]


def test_what_an_earlier_run_knew_is_known() -> None:
    """The same batch, gone on with, would refuse queries that it took before."""
    assert Scaler("sigmoid", None, known=True)([0.0]) == [0.5]
    with pytest.raises(UsageError):
        Scaler("sigmoid", UNIT, known=True)([0.0])
