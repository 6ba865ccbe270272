"""How far a batch is, as standard error tells it."""

import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from rerank_cli.console.batch_progress import BatchProgress, Tally
from rerank_cli.console.streams import Streams
from rerank_cli.errors import InputError
from rerank_cli.model import PassageId, Usage
from rerank_cli.workflows.batch.job import Outcome
from rerank_cli.workflows.batch.ledger import Ledger
from rerank_cli.workflows.batch.record import Recorder
from tests.answers import healthy
from tests.cli.batch.runs import batch
from tests.running import TerminalText
from tests.workflows.batch.jobs import job, job_entries, jobs_file

LINE = job(1)
(ENTRY,) = job_entries(LINE)


class _Ledger(Ledger):
    """Takes everything, and writes nothing."""

    def __init__(self) -> None: ...

    def finished(self, digest: bytes, job_id: PassageId, output: bytes) -> None: ...

    def failed(self, line: bytes) -> None: ...


@dataclass
class Watched:
    """A batch whose clock, jobs and standard error a test has in hand."""

    progress: BatchProgress
    recorder: Recorder
    err: io.StringIO
    seconds: list[float]

    def go(self, seconds: float) -> str:
        """What is said after so many seconds more."""
        self.seconds[0] += seconds
        before = len(self.err.getvalue())
        self.progress.show()
        return self.err.getvalue()[before:]

    def do(self, queries: int = 1, *, passages: int = 10, tokens: int | None = 5) -> None:
        """Finish queries."""
        for _ in range(queries):
            outcome = Outcome(ENTRY, 1, "out", passages=passages, usage=Usage(1, tokens))
            assert self.recorder.record(outcome)

    def fail(self, job_id: PassageId = 1) -> bool:
        """Let a query fail; whether more are wanted."""
        error = InputError("bad", source="x")
        return self.recorder.record(Outcome(ENTRY, job_id, None, error))

    def summary(self, errors_file: Path | None = None) -> list[str]:
        """What is said at the end."""
        before = len(self.err.getvalue())
        self.progress.report(errors_file, gave_up=self.recorder.gave_up)
        return self.err.getvalue()[before:].splitlines()


def watched(
    total: int | None = None,
    *,
    terminal: bool = False,
    quiet: bool = False,
    verbose: bool = False,
    most: int | None = None,
) -> Watched:
    """A batch of so many jobs, that begins."""
    err, seconds = TerminalText() if terminal else io.StringIO(), [1000.0]
    streams = Streams(None, None, err, {}, quiet=quiet, verbose=verbose)
    size = None if total is None else total * ENTRY.size
    tally = Tally()
    progress = BatchProgress(streams, tally, lambda: seconds[0], total=size)
    return Watched(progress, Recorder(tally, _Ledger(), streams, most), err, seconds)


def test_a_log_gets_a_line_every_thirty_seconds() -> None:
    """A night's log would say nothing for hours, or be full of nothing else."""
    batch = watched(100)
    assert batch.go(29.9) == ""
    batch.do(10)
    line = batch.go(0.1)
    assert line.startswith("rerank: 10 queries · 100 passages · 0.3 queries/s")
    assert line.count("\n") == 1
    assert batch.go(29.9) == ""
    assert batch.go(0.2) != ""


def test_the_time_that_is_left_is_told() -> None:
    """Nobody would know whether to wait for a batch or to go home."""
    batch = watched(100)
    batch.do(20)
    assert batch.go(60).endswith(" · about 4:00 left\n")
    batch.do(60)
    assert batch.go(60).endswith(" · about 0:30 left\n")
    batch.do(20)
    assert batch.go(3600).endswith(" · about 0:00 left\n")


def test_what_was_done_before_counts_neither_as_fast_nor_as_left() -> None:
    """After a restart the time left would be told as a tenth of what it is."""
    batch = watched(100)
    for _ in range(80):
        batch.recorder.already_done(ENTRY)
    assert "left" not in batch.go(30)
    batch.do(10)
    assert batch.go(30).endswith(" · about 1:00 left\n")


def test_without_a_known_end_no_time_is_made_up() -> None:
    """A pipe's end would be guessed."""
    batch = watched(None)
    batch.do(10)
    line = batch.go(30)
    assert "10 queries" in line
    assert "left" not in line


def test_trouble_is_told_on_the_way() -> None:
    """A batch in which everything fails would look well until the morning."""
    batch = watched(10)
    assert "failed" not in batch.go(30)
    batch.do(2)
    batch.fail()
    batch.progress.retried("why")
    batch.progress.retried("why")
    line = batch.go(30)
    assert "1 failed" in line
    assert "2 retries" in line
    assert "why" not in line


def test_tokens_are_told_on_the_way() -> None:
    """What a batch costs would be known only after it is paid."""
    batch = watched(10)
    batch.do(3, tokens=5)
    assert "15 tokens" in batch.go(30)


def test_the_end_is_summed_up() -> None:
    """What was done, and what it cost, would have to be counted by hand."""
    batch = watched(10)
    batch.recorder.already_done(ENTRY)
    batch.do(4)
    batch.fail()
    batch.go(8)
    first, second = batch.summary(Path("out.errors.jsonl"))
    for part in ("4 queries", "40 passages", "0.5 queries/s", "1 failed", "20 tokens", "8.00 s"):
        assert part in first.split(" · ")
    assert "1 done before" in first.split(" · ")
    assert second == "rerank: 1 query failed: see out.errors.jsonl"


def test_tokens_that_are_not_known_are_not_told() -> None:
    """A server that counts none would look free."""
    batch = watched(10)
    batch.do(4, tokens=None)
    assert "token" not in batch.summary()[0]


def test_giving_up_is_told() -> None:
    """A batch that gave up would look like one that has come to its end."""
    batch = watched(10, most=2)
    assert batch.fail()
    assert not batch.fail()
    assert "2 queries failed; gave up (--max-errors)" in batch.summary()[1]


def test_quiet_tells_failures_only() -> None:
    """--quiet would not be, or hide that queries are missing."""
    batch = watched(10, quiet=True)
    batch.do(3)
    batch.fail()
    assert batch.go(100) == ""
    assert batch.summary(Path("e")) == ["rerank: 1 query failed: see e"]


def test_retries_are_explained_if_asked_for() -> None:
    """--verbose would not say what an endpoint complains of."""
    batch = watched(10, verbose=True)
    batch.progress.retried("busy")
    batch.progress.paced(3, slower=True)
    assert batch.err.getvalue().splitlines() == [
        "rerank: busy",
        "rerank: overloaded: at most 3 requests at once now",
    ]


def test_a_terminal_gets_a_bar_that_is_gone_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long batch would look hung, or leave a dead bar above its summary."""
    monkeypatch.setenv("COLUMNS", "120")
    batch = watched(4, terminal=True)
    batch.do(1)
    batch.go(1)
    batch.do(2)
    batch.go(1)
    batch.progress.close()
    shown = batch.err.getvalue()
    assert "75%" in shown
    assert "3 queries" in shown
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l") >= 0
    assert shown.rfind("\x1b[2K") > shown.rfind("3 queries")
    batch.progress.close()
    assert batch.err.getvalue() == shown


def test_a_whole_batch_is_summed_up_and_its_output_clean(tmp_path: Path) -> None:
    """Progress would stand among the results."""
    jobs_file(tmp_path / "jobs", 5, 3)
    done = batch(healthy, "jobs")
    assert done.err.startswith("5 queries · 15 passages · ")
    assert "15 tokens" in done.err
    assert done.err.count("\n") == 1
    assert "blank" not in done.err
    assert len(done.out.splitlines()) == 5
    assert batch(healthy, "jobs", "-q").err == ""


def test_blank_passages_are_told(tmp_path: Path) -> None:
    """Whoever counts results would look for passages that were never ranked."""
    (tmp_path / "jobs").write_text(job(1, ["a", "", " "]) + job(2, ["", "b"]))
    assert " · 3 blank passages left out · " in batch(healthy, "jobs").err
