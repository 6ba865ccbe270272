"""Numbers from outside, wild ones too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli import bounds
from tests.properties import BRIEFLY

_ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())
)


@pytest.mark.parametrize(
    ("value", "number", "count"),
    [
        ("7", 7.0, 7),
        (7, 7.0, 7),
        ("1.5", 1.5, None),
        (1.5, 1.5, None),
        ("-3", -3.0, None),
        (-3, -3.0, None),
        (True, None, None),
        ("", None, None),
        ("nan", None, None),
        (float("inf"), None, None),
        (10**400, None, None),
        ("9" * 5000, None, None),
        ("1e300", None, None),
        (None, None, None),
    ],
    ids=lambda value: str(value)[:20],
)
def test_numbers(value: object, number: float | None, count: int | None) -> None:
    """A number of thousands of digits would end a batch in a traceback."""
    assert (bounds.number(value), bounds.count(value)) == (number, count)


@BRIEFLY
@given(_ANYTHING)
def test_anything_is_a_number_that_can_be_shown_or_none(value: object) -> None:
    """Some value that nobody thought of would end in a traceback where it is shown or added."""
    for found in (bounds.number(value), bounds.count(value)):
        assert found is None or len(str(1000 * found)) < 30
