"""Requests and tokens a minute."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_cli.errors import EndpointError
from rerank_cli.transport import Policy
from rerank_cli.transport.rate_limit import RateLimit
from tests.transport.clocks import FakeClock


def _most_in_a_minute(moments: list[float], weights: list[int]) -> int:
    """The largest sum of weights in any 60 s."""
    return max(
        sum(w for m, w in zip(moments, weights, strict=True) if start <= m < start + 60.0)
        for start in moments
    )


def _send(limiter: RateLimit, clock: FakeClock, tokens: list[int], gap: float) -> list[float]:
    moments = []
    for count in tokens:
        limiter.acquire(count)
        moments.append(clock.now())
        clock.seconds += gap
    return moments


def test_rpm_60_never_sends_more_than_60_in_any_minute() -> None:
    """The account would be cut off for breaking its limit."""
    clock = FakeClock()
    limiter = RateLimit(Policy(rpm=60), clock, lambda _: None)
    moments = _send(limiter, clock, [1] * 200, gap=0.1)
    assert _most_in_a_minute(moments, [1] * 200) == 60
    assert moments[-1] - moments[0] < 4 * 62


@settings(max_examples=25, deadline=None)
@given(
    tokens=st.lists(st.integers(1, 4000), min_size=1, max_size=60),
    gap=st.floats(0, 5),
    rpm=st.one_of(st.none(), st.integers(1, 30)),
)
def test_neither_limit_is_exceeded_in_any_minute(
    tokens: list[int], gap: float, rpm: int | None
) -> None:
    """Tokens a minute would be broken while requests a minute are kept, or the other way round."""
    clock = FakeClock()
    limiter = RateLimit(Policy(rpm=rpm, tpm=5000), clock, lambda _: None)
    moments = _send(limiter, clock, tokens, gap)
    assert _most_in_a_minute(moments, tokens) <= 5000
    if rpm:
        assert _most_in_a_minute(moments, [1] * len(tokens)) <= rpm


def test_a_request_larger_than_the_whole_limit_is_sent_by_itself() -> None:
    """One long passage would hang a run for ever."""
    clock = FakeClock()
    limiter = RateLimit(Policy(tpm=100), clock, lambda _: None)
    moments = _send(limiter, clock, [500, 500], gap=0.0)
    assert moments[1] - moments[0] >= 60.0


def test_what_cannot_reach_a_limit_never_waits() -> None:
    """A small run would be slowed down by a limit that it cannot break."""
    clock = FakeClock()
    limiter = RateLimit(Policy(rpm=40, tpm=4000), clock, lambda _: None)
    _send(limiter, clock, [100] * 40, gap=0.0)
    assert clock.slept == []


def test_a_wait_is_noted_once() -> None:
    """With --verbose a user could not tell a wait for a limit from an endpoint that hangs."""
    notes: list[str] = []
    clock = FakeClock()
    limiter = RateLimit(Policy(rpm=1), clock, notes.append)
    _send(limiter, clock, [1, 1], gap=0.0)
    assert notes == ["waiting 60.5 s for the limits of --rpm and --tpm"]


def test_after_the_end_nobody_waits() -> None:
    """Ctrl-C would wait for the next minute, or send at once what the limit forbids."""
    clock = FakeClock()
    limiter = RateLimit(Policy(rpm=1), clock, lambda _: None)
    limiter.acquire(1)
    clock.stop()
    with pytest.raises(EndpointError) as caught:
        limiter.acquire(1)
    assert caught.value.stopped
    assert clock.slept == []
