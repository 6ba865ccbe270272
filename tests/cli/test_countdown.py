"""The countdown to the end of a wait: in a terminal, and where there is none."""

import re
import time
from io import StringIO

import pytest

from rerank_cli.console import countdown
from rerank_cli.console.batch_progress import BatchProgress, Tally
from rerank_cli.console.countdown import Countdown
from rerank_cli.console.events import StreamEvents
from rerank_cli.console.progress import Progress
from rerank_cli.console.streams import Streams
from rerank_cli.transport.waits import Wait
from tests.answers import healthy
from tests.running import TerminalText, rerank
from tests.serving import Loopback, Received, Respond, http
from tests.transport.clocks import FakeClock
from tests.workflows.batch.jobs import job

_ERASED = "\r\x1b[K"


def _wait(clock: FakeClock, seconds: float, why: str = "busy") -> Wait:
    return Wait(seconds, clock.date() + seconds, why, clock.now() + seconds, clock)


def _frames(written: str) -> list[str]:
    """What stood in the last line, one after another."""
    return [each for each in written.split(_ERASED)[1:] if each]


class _Held(FakeClock):
    """Stands still for whoever sleeps, until it is let go."""

    def sleep(self, seconds: float) -> None:
        time.sleep(0.001)


def _gone(shown: Countdown) -> None:
    """Wait until the line is gone."""
    while shown.is_shown:
        time.sleep(0.001)


def test_it_counts_each_second_in_place_and_is_gone_in_the_end() -> None:
    """Somebody who waits for a minute could not tell it from a program that hangs."""
    err, clock = TerminalText(), FakeClock()
    shown = Countdown(Streams(None, None, err), clock.sleep)
    assert shown.show(_wait(clock, 3.0))
    _gone(shown)
    written = err.getvalue()
    assert [frame.partition(",")[0] for frame in _frames(written)] == [
        f"waiting {left} s" for left in (3, 2, 1)
    ]
    assert written.endswith(_ERASED)
    assert "\n" not in written


def test_several_waits_are_one_line() -> None:
    """Models that are compared would write their countdowns over each other."""
    err, clock = TerminalText(), FakeClock()
    shown = Countdown(Streams(None, None, err), _Held().sleep)
    for seconds in (20.0, 40.0, 30.0):
        shown.show(_wait(clock, seconds, f"{seconds:.0f}"))
    assert [frame[-2:] for frame in _frames(err.getvalue())] == ["20", "40"]
    clock.stop()
    _gone(shown)


def test_a_stop_ends_it() -> None:
    """After Ctrl-C it would count on to the end of a wait that is over."""
    err, clock = TerminalText(), FakeClock()
    shown = Countdown(Streams(None, None, err), _Held().sleep)
    shown.show(_wait(clock, 600.0))
    clock.stop()
    _gone(shown)
    assert err.getvalue().endswith(_ERASED)


def test_other_lines_stand_above_it() -> None:
    """Warnings and results would be written into the middle of it, and be lost."""
    err, out, clock = TerminalText(), TerminalText(), FakeClock()
    streams = Streams(None, out, err)
    shown = Countdown(streams, _Held().sleep)
    shown.show(_wait(clock, 60.0))
    line = _frames(err.getvalue())[0]
    streams.warn("careful")
    streams.write(["result\n"])
    shown.close()
    assert out.getvalue() == "result\n"
    assert err.getvalue() == (
        f"{_ERASED}{line}{_ERASED}rerank: warning: careful\n{line}{_ERASED}{line}{_ERASED}"
    )


def test_it_never_takes_more_than_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A narrow terminal would scroll with each second."""
    err = TerminalText()
    shown = Countdown(Streams(None, None, err, {"COLUMNS": "30"}), _Held().sleep)
    shown.show(_wait(FakeClock(), 60.0, "w" * 100))
    shown.close()
    assert len(_frames(err.getvalue())[0]) == 29


@pytest.mark.parametrize(
    ("err", "environ", "quiet", "lines"),
    [
        (StringIO(), {}, False, 1),
        (TerminalText(), {"TERM": "dumb"}, False, 1),
        (TerminalText(), {}, True, 0),
    ],
    ids=["pipe", "dumb", "quiet"],
)
def test_where_nothing_is_animated_there_is_a_line(
    err: StringIO, environ: dict[str, str], quiet: bool, lines: int
) -> None:
    """The log of a nightly job would fill with escape codes, or --quiet not be quiet."""
    StreamEvents(Streams(None, None, err, environ, quiet)).waiting(_wait(FakeClock(), 60.0))
    assert "\x1b" not in err.getvalue()
    assert err.getvalue().count("rerank: warning: waiting 60 s, until ") == lines
    assert err.getvalue().count("\n") == lines


def test_without_a_thread_there_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a system that starts no more threads, a wait would not be reported."""
    monkeypatch.setattr(countdown, "started", lambda _: [])
    err = TerminalText()
    StreamEvents(Streams(None, None, err)).waiting(_wait(FakeClock(), 60.0))
    assert err.getvalue().startswith("rerank: warning: waiting 60 s, until ")


def test_the_bar_of_a_query_makes_room_and_comes_back() -> None:
    """Bar and countdown would be written over each other."""
    err, clock = TerminalText(), FakeClock()
    events = Progress(Streams(None, None, err))
    events.planned(5, 10)
    events.waiting(_wait(clock, 60.0))
    shown = err.getvalue()
    assert shown.index("0/10") < shown.index("waiting 60 s")
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    events.warn("careful")
    events.planned(5, 10)
    assert "/" not in err.getvalue()[len(shown) :]
    clock.stop()
    _gone(events._countdown)
    events.scored(3)
    events.close()
    assert "3/20" in err.getvalue()[len(shown) :]


def test_the_bar_of_a_batch_makes_room_and_comes_back() -> None:
    """Bar and countdown would be written over each other."""
    err, clock = TerminalText(), FakeClock()
    events = BatchProgress(Streams(None, None, err), Tally(), total=10)
    events.show()
    events.waiting(_wait(clock, 60.0))
    shown = err.getvalue()
    events.show()
    assert "queries" not in err.getvalue()[len(shown) :]
    clock.stop()
    _gone(events._countdown)
    events.show()
    events.close()
    assert "0 queries" in err.getvalue()[len(shown) :]


def _asking_once(seconds: str) -> Respond:
    """Asks the first request to wait."""
    asked: list[Received] = []

    def respond(received: Received) -> bytes:
        asked.append(received)
        asks = http({"message": "no"}, 429, {"Retry-After": seconds})
        return asks if len(asked) == 1 else healthy(received)

    return respond


_JOBS = job(1) + job(2)
_PASSAGES = "".join(f"passage {n}\n" for n in range(9))


@pytest.mark.parametrize(
    ("command", "stdin"),
    [
        (("q",), _PASSAGES),
        (("q", "--max-passages", "1"), _PASSAGES),
        (("compare", "q", "-m", "a", "-m", "b"), _PASSAGES),
        (("batch", "-"), _JOBS),
    ],
)
def test_every_command_counts_down(command: tuple[str, ...], stdin: str) -> None:
    """One of them would stand still for a minute without a word, or leave a line behind."""
    with Loopback(_asking_once("90")) as server:
        done = rerank(*command, "--base-url", server.url, stdin=stdin, err=TerminalText())
    assert done.code == 0, done.err
    assert re.search(r"\r\x1b\[Kwaiting 90 s, until \S+, as the endpoint asks: ", done.err)
    assert _ERASED in done.err[done.err.rindex("waiting") :]
