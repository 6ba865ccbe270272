"""Limits a minute are kept, and no more is waited than they ask for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_cli.transport import Policy
from rerank_cli.transport.rate_limit import RateLimit
from tests.transport.clocks import FakeClock


def _limiter(
    rpm: int | None = None, tpm: int | None = None
) -> tuple[RateLimit, FakeClock, list[str]]:
    clock, told = FakeClock(), list[str]()
    return RateLimit(Policy(rpm=rpm, tpm=tpm), clock, told.append), clock, told


def _moments(limiter: RateLimit, clock: FakeClock, tokens: list[int]) -> list[float]:
    """Seconds from the beginning at which each request may be sent."""
    moments = []
    for each in tokens:
        limiter.acquire(each)
        moments.append(clock.seconds - 1000)
    return moments


def test_a_wait_is_a_minute_and_hardly_longer_and_is_told_once() -> None:
    """A run within its limits would take longer than they ask for, or seem to hang."""
    limiter, clock, told = _limiter(rpm=2)
    moments = _moments(limiter, clock, [1] * 5)
    assert moments == pytest.approx([0, 0, 60.5, 60.5, 121], abs=0.1)
    assert len(told) == 2
    assert "waiting 60." in told[0]


def test_a_request_that_waits_for_tokens_takes_no_place_of_another() -> None:
    """Requests a minute would be used up by requests that were not sent."""
    limiter, clock, _ = _limiter(rpm=2, tpm=1000)
    limiter.acquire(900)
    clock.seconds += 30
    assert _moments(limiter, clock, [900, 50]) == pytest.approx([60.5, 60.5], abs=0.1)


@settings(max_examples=25, deadline=None)
@given(st.integers(100, 3_000_000), st.lists(st.floats(0.001, 0.5), min_size=1, max_size=30))
def test_tokens_are_kept_and_used_whatever_the_limit(tpm: int, parts: list[float]) -> None:
    """An account with millions of tokens a minute would be cut off, or hardly use them."""
    limiter, clock, _ = _limiter(tpm=tpm)
    tokens = [max(int(tpm * part), 1) for part in parts]
    moments = _moments(limiter, clock, tokens)
    for start in set(moments):
        sent = [n for at, n in zip(moments, tokens, strict=True) if start <= at < start + 60]
        assert sum(sent) <= tpm
    # Two requests of at most half the limit always go into one minute.
    assert moments[-1] <= 61 * ((len(tokens) - 1) // 2)
