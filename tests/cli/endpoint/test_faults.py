"""Whole runs against an endpoint that fails: nothing is lost, nothing is asked for in vain."""

import json
import threading
import time
from collections.abc import Callable
from math import log2
from pathlib import Path

import pytest

from rerank_cli.transport.clock import Clock
from tests import running
from tests.answers import Flaky, healthy, score_of, scored
from tests.serving import Loopback, Received, Respond, http

Run = Callable[..., tuple[int, str, str, Loopback]]


@pytest.fixture
def passages(tmp_path: Path) -> Callable[[int], Path]:
    """Makes a file of so many passages, one a line."""

    def make(count: int) -> Path:
        path = tmp_path / "passages.txt"
        path.write_text("".join(f"passage {i} of the corpus\n" for i in range(count)))
        return path

    return make


@pytest.fixture
def rerank() -> Run:
    """Runs the command against a server that answers as told."""

    def run_it(file: Path, answer: Respond, *options: str) -> tuple[int, str, str, Loopback]:
        with Loopback(answer) as server:
            where = ("--base-url", server.url, "-f", "jsonl")
            done = running.rerank("q", str(file), *where, *options)
        return done.code, done.out, done.err, server

    return run_it


def test_ten_thousand_passages_survive_an_endpoint_that_fails_three_times_in_ten(
    passages: Callable[[int], Path], rerank: Run
) -> None:
    """A flaky endpoint would lose passages, mix up scores, or change the order."""
    file = passages(10_000)
    code, clean, _, _ = rerank(file, healthy)
    assert code == 0
    flaky = Flaky(seed=7, share=0.3)
    code, survived, errors, _ = rerank(file, flaky)
    assert (code, errors) == (0, "")
    assert flaky.failed > 20
    assert survived == clean
    rows = [json.loads(line) for line in clean.splitlines()]
    assert len(rows) == 10_000
    assert all(row["score"] == score_of(row["text"]) for row in rows)


@pytest.mark.parametrize("seed", range(6))
def test_a_soak_of_all_faults_gives_every_passage_its_one_right_score(
    seed: int, passages: Callable[[int], Path], rerank: Run
) -> None:
    """Some mixture of faults, splits and late answers would lose or double a passage."""
    flaky = Flaky(seed=seed, share=0.25)

    def answer(seen: Received) -> bytes:
        if len(seen.documents) > 60 - seed * 7:
            return http({"error": "batch size 100 > maximum allowed batch size"}, 413)
        return flaky(seen)

    code, out, _, _ = rerank(passages(1500), answer, "--concurrency", str(1 + seed * 5))
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert sorted(row["text"] for row in rows) == sorted(
        f"passage {i} of the corpus" for i in range(1500)
    )
    assert all(row["score"] == score_of(row["text"]) for row in rows)
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)


@pytest.mark.parametrize("status", [413, 422])
def test_an_endpoint_that_takes_seven_is_found_out_with_few_wasted_requests(
    status: int, passages: Callable[[int], Path], rerank: Run
) -> None:
    """A limit that nobody documented would fail the run, or cost a request for every guess."""

    def answer(seen: Received) -> bytes:
        if len(seen.documents) > 7:
            message = f"batch size {len(seen.documents)} > maximum allowed batch size 7"
            return http({"error": message, "error_type": "Validation"}, status)
        return healthy(seen)

    code, out, _, server = rerank(passages(100), answer, "--max-passages", "100")
    assert code == 0
    assert len(out.splitlines()) == 100
    wasted = sum(len(seen.documents) > 7 for seen in server.received)
    assert wasted <= 2 * log2(100)
    assert len(server.received) - wasted <= 100 // 6 + 2 * log2(100)


def test_a_learnt_size_is_kept_for_the_rest_of_the_run(
    passages: Callable[[int], Path], rerank: Run
) -> None:
    """Each of a thousand requests would be refused before it is halved."""

    def answer(seen: Received) -> bytes:
        return http({"message": "too many"}, 413) if len(seen.documents) > 7 else healthy(seen)

    code, _, _, server = rerank(passages(3000), answer, "--max-passages", "100")
    assert code == 0
    assert sum(len(seen.documents) > 7 for seen in server.received) <= 2 * log2(100)


def test_an_endpoint_that_drops_a_passage_fails_and_names_it(
    passages: Callable[[int], Path], rerank: Run
) -> None:
    """A passage would be missing from the ranking and nobody would know."""

    def answer(seen: Received) -> bytes:
        kept = [text for text in seen.documents if text != "passage 41 of the corpus"]
        results = [
            {"index": seen.documents.index(text), "relevance_score": score_of(text)}
            for text in kept
        ]
        return http({"results": results})

    file = passages(120)
    code, out, errors, server = rerank(file, answer)
    assert (code, out) == (5, "")
    assert f"{file}:42" in errors
    assert "Traceback" not in errors
    assert len(server.received) <= 6


def test_a_reply_that_is_short_once_is_asked_again_for_what_is_missing(
    passages: Callable[[int], Path], rerank: Run
) -> None:
    """A server that forgets a passage under load would fail a run that can be saved."""

    def answer(seen: Received) -> bytes:
        # Large requests lose their last passage each time; small ones are answered whole.
        if len(seen.documents) < 10:
            return healthy(seen)
        results = [
            {"index": index, "relevance_score": score_of(text)}
            for index, text in enumerate(seen.documents[:-1])
        ]
        return http({"results": results})

    code, out, _, server = rerank(passages(50), answer)
    assert code == 0
    assert len(out.splitlines()) == 50
    assert [len(seen.documents) for seen in server.received] == [50, 50, 1]


def test_a_passage_that_is_refused_for_its_content_is_found_and_named(
    passages: Callable[[int], Path], rerank: Run
) -> None:
    """One bad passage among thousands would have to be found by hand."""

    def answer(seen: Received) -> bytes:
        if "passage 77 of the corpus" in seen.documents:
            return http({"message": "document is not acceptable"}, 400)
        return healthy(seen)

    file = passages(100)
    code, _, errors, server = rerank(file, answer)
    assert code == 4
    assert f"{file}:78" in errors
    assert "document is not acceptable" in errors
    assert len(server.received) <= 2 * log2(100) + 2


def test_a_passage_that_is_too_long_by_itself_is_named(
    passages: Callable[[int], Path], rerank: Run
) -> None:
    """The endpoint's `too large` would not say which of a thousand passages it means."""

    def answer(seen: Received) -> bytes:
        if "passage 5 of the corpus" in seen.documents:
            message = (
                "input (2004 tokens) is too large to process. increase the physical batch size"
            )
            return http({"error": {"code": 500, "message": message}}, 500)
        return healthy(seen)

    file = passages(20)
    code, _, errors, server = rerank(file, answer)
    assert code == 5
    assert f"{file}:6" in errors
    assert len(server.received) <= 10


def test_retry_after_is_waited_out_once(
    passages: Callable[[int], Path], rerank: Run, slept: list[float]
) -> None:
    """The endpoint's own word on when to come back would be ignored, or waited for twice."""
    asked: list[float] = []

    def answer(seen: Received) -> bytes:
        asked.append(seen.at)
        if len(asked) == 1:
            return http({"message": "slow down"}, 429, {"Retry-After": "2"})
        return healthy(seen)

    code, _, _, server = rerank(passages(50), answer)
    assert code == 0
    assert len(server.received) == 2
    assert slept[0] == 2.0


@pytest.mark.parametrize(
    ("status", "body", "content_type"),
    [
        (400, {"code": 20015, "message": "bad parameter"}, None),
        (401, "Invalid token", None),
        (403, {"code": 30001, "message": "balance"}, None),
        (404, {"message": "404 page not found"}, None),
        (501, {"error": {"code": 501, "message": "not a reranker"}}, None),
        (500, "Internal Server Error: 1 validation error for RerankRequest", "text/plain"),
    ],
)
def test_what_must_not_be_retried_is_not(
    status: int,
    body: object,
    content_type: str | None,
    tmp_path: Path,
    rerank: Run,
) -> None:
    """A refused request would be sent, and perhaps paid, again and again."""
    file = tmp_path / "one.txt"
    file.write_text("one passage\n")
    headers = {"Content-Type": content_type} if content_type else {}
    content = body.encode() if content_type and isinstance(body, str) else body
    code, _, _, server = rerank(file, lambda _: http(content, status, headers))
    assert code == (4 if status < 500 else 5)
    assert len(server.received) == 1


def test_answers_in_any_order_rank_the_same(passages: Callable[[int], Path], rerank: Run) -> None:
    """Concurrency would change the ranking from run to run."""
    file = passages(400)

    def slow_first(seen: Received) -> bytes:
        time.sleep(0.05 if "passage 0 of the corpus" in seen.documents else 0)
        return scored(seen.documents, lambda text: float(len(text)))

    sequential = rerank(file, slow_first, "--max-passages", "40", "--concurrency", "1")
    at_once = rerank(file, slow_first, "--max-passages", "40", "--concurrency", "10")
    assert sequential[:2] == at_once[:2]


def test_no_more_requests_are_under_way_than_allowed(
    passages: Callable[[int], Path], rerank: Run
) -> None:
    """A server with few slots would be flooded."""
    lock, under_way, most = threading.Lock(), [0], [0]

    def answer(seen: Received) -> bytes:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.01)
        with lock:
            under_way[0] -= 1
        return healthy(seen)

    code, _, _, _ = rerank(passages(300), answer, "--max-passages", "10", "--concurrency", "5")
    assert code == 0
    assert 2 <= most[0] <= 5


def test_a_whole_run_keeps_its_requests_a_minute(
    passages: Callable[[int], Path], rerank: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--rpm would be kept by nobody who sends the requests."""
    lock, now = threading.Lock(), [1000.0]

    def sleep(_: Clock, seconds: float) -> None:
        with lock:
            now[0] += seconds

    monkeypatch.setattr(Clock, "now", lambda _: now[0])
    monkeypatch.setattr(Clock, "sleep", sleep)
    sent: list[float] = []

    def answer(seen: Received) -> bytes:
        sent.append(now[0])
        return healthy(seen)

    # One at a time: a sleep of one worker would move the clock while another's request travels.
    options = ("--max-passages", "1", "--rpm", "10", "--concurrency", "1")
    code, out, _, _ = rerank(passages(35), answer, *options)
    assert (code, len(out.splitlines())) == (0, 35)
    assert max(sum(start <= at < start + 60 for at in sent) for start in sent) <= 10
