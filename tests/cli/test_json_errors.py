"""With --json an error is one JSON object, so that a program need not read sentences."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.answers import healthy
from tests.running import KEY, PASSAGES, SAMPLES, rerank
from tests.serving import Loopback, Received, http


def _error(*arguments: str, env: dict[str, str] | None = None) -> Any:
    """The one object on standard error."""
    done = rerank(*arguments, env=env, stdin="x\n")
    assert done.out == ""
    assert done.raw.count("\n") == 1
    error = json.loads(done.raw)
    assert error["exit_code"] == done.code
    return error


@pytest.mark.parametrize(
    "how",
    [
        ("--json",),
        ("-f", "json"),
        ("-fjson",),
        ("--format", "json"),
        ("--format=json",),
        ("-f", "jsonl"),
    ],
)
def test_bad_input_is_located(how: tuple[str, ...]) -> None:
    """An editor or a pipeline could not tell which line is bad."""
    Path("a.jsonl").write_text('{"text": "x"}\n{"text": }\n')
    error = _error("q", "a.jsonl", *how)
    assert (error["exit_code"], error["file"], error["line"]) == (2, "a.jsonl", 2)
    assert error["error"].startswith("a.jsonl:2: ")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("q", "--json", "--top-n", "x"), 2),
        (("q", "--json", "--no-such-option"), 2),
        (("q", PASSAGES, "--json", "-p", "nobody"), 3),
        (("q", PASSAGES, "--json", "-p", "cohere"), 3),
        (("compare", "q", PASSAGES, "--json", "-m", "local"), 2),
        (("eval", "nothing", "--qrels", "nothing", "--json"), 2),
        (("doctor", "--json", "-p", "nobody"), 3),
        (("batch", "nothing.jsonl", "-f", "jsonl"), 2),
    ],
)
def test_every_command_has_it(command: tuple[str, ...], code: int) -> None:
    """One command whose errors are sentences is one parser more."""
    error = _error(*command)
    assert error["exit_code"] == code
    assert error["error"]
    assert "hint" in error


def test_what_an_endpoint_says_is_redacted_and_harmless() -> None:
    """A key would reach a log through the quoting of JSON, or a terminal obey an endpoint."""

    def refused(_: Received) -> bytes:
        return http({"message": f"bad key {KEY} \x1b[31m"}, 401)

    with Loopback(refused) as server:
        where = ("--base-url", server.url, "--json")
        error = _error("q", PASSAGES, *where, env={"RERANK_API_KEY": KEY})
    assert error["exit_code"] == 4
    assert KEY not in json.dumps(error)


def test_a_query_of_a_batch_that_fails_is_an_object_too() -> None:
    """The lines of a batch on standard output would be JSON, and its failures sentences."""
    Path("jobs.jsonl").write_text('{"query": "q", "documents": ["a"]}\n{"query": 5}\n')
    with Loopback(healthy) as server:
        done = rerank("batch", "jobs.jsonl", "-f", "jsonl", "--base-url", server.url, "-q")
    failed, summary = map(json.loads, done.raw.splitlines())
    assert (failed["file"], failed["line"], failed["exit_code"]) == ("jobs.jsonl", 2, 2)
    assert (summary["error"], summary["exit_code"]) == ("1 query failed", 6)


def test_after_dashes_it_is_a_query() -> None:
    """A query could change how errors are written."""
    done = rerank("--", "--json", str(SAMPLES / "nothing"))
    assert done.raw.startswith("rerank: ")
