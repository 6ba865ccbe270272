"""Never more requests under way than the endpoint bears, nor larger ones."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_cli.errors import EndpointError, Fault, RefusedError
from rerank_cli.transport.pace import Outgrown, Pace
from tests.transport.clocks import FakeClock
from tests.transport.test_pace import request

_quick = settings(max_examples=50, deadline=None)
_FAULTS = {
    "busy": EndpointError("busy", fault=Fault.BUSY, transient=True),
    "slow": EndpointError("slow", fault=Fault.SLOW, transient=True),
    "rate": EndpointError("rate", fault=Fault.RATE, transient=True),
    "failed": EndpointError("failed", fault=Fault.FAILED, transient=True),
    "large": RefusedError("large", fault=Fault.TOO_LARGE),
    "request": RefusedError("no", fault=Fault.REQUEST),
}
_LARGE = _FAULTS["large"]


class _WouldWait(Exception):  # noqa: N818 - no error
    """A request would wait for a place."""


class _Full(threading.Condition):
    def wait(self, timeout: float | None = None) -> bool:
        raise _WouldWait


def _pace(most: int) -> tuple[Pace, FakeClock, list[tuple[int, bool]]]:
    clock, told = FakeClock(), list[tuple[int, bool]]()
    pace = Pace(most, clock, lambda concurrency, slower: told.append((concurrency, slower)))
    pace._changed = _Full()
    return pace, clock, told


def _let_in(pace: Pace) -> int:
    """How many requests may be under way at once."""
    count = 0
    while True:
        try:
            pace.enter(1)
        except _WouldWait:
            break
        count += 1
    for _ in range(count):
        pace.leave(1)
    return count


@_quick
@given(st.integers(1, 40), st.lists(st.sampled_from(["answer", *_FAULTS]), max_size=30))
def test_as_many_are_let_in_as_are_allowed(most: int, events: list[str]) -> None:
    """An endpoint would get one request more than it bears; or none, and the run hang."""
    pace, clock, told = _pace(most)
    assert _let_in(pace) == min(most, 8)
    for event in events:
        before = pace.allowed
        clock.seconds += 1
        if event == "answer":
            pace.answered(1)
        else:
            pace.failed(_FAULTS[event], clock.now(), request(10))
        assert 1 <= pace.allowed == _let_in(pace) <= most
        assert pace.allowed >= before if event == "answer" else pace.allowed <= before
    assert all(1 <= concurrency <= most for concurrency, _ in told)


class _Watched(threading.Condition):
    """Tells when somebody waits; the lock is held until then."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.set()
        return super().wait(timeout)


def _waiting(pace: Pace) -> threading.Event:
    """What is set once a request that waits for a place is let in."""
    pace._changed = watched = _Watched()
    entered = threading.Event()

    def enter() -> None:
        pace.enter(1)
        entered.set()

    threading.Thread(target=enter, daemon=True).start()
    assert watched.waits.wait(10)
    return entered


def test_a_place_that_is_given_back_is_taken_by_who_waits() -> None:
    """A run would hang with requests left to send."""
    pace = Pace(1, FakeClock(), lambda *_: None)
    pace.enter(1)
    entered = _waiting(pace)
    pace.leave(1)
    assert entered.wait(2)


def test_an_answer_lets_in_who_waits() -> None:
    """After a refusal requests would be sent one at a time for the rest of the run."""
    pace = Pace(2, FakeClock(), lambda *_: None)
    pace.enter(1)
    pace.failed(_LARGE, 1000.0, request(4))
    entered = _waiting(pace)
    pace.answered(1)
    assert entered.wait(2)


@_quick
@given(st.lists(st.integers(2, 200), min_size=1, max_size=8))
def test_the_largest_request_only_shrinks(refused: list[int]) -> None:
    """What was refused as too large would be sent, and refused, again."""
    pace, clock, _ = _pace(8)
    requests = [request(passages) for passages in refused]
    for each in requests:
        pace.failed(_LARGE, clock.now(), each)
    assert pace.largest == min(refused) // 2
    for each in requests:
        pace.explained(each, by_size=True)
    assert pace.largest == min(refused) // 2
    pace.enter(pace.largest)
    pace.leave(pace.largest)
    with pytest.raises(Outgrown):
        pace.enter(pace.largest + 1)
    assert _let_in(pace) == 1


@pytest.mark.parametrize("fault", ["busy", "slow", "rate"])
def test_every_overload_halves_the_pace(fault: str) -> None:
    """An endpoint in trouble would be kept in trouble."""
    pace, clock, told = _pace(32)
    pace.answered(1)
    for allowed in (16, 8, 4, 2, 1):
        clock.seconds += 1
        pace.failed(_FAULTS[fault], clock.now(), request(1))
        assert pace.allowed == allowed
    assert told == [(32, False), (16, True), (8, True), (4, True), (2, True), (1, True)]
    clock.seconds += 1
    pace.failed(_FAULTS[fault], clock.now(), request(1))
    assert (pace.allowed, len(told)) == (1, 6)


def test_a_round_of_answers_adds_one_request() -> None:
    """The pace would stay low after one hiccup, or overload the endpoint at once again."""
    pace, clock, told = _pace(32)
    pace.answered(1)
    clock.seconds += 1
    pace.failed(_FAULTS["busy"], clock.now(), request(1))
    for _ in range(17):
        pace.answered(1)
    assert pace.allowed == 17
    assert told[-1] == (17, False)


def test_the_longest_wait_that_is_asked_for_counts() -> None:
    """A request would be sent while the endpoint still asks to wait, or the wait be kept twice."""
    pace, clock, _ = _pace(8)
    for seconds in (5.0, 2.0):
        error = EndpointError("", fault=Fault.RATE, transient=True, retry_after=seconds)
        pace.failed(error, 1000.0, request(1))
    assert pace.enter(1) == 1005.0
    assert pace.enter(1) == 1005.0
    assert clock.slept == [5.0]


def test_what_has_been_answered_is_known() -> None:
    """A refusal of one passage would be taken for one of all requests."""
    pace, clock, _ = _pace(8)
    pace.failed(_LARGE, clock.now(), request(4))
    assert not pace.has_answered
    pace.answered(1)
    assert pace.has_answered
