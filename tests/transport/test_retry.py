"""Trying again."""

from collections.abc import Callable
from typing import Any

import pytest

from rerank_cli.errors import EndpointError, Fault, RefusedError, ReplyError, ScoringError
from rerank_cli.transport import Policy
from rerank_cli.transport.retry import PATIENCE, Retry
from rerank_cli.transport.waits import Waits
from tests.transport.clocks import FakeClock, Stopping


def _failing(times: int, error: Callable[[], ScoringError]) -> tuple[Callable[[], str], list[int]]:
    """An attempt that fails so many times, and the list of its calls."""
    calls: list[int] = []

    def attempt() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error()
        return "scores"

    return attempt, calls


def _busy(wait: float | None = None) -> EndpointError:
    return EndpointError("busy", fault=Fault.BUSY, transient=True, retry_after=wait)


def _retry(clock: FakeClock, **policy: Any) -> Retry:
    """Of a run in which something has succeeded."""
    retry = Retry(Policy(**policy), clock, lambda _: None)
    retry(lambda: None)
    return retry


def test_what_passes_is_tried_again_until_it_succeeds() -> None:
    """One hiccup of an endpoint would end a run of hours."""
    clock = FakeClock()
    attempt, calls = _failing(3, _busy)
    assert _retry(clock)(attempt) == "scores"
    assert len(calls) == 4
    assert len(clock.slept) == 3


def test_what_is_final_is_not_tried_again() -> None:
    """A wrong key would be sent again and again."""
    clock = FakeClock()
    attempt, calls = _failing(9, lambda: RefusedError("no", fault=Fault.KEY))
    with pytest.raises(RefusedError):
        _retry(clock)(attempt)
    assert len(calls) == 1
    assert clock.slept == []


def test_a_wait_that_is_asked_for_is_kept_exactly() -> None:
    """Coming back too early would be refused again, and counted against the account."""
    clock = FakeClock()
    attempt, _ = _failing(1, lambda: _busy(wait=2.0))
    _retry(clock)(attempt)
    assert clock.slept == [2.0]


def test_a_wait_longer_than_is_reasonable_is_replaced_by_backoff() -> None:
    """A run would hang for an hour, or end at once, because a header said so."""
    clock = FakeClock()
    attempt, calls = _failing(1, lambda: _busy(wait=PATIENCE + 1))
    assert _retry(clock)(attempt) == "scores"
    assert len(calls) == 2
    assert sum(clock.slept) <= 0.1


def test_a_deadline_allows_a_longer_wait() -> None:
    """Who may wait for an hour would be told that a quarter of it is too long."""
    clock = FakeClock()
    attempt, _calls = _failing(1, lambda: _busy(wait=900.0))
    assert _retry(clock, deadline=3600.0)(attempt) == "scores"
    assert clock.slept == [900.0]


def test_waits_end_after_ten_minutes_in_all() -> None:
    """An endpoint that asks for two minutes each time would be waited for by the hour."""
    clock = FakeClock()
    attempt, calls = _failing(99, lambda: _busy(wait=120.0))
    with pytest.raises(EndpointError, match=r"gave up after 6 tries in 600\.0 s"):
        _retry(clock)(attempt)
    assert len(calls) == 6


def test_patience_begins_with_the_first_answer() -> None:
    """A slow endpoint that asks for ten minutes would be given up at once."""
    clock = FakeClock()
    calls: list[int] = []

    def attempt() -> str:
        calls.append(1)
        clock.seconds += 50.0
        if len(calls) == 1:
            raise _busy(wait=PATIENCE)
        return "scores"

    assert _retry(clock)(attempt) == "scores"
    assert clock.slept == [PATIENCE]


@pytest.mark.parametrize(("wait", "told"), [(61.0, 1), (2.0, 0)])
def test_a_long_wait_is_reported(wait: float, told: int) -> None:
    """A run would seem to hang for minutes."""
    waits, clock = list[str](), FakeClock()
    waiting = Waits(clock, lambda wait: waits.append(str(wait)))
    retry = Retry(Policy(), clock, lambda _: None, waiting)
    attempt, _calls = _failing(1, lambda: _busy(wait=wait))
    retry(attempt)
    assert len(waits) == told
    assert all("waiting 61 s, until " in each for each in waits)


def test_waits_grow_and_never_pass_the_longest() -> None:
    """An endpoint in trouble would be hammered, or a run would sleep for ever."""
    slept = []
    for _ in range(20):
        clock = FakeClock()
        attempt, _calls = _failing(12, _busy)
        _retry(clock, retries=12)(attempt)
        slept.append(clock.slept)
    assert max(map(max, slept)) <= 30.0
    mean_first = sum(waits[0] for waits in slept) / len(slept)
    mean_late = sum(waits[7] for waits in slept) / len(slept)
    assert mean_late > 4 * mean_first
    assert len({waits[3] for waits in slept}) > 1  # jittered


def test_the_unluckiest_of_many_requests_is_tried_for_seconds() -> None:
    """With 64 at once a server that restarts for two seconds would end a run of hours."""
    for _ in range(64):
        clock = FakeClock()
        attempt, _calls = _failing(
            99, lambda: EndpointError("x", fault=Fault.UNREACHED, transient=True)
        )
        with pytest.raises(EndpointError):
            _retry(clock)(attempt)
        assert sum(clock.slept) > 10.0


def test_the_error_says_how_often_and_how_long() -> None:
    """A user could not tell an endpoint that is down from one that was asked once."""
    clock = FakeClock()
    attempt, calls = _failing(99, lambda: _busy(wait=1.0))
    with pytest.raises(EndpointError, match=r"busy; gave up after 4 tries in 3.0 s"):
        _retry(clock, retries=3)(attempt)
    assert len(calls) == 4


def test_no_retries_means_one_try() -> None:
    """--retries 0 would cost more than one request."""
    attempt, calls = _failing(1, _busy)
    with pytest.raises(EndpointError):
        _retry(FakeClock(), retries=0)(attempt)
    assert len(calls) == 1


def test_the_deadline_ends_the_tries() -> None:
    """--deadline would be passed by one more wait."""
    clock = FakeClock()
    attempt, calls = _failing(99, lambda: _busy(wait=4.0))
    with pytest.raises(EndpointError):
        _retry(clock, retries=50, deadline=10.0)(attempt)
    assert len(calls) == 3
    assert clock.seconds <= 1010.0


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (lambda: EndpointError("x", fault=Fault.SLOW, transient=True), 3),
        (lambda: ReplyError("x", fault=Fault.UNREADABLE), 3),
        (lambda: ReplyError("x", missing=(1,)), 2),
        (lambda: ReplyError("x"), 1),
        (lambda: ReplyError("x", fault=Fault.BROKEN), 9),
    ],
)
def test_what_rarely_comes_right_is_tried_less_often(
    error: Callable[[], ScoringError], tries: int
) -> None:
    """A wrong port would take half a minute to be reported."""
    attempt, calls = _failing(99, error)
    with pytest.raises(ScoringError):
        _retry(FakeClock())(attempt)
    assert len(calls) == tries


@pytest.mark.parametrize(
    ("fault", "tries"), [(Fault.UNREACHED, 3), (Fault.BUSY, 4), (Fault.BROKEN, 4)]
)
def test_until_something_has_succeeded_there_are_few_tries(fault: Fault, tries: int) -> None:
    """A wrong port would take half a minute to be reported."""
    attempt, calls = _failing(99, lambda: EndpointError("x", fault=fault, transient=True))
    with pytest.raises(EndpointError):
        Retry(Policy(), FakeClock(), lambda _: None)(attempt)
    assert len(calls) == tries


def test_once_something_has_succeeded_a_server_may_restart() -> None:
    """A server that is away for seconds during a long run would end it."""
    attempt, calls = _failing(6, lambda: EndpointError("x", fault=Fault.UNREACHED, transient=True))
    assert _retry(FakeClock())(attempt) == "scores"
    assert len(calls) == 7


def test_after_the_end_nothing_is_tried_again() -> None:
    """Ctrl-C would leave requests being retried in the background."""
    clock = FakeClock()
    attempt, calls = _failing(99, _busy)
    clock.stop()
    with pytest.raises(EndpointError):
        _retry(clock)(attempt)
    assert len(calls) == 1


def test_what_a_stop_has_cut_off_is_marked_as_that() -> None:
    """Ctrl-C would record queries as failed that nothing is wrong with."""
    clock = FakeClock()

    def closed() -> str:
        clock.stop()
        raise _busy()

    for retries in (0, 3):
        with pytest.raises(EndpointError) as caught:
            _retry(clock, retries=retries)(closed)
        assert caught.value.stopped
        assert clock.slept == []
    with pytest.raises(RefusedError) as refused:
        _retry(clock)(_failing(1, lambda: RefusedError("no", fault=Fault.KEY))[0])
    assert not refused.value.stopped


def test_a_stop_ends_a_wait_without_another_try() -> None:
    """The first Ctrl-C would send once more all that waits, or wait itself."""
    clock = Stopping()
    attempt, calls = _failing(99, _busy)
    with pytest.raises(EndpointError) as caught:
        _retry(clock)(attempt)
    assert caught.value.stopped
    assert len(calls) == 1


@pytest.mark.parametrize("fault", [Fault.RATE, Fault.UNREACHED])
def test_where_others_are_answered_its_turn_comes_too(fault: Fault) -> None:
    """With many requests at once the unlucky one would end a run whose endpoint is back."""
    retry = _retry(FakeClock(), retries=3)
    calls: list[int] = []

    def attempt() -> None:
        calls.append(1)
        if len(calls) in (3, 7):
            retry(lambda: None)  # another request is answered
        raise EndpointError("x", fault=fault, transient=True)

    with pytest.raises(EndpointError, match="gave up after 10 tries"):
        retry(attempt)
    exact = _retry(FakeClock(), retries=3, exact=True)
    calls.clear()
    retry = exact
    with pytest.raises(EndpointError, match="gave up after 4 tries"):
        exact(attempt)


def test_the_deadline_counts_the_waits_of_our_own() -> None:
    """--deadline would be passed by a wait that the endpoint never asked for."""
    for _ in range(20):
        clock = FakeClock()
        attempt, _calls = _failing(99, _busy)
        with pytest.raises(EndpointError):
            _retry(clock, retries=50, deadline=3.0)(attempt)
        assert clock.seconds <= 1003.0


@pytest.mark.parametrize("fault", [Fault.UNREACHED, Fault.SLOW, Fault.BUSY])
def test_a_number_of_retries_that_was_asked_for_is_kept(fault: Fault) -> None:
    """`--retries 30`, while a server starts in another window, would give up at once."""
    attempt, calls = _failing(99, lambda: EndpointError("x", fault=fault, transient=True))
    policy = Policy(retries=5, at_first=5, exact=True)
    with pytest.raises(EndpointError):
        Retry(policy, FakeClock(), lambda _: None)(attempt)
    assert len(calls) == 6


def test_a_wait_that_is_too_long_is_told() -> None:
    """A user would not learn when to come back."""
    attempt, _calls = _failing(9, lambda: _busy(wait=1000.0))
    with pytest.raises(EndpointError, match="asks to wait 1000 s"):
        _retry(FakeClock())(attempt)
