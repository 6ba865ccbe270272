"""What a server may take of a user: so many seconds, so much memory."""

import gzip
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from tests.answers import scoring
from tests.cli.endpoint.ways import EVERY_WAY, ONE, SEVERAL, Way
from tests.connections import Behave, Connection, Misbehaving
from tests.running import PATIENCE, Ended, rerank_once
from tests.serving import Loopback, Received, http

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
# A gzip header that says a file name follows; it ends with a zero byte, which never comes.
_NAMED = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03"


def _soon(behave: Behave, way: Way) -> Ended:
    with Misbehaving(behave=behave) as server:
        started = time.monotonic()
        outcome = way.rerank(server.url, "--timeout", "0.12")
        seconds = time.monotonic() - started
    # The server goes on for 20.
    assert 0.1 < seconds < 10
    return outcome


def _dripping(begin: bytes, drop: bytes) -> Behave:
    def behave(connection: Connection) -> None:
        connection.send(begin)
        connection.drip(drop)

    return behave


_SLOW = {
    "nothing": Connection.wait,
    "body": _dripping(_HEAD + b"Content-Length: 9999\r\n\r\n", b" "),
    "chunk size": _dripping(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "packed": _dripping(_HEAD + b"Content-Encoding: gzip\r\n\r\n" + _NAMED, b"x"),
    "header": _dripping(_HEAD + b"X-Slow: ", b"x"),
    "continue": _dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "refusal": _dripping(b"HTTP/1.1 401 No\r\nContent-Length: 9999\r\n\r\n", b" "),
}


@pytest.mark.parametrize(
    ("way", "slow"),
    [
        *((ONE, slow) for slow in _SLOW),
        *((SEVERAL, slow) for slow in ("nothing", "body", "packed")),
    ],
    ids=str,
)
def test_timeout_holds_for_the_whole_answer(way: Way, slow: str) -> None:
    """A slow or hostile server would keep a script waiting for as long as it likes."""
    outcome = _soon(_SLOW[slow], way)
    assert "within 0.12 s" in outcome.error
    assert "--timeout" in outcome.hint
    assert outcome.code == 5


def test_answer_within_the_timeout() -> None:
    """A model that takes its time would be given up on."""

    def respond(received: Received) -> bytes:
        time.sleep(0.1)
        return scoring(len)(received)

    with Loopback(respond) as server:
        outcome = rerank_once("q", "--base-url", server.url, "--timeout", "5", "--json")
    assert outcome.scores == [3.0, 3.0]


@pytest.mark.parametrize("seconds", ["inf", "nan", "1e300", "1e10", "-1", "0"])
def test_timeout_that_is_no_time(seconds: str) -> None:
    """A number that no clock can take would end in a traceback."""
    with Loopback(scoring(len)) as server:
        outcome = rerank_once("q", "--base-url", server.url, "--timeout", seconds)
    assert "internal error" not in outcome.err
    assert outcome.code in (0, 2)


def test_thousands_of_headers_take_no_time() -> None:
    """A hostile server would keep a script waiting past --timeout."""
    headers = "".join(f"X{number}: 1\r\n" for number in range(8000)).encode()
    reply = http(_RESULTS + b"}").replace(b"\r\n", b"\r\n" + headers, 1)
    with Loopback(lambda _: reply) as server:
        started = time.process_time()
        outcome = rerank_once("q", "--base-url", server.url, "--json")
        seconds = time.process_time() - started
    assert outcome.scores == [0.1, 0.9]
    assert seconds < 4


# Memory


_RESULTS = b'{"results":[{"index":0,"relevance_score":0.1},{"index":1,"relevance_score":0.9}]'


@EVERY_WAY
@pytest.mark.parametrize(
    "reply",
    [
        http(_RESULTS + b" " * 2**21 + b"}"),
        http(_RESULTS + b" " * 2**21 + b"}", 500),
        http(gzip.compress(b" " * 2**22, mtime=0), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["large", "large refusal", "packed"],
)
def test_reply_that_is_too_large(reply: bytes, way: Way) -> None:
    """A wrong URL that serves a file, or a hostile server, would fill the memory."""
    with Loopback(lambda _: reply) as server:
        outcome = way.rerank(server.url)
    assert "larger than 1 MB" in outcome.error
    assert outcome.code == 5


@EVERY_WAY
@pytest.mark.parametrize(
    ("status", "what"),
    [(401, "a key is needed, and none was sent"), (422, "the request was refused")],
)
def test_refusal_that_is_too_large_is_still_one(status: int, what: str, way: Way) -> None:
    """A server that repeats the whole request in its refusal would be taken for a hostile one."""
    reply = http({"detail": [{"loc": ["body"], "msg": "no", "input": "x" * 2**22}]}, status)
    with Loopback(lambda _: reply) as server:
        outcome = way.rerank(server.url)
    assert f"{what} (HTTP {status}): the reply is larger than 1 MB" in outcome.error
    assert outcome.code == 4


@EVERY_WAY
@pytest.mark.parametrize("drop", [b" " * 2**17, b"20000\r\n" + b" " * 2**17 + b"\r\n"])
def test_reply_without_an_end(drop: bytes, way: Way) -> None:
    """A hostile server would fill the memory."""
    framing = b"Transfer-Encoding: chunked\r\n" if drop[:1] == b"2" else b""

    def behave(connection: Connection) -> None:
        connection.send(_HEAD + framing + b"\r\n")
        connection.drip(drop, every=0.001)

    with Misbehaving(behave=behave) as server:
        outcome = way.rerank(server.url)
    assert "larger than 1 MB" in outcome.error


@EVERY_WAY
def test_reply_that_is_just_not_too_large(way: Way) -> None:
    """A server that echoes long documents could not be used."""
    body = _RESULTS + b" " * (2**20 - len(_RESULTS) - 1) + b"}"
    with Loopback(lambda _: http(body)) as server:
        outcome = way.rerank(server.url)
    assert outcome.scores == [0.1, 0.9] * way.requests


@cache
def _spaces() -> bytes:
    return gzip.compress(b" " * 2**26, mtime=0)


@EVERY_WAY
@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_two_kilobytes_that_unpack_to_gigabytes(coding: str, way: Way) -> None:
    """A hostile server would fill the memory before anything could be counted."""
    packed = _spaces() if coding == "gzip" else gzip.compress(_spaces(), mtime=0)
    reply = http(packed, headers={"Content-Encoding": coding})
    with Loopback(lambda _: reply) as server:
        outcome = way.rerank(server.url)
    assert "larger than 1 MB" in outcome.error or "packed as 'gzip, gzip'" in outcome.error


def test_reply_to_a_large_request_may_echo_it() -> None:
    """A server that echoes long documents with escapes could not be used."""

    def respond(received: Received) -> bytes:
        results = [
            {"index": index, "relevance_score": 0.5, "document": {"text": text}}
            for index, text in enumerate(received.documents)
        ]
        return http({"results": results})

    with Loopback(respond) as server:
        stdin = "长" * 400_000 + "\n" + "\x01" * 400_000 + "\n"
        outcome = rerank_once("q", "--base-url", server.url, "--json", stdin=stdin)
    assert outcome.scores == [0.5, 0.5]


_MEASURED = """
import sys
from rerank_cli.cli import main
try:
    main()
finally:
    print("kB:", open("/proc/self/status").read().split("VmHWM:")[1].split()[0], file=sys.stderr)
"""


@pytest.mark.process
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="nothing tells the memory used")
@pytest.mark.parametrize(
    "unit", [b"{},", b"1,", b"[],", b'"",', "😀".encode(), b'{"":', b'{"a":{}},'], ids=str
)
def test_memory_for_the_largest_reply(unit: bytes, tmp_path: Path) -> None:
    """A hostile server would take all memory of the machine, and end what else runs there."""
    passages = tmp_path / "passages.txt"
    passages.write_text("".join(f"{number} {'x' * 16_400}\n" for number in range(1000)))
    begin = b'{"results":["' if unit[0] > 127 else b'{"results":['
    reply = http(begin + unit * ((2**26 - 100) // len(unit)))
    with Loopback(lambda _: reply) as server:
        arguments = ("q", str(passages), "--base-url", server.url, "--max-passages", "1000")
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, *arguments, "--retries", "0"],
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
    assert (done.returncode, done.stdout) == (5, b"")
    assert int(done.stderr.rpartition(b"kB:")[2]) < 300_000


def test_request_of_a_megabyte() -> None:
    """A long passage would be cut, or never arrive."""
    passage = "长" * 400_000
    with Loopback(scoring(len)) as server:
        outcome = rerank_once("q", "--base-url", server.url, "--json", stdin=passage)
        (received,) = server.received
    assert received.json["documents"] == [passage]
    assert outcome.scores == [400_000.0]
