"""How scores are shown."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rerank_cli.rendering.numbers import BAR_CELLS, format_score, score_bars

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (0.9974, "0.9974"),
        (1.0, "1.0000"),
        (0.99999, "1.0000"),
        (0.0, "0.0000"),
        (-0.0, "0.0000"),
        (0.0001, "0.0001"),
        (0.00004, "4.00e-05"),
        (1.23456e-7, "1.23e-07"),
        (-1.23456e-7, "-1.23e-07"),
        (5e-324, "4.94e-324"),
        (-11.0625, "-11.0625"),
        (7.5, "7.5000"),
    ],
)
def test_four_decimals_or_three_significant_digits(score: float, shown: str) -> None:
    """A tiny score would look like zero, or a logit like a probability."""
    assert format_score(score) == shown


@given(FINITE)
def test_a_shown_score_keeps_its_sign_and_size(score: float) -> None:
    """A score would be shown as zero, or as another number."""
    text = format_score(score)
    shown = float(text)
    assert (shown > 0, shown < 0) == (score > 0, score < 0)
    assert shown == pytest.approx(score, rel=0.0051 if "e" in text else 1e-12, abs=5.1e-5)
    assert "e" not in text or abs(shown - score) <= abs(score) * 0.0051


@pytest.mark.parametrize(
    ("scores", "cells"),
    [
        ([1.0, 0.5, 0.0], [10, 5, 0]),
        ([0.3, 0.2], [3, 2]),
        ([0.5, 0.5], [5, 5]),
        ([0.0, 0.0], [0, 0]),
        ([6.0, 1.0, -4.0], [10, 5, 0]),
        ([-2.0, -4.0], [10, 0]),
        ([3.0, 3.0], [10, 10]),
        ([-3.0], [10]),
    ],
)
def test_a_bar_is_a_share_of_one_or_of_the_range(scores: list[float], cells: list[int]) -> None:
    """Bars would mislead: full for a poor probability, or empty for every logit."""
    assert score_bars(scores) == [("█" * count).ljust(BAR_CELLS) for count in cells]


def test_a_part_of_a_cell_is_shown_in_eighths() -> None:
    """Close scores could not be told apart."""
    assert score_bars([0.99, 0.27866])[1].rstrip() == "██▊"


@given(st.lists(FINITE, min_size=1, max_size=6))
@example([0.0, -5e-324])
@example([1.7e308, -1.7e308])
def test_bars_have_one_width_and_follow_the_scores(scores: list[float]) -> None:
    """The table would be out of line, crash, or show a longer bar for a lower score."""
    bars = score_bars(sorted(scores))
    assert {len(bar) for bar in bars} == {BAR_CELLS}
    lengths = [sum(" ▏▎▍▌▋▊▉█".index(cell) for cell in bar) for bar in bars]
    assert lengths == sorted(lengths)
