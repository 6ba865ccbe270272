"""What standard error tells while a run goes on, and when rerank itself is at fault."""

import os
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

import pytest

from rerank_cli.cli import border
from rerank_cli.console import output_file as output
from rerank_cli.console.progress import Progress
from rerank_cli.console.streams import Streams
from rerank_cli.errors import UsageError
from tests.answers import healthy
from tests.running import ONE_LINE, PASSAGES, Ended, TerminalText, rerank
from tests.serving import Loopback, Received, http

_CONTROL = re.compile(r"\x1b\[\??([0-9;]*)([A-Za-z])")


@pytest.fixture(autouse=True)
def _columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of the usual width, wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "80")


def _plain(received: str) -> str:
    """All that a terminal ever showed, without colours and movements."""
    return _CONTROL.sub("", received)


def _left(received: str) -> str:
    """What still stands in a terminal in the end."""
    lines, row = [""], 0
    for part in re.findall(r"\x1b\[\??[0-9;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", received):
        control = _CONTROL.fullmatch(part)
        if part == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif control and control[2] == "A":
            row -= int(control[1] or 1)
        elif control and control[2] == "K":
            lines[row] = ""
        elif not control and part != "\r":
            lines[row] += part
    return "\n".join(lines).strip()


def _watched(url: str, *arguments: str, passages: int = 6, err: StringIO | None = None) -> Ended:
    """Rank in requests of one passage each, with a terminal for standard error unless given."""
    stdin = "".join(f"passage {number}\n" for number in range(passages))
    where = ("--base-url", url, "--max-passages", "1", "--json")
    return rerank("q", *where, *arguments, stdin=stdin, err=err or TerminalText())


@pytest.fixture
def well() -> Iterator[Loopback]:
    """A server that answers well."""
    with Loopback(healthy) as server:
        yield server


class _BusyOnce:
    """Refuses one request as overloaded, after some that it answered."""

    def __init__(self, after: int = 0) -> None:
        self._until = after

    def __call__(self, seen: Received) -> bytes:
        self._until -= 1
        busy = http({"code": 50508, "message": "too busy"}, 503)
        return busy if self._until == -1 else healthy(seen)


def test_a_terminal_sees_progress_that_is_gone_in_the_end(well: Loopback) -> None:
    """A long run would look hung, or leave a dead bar above the next prompt."""
    done = _watched(well.url)

    assert done.code == 0
    assert "6/6 passages" in _plain(done.err)
    assert _left(done.err) == ""
    assert done.err.rfind("\x1b[?25h") > done.err.rfind("\x1b[?25l")
    assert "passages ·" not in done.out


def test_a_pipe_sees_no_progress(well: Loopback) -> None:
    """The log of a nightly job would fill with escape codes."""
    done = _watched(well.url, err=StringIO())

    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(("arguments", "passages"), [(("-q",), 6), ((), 4)])
def test_no_bar_where_it_is_not_wanted(
    well: Loopback, arguments: tuple[str, ...], passages: int
) -> None:
    """--quiet would not be quiet, and each short run would flicker."""
    done = _watched(well.url, *arguments, passages=passages)

    assert (done.code, done.err) == (0, "")


def test_verbose_notes_come_without_a_bar(well: Loopback) -> None:
    """Notes and bar would be written over each other."""
    done = _watched(well.url, "-v")

    assert done.err.count("HTTP 200") == 6
    assert "\x1b" not in done.err


def test_the_bar_tells_how_many_are_done() -> None:
    """Nobody could tell a run that is nearly done from one that has just begun."""
    err = TerminalText()
    events = Progress(Streams(None, None, err))
    events.planned(5, 1000)
    events.scored(100)
    events.scored(150)
    events.close()

    assert re.search(r"250/1000 passages · \d+/s", _plain(err.getvalue()))


def test_the_bar_tells_of_retries_and_pace() -> None:
    """A run that an overloaded endpoint slows down would seem slow for no reason."""
    err = TerminalText()
    events = Progress(Streams(None, None, err))
    events.planned(5, 10)
    events.paced(16, slower=True)
    events.retried("busy")
    events.retried("busy")
    events.close()

    shown = _plain(err.getvalue())
    assert "16 at once" in shown
    assert "2 retries" in shown
    assert "busy" not in shown


def test_an_error_stands_below_where_the_bar_was() -> None:
    """The reason of a failure would be wiped away together with the bar."""
    with Loopback(lambda _: http({"message": "no such key"}, 401)) as server:
        done = _watched(server.url)

    assert (done.code, done.out) == (4, "")
    assert ONE_LINE.fullmatch(_left(done.err) + "\n")


def test_a_bar_on_a_terminal_that_is_gone_does_no_harm() -> None:
    """Scores that are paid for would be lost because a window was closed."""

    class Gone(TerminalText):
        closed_window = False

        def write(self, text: str) -> int:
            if self.closed_window:
                raise OSError(5, "Input/output error")
            return super().write(text)

    err = Gone()
    events = Progress(Streams(None, None, err))
    events.planned(5, 10)
    err.closed_window = True
    events.close()

    assert "0/10" in _plain(err.getvalue())


def test_somebody_who_waits_without_a_bar_is_told_once_why(slept: list[float]) -> None:
    """A short run would stand still for a minute without a word, or be drowned in them."""
    answers = iter([503, 503, 200])

    def answer(seen: Received) -> bytes:
        return healthy(seen) if next(answers) == 200 else http({"message": "busy"}, 503)

    with Loopback(answer) as server:
        done = _watched(server.url, passages=1)

    assert (done.code, len(slept)) == (0, 2)
    assert re.fullmatch(r"rerank: try 2 in [\d.]+ s, after: custom \(http://.*\n", done.err)


@pytest.mark.parametrize(
    ("arguments", "err", "lines"),
    [((), StringIO, 0), (("-q",), TerminalText, 0), (("-v",), StringIO, 1)],
    ids=["pipe", "quiet", "verbose"],
)
def test_retries_are_told_to_those_who_asked(
    arguments: tuple[str, ...], err: type[StringIO], lines: int
) -> None:
    """A log would hold noise about what came right, or --verbose would hide it."""
    with Loopback(_BusyOnce()) as server:
        done = _watched(server.url, *arguments, passages=1, err=err())

    assert done.code == 0
    assert done.err.count("try 2 in") == lines


def test_an_overload_is_noted_for_verbose() -> None:
    """Somebody who tunes --concurrency could not see what the endpoint bears."""
    with Loopback(_BusyOnce(after=1)) as server:
        done = _watched(server.url, "-v", "--concurrency", "8")

    assert done.code == 0
    assert re.search(r"overloaded: at most \d+ requests? at once now", done.err)


@pytest.fixture
def _bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise LookupError("gone\nastray")

    monkeypatch.setattr(border, "_command", fail)


@pytest.mark.usefixtures("_bug")
def test_a_bug_is_one_line_that_asks_for_a_report() -> None:
    """A user would get a screen of Python for something that is not theirs to mend."""
    done = rerank("q", PASSAGES)

    assert (done.code, done.out) == (70, "")
    assert ONE_LINE.fullmatch(done.err)
    assert done.err.startswith("rerank: internal error: LookupError: gone")
    assert "--debug" in done.err


@pytest.mark.usefixtures("_bug")
def test_debug_shows_where_a_bug_is() -> None:
    """A report of a bug could not say where it is."""
    done = rerank("q", PASSAGES, "--debug")

    assert done.code == 70
    assert done.err.startswith("Traceback (most recent call last)")
    assert "in fail\n" in done.err
    assert "rerank: internal error: LookupError" in done.err


@pytest.mark.usefixtures("_bug")
def test_debug_after_the_dashes_is_a_query() -> None:
    """A query that happens to be --debug would bring a traceback."""
    done = rerank("--", "--debug", PASSAGES)

    assert "Traceback" not in done.err


def test_ctrl_c_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives up would be shown a traceback, and a script another exit code."""

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(border, "_command", interrupted)

    assert rerank("q", PASSAGES) == Ended(130, "", "")


def test_an_error_of_writing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk would be called a bug of rerank."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(border, "_command", full)
    done = rerank("q", PASSAGES)

    assert done == Ended(2, "", "rerank: cannot write: No space left on device\n")


def _filling(*pieces: str) -> Iterator[str]:
    """Pieces of a result for which the disk has no more space."""
    yield from pieces
    raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """Half a result would stand where yesterday's stood, or a stray file fill the disk further."""
    old = tmp_path / "out.txt"
    old.write_text("yesterday's")
    with pytest.raises(UsageError, match=r"^--output out\.txt: No space left on device$"):
        output.write_whole("out.txt", _filling("half"))

    assert list(tmp_path.iterdir()) == [old]
    assert old.read_text() == "yesterday's"


def test_a_folder_that_may_not_be_written_is_refused_before_paying(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The endpoint would be paid for scores that cannot be kept."""
    allowed = os.access
    # Root may write anywhere, so that permissions alone would not do.
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    done = rerank("q", PASSAGES, "--base-url", server.url, "-o", "out.txt")

    assert (done.code, server.received) == (2, [])
    assert done.err == "rerank: --output out.txt: permission denied\n"


def test_a_file_without_passages_among_others_is_told(server: Loopback, tmp_path: Path) -> None:
    """Nobody would notice that one of many files was empty."""
    (tmp_path / "empty.txt").write_bytes(b"")
    env: Mapping[str, str] = {"RERANK_BASE_URL": server.url}
    done = rerank("q", PASSAGES, "empty.txt", "--json", env=env)

    assert done.code == 0
    assert done.err == "rerank: warning: empty.txt: no passages\n"
