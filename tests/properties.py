"""How often a property is tried, as slowly as the machine likes."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

BRIEFLY = settings(max_examples=30)

_Test = TypeVar("_Test", bound=Callable[..., Any])
_Value = TypeVar("_Value")
_long = False


def prolong() -> None:
    """Have the properties of modules that are imported from now on tried `many` times."""
    global _long  # noqa: PLW0603 - one run of pytest is long, or is not
    _long = True


def tried(few: int, many: int) -> Callable[[_Test], _Test]:
    """Try a property on a few examples, or on many with `pytest -m long`."""
    often = settings(max_examples=many if _long else few)
    return lambda test: pytest.mark.long(often(test)) if _long else often(test)


def every(values: Iterable[_Value]) -> Callable[[Callable[[_Value], None]], Callable[[], None]]:
    """Try a quick check on all of the values in one test; a test for each would cost far more."""

    def decorated(check: Callable[[_Value], None]) -> Callable[[], None]:
        def test() -> None:
            for value in values:
                check(value)

        test.__doc__ = check.__doc__
        return test

    return decorated
