"""What a user reads when tries are over, and what has been learnt since the run began."""

from collections.abc import Callable

import pytest

from rerank_cli.errors import EndpointError, Fault, ScoringError
from rerank_cli.transport import Policy
from rerank_cli.transport.retry import Retry
from tests.transport.clocks import FakeClock


def _error(retry_after: float | None = None, fault: Fault = Fault.BUSY) -> EndpointError:
    return EndpointError("busy", fault=fault, transient=True, retry_after=retry_after)


def _always(error: Callable[[], ScoringError]) -> Callable[[], None]:
    def attempt() -> None:
        raise error()

    return attempt


def _raised(retry: Retry, error: Callable[[], ScoringError]) -> ScoringError:
    with pytest.raises(ScoringError) as caught:
        retry(_always(error))
    return caught.value


@pytest.mark.parametrize(
    ("deadline", "attempts", "tries"),
    [(4.0, 1, "1 try"), (5.0, 2, "2 tries"), (10.0, 3, "3 tries"), (14.0, 3, "3 tries")],
)
def test_one_try_is_told_from_many(deadline: float, attempts: int, tries: str) -> None:
    """A deadline that allows no second try would look like an endpoint that failed often."""
    clock = FakeClock()
    retry = Retry(Policy(deadline=deadline), clock, lambda _: None)
    error = _raised(retry, lambda: _error(5.0))
    assert (error.attempts, error.seconds) == (attempts, 5.0 * (attempts - 1))
    assert not error.waits_too_long
    assert f"gave up after {tries} in" in error.message
    assert ("--deadline" in error.message) == (attempts == 1)
    assert clock.seconds <= 1000.0 + deadline


@pytest.mark.parametrize(("asked", "kept"), [(600.0, True), (600.5, False)])
def test_the_longest_wait_is_still_kept(asked: float, kept: bool) -> None:
    """An endpoint that asks for minutes, as many do, would be asked too early."""
    clock, told = FakeClock(), list[str]()
    error = _raised(Retry(Policy(retries=1), clock, told.append), lambda: _error(asked))
    assert (clock.slept == [asked]) == kept
    assert (len(told), error.attempts, error.waits_too_long) == (1, 2, not kept)
    assert ("gave up after 2 tries" in error.message, "asks to wait" in error.message) == (
        True,
        not kept,
    )


def test_a_wait_that_would_be_kept_is_not_called_too_long() -> None:
    """A user would be told that a minute is too long where --retries 0 was why."""
    error = _raised(Retry(Policy(retries=0), FakeClock(), lambda _: None), lambda: _error(60.0))
    assert not error.waits_too_long
    assert "too long" not in error.message


def test_after_the_end_nothing_is_tried_again_before_the_deadline() -> None:
    """Ctrl-C would leave requests being retried until --deadline."""
    clock, told = FakeClock(), list[str]()
    clock.stop()
    _raised(Retry(Policy(deadline=100.0), clock, told.append), lambda: _error(1.0))
    assert told == []


def test_each_retry_is_told_with_its_number_and_wait() -> None:
    """A run that waits for a busy endpoint would seem to hang."""
    told = list[str]()
    _raised(Retry(Policy(retries=2), FakeClock(), told.append), lambda: _error(3.0))
    assert [each.split(",")[0] for each in told] == ["try 2 in 3.0 s", "try 3 in 3.0 s"]


def test_a_success_after_a_retry_counts_as_one() -> None:
    """A server that restarts would end a run whose every request needed two tries."""
    clock = FakeClock()
    retry = Retry(Policy(), clock, lambda _: None)
    left = [_error(), None, *[_error(fault=Fault.UNREACHED)] * 6, None]

    def attempt() -> str:
        error = left.pop(0)
        if error:
            raise error
        return "scores"

    assert retry(attempt) == "scores"
    assert retry(attempt) == "scores"


@pytest.mark.parametrize(("fault", "longest"), [(Fault.RATE, 1.0), (Fault.BUSY, 0.1)])
def test_a_rate_limit_is_waited_for_longer_than_a_hiccup(fault: Fault, longest: float) -> None:
    """Every try would meet the same full minute, or a hiccup cost seconds."""
    clock = FakeClock()
    for _ in range(60):
        _raised(Retry(Policy(retries=1), clock, lambda _: None), lambda: _error(fault=fault))
    assert longest / 2 < max(clock.slept) <= longest
