"""Limits a minute are kept, and no more is waited than they ask for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_cli.model import Candidates, Passage
from rerank_cli.planning import Limits, Plan, plan
from rerank_cli.transport import Policy
from rerank_cli.transport.rate_limit import Limiter, limiter_for
from tests.transport.clocks import FakeClock


def _limiter(
    rpm: int | None = None, tpm: int | None = None
) -> tuple[Limiter, FakeClock, list[str]]:
    clock, told = FakeClock(), list[str]()
    return Limiter(Policy(rpm=rpm, tpm=tpm), clock, told.append), clock, told


def _moments(limiter: Limiter, clock: FakeClock, tokens: list[int]) -> list[float]:
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


def _plan(requests: int) -> Plan:
    texts = tuple(Passage(f"{at:03}x", "f", at) for at in range(requests))
    return plan(Candidates("q", texts), Limits(passages=1))


@pytest.mark.parametrize(
    ("policy", "limited"),
    [
        (Policy(retries=1), False),
        (Policy(rpm=20, retries=1), False),
        (Policy(rpm=19, retries=1), True),
        (Policy(rpm=10, retries=0), False),
        (Policy(tpm=40, retries=1), False),
        (Policy(tpm=39, retries=1), True),
        (Policy(rpm=19, tpm=1000, retries=1), True),
        (Policy(rpm=1000, tpm=39, retries=1), True),
        (Policy(rpm=1000, tpm=1000, retries=1), False),
    ],
)
def test_a_limit_counts_once_every_try_could_reach_it(policy: Policy, limited: bool) -> None:
    """A run with retries would go over its limit, or a small one start more slowly for nothing."""
    made = _plan(10)  # ten requests of two tokens
    assert made.tokens == 20
    assert (limiter_for(policy, made, FakeClock(), print) is not None) == limited


@pytest.mark.parametrize(
    ("rpm", "tpm", "limited"),
    [(None, None, False), (1, None, True), (None, 1, True), (1, 1, True)],
)
def test_what_is_not_planned_counts_from_the_start(
    rpm: int | None, tpm: int | None, limited: bool
) -> None:
    """A batch, whose size nobody knows, would go over the limit of its account."""
    limiter = limiter_for(Policy(rpm=rpm, tpm=tpm), None, FakeClock(), print)
    assert (limiter is not None) == limited
