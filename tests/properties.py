"""How long a property is tried; tests/conftest.py lets each try take its time."""

from hypothesis import settings

BRIEFLY = settings(max_examples=30)
