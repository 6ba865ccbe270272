"""How often a property is tried; tests/conftest.py lets each try take its time."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import settings

BRIEFLY = settings(max_examples=30)

_Test = TypeVar("_Test", bound=Callable[..., Any])
_long = False


def prolong() -> None:
    """Have the properties of modules that are imported from now on tried `many` times."""
    global _long  # noqa: PLW0603 - one run of pytest is long, or is not
    _long = True


def tried(few: int, many: int) -> Callable[[_Test], _Test]:
    """Try a property on a few examples, or on many with `pytest -m long`."""

    def decorated(test: _Test) -> _Test:
        if not _long:
            return settings(max_examples=few)(test)
        return pytest.mark.long(settings(max_examples=many)(test))

    return decorated
