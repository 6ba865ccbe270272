"""Whole runs against an endpoint that asks to wait: what is waited for, and what is told of it."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rerank_cli import Job, Reranker, RerankError
from tests.answers import healthy
from tests.cli.batch.runs import batch
from tests.running import TerminalText, rerank
from tests.serving import Loopback, Received, Respond, http
from tests.workflows.batch.jobs import ids, jobs_file

_WILD: Mapping[str, Mapping[str, str]] = {
    "year": {"Retry-After": "Fri, 31 Dec 99999999999 23:59:59 GMT"},
    "zeros": {"Retry-After": "1" + "0" * 400},
    "hour": {"Retry-After": "3600"},
    "week": {"Retry-After": "604800"},
    "ms": {"X-RateLimit-Reset": "9" * 18},
    "not exhausted": {"X-RateLimit-Reset": "500", "X-RateLimit-Remaining": "12"},
}


def _once(headers: Mapping[str, str], body: object = None, status: int = 429) -> Respond:
    """A server that refuses the first request, and answers all others."""
    asked: list[Received] = []

    def respond(received: Received) -> bytes:
        asked.append(received)
        return (
            http(body or {"message": "no"}, status, headers)
            if len(asked) == 1
            else healthy(received)
        )

    return respond


def _ranked(respond: Respond, *arguments: str, err: TerminalText | None = None) -> str:
    """Rank on a server, which must succeed; what is told of it."""
    with Loopback(respond) as server:
        where = ("--base-url", server.url, "--json")
        done = rerank("q", *where, *arguments, stdin="one\ntwo\n", err=err)
    assert done.code == 0, done.err
    assert len(done.scores) == 2
    return done.err


def test_a_wait_of_a_minute_and_a_second_is_waited_for(slept: list[float]) -> None:
    """A limit that starts anew each minute would end the run by a second."""
    told = _ranked(_once({"Retry-After": "61"}))
    assert slept[0] == 61.0
    assert told.startswith("rerank: warning: waiting 61 s, until ")
    assert "as the endpoint asks: a rate limit was reached" in told


def test_a_short_wait_is_not_told(slept: list[float]) -> None:
    """Each of a thousand short waits would be a line on standard error."""
    assert _ranked(_once({"Retry-After": "2"})) == ""
    assert slept[0] == 2.0


def test_a_long_wait_is_told_beside_a_bar(slept: list[float]) -> None:
    """Somebody at a terminal would see a bar that stands still for minutes."""
    err = TerminalText()
    told = _ranked(_once({"Retry-After": "90"}), "--max-passages", "1", err=err)
    assert "waiting 90 s, until " in told
    assert 90.0 in slept


@pytest.mark.parametrize("wild", _WILD)
def test_a_wild_wait_is_replaced_by_backoff(wild: str, slept: list[float]) -> None:
    """A header that makes no sense would end the run, or hold it up for hours."""
    assert _ranked(_once(_WILD[wild])) == ""
    assert len(slept) == 1
    assert slept[0] <= 1.0


def test_a_wild_wait_is_named_in_the_end(slept: list[float]) -> None:
    """A user would not learn when to come back."""
    refused = http({"message": "no"}, 429, {"Retry-After": "3600"})
    with Loopback(lambda _: refused) as server:
        done = rerank("q", "--base-url", server.url, stdin="one\n")
        asked = len(server.received)
    assert "gave up after 4 tries in" in done.error
    assert "it asks to wait 3600 s, which is too long" in done.error
    assert (asked, done.code, sum(slept) < 60) == (4, 4, True)


def test_milliseconds_since_1970_are_read_as_such(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenRouter's reset would be taken for one in fifty thousand years."""
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.0)
    _ranked(_once({"X-RateLimit-Reset": "1800000030000", "X-RateLimit-Remaining": "0"}))
    assert slept[0] == pytest.approx(30.0)


_DIGITS: Mapping[str, Callable[[Received], bytes]] = {
    "retry after": lambda _: http({"message": "no"}, 429, _WILD["year"]),
    "code": lambda _: http({"error": {"message": "no", "code": "9" * 5000}}),
    "status in the body": lambda _: http({"error": {"message": "no", "code": 10**4200}}, 500),
    "wait in the body": lambda _: http(
        b'{"error": 1, "details": {"retry_after": 1' + b"0" * 400 + b"}}", 429
    ),
    "request id": lambda _: http({"message": "no", "request_id": 10**4299}, 400),
}


@pytest.mark.parametrize("kind", _DIGITS)
def test_a_number_of_a_reply_ends_no_batch(kind: str, tmp_path: Path) -> None:
    """One reply would end the night's run, with a traceback."""
    jobs = str(jobs_file(tmp_path / "jobs.jsonl", 6, 3))

    def respond(received: Received) -> bytes:
        flawed = received.json["query"] == "q3"
        return _DIGITS[kind](received) if flawed else healthy(received)

    options = ("--retries", "1", "--concurrency", "1")
    done = batch(respond, jobs, "-o", "out", *options)
    assert "internal error" not in done.err
    assert done.code in (4, 5, 6)
    assert {0, 1, 2} <= set(ids(Path("out")))


@pytest.mark.parametrize("tokens", ["9" * 4000, "-1", "1e999", "true"])
def test_tokens_beyond_sense_are_not_counted(tokens: str) -> None:
    """A count of thousands of digits would end the run when it is shown."""

    def respond(received: Received) -> bytes:
        return healthy(received).replace(
            b'"total_tokens": 1', b'"total_tokens": %b' % tokens.encode()
        )

    with Loopback(lambda received: _lengthened(respond(received))) as server:
        where = ("--base-url", server.url, "--max-passages", "1", "--json")
        done = rerank("q", *where, stdin="one\ntwo\n")
    assert len(done.scores) == 2
    assert "input_tokens" not in done.json["usage"]


def _lengthened(reply: bytes) -> bytes:
    return http(reply.partition(b"\r\n\r\n")[2])


def test_from_python(slept: list[float], caplog: pytest.LogCaptureFixture) -> None:
    """A program would end, or seem to hang, where the command goes on."""
    with (
        caplog.at_level(logging.WARNING),
        Loopback(_once({"Retry-After": "61"})) as server,
        Reranker(base_url=server.url) as made,
    ):
        assert len(made.score("q", ["one", "two"])) == 2
    assert slept[0] == 61.0
    assert "waiting 61 s" in caplog.text


def test_errors_from_python_keep_no_reply_in_memory() -> None:
    """A program that collects failed jobs would collect their replies, too."""

    def respond(received: Received) -> bytes:
        bad = received.json["query"] == "bad"
        return http({"message": "no"}, 400) if bad else healthy(received)

    with Loopback(respond) as server, Reranker(base_url=server.url) as made:
        made.score("good", ["one"])
        results = list(made.rank_many([Job("bad", ["one"])] * 3))
    for result in results:
        error: RerankError | None = result.error
        assert error
        assert (error.__traceback__, error.__cause__, error.__context__) == (None, None, None)
