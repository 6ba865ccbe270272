"""`rerank batch` as a process: killed, interrupted, shut out, and short of room."""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.answers import Flaky, healthy
from tests.cli.batch.runs import Counting, errors_of, right, serving, started
from tests.running import COMMAND, PATIENCE
from tests.serving import Received, http
from tests.workflows.batch.jobs import ids, job, jobs_file, rows

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX"),
]

OUT = Path("out")


def ended(running: "subprocess.Popen[bytes]") -> tuple[int, str]:
    """Exit code and standard error of a process that comes to its end."""
    _, err = running.communicate(timeout=PATIENCE)
    return running.returncode, err.decode()


def wait_for_line(running: "subprocess.Popen[bytes]", text: str) -> None:
    """Read standard error until something is said."""
    assert running.stderr is not None
    line = running.stderr.readline().decode()
    assert text in line


def kill_often(counting: Counting, moments: list[int], given: tuple[str, ...]) -> None:
    """Kill a batch each time that there are so many good answers, or one more than before."""
    done_before = 0
    for moment in moments:
        wanted = max(moment, counting.answered.total() + 1)
        with started(*given) as running:
            counting.wait_until_answered(wanted)
            running.kill()
            assert running.wait(PATIENCE) == -signal.SIGKILL
        journal = Path("out.progress")
        done = journal.read_bytes().count(b"\n") if journal.exists() else 0
        assert done >= done_before
        done_before = done


@pytest.mark.parametrize(
    ("count", "kills"), [(300, 4), pytest.param(1000, 30, marks=pytest.mark.long)]
)
def test_kills_lose_and_double_nothing(tmp_path: Path, count: int, kills: int) -> None:
    """A crash in the night would cost queries, or have what is done paid once more."""
    in_flight = 16
    jobs_file(tmp_path / "jobs", count, 50)
    flaky = Flaky(20, 0.2, [kind for kind in Flaky.KINDS if kind != "forget one"])
    counting = Counting(flaky)
    moments = sorted(random.Random(1).sample(range(20, count - 100), kills))
    with serving(counting) as url:
        given = ("jobs", "--base-url", url, "--concurrency", str(in_flight), "-o", "out")
        kill_often(counting, moments, given)
        with started(*given) as running:
            code, err = ended(running)
    assert code == 0, err
    assert sorted(ids(OUT)) == list(range(count))
    assert right(rows(OUT))
    assert set(counting.answered) == {f"q{n}" for n in range(count)}
    assert flaky.failed > count // 10
    assert counting.answered.total() - count <= kills * in_flight
    assert not errors_of("out").exists()


@pytest.mark.parametrize("kills", [2, pytest.param(5, marks=pytest.mark.long)])
def test_kills_cost_only_what_was_in_flight_behind_a_stuck_job(tmp_path: Path, kills: int) -> None:
    """With --ordered each crash would have all paid again that was finished behind a slow job."""
    in_flight, count = 4, 40
    window = 4 * in_flight
    jobs_file(tmp_path / "jobs", count)
    over = threading.Event()

    def sticking(seen: Received) -> bytes:
        if seen.json["query"] == "q3":
            over.wait(PATIENCE)
        return healthy(seen)

    counting = Counting(sticking)
    with serving(counting) as url:
        paced = ("--base-url", url, "--concurrency", str(in_flight))
        given = ("jobs", *paced, "--ordered", "-o", "out")
        moments = [5 + (window - 3) * n // kills for n in range(kills)]
        kill_often(counting, moments, given)
        over.set()
        # The last kill may come before those ahead of the slow job are written.
        assert ids(OUT) == [0, 1, 2][: len(ids(OUT))]
        with started(*given) as running:
            code, err = ended(running)
    assert code == 0, err
    assert ids(OUT) == list(range(count))
    assert right(rows(OUT))
    del counting.asked["q3"]
    assert counting.asked.total() - (count - 1) <= kills * in_flight


def test_one_ctrl_c_finishes_what_is_under_way(tmp_path: Path) -> None:
    """Answers that are paid for would be thrown away, or the batch go on paying."""
    jobs_file(tmp_path / "jobs", 40)
    gated = Counting(gated=True)
    with serving(gated) as url:
        given = ("jobs", "--base-url", url, "--concurrency", "4", "-o", "out")
        with started(*given) as running:
            gated.wait_until(lambda: gated.asked.total() == 4)
            running.send_signal(signal.SIGINT)
            wait_for_line(running, "finishing what is under way; press Ctrl-C again")
            gated.open()
            code, err = ended(running)
        assert code == 130
        assert "Traceback" not in err
        assert "4 queries" in err
        assert sorted(ids(OUT)) == [0, 1, 2, 3]
        assert gated.asked.total() == 4
        with started(*given) as running:
            assert ended(running)[0] == 0
    assert sorted(ids(OUT)) == list(range(40))
    assert gated.asked.total() == 40


@pytest.mark.parametrize("limits", [(), ("--rpm", "5")])
def test_one_ctrl_c_waits_for_nothing_but_answers(tmp_path: Path, limits: tuple[str, ...]) -> None:
    """Ctrl-C would seem not to work while an endpoint asks to wait, or a minute has to pass."""
    jobs_file(tmp_path / "jobs", 20)

    def busy(seen: Received) -> bytes:
        waits = seen.json["query"] in ("q4", "q5") and not limits
        return (
            http({"message": "slow down"}, 429, {"Retry-After": "50"}) if waits else healthy(seen)
        )

    counting = Counting(busy)
    with serving(counting) as url:
        given = ("jobs", "--base-url", url, "--concurrency", "2", "-v", "-o", "out", *limits)
        with started(*given) as running:
            line = b""
            assert running.stderr is not None
            while b"try 2 in" not in line and b"waiting" not in line:
                line = running.stderr.readline()
            running.send_signal(signal.SIGINT)
            began = time.monotonic()
            code, err = ended(running)
            assert time.monotonic() - began < 5
    assert code == 130
    assert "failed" not in err.replace("a request failed", "")
    assert not errors_of("out").exists()
    assert len(ids(OUT)) in (4, 5)


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    """With an endpoint that hangs, only `kill -9` would end a batch."""
    jobs_file(tmp_path / "jobs", 40)
    gated = Counting(gated=True)
    with serving(gated) as url:
        given = ("jobs", "--base-url", url, "--concurrency", "4", "-o", "out")
        with started(*given) as running:
            gated.wait_until(lambda: gated.asked.total() == 4)
            running.send_signal(signal.SIGINT)
            wait_for_line(running, "finishing what is under way")
            running.send_signal(signal.SIGINT)
            code, err = ended(running)
        assert not gated.answered
        gated.open()
        assert code == 130
        assert "Traceback" not in err
        # What was interrupted has not failed.
        assert "failed" not in err
        assert not errors_of("out").exists()
        with started(*given) as running:
            assert ended(running)[0] == 0
    assert sorted(ids(OUT)) == list(range(40))


def test_a_ctrl_c_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """`nohup`, or `&` in a script, would not keep a batch from the Ctrl-C of the foreground."""
    jobs_file(tmp_path / "jobs", 8)
    gated = Counting(gated=True)

    def ignoring() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    with serving(gated) as url:
        given = ("jobs", "--base-url", url, "--concurrency", "2", "-q", "-o", "out")
        with started(*given, preexec_fn=ignoring) as running:
            gated.wait_until(lambda: gated.asked.total() == 2)
            running.send_signal(signal.SIGINT)
            gated.open()
            assert ended(running) == (0, "")
    assert len(ids(OUT)) == 8


def test_a_second_process_on_a_file_is_told_so_at_once(tmp_path: Path) -> None:
    """Two processes would pay for the same queries, and write into each other's lines."""
    jobs_file(tmp_path / "jobs", 6)
    gated = Counting(gated=True)
    with serving(gated) as url:
        given = ("jobs", "--base-url", url, "--concurrency", "2", "-o", "out")
        with started(*given) as first:
            gated.wait_until(lambda: gated.asked.total() == 2)
            for more in ((), ("--fresh",)):
                with started(*given, *more) as second:
                    code, err = ended(second)
                assert code == 3
                assert re.fullmatch(
                    r"rerank: out is being written by another process[^\n]*\n  hint: [^\n]+\n", err
                )
            gated.open()
            assert ended(first)[0] == 0
    assert sorted(ids(OUT)) == list(range(6))
    assert gated.asked.total() == 6


@pytest.mark.parametrize("disks", [1, pytest.param(20, marks=pytest.mark.long)])
@pytest.mark.parametrize("ordered", [(), ("--ordered",)])
def test_a_full_disk_is_told_and_costs_nothing_that_was_done(
    tmp_path: Path, disks: int, ordered: tuple[str, ...]
) -> None:
    """A night's work would be lost to the last block of a disk."""
    resource = pytest.importorskip("resource")
    jobs_file(tmp_path / "jobs", 60, 5, "text " * 40)
    counting = Counting()
    with serving(counting) as url:
        given = ("jobs", "--base-url", url, "--concurrency", "4", "-o", "out", *ordered)
        for disk in range(disks):
            room = 30_000 + disk * 2_111

            def little_room(room: int = room) -> None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

            with started(*given, preexec_fn=little_room) as running:
                code, err = ended(running)
            assert code == 2
            assert "rerank: out cannot be written: File too large" in err
            assert "resumes there" in err
            assert "Traceback" not in err
        assert 10 < counting.answered.total() < 40 + 5 * disks
        with started(*given) as running:
            assert ended(running)[0] == 0
    assert sorted(ids(OUT)) == list(range(60))
    assert right(rows(OUT))
    assert counting.answered.total() <= 60 + 5 * disks


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only for root"
)
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_paid(tmp_path: Path) -> None:
    """A batch would be scored first, and then have nowhere to go."""
    jobs_file(tmp_path / "jobs", 6)
    (tmp_path / "locked").mkdir(mode=0o555)
    counting = Counting()
    with (
        serving(counting) as url,
        started("jobs", "--base-url", url, "-o", "locked/out") as running,
    ):
        code, err = ended(running)
    assert code == 2
    assert re.fullmatch(r"rerank: [^\n]*[Pp]ermission denied\n(  hint: [^\n]+\n)?", err)
    assert not counting.asked


def test_head_takes_a_line_and_leaves(tmp_path: Path) -> None:
    """`rerank batch … | head -1` would end in a traceback, or go on paying for nobody."""
    jobs_file(tmp_path / "jobs", 2000, 5, "text " * 200)
    counting = Counting()
    with (
        serving(counting) as url,
        started("jobs", "--base-url", url, "--concurrency", "2", "-q", "--ordered") as running,
    ):
        assert running.stdout is not None
        assert running.stderr is not None
        first = running.stdout.readline()
        running.stdout.close()
        err = running.stderr.read()
        code = running.wait(PATIENCE)
    assert ids(first.decode()) == [0]
    assert (code, err) == (0, b"")
    assert counting.asked.total() < 1000


def test_results_come_while_the_input_is_still_open() -> None:
    """A batch at the end of a pipe would wait for the pipe to close."""
    with (
        serving(Counting()) as url,
        started("--base-url", url, "-q", stdin=subprocess.PIPE) as running,
    ):
        assert running.stdin is not None
        assert running.stdout is not None
        for number in range(3):
            running.stdin.write(job(number).encode())
            running.stdin.flush()
            assert ids(running.stdout.readline().decode()) == [number]
        running.stdin.close()
        running.stdin = None
        assert ended(running) == (0, "")


_MEASURED = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def _peak(url: str, jobs: Path) -> int:
    """Kilobytes at the most of a process that ranks these jobs."""
    given = (str(jobs), "--base-url", url, "--concurrency", "4", "-n", "1", "-q", "-o", f"{jobs}.o")
    # By a process between, because on Linux one begins with the peak of the one that started it.
    command = [sys.executable, "-c", _MEASURED, *COMMAND, "batch", *given]
    peak = int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return peak // (1024 if sys.platform == "darwin" else 1)


@pytest.mark.parametrize(("few", "many", "size"), [(40, 600, 15_000), (250, 2500, 10)])
def test_memory_does_not_grow_with_the_input(
    tmp_path: Path, few: int, many: int, size: int
) -> None:
    """A file of jobs larger than memory could not be ranked."""
    with serving(Counting()) as url:
        peaks = [
            _peak(url, jobs_file(tmp_path / str(count), count, 5 if size > 99 else 1, "x" * size))
            for count in (few, many)
        ]
    assert peaks[1] - peaks[0] < 10_000, peaks


def test_ctrl_c_ends_the_embedded_engine_soon(tmp_path: Path) -> None:
    """A batch would go on until the query is done that it is at, which may take minutes."""
    jobs = jobs_file(tmp_path / "jobs.jsonl", 1, 20_000, "the quick brown fox " * 20)
    with started(str(jobs), "-o", "out", "-p", "local") as running:
        time.sleep(4)
        running.send_signal(signal.SIGINT)
        sent = time.monotonic()
        code, err = ended(running)
    assert code == 130
    assert time.monotonic() - sent < 10
    assert "Traceback" not in err
    assert OUT.read_bytes() == b""


def test_ctrl_c_says_how_many_are_done_and_how_to_resume(tmp_path: Path) -> None:
    """Who stops a batch for the night would not know how much is left, or that nothing is lost."""
    jobs = jobs_file(tmp_path / "jobs", 40)
    jobs.write_text(jobs.read_text() + "\n \n")
    gated = Counting(gated=True)
    with serving(gated) as url:
        given = ("jobs", "--base-url", url, "--concurrency", "4", "-o", "out")
        with started(*given) as running:
            gated.wait_until(lambda: gated.asked.total() == 4)
            running.send_signal(signal.SIGINT)
            wait_for_line(running, "finishing what is under way")
            gated.open()
            code, err = ended(running)
    assert code == 130
    assert err.endswith("rerank: 4 of 40 done; the same command resumes\n")
