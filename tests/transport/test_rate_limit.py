"""Requests and tokens a minute."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_cli.model import Candidates, Passage
from rerank_cli.planning import Limits, plan
from rerank_cli.transport import Policy
from rerank_cli.transport.rate_limit import Limiter, limiter_for
from tests.transport.clocks import FakeClock


def _most_in_a_minute(moments: list[float], weights: list[int]) -> int:
    """The largest sum of weights in any 60 s."""
    return max(
        sum(w for m, w in zip(moments, weights, strict=True) if start <= m < start + 60.0)
        for start in moments
    )


def _send(limiter: Limiter, clock: FakeClock, tokens: list[int], gap: float) -> list[float]:
    moments = []
    for count in tokens:
        limiter.acquire(count)
        moments.append(clock.now())
        clock.seconds += gap
    return moments


def test_rpm_60_never_sends_more_than_60_in_any_minute() -> None:
    """The account would be cut off for breaking its limit."""
    clock = FakeClock()
    limiter = Limiter(Policy(rpm=60), clock, lambda _: None)
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
    limiter = Limiter(Policy(rpm=rpm, tpm=5000), clock, lambda _: None)
    moments = _send(limiter, clock, tokens, gap)
    assert _most_in_a_minute(moments, tokens) <= 5000
    if rpm:
        assert _most_in_a_minute(moments, [1] * len(tokens)) <= rpm


def test_a_request_larger_than_the_whole_limit_is_sent_by_itself() -> None:
    """One long passage would hang a run for ever."""
    clock = FakeClock()
    limiter = Limiter(Policy(tpm=100), clock, lambda _: None)
    moments = _send(limiter, clock, [500, 500], gap=0.0)
    assert moments[1] - moments[0] >= 60.0


@pytest.mark.parametrize(("passages", "limited"), [(3, False), (30, True)])
def test_a_run_that_cannot_reach_a_limit_pays_nothing_for_it(passages: int, limited: bool) -> None:
    """A single small request would start more slowly for a limit it cannot break."""
    texts = tuple(Passage(f"text {i}", "f", i) for i in range(passages))
    planned = plan(Candidates("q", texts), Limits(passages=1))
    policy = Policy(rpm=40, retries=8)
    limiter = limiter_for(policy, planned, FakeClock(), lambda _: None)
    assert (limiter is not None) == limited
