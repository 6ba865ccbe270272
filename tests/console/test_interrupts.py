"""Ctrl-C ends what is under way, even where Python loses the exception."""

import signal
import threading
from contextlib import suppress
from io import StringIO

import pytest

from rerank_cli.console.interrupts import Interrupts
from rerank_cli.console.streams import Streams

pytestmark = pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals need the main thread"
)


def _streams() -> Streams:
    return Streams(None, None, StringIO(), {})


def test_a_ctrl_c_that_python_loses_ends_the_run_all_the_same() -> None:
    """A ranking would go on to its end, or print a result that nobody waits for any more."""
    stopped = threading.Event()
    with (
        pytest.raises(KeyboardInterrupt),
        Interrupts(stopped.set, _streams(), at_once=True),
        # As Python does while it imports a module.
        suppress(KeyboardInterrupt),
    ):
        signal.raise_signal(signal.SIGINT)
    assert stopped.wait(10)


def test_what_ctrl_c_leads_to_is_no_error_of_its_own() -> None:
    """Ctrl-C would be reported as an endpoint that failed."""

    def work() -> None:
        with Interrupts(lambda: None, _streams(), at_once=True):
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            raise ValueError

    with pytest.raises(KeyboardInterrupt):
        work()


def test_without_ctrl_c_errors_are_what_they_are() -> None:
    """Every failure would end as an interruption."""
    with pytest.raises(ValueError, match="x"), Interrupts(lambda: None, _streams(), at_once=True):
        raise ValueError("x")
