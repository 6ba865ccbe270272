"""What the endpoint bears."""

import threading

import pytest

from rerank_cli.errors import EndpointError, Fault, RefusedError
from rerank_cli.planning import Request
from rerank_cli.transport.pace import Outgrown, Pace
from tests.transport.clocks import FakeClock, Stopping

BUSY = EndpointError("busy", fault=Fault.BUSY, transient=True)


def request(passages: int) -> Request:
    """A request of so many passages."""
    return Request("q", [""] * passages, range(passages))


def _pace(most: int = 32) -> tuple[Pace, FakeClock, list[int]]:
    clock, told = FakeClock(), list[int]()

    def paced(concurrency: int, slower: bool) -> None:
        if slower:
            told.append(concurrency)

    return Pace(most, clock, paced), clock, told


def _answer(pace: Pace, times: int = 1) -> None:
    for _ in range(times):
        pace.enter(1)
        pace.answered(1)
        pace.leave(1)


def test_the_first_answer_opens_the_gate_wide() -> None:
    """A wrong key would be sent 32 times at once."""
    pace, _, _ = _pace()
    assert pace.allowed == 8
    _answer(pace)
    assert pace.allowed == 32


def test_an_overload_halves_the_pace_and_answers_restore_it() -> None:
    """An overloaded endpoint would be kept overloaded, or asked slowly for the rest of the run."""
    pace, clock, told = _pace()
    _answer(pace)
    clock.seconds += 1
    pace.failed(BUSY, clock.now(), request(1))
    assert pace.allowed == 16
    assert told == [16]
    _answer(pace, 16)
    assert pace.allowed in (16, 17)
    _answer(pace, 600)
    assert pace.allowed == 32


def test_a_burst_of_overloads_slows_down_once() -> None:
    """Eight requests refused together would bring the pace to a standstill."""
    pace, clock, told = _pace()
    _answer(pace)
    entered = clock.now()
    clock.seconds += 1
    for _ in range(8):
        pace.failed(BUSY, entered, request(1))
    assert told == [16]


def test_a_wrong_request_does_not_slow_down() -> None:
    """Every refused passage would slow the run."""
    pace, clock, _ = _pace()
    _answer(pace)
    pace.failed(RefusedError("no", fault=Fault.KEY), clock.now(), request(1))
    assert pace.allowed == 32


def test_a_size_that_was_refused_is_not_sent_again() -> None:
    """Each worker would find out by itself that requests are too large."""
    pace, clock, _ = _pace()
    refused = request(100)
    pace.failed(RefusedError("large", fault=Fault.TOO_LARGE), clock.now(), refused)
    assert pace.largest == 50
    assert pace.allowed == 1
    pace.explained(refused, by_size=True)
    assert pace.largest == 50
    with pytest.raises(Outgrown):
        pace.enter(51)
    _answer(pace)
    assert pace.allowed == 32
    pace.failed(RefusedError("large", fault=Fault.TOO_LARGE), clock.now(), request(80))
    assert pace.largest == 40


def test_all_requests_wait_when_the_endpoint_asks_to() -> None:
    """Others would be refused while one request waits."""
    pace, clock, _ = _pace()
    pace.failed(
        EndpointError("busy", fault=Fault.RATE, transient=True, retry_after=2.0),
        clock.now(),
        request(1),
    )
    pace.enter(1)
    assert clock.slept == [2.0]


@pytest.mark.parametrize(
    ("asked", "within", "slept"), [(30.0, 30.0, [30.0]), (30.0, 29.0, []), (3600.0, 9999.0, [])]
)
def test_no_request_waits_for_longer_than_it_may(
    asked: float, within: float, slept: list[float]
) -> None:
    """One wild header would hold up all requests for an hour, past --deadline."""
    pace, clock, _ = _pace()
    error = EndpointError("busy", fault=Fault.RATE, transient=True, retry_after=asked)
    pace.failed(error, clock.now(), request(1))
    pace.enter(1, clock.now() + within)
    assert clock.slept == slept


def test_a_size_that_is_answered_is_not_too_large() -> None:
    """A passage that is too long would make all requests small."""
    pace, clock, _ = _pace()
    large = RefusedError("large", fault=Fault.TOO_LARGE)
    pace.failed(large, clock.now(), request(20))
    pace.answered(10)
    assert pace.largest == 10
    pace.answered(20)
    assert pace.largest is None
    pace.failed(large, clock.now(), request(20))
    assert pace.largest is None


@pytest.mark.parametrize(("by_size", "largest"), [(True, 10), (False, None)])
def test_a_size_holds_until_it_is_known_why_the_request_failed(
    by_size: bool, largest: int | None
) -> None:
    """A passage that is too long would make all requests small, or a size be found out anew."""
    pace, clock, _ = _pace()
    refused = request(20)
    pace.failed(RefusedError("large", fault=Fault.TOO_LARGE), clock.now(), refused)
    pace.failed(RefusedError("large", fault=Fault.TOO_LARGE), clock.now(), request(1))
    assert pace.largest == 10
    pace.explained(refused, by_size=by_size)
    assert pace.largest == largest


LARGE = RefusedError("large", fault=Fault.TOO_LARGE)


def test_while_it_is_not_known_why_a_request_failed_others_are_not_halved() -> None:
    """One passage that is too long would halve the requests of all other workers."""
    pace, clock, _ = _pace()
    _answer(pace)
    refused = request(20)
    pace.failed(LARGE, clock.now(), refused)
    pace.answered(1)
    pace.enter(20)
    entered = threading.Event()

    def enter() -> None:
        pace.enter(18)
        entered.set()

    threading.Thread(target=enter, daemon=True).start()
    assert not entered.wait(0.1), "one is enough to find out"
    pace.enter(10)  # which is known to be small enough, goes past it
    pace.answered(20)
    pace.leave(20)
    assert entered.wait(10)
    assert pace.largest is None


def test_one_that_shows_nothing_lets_the_next_one_in() -> None:
    """All other requests would wait for ever behind one that timed out."""
    pace, clock, _ = _pace()
    _answer(pace)
    pace.failed(LARGE, clock.now(), request(20))
    pace.answered(1)
    for _ in range(3):
        pace.enter(20)
        pace.leave(20)


def test_as_many_passages_as_were_answered_are_not_in_doubt() -> None:
    """Requests that are smaller than others that were answered would wait for each other."""
    pace, clock, _ = _pace()
    pace.failed(LARGE, clock.now(), request(20))
    pace.answered(15)
    assert pace.largest == 10
    for _ in range(3):
        pace.enter(15)


def test_a_size_that_the_endpoint_names_is_taken() -> None:
    """A size would be guessed that is known."""
    pace, clock, _ = _pace()
    for most, largest in ((300, 50), (80, 50), (25, 25)):
        error = RefusedError("large", fault=Fault.TOO_LARGE, most=most)
        pace.failed(error, clock.now(), request(100))
        assert pace.largest == largest


@pytest.mark.parametrize("waits", ["for a place", "for a while"])
def test_a_stop_reaches_what_waits_to_be_sent(waits: str) -> None:
    """Ctrl-C would wait for each request that stands behind one that hangs."""
    clock = Stopping()
    pace = Pace(1, clock, lambda *_: None)
    if waits == "for a place":
        pace.enter(1)
        clock.stop()
    else:
        busy = EndpointError("x", fault=Fault.BUSY, transient=True, retry_after=50.0)
        pace.failed(busy, clock.now(), request(1))
    with pytest.raises(EndpointError) as caught:
        pace.enter(1)
    assert caught.value.stopped
    if waits == "for a while":
        assert pace._under_way == []
