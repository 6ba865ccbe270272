"""What is reported of the waits that an endpoint asks for."""

from rerank_cli.errors import EndpointError, Fault
from rerank_cli.transport.pace import Pace
from rerank_cli.transport.waits import Wait, Waits
from tests.transport.clocks import FakeClock
from tests.transport.test_pace import request


def _waits() -> tuple[Waits, FakeClock, list[Wait]]:
    clock, reported = FakeClock(), list[Wait]()
    return Waits(clock, reported.append), clock, reported


def test_a_long_wait_is_reported_with_its_end_and_why() -> None:
    """A run would seem to hang for minutes."""
    waits, clock, reported = _waits()
    waits.sleep(61.0, "a rate limit was reached")
    (wait,) = reported
    assert (wait.seconds, wait.end) == (61.0, clock.date())
    assert str(wait).endswith(", as the endpoint asks: a rate limit was reached")
    assert clock.slept == [61.0]


def test_a_short_wait_is_not_reported() -> None:
    """Each of a thousand short waits would be a line."""
    waits, clock, reported = _waits()
    waits.sleep(10.0, "busy")
    assert (reported, clock.slept) == ([], [10.0])


def test_all_that_wait_for_the_same_are_reported_once() -> None:
    """Eight workers that one limit holds up would make eight lines."""
    waits, clock, reported = _waits()
    for late in (0.0, 0.3, 0.9):
        clock.seconds = 1000.0 + late
        waits.sleep(60.0, "busy")
    assert len(reported) == 1
    clock.seconds = 1000.0
    waits.sleep(62.0, "busy")
    assert len(reported) == 2


def test_what_is_left_of_a_wait_goes_down_to_nothing() -> None:
    """A countdown would stand still, or count on when nothing is waited for any more."""
    clock = FakeClock()
    wait = Wait(60.0, 0.0, "busy", clock.now() + 60.0, clock)
    assert str(wait).startswith("waiting 60 s, until ")
    clock.seconds += 58.5
    assert wait.left == 1.5
    assert str(wait).startswith("waiting 2 s, until ")
    clock.stop()
    assert wait.left == 0.0
    later = FakeClock()
    assert Wait(1.0, 0.0, "busy", later.now() - 1.0, later).left == 0.0


def test_what_waits_for_another_request_is_reported_too() -> None:
    """Where the refused request is not tried again (`--retries 0`), the others seem to hang."""
    waits, clock, reported = _waits()
    pace = Pace(8, clock, lambda *_: None, waits)
    busy = EndpointError("busy", fault=Fault.BUSY, transient=True, retry_after=60.0)
    pace.failed(busy, clock.now(), request(1))
    pace.enter(1)
    assert [(wait.seconds, wait.why) for wait in reported] == [(60.0, "busy")]
