"""Many queries from Python: as they are done, lazily, and what a failure ends."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from rerank_cli import EndpointError, InputError, Job, JobResult, RefusedError, Reranker
from tests.answers import healthy, score_of
from tests.serving import Loopback, Received, http


def _jobs(count: int) -> Iterator[tuple[str, list[str]]]:
    for number in range(count):
        yield f"q{number}", [f"{number}.{each}" for each in range(3)]


def test_each_job_gets_its_own_hits() -> None:
    """Hits of one query would be read as those of another."""
    with Loopback(healthy) as server, Reranker(base_url=server.url) as made:
        results = list(made.rank_many(_jobs(40), top_n=2))
    assert {result.id for result in results} == set(range(40))
    for result in results:
        assert result.query == f"q{result.id}"
        texts = [f"{result.id}.{each}" for each in range(3)]
        best = sorted(texts, key=score_of, reverse=True)[:2]
        assert [(hit.document, hit.score) for hit in result.hits] == [
            (text, score_of(text)) for text in best
        ]
    assert made.usage.requests == sum(result.usage.requests for result in results) == 40


def test_an_id_is_kept() -> None:
    """Results come in any order: without ids they could not be told apart."""
    with Loopback(healthy) as server, Reranker(base_url=server.url) as made:
        (result,) = made.rank_many([Job("q", ["a"], id="k-1")])
    assert result.id == "k-1"


def test_jobs_are_read_as_they_are_needed() -> None:
    """A file of a million queries would be read into memory before the first answer."""
    read = 0

    def jobs() -> Iterator[tuple[str, list[str]]]:
        nonlocal read
        for job in _jobs(1000):
            read += 1
            yield job

    with Loopback(healthy) as server, Reranker(base_url=server.url, concurrency=2) as made:
        results = made.rank_many(jobs())
        assert read == 0
        next(results)
        assert read <= 5
        results.close()  # type: ignore[attr-defined]
        assert read <= 5


def test_several_are_under_way_at_once() -> None:
    """A thousand queries would wait for each other's network."""
    both = threading.Barrier(2, timeout=20)

    def respond(received: Received) -> bytes:
        both.wait()
        return healthy(received)

    with Loopback(respond) as server, Reranker(base_url=server.url, concurrency=2) as made:
        assert len(list(made.rank_many(_jobs(4)))) == 4


def test_a_job_that_fails_does_not_end_the_others() -> None:
    """One bad row would cost all that comes after it."""
    jobs: Any = [("q0", ["a"]), ("", ["b"]), ("q2", [3]), ("q3", ["d"])]
    with Loopback(healthy) as server, Reranker(base_url=server.url) as made:
        results: dict[Any, JobResult[str]] = {each.id: each for each in made.rank_many(jobs)}
    assert [results[number].error is None for number in range(4)] == [True, False, False, True]
    with pytest.raises(InputError):
        _ = results[1].hits
    assert results[2].error is not None
    assert results[2].error.message.startswith("documents[0]: ")


def test_a_key_that_is_refused_ends_all() -> None:
    """A million queries would be asked with a key that is known to be wrong."""
    with (
        Loopback(lambda _: http({"message": "Invalid token"}, 401)) as server,
        Reranker(base_url=server.url, api_key="sk-made-up-0123456789abcdef") as made,
        pytest.raises(RefusedError),
    ):
        list(made.rank_many(_jobs(1000)))
    assert len(server.received) <= 16


def test_a_failure_after_a_success_is_the_job_s_own() -> None:
    """A server that stumbles at one query would end a night's work."""

    def respond(received: Received) -> bytes:
        if received.json["query"] == "q5":
            return http({"message": "boom"}, 500)
        return healthy(received)

    with Loopback(respond) as server, Reranker(base_url=server.url, retries=0) as made:
        made.score("warm up", ["a"])
        results = list(made.rank_many(_jobs(10)))
    failed = [result for result in results if result.error]
    assert [result.id for result in failed] == [5]
    assert isinstance(failed[0].error, EndpointError)
    assert failed[0].error.status == 500


def test_an_error_of_all_is_raised_while_others_hang() -> None:
    """A key that is revoked would be told only after the timeouts of what hangs."""
    began = time.monotonic()
    hanging = threading.Barrier(4)

    def revoked(seen: Received) -> bytes:
        number = int(seen.json["query"][1:])
        if number in range(10, 14):
            hanging.wait(60)
            if number != 13:
                server.over.wait(60)
            return http({"message": "revoked"}, 401)
        return healthy(seen)

    with Loopback(revoked) as server:
        with (
            Reranker(base_url=server.url, concurrency=4) as made,
            pytest.raises(RefusedError, match="revoked"),
        ):
            list(made.rank_many(_jobs(14)))
        assert time.monotonic() - began < 5


def test_closing_ends_waits_for_another_try(slept: list[float]) -> None:
    """`close` in another thread would wait as long as an endpoint asks."""
    asked = threading.Event()

    def close() -> None:
        asked.wait(60)
        made.close()

    def busy(_: Received) -> bytes:
        asked.set()
        server.over.wait(60)
        return http({"message": "busy"}, 503)

    with Loopback(busy) as server:
        made = Reranker(base_url=server.url)
        closing = threading.Thread(target=close)
        closing.start()
        with pytest.raises(EndpointError) as caught:
            made.rank("q", ["a"])
        closing.join()
    assert caught.value.stopped
    assert slept == []
