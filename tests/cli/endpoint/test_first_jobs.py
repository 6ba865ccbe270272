"""What fails before anything is answered: of one passage, of one query, or of all; all counted."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from rerank_cli import Reranker
from rerank_cli.engines.endpoint.tries import PROBE
from rerank_cli.errors import EndpointError, ScoringError
from tests.answers import healthy, score_of
from tests.cli.batch.runs import batch, errors_of, serving
from tests.running import rerank
from tests.serving import Loopback, Received, Respond, free_port, http
from tests.workflows.batch.jobs import ids

pytestmark = pytest.mark.usefixtures("slept")

BARE = http(b"", 500)
BACKEND = http({"error": "Backend error: boom", "error_type": "Backend"}, 424)
FAILURES = pytest.mark.parametrize("failure", [BARE, BACKEND], ids=["500", "424"])
AT_ONCE = pytest.mark.parametrize("at_once", [1, 8])
SHAPES = pytest.mark.parametrize(
    ("passages", "bad", "jobs", "most"),
    [
        (1, ["0.0"], [0], 7),
        (20, ["0.0", "0.19"], [0], 30),
        (20, [f"0.{at}" for at in range(20)], [0], 60),
        (1, ["0.0", "1.0", "2.0"], [0, 1, 2], 24),
        (3, ["0.0", "1.1", "2.2"], [0, 1, 2], 36),
    ],
    ids=["alone", "first and last", "all of it", "three jobs", "one each of three jobs"],
)
"""Passages a job, bad ones, jobs with any, and what those jobs may cost."""


def _jobs(count: int, passages: int) -> list[tuple[str, list[str]]]:
    return [(f"q{n}", [f"{n}.{at}" for at in range(passages)]) for n in range(count)]


def _file(jobs: Sequence[tuple[str, list[str]]]) -> str:
    lines = [json.dumps({"id": n, "query": q, "documents": d}) for n, (q, d) in enumerate(jobs)]
    Path("jobs").write_text("\n".join(lines) + "\n")
    return "jobs"


class _FailingFor:
    """Fails for some texts, and counts."""

    def __init__(self, failure: bytes, texts: Sequence[str]) -> None:
        self.failure, self.texts, self.asked = failure, {*texts}, list[Received]()

    def __call__(self, seen: Received) -> bytes:
        self.asked.append(seen)
        return self.failure if self.texts & {*seen.documents} else healthy(seen)


@AT_ONCE
@FAILURES
@SHAPES
def test_a_batch_goes_on_after_bad_first_jobs(
    failure: bytes, passages: int, bad: list[str], jobs: list[int], most: int, at_once: int
) -> None:
    """A night's run would end with its first query, and so would each that resumes it."""
    answer = _FailingFor(failure, bad)
    given = ("batch", _file(_jobs(12, passages)), "-o", "out", "--concurrency", str(at_once))
    with serving(answer) as url:
        done = rerank(*given, "--base-url", url)
        first = [*answer.asked]
        again = rerank(*given, "--base-url", url)
        second = answer.asked[len(first) :]
        answer.texts.clear()
        last = rerank(*given, "--base-url", url)
    assert done.code == 6, done.err
    assert len(first) <= 12 - len(jobs) + most
    assert again.code == 6
    assert {seen.json["query"] for seen in second} <= {PROBE.query, *(f"q{n}" for n in jobs)}
    assert last.code == 0
    assert sorted(ids(Path("out"))) == list(range(12))


@AT_ONCE
@FAILURES
@SHAPES
def test_failed_first_jobs_are_told_by_their_passages(
    failure: bytes, passages: int, bad: list[str], jobs: list[int], most: int, at_once: int
) -> None:
    """What is to be mended would not be known."""
    given = (_file(_jobs(12, passages)), "-o", "out", "--concurrency", str(at_once))
    assert batch(_FailingFor(failure, bad), *given).code == 6
    assert sorted(ids(Path("out"))) == [n for n in range(12) if n not in jobs]
    rows = [json.loads(line) for line in errors_of("out").read_text().splitlines()]
    assert sorted(row["id"] for row in rows) == jobs
    assert all("passage: jobs:" in row["error"] for row in rows)


@AT_ONCE
@FAILURES
@SHAPES
def test_python_goes_on_after_bad_first_jobs(
    failure: bytes, passages: int, bad: list[str], jobs: list[int], most: int, at_once: int
) -> None:
    """A program would lose all queries for the first."""
    answer, failed = _FailingFor(failure, bad), dict[int, ScoringError]()
    with Loopback(answer) as server, Reranker(base_url=server.url, concurrency=at_once) as it:
        for result in it.rank_many(_jobs(12, passages)):
            if isinstance(result.error, ScoringError):
                failed[int(str(result.id))] = result.error
            else:
                assert all(hit.score == score_of(hit.document) for hit in result.hits)
    assert sorted(failed) == jobs
    assert all(error.passages for error in failed.values())
    assert len(answer.asked) <= 12 - len(jobs) + most


def test_a_query_whose_first_and_last_passages_are_bad_names_just_those() -> None:
    """It would seem that the endpoint is down."""
    answer = _FailingFor(BARE, ["text 1", "text 30"])
    with Loopback(answer) as server:
        stdin = "".join(f"text {n}\n" for n in range(1, 31))
        done = rerank("q", "--base-url", server.url, stdin=stdin)
    assert done.error.endswith("passage: <stdin>:1, <stdin>:30")
    assert "answered for others" in done.err


@pytest.mark.parametrize(("at_once", "most"), [(1, 4), (8, 32)])
@FAILURES
@pytest.mark.parametrize("passages", [1, 20])
def test_an_outage_ends_a_batch_after_the_tries_of_its_first_jobs(
    failure: bytes, passages: int, at_once: int, most: int
) -> None:
    """Whoever has just gone down would be asked for job after job."""
    asked: list[Received] = []

    def down(seen: Received) -> bytes:
        asked.append(seen)
        return failure

    jobs = _jobs(40, passages)
    done = batch(down, _file(jobs), "-o", "out", "--concurrency", str(at_once))
    assert (done.code, ids(Path("out"))) == (5, [])
    assert "gave up after 4 tries" in done.err
    assert not errors_of("out").exists()
    assert len(asked) <= most
    asked.clear()
    with (
        Loopback(down) as server,
        Reranker(base_url=server.url, concurrency=at_once) as it,
        pytest.raises(EndpointError, match="gave up after 4 tries"),
    ):
        list(it.rank_many(jobs))
    # The next job may have begun when the first is given up.
    assert len(asked) <= most + 1


@pytest.mark.parametrize(("passages", "requests"), [(1, 1), (20, 5)])
def test_refusals_from_the_start_cost_no_more_than_a_search_each(
    passages: int, requests: int
) -> None:
    """Where each query is refused, each would be asked for again and again."""
    answer = _FailingFor(http({"message": "no"}, 400), [f"{n}.0" for n in range(10)])
    done = batch(answer, _file(_jobs(10, passages)), "-o", "out", "--concurrency", "1")
    assert done.code == 6
    assert len(answer.asked) == 10 * requests


def test_nothing_there_ends_a_batch_with_its_first_query() -> None:
    """A wrong port would be tried for each of a million queries."""
    given = (_file(_jobs(10, 1)), "-o", "out", "--concurrency", "1")
    done = rerank("batch", *given, "--base-url", f"http://127.0.0.1:{free_port()}")
    assert done.code == 5
    assert "gave up after 3 tries" in done.err
    assert not errors_of("out").exists()


def _probes(respond: Respond, *options: str) -> tuple[int, str]:
    """How many probes a run sends, and what it says."""
    with Loopback(respond) as server:
        done = rerank("q", "--base-url", server.url, *options, stdin="one\ntwo\n")
        return sum(seen.documents == [*PROBE.texts] for seen in server.received), done.err


@pytest.mark.parametrize("status", [200, 400, 401, 404, 413, 429, 503])
def test_only_a_failure_without_a_reason_is_probed(status: int) -> None:
    """Texts that nobody gave would be sent, and paid for, where they show nothing."""
    refused = http({"message": "no"}, status)
    assert _probes(healthy if status == 200 else lambda _: refused)[0] == 0


def test_a_probe_that_is_refused_says_nothing() -> None:
    """The error would be about a text that nobody gave."""

    def respond(seen: Received) -> bytes:
        probe = seen.documents == [*PROBE.texts]
        return http({"message": "too short"}, 400) if probe else http({"message": "boom"}, 500)

    probes, err = _probes(respond)
    assert probes == 2
    assert "the endpoint failed (HTTP 500): boom; gave up after 4 tries" in err


def test_where_nothing_but_probes_is_answered_a_batch_ends() -> None:
    """A server that fails for all real texts would be asked for each of a million queries."""

    def respond(seen: Received) -> bytes:
        asked.append(seen)
        return healthy(seen) if seen.documents == [*PROBE.texts] else BARE

    asked: list[Received] = []
    done = batch(respond, _file(_jobs(100, 1)), "-o", "out", "--concurrency", "1")
    assert done.code == 5
    assert "gave up after" in done.err
    assert 0 < len(errors_of("out").read_text().splitlines()) <= 20
    assert len(asked) <= 20 * 7 + 20


@pytest.mark.parametrize("retries", ["0", "1"])
def test_few_tries_leave_none_for_a_probe(retries: str) -> None:
    """--retries would be exceeded."""
    assert _probes(lambda _: BARE, "--retries", retries)[0] == 0
