"""Connections that break: one line that says so, and never a ranking from half an answer."""

import gzip
import json
import zlib

import pytest

from tests.cli.endpoint.ways import EVERY_WAY, Way
from tests.connections import Behave, Connection, Misbehaving
from tests.running import Ended, rerank_once
from tests.serving import Loopback, Received, http

_GOOD = json.dumps(
    {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]}
).encode()
# Without the time, which would be part of a test's name.
_GZIP = gzip.compress(_GOOD, mtime=0)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
# The server closes after each reply. If it did not say so, a request might meet the end.
_LAST = {"Connection": "close"}


def _on(behave: Behave, way: Way) -> Ended:
    with Misbehaving(behave=behave) as server:
        return way.rerank(server.url)


def _packed(body: bytes, coding: str, way: Way) -> Ended:
    reply = http(body, headers={"Content-Encoding": coding})
    with Loopback(lambda _: reply) as server:
        return way.rerank(server.url)


@EVERY_WAY
@pytest.mark.parametrize(
    "reply",
    [
        http(_GOOD, headers=_LAST),
        _HEAD + b"\r\n" + _GOOD,
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(_GOOD), _GOOD),
        b"HTTP/1.1 100 Continue\r\n\r\n" + http(_GOOD, headers=_LAST),
        b"HTTP/1.0 200 OK\r\n\r\n" + _GOOD,
        http(_GOOD, 201, headers=_LAST),
    ],
    ids=["length", "until close", "chunked", "continue", "1.0", "created"],
)
def test_whole_replies(reply: bytes, way: Way) -> None:
    """A server that frames its replies in its own way could not be used."""
    outcome = _on(lambda connection: connection.send(reply), way)
    assert outcome.scores == [0.1, 0.9] * way.requests


@EVERY_WAY
@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (b"", "the connection broke"),
        (b"HTTP/1.1 200 OK\r\nConte", "the connection broke"),
        (_HEAD + b"Content-Length: 9999\r\n\r\n", "the connection broke"),
        (_HEAD + b"Content-Length: 9999\r\n\r\n" + _GOOD, "the connection broke"),
        (_HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{}", "the connection broke"),
        (_HEAD + b"Transfer-Encoding: chunked\r\n\r\nno\r\n", "custom (http://"),
        (_HEAD + b"Content-Length: no\r\n\r\n", "custom (http://"),
        (_HEAD + b"\r\n" + _GOOD[:40], "broken JSON"),
        (_HEAD + b"Content-Length: 40\r\n\r\n" + _GOOD, "broken JSON"),
        (_HEAD + b"\r\n", "empty"),
        (b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", "empty"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "custom (http://"),
        (b"\x15\x03\x03\x00\x02\x02\x16", "custom (http://"),
        (_HEAD + b"X: " + b"x" * 200_000 + b"\r\n\r\n" + _GOOD, "custom (http://"),
    ],
    ids=lambda value: str(value[-24:]),
)
def test_reply_that_is_cut_off_or_no_http(reply: bytes, says: str, way: Way) -> None:
    """A ranking would be made of half an answer, or the command end in a traceback."""
    outcome = _on(lambda connection: connection.send(reply), way)
    assert says in outcome.error
    # Something did answer, and nothing was packed.
    assert "no connection" not in outcome.error
    assert "compression" not in outcome.error
    assert outcome.code == 5


@EVERY_WAY
@pytest.mark.parametrize(
    "begun", [b"", b"HTTP/1.1 200 OK\r\nConte", _HEAD + b"Content-Length: 9999\r\n\r\n{"]
)
def test_reset(begun: bytes, way: Way) -> None:
    """A server that crashes would end the command in a traceback."""

    def behave(connection: Connection) -> None:
        connection.send(begun)
        connection.reset()

    outcome = _on(behave, way)
    assert "the connection broke" in outcome.error
    assert outcome.code == 5


@EVERY_WAY
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", _GZIP),
        ("x-gzip", _GZIP),
        ("GZip, identity", _GZIP),
        ("gzip", _GZIP + b"what follows is ignored"),
        ("deflate", zlib.compress(_GOOD)),
        ("deflate", zlib.compress(_GOOD)[2:-4]),
        ("identity", _GOOD),
        ("", _GOOD),
    ],
)
def test_packed_reply(coding: str, body: bytes, way: Way) -> None:
    """A server behind a gateway that packs replies could not be used."""
    assert _packed(body, coding, way).scores == [0.1, 0.9] * way.requests


@EVERY_WAY
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [_GOOD, b"\x1f\x8b\x08\x00nonsense", _GZIP[:30]])
def test_packing_that_is_broken(coding: str, body: bytes, way: Way) -> None:
    """A ranking would be made of half an answer, or the command end in a traceback."""
    outcome = _packed(body, coding, way)
    assert "compression is broken" in outcome.error or "the reply is" in outcome.error
    assert outcome.code == 5


@EVERY_WAY
@pytest.mark.parametrize(
    "coding", ["br", "zstd", "gzip, gzip", "deflate, gzip", "gzip,br", "x" * 999]
)
def test_packing_that_was_not_asked_for(coding: str, way: Way) -> None:
    """A user would look for the fault in the scores, not in the gateway that packs them."""
    outcome = _packed(gzip.compress(_GZIP, mtime=0), coding, way)
    assert f"packed as '{coding[:40]}'; one of gzip, deflate was asked for" in outcome.error
    assert "Accept-Encoding" in outcome.hint
    assert outcome.code == 5


@EVERY_WAY
def test_refusal_that_is_packed_as_was_not_asked_for(way: Way) -> None:
    """A wrong key would be taken for a fault of the gateway."""
    reply = http(b"\x0b\x02\x80abc\x03", 401, {"Content-Encoding": "br"})
    with Loopback(lambda _: reply) as server:
        outcome = way.rerank(server.url)
    assert "a key is needed" in outcome.error
    assert "packed as 'br'" in outcome.error
    assert outcome.code == 4


@EVERY_WAY
def test_nothing_listens(way: Way) -> None:
    """A user who forgot to start the server would read a traceback."""
    with Loopback(lambda _: b"") as server:
        url = server.url
    outcome = way.rerank(url)
    assert f"custom ({url}/rerank): no connection" in outcome.error
    assert "running" in outcome.hint
    assert outcome.code == 5


@EVERY_WAY
def test_host_that_does_not_exist(way: Way) -> None:
    """A user with a typing error in the host would read a traceback."""
    outcome = way.rerank("http://nonexistent.invalid/v1")
    assert "nonexistent.invalid" in outcome.error
    assert "no connection" in outcome.error
    assert "host" in outcome.hint
    assert outcome.code == 5


@EVERY_WAY
@pytest.mark.parametrize("host", ["a" * 70, f"{'a' * 63}.{'b' * 64}", "xn--\x7f", "exa mple"])
def test_host_that_cannot_exist(host: str, way: Way) -> None:
    """A user with a mangled URL would read a traceback."""
    outcome = way.rerank(f"http://{host}/v1")
    assert "url" in outcome.error.lower() or host in outcome.error
    assert outcome.code in (3, 5)


@EVERY_WAY
def test_https_to_a_server_that_speaks_http(way: Way) -> None:
    """A user who wrote https for a server of their own would not see that this is the fault."""
    with Misbehaving(behave=lambda it: it.send(http(b"", 400))) as server:
        outcome = way.rerank(server.url.replace("http:", "https:"))
    assert "no secure connection" in outcome.error
    assert "http or https?" in outcome.hint
    assert outcome.code == 5


def test_one_broken_connection_of_many_ranks_nothing() -> None:
    """A user would take the ranking of half the passages for the whole."""

    def respond(received: Received) -> bytes:
        documents = received.json["documents"]
        good = http({"results": [{"index": 0, "relevance_score": 0.5}]})
        return good[:-9] if documents == ["two"] else good

    with Loopback(respond) as server:
        arguments = ("--max-passages", "1", "--concurrency", "1")
        outcome = rerank_once("q", "--base-url", server.url, *arguments)
    assert "the connection broke" in outcome.error
    assert outcome.code == 5
