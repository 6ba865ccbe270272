"""What a user reads when an endpoint refuses; the shapes of bodies are in tests/replies."""

from pathlib import Path

import pytest

from tests.cli.endpoint.ways import EVERY_WAY, Way
from tests.running import KEY, Ended, rerank, rerank_once
from tests.serving import Loopback, Received, http


def _refused(
    status: int,
    body: object = "No.",
    *arguments: str,
    env: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Ended:
    reply = http(body, status, headers)
    with Loopback(lambda _: reply) as server:
        keys = {"RERANK_API_KEY": KEY} if env is None else env
        return rerank_once("q", "--base-url", server.url, *arguments, env=keys)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 415, 422, 498])
def test_refusal_is_final(status: int) -> None:
    """A request that can never succeed would be sent, and perhaps billed, again and again."""
    with Loopback(lambda _: http("No.", status)) as server:
        outcome = rerank("q", "--base-url", server.url, stdin="one\n")
        assert len(server.received) == 1
    assert f"HTTP {status}" in outcome.error
    assert outcome.code == 4


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 498])
def test_refusal_that_no_passage_is_to_blame_for(status: int) -> None:
    """A wrong key would be tried with every half of the passages."""
    with Loopback(lambda _: http("No.", status)) as server:
        outcome = rerank("q", "--base-url", server.url, stdin="one\ntwo\nthree\n")
        assert len(server.received) == 1
    assert "<stdin>" not in outcome.error
    assert outcome.code == 4


def test_refusal_of_a_later_request_ranks_nothing() -> None:
    """A user would take the ranking of half the passages for the whole."""

    def respond(received: Received) -> bytes:
        documents = received.json["documents"]
        if "three" in documents:
            return http({"message": "document is too long"}, 400)
        return http({"results": [{"index": 0, "relevance_score": 0.5}]})

    with Loopback(respond) as server:
        arguments = ("--base-url", server.url, "--max-passages", "1", "--concurrency", "1")
        outcome = rerank_once("q", *arguments, stdin="one\ntwo\nthree\nfour\n")
    assert "document is too long" in outcome.error
    assert outcome.code == 4


@pytest.mark.parametrize(("status", "code"), [(408, 4), (425, 4), (429, 4)])
@pytest.mark.parametrize("body", [b"", b'{"message":"Slow down."}'])
def test_refusal_for_now(status: int, code: int, body: bytes) -> None:
    """A script could not tell a refusal from a failure."""
    outcome = _refused(status, body)
    assert f"HTTP {status}" in outcome.error
    assert outcome.code == code


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 529, 599])
def test_failure(status: int) -> None:
    """A script could not tell a failure from a refusal."""
    outcome = _refused(status, "Something broke.")
    assert f"HTTP {status}" in outcome.error
    assert "Something broke." in outcome.error
    assert outcome.code == 5


# The key


@pytest.mark.parametrize("variable", ["SILICONFLOW_API_KEY", "OPENAI_API_KEY", "RERANK_API_KEY"])
def test_bad_key_is_told_by_where_it_came_from(variable: str) -> None:
    """A user with several keys could not tell which one was sent."""
    outcome = _refused(401, "Invalid token", "-p", "siliconflow", env={variable: KEY})
    assert f"{variable} (environment)" in outcome.hint
    assert "siliconflow.cn and siliconflow.com" in outcome.hint
    assert "-p siliconflow-com" in outcome.hint


def test_bad_key_of_a_file_is_told_by_its_path() -> None:
    """A user would look for the bad key in the environment, where it is not."""
    Path(".env").write_text(f"RERANK_API_KEY={KEY}\n")
    with Loopback(lambda _: http("Invalid token", 401)) as server:
        outcome = rerank_once("q", "--base-url", server.url)
    assert "RERANK_API_KEY" in outcome.hint
    assert ".env" in outcome.hint


def test_no_key_where_one_was_needed() -> None:
    """A user would check a key that was never sent."""
    outcome = _refused(401, {"error": "Unauthorized"}, env={})
    assert "a key is needed, and none was sent" in outcome.error
    assert "accepted" not in outcome.error
    assert "Set RERANK_API_KEY." in outcome.hint
    assert outcome.code == 4


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": {"message": f"Incorrect API key provided: {KEY}.", "code": KEY}}),
        (401, {"detail": KEY, "request_id": KEY}),
        (403, f"no access for {KEY}".encode()),
        (500, f"<html><pre>Authorization: Bearer {KEY}</pre></html>".encode()),
        (200, {"error": f"bad key {KEY}"}),
        (200, f"bad key {KEY}".encode()),
        (200, {"results": [{"index": KEY}]}),
        (200, {"results": [{"index": 0, "relevance_score": KEY}]}),
        (401, {"message": " " * 3970 + KEY}),
        (401, f"no access for {' ' * 3970} {KEY}".encode()),
        (200, f"no access for {' ' * 3970} {KEY}".encode()),
    ],
    ids=lambda value: str(value)[:40],
)
def test_echoed_key_is_struck_out(status: int, body: object) -> None:
    """The key would stand in a terminal's history, a log of CI, or a bug report."""
    outcome = _refused(status, body, "--verbose")
    assert outcome.code in (4, 5)
    assert KEY[:10] not in outcome.err


def test_echoed_key_in_a_header_is_struck_out() -> None:
    """The key would stand in a terminal's history, a log of CI, or a bug report."""
    outcome = _refused(401, "No.", headers={"x-request-id": f"for-{KEY}"})
    assert KEY[:10] not in outcome.err


# What the endpoint says


@pytest.mark.parametrize(
    "header", ["x-siliconcloud-trace-id", "X-Request-Id", "request-id", "x-amzn-requestid"]
)
def test_request_id_is_shown(header: str) -> None:
    """A user could not tell the endpoint's people which request failed."""
    assert "ti_8c3v2m1k7q" in _refused(500, b"", headers={header: "ti_8c3v2m1k7q"}).error


def test_long_complaint_is_cut() -> None:
    """The error would fill the screen with the user's own passages."""
    outcome = _refused(422, {"detail": [{"loc": ["body"], "msg": "long " * 10_000}]})
    assert "body: long long" in outcome.error


def test_complaint_is_no_terminal_control() -> None:
    """An endpoint could repaint the user's terminal."""
    outcome = _refused(400, {"message": "red \x1b[31m and \x07 bell\r\nnew line"})
    assert "\x1b" not in outcome.err
    assert "\x07" not in outcome.err
    assert "bell new line" in outcome.error


@pytest.mark.parametrize(
    "body",
    [
        {"code": [1], "message": {"a": 1}},
        {"code": {"a": 1}, "type": True, "message": 7, "error": [], "detail": None},
        {"error": {"error": {"error": "deep"}}},
        [[[["deep"]]]],
        [],
        {},
        b"\x00\xff",
        b"[" * 100_000,
        b"[" * 700 + b"]" * 700,
        b'{"error":' * 700 + b'"x"' + b"}" * 700,
        b'{"code":' + b"9" * 5000 + b"}",
        b'{"message":"\\ud800"}',
    ],
    ids=lambda body: str(body[:24] if isinstance(body, bytes) else body),
)
def test_complaint_of_no_known_shape(body: object) -> None:
    """A refusal that nobody thought of would end in a traceback."""
    outcome = _refused(400, body)
    assert "the request was refused (HTTP 400" in outcome.error
    assert outcome.code == 4


def test_code_is_known_before_the_status() -> None:
    """A user without balance would be told to check the key."""
    body = {"code": 30001, "message": "x", "data": None}
    outcome = _refused(401, body, "-p", "siliconflow")
    assert "balance" in outcome.error
    assert "Top up" in outcome.hint


def test_unknown_model_is_named() -> None:
    """A user with RERANK_MODEL set somewhere would not see which model was asked for."""
    body = {"code": 20012, "message": "Model does not exist. Please check it carefully."}
    outcome = _refused(400, body, "-p", "siliconflow", "-m", "BAAI/bge-reranker-v3")
    assert "BAAI/bge-reranker-v3" in outcome.hint
    assert "BAAI/bge-reranker-v2-m3" in outcome.hint


# Redirects


@EVERY_WAY
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(status: int, way: Way) -> None:
    """The key and the passages would go to a host that the user never named."""
    with Loopback(lambda _: http({"results": []})) as other:
        target = f"{other.url}/rerank"
        reply = http(b"", status, {"Location": f"{target}?token=secret"})
        with Loopback(lambda _: reply) as server:
            outcome = way.rerank(server.url)
        assert other.received == []
    assert f"redirect to {target}" in outcome.error
    assert "secret" not in outcome.err
    assert "--base-url" in outcome.hint
    assert outcome.code == 5


@pytest.mark.parametrize(
    "location", [None, "", "/v1", "//", "http://[", "http://h:port/", "ftp://x", "\xe9", "x y"]
)
def test_redirect_to_nowhere(location: str | None) -> None:
    """A redirect would be taken for a broken connection, or end in a traceback."""
    headers = {} if location is None else {"Location": location}
    outcome = _refused(302, b"", headers=headers)
    assert "redirect" in outcome.error
    assert outcome.code == 5
