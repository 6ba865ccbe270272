"""`rerank batch` when something is wrong: with a job, with all of them, or with the command."""

import threading
import time
from pathlib import Path

import pytest

from rerank_cli.transport.clock import Clock
from tests.answers import healthy, scored
from tests.cli.batch.runs import Counting, batch, errors_of, serving
from tests.running import ONE_LINE, PATIENCE, TerminalBytes, rerank
from tests.serving import Received, http
from tests.workflows.batch.jobs import ids, job, jobs_file, rows


@pytest.fixture
def jobs(tmp_path: Path) -> str:
    """A file of twenty jobs with three passages each."""
    return str(jobs_file(tmp_path / "jobs.jsonl", 20, 3))


def flawed(received: Received) -> bytes:
    """Refuse one query."""
    if received.json["query"] == "q7":
        return http({"message": "query is not allowed"}, 400)
    return healthy(received)


def test_the_deadline_is_that_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch would try each of its queries again until --deadline, for days in all."""
    now = [1000.0]

    def sleep(_: Clock, seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(Clock, "now", lambda _: now[0])
    monkeypatch.setattr(Clock, "sleep", sleep)

    def busy(received: Received) -> bytes:
        if received.json["query"] == "q0":
            return healthy(received)
        return http({"message": "too busy"}, 503, {"Retry-After": "4"})

    (tmp_path / "jobs").write_text("".join(job(number) for number in range(4)))
    answer = Counting(busy)
    done = batch(answer, "jobs", "--concurrency", "1", "--retries", "9", "--deadline", "10")
    assert done.code == 6
    assert answer.asked == {"q0": 1, "q1": 3, "q2": 1, "q3": 1}


def test_bad_jobs_do_not_stop_the_others(tmp_path: Path) -> None:
    """One bad line, or one that the endpoint refuses, would cost the night's run."""
    lines = [job(n) for n in range(10)]
    lines[2:4] = ["{\n", job(3, [])]
    (tmp_path / "jobs").write_text("".join(lines))
    done = batch(flawed, "jobs", "-o", "out")
    assert done.code == 6
    assert sorted(ids(Path("out"))) == [0, 1, 4, 5, 6, 8, 9]
    failed = sorted(rows(errors_of("out")), key=lambda row: row["line"])
    assert [(row["id"], row["line"], row["source"]) for row in failed] == [
        *[(None, 3, "jobs"), (3, 4, "jobs"), (7, 8, "jobs")]
    ]
    assert "not JSON" in failed[0]["error"]
    assert "empty" in failed[1]["error"]
    assert "not allowed" in failed[2]["error"]
    assert failed[0]["hint"]
    assert failed[1]["hint"]
    assert "3 queries failed: see out.errors.jsonl" in done.err
    assert "Traceback" not in done.err


def test_without_a_file_failures_are_told_with_their_places(tmp_path: Path) -> None:
    """In a pipe, what failed would be nowhere to be found."""
    (tmp_path / "jobs").write_text("".join([job(1), "{\n", *(job(n) for n in range(5, 9))]))
    done = batch(flawed, "jobs")
    assert done.code == 6
    assert sorted(ids(done.out)) == [1, 5, 6, 8]
    assert "rerank: jobs:2: not JSON" in done.err
    assert "rerank: jobs:5: " in done.err
    assert "2 queries failed" in done.err


def test_a_wrong_key_ends_all_at_once(jobs: str) -> None:
    """Each of a million queries would be refused, and written down as bad."""
    counting = Counting(lambda _: http({"message": "Invalid token"}, 401))
    done = batch(counting, jobs, "-o", "out", "--concurrency", "2")
    assert done.code == 4
    assert sum(counting.asked.values()) <= 4
    assert Path("out").read_bytes() == b""
    assert not errors_of("out").exists()


def test_one_query_of_small_logits_does_not_end_the_batch(tmp_path: Path) -> None:
    """With --scores sigmoid one query could keep all others from ever being finished."""
    (tmp_path / "jobs").write_text(job(1, ["5", "-3"]) + job(2, ["0.5"]) + job(3, ["2", "-1"]))
    answer = lambda seen: scored(seen.documents, float)  # noqa: E731
    done = batch(answer, "jobs", "--scores", "sigmoid", "--concurrency", "1")
    assert done.code in (0, 6)
    assert {1, 3} <= set(ids(done.out))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--queries", "q"), "go together"),
        (("jobs", "--queries", "q", "--corpus", "c", "--run", "r"), "contradict"),
        (("jobs", "--depth", "3"), "--depth needs --run"),
        (("jobs", "--fresh"), "--fresh needs -o"),
        (("jobs", "--fresh", "-o", "-"), "--fresh needs -o"),
        (("jobs", "--tag", "two words", "--format", "trec"), "--tag 'two words' is not one word"),
        (("jobs", "--encoding", "nonsense"), "is not a text encoding"),
        (("jobs", "-o", "."), "is a directory"),
        (("jobs", "-o", "no/where"), "no such directory"),
        (("jobs", "-o", "/dev/null"), "not a regular file"),
        (("nowhere",), "nowhere: no such file"),
        (("jobs", "--max-errors", "0"), "0"),
        (("jobs", "--format", "csv"), "csv"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    """A mistake on the command line would cost requests before it is told."""
    (tmp_path / "jobs").write_text(job(1))
    counting = Counting()
    done = batch(counting, *arguments, "-q")
    assert (done.code, done.out) == (2, "")
    assert ONE_LINE.fullmatch(done.err)
    assert problem in done.err
    assert not counting.asked


def test_a_terminal_is_not_waited_for() -> None:
    """`rerank batch` alone would hang without a word."""
    done = rerank("batch", stdin=TerminalBytes())
    assert done.code == 2
    assert "terminal" in done.err


@pytest.mark.parametrize(
    "given",
    [
        ("--queries", "-", "--corpus", "c", "--run", "-"),
        ("--queries", "q", "--corpus", "-", "--run", "r"),
        ("--queries", "-", "--corpus", "-", "--run", "r"),
    ],
)
def test_standard_input_serves_once_and_never_as_corpus(
    tmp_path: Path, given: tuple[str, ...]
) -> None:
    """The second reader would find nothing, and an empty batch pass for a good one."""
    (tmp_path / "q").write_text("q1\tone\n")
    (tmp_path / "c").write_text('{"_id": "d", "text": "x"}\n')
    (tmp_path / "r").write_text("q1 Q0 d 1 1 x\n")
    done = batch(healthy, *given, "-q", stdin=b"q1\tone\n")
    assert (done.code, done.out) == (2, "")
    assert "standard input" in done.err or "--corpus" in done.err


@pytest.mark.parametrize(
    ("status", "arguments", "code"), [(401, (), 4), (400, ("--max-errors", "1"), 6)]
)
def test_what_ends_all_ends_it_at_once(
    tmp_path: Path, status: int, arguments: tuple[str, ...], code: int
) -> None:
    """A key that is revoked in the night would be told only after the timeouts of what hangs."""
    over = threading.Event()

    def revoked(received: Received) -> bytes:
        number = int(received.json["query"][1:])
        if number in range(13, 20):
            over.wait(PATIENCE)
        elif number == 20:
            counting.wait_until(lambda: counting.asked.total() == 21)
            return http({"message": "revoked"}, status)
        return healthy(received)

    counting = Counting(revoked)
    jobs_file(tmp_path / "jobs", 60, 1)
    given = ("jobs", "-o", "out", "--concurrency", "8", *arguments)
    with serving(counting) as url:
        began = time.monotonic()
        done = rerank("batch", *given, "--base-url", url)
        seconds = time.monotonic() - began
        over.set()
    assert seconds < 5
    assert done.code == code
    assert "revoked" in (done.err if code == 4 else errors_of("out").read_text())
    # What was ended has not failed.
    assert sorted(ids(Path("out"))) == list(range(13))
    assert len(rows(errors_of("out"))) == 1 if code == 6 else not errors_of("out").exists()
    assert counting.asked.total() == 21


def test_an_endpoint_that_answers_others_is_not_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One unlucky query of an endpoint that is busy with the others would end the batch."""
    refusals = 12

    def busy(received: Received) -> bytes:
        unlucky = received.json["query"] == "q1" and counting.asked["q1"] <= refusals
        return http({"message": "slow down"}, 429) if unlucky else healthy(received)

    counting = Counting(busy)

    def sleep(*_: object) -> None:
        # The first of these has arrived by the time that the second is answered.
        others = counting.answered.total() + 2
        counting.wait_until(lambda: counting.answered.total() >= others)

    monkeypatch.setattr(Clock, "sleep", sleep)
    jobs_file(tmp_path / "jobs", 300, 1)
    done = batch(counting, "jobs", "-o", "out", "--concurrency", "2")
    assert done.code == 0, done.err
    assert counting.asked["q1"] == refusals + 1
    assert len(ids(Path("out"))) == 300
