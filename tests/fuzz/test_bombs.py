"""Replies that are small on the wire and large in memory, or simply large.

Each run is a process with little memory: 300 MB for any reply of at most 64 MB on the wire, and no
more work than --timeout plus a second. The largest replies run with `pytest -m fuzz` only.
"""

import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.wire import Step, Wire, close
from tests.running import PATIENCE
from tests.serving import Received

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc"),
]

_LIMIT = 700
"""MB of address space, of which half goes to code and the stacks of threads."""
_PEAK = 300.0
_TIMEOUT = 4.0
_WIRE = 64 << 20
_HUGE = 200 << 20
"""Bytes on the wire at most, and bytes of what is packed."""
_MEGABYTE = 1 << 20
_ROOT = Path(__file__).parents[2]

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_NO = b"HTTP/1.1 400 No\r\nContent-Type: application/json\r\n"
_SCORES = b'{"results":[{"index":0,"relevance_score":0.5},{"index":1,"relevance_score":0.25}]'

Parts = Iterable[bytes]


def _filled(begin: bytes, unit: bytes, end: bytes, size: int) -> Parts:
    """A body of about so many bytes, in parts."""
    yield begin
    block = unit * (_MEGABYTE // len(unit))
    for _ in range(size // len(block)):
        yield block
    yield end


def _plain(body: Parts, head: bytes = _OK) -> Parts:
    yield head + b"\r\n"
    yield from body


def _coded(body: Parts, coding: str, head: bytes = _OK) -> Parts:
    """A reply that says so of its body."""
    yield head + f"Content-Encoding: {coding}\r\n\r\n".encode()
    yield from body


def _packed(body: Parts, coding: str, head: bytes = _OK) -> Parts:
    for name in coding.split(", "):
        body = _zipped(body, 31 if name == "gzip" else 15)
    return _coded(body, coding, head)


def _zipped(body: Parts, form: int) -> Parts:
    """Packed as zlib numbers the forms: 31 is gzip, 15 deflate, -15 deflate without its header."""
    packer = zlib.compressobj(1, zlib.DEFLATED, form)
    for part in body:
        yield packer.compress(part)
    yield packer.flush()


def _spaces(size: int) -> Parts:
    return _filled(b"", b" ", b"", size)


def _chunks(count: int) -> Parts:
    yield _OK + b"Transfer-Encoding: chunked\r\n\r\n"
    many = b"1\r\n \r\n" * 100_000
    for _ in range(count // 100_000):
        yield many


def _repeated(begin: bytes, unit: bytes, size: int = _WIRE) -> Parts:
    return _filled(begin, unit, b"\r\n\r\n{}", size)


_LOC = b'{"detail":[{"msg":"no","loc":['
BOMBS: dict[str, Callable[[], Parts]] = {
    "gzip": lambda: _packed(_spaces(_HUGE), "gzip"),
    "gzip twice": lambda: _packed(_spaces(_HUGE), "gzip, gzip"),
    "gzip of objects": lambda: _packed(_filled(b"[", b"{},", b"{}]", _WIRE), "gzip"),
    "gzip of a refusal": lambda: _packed(_filled(_LOC, b"1,", b"1]}]}", _WIRE), "deflate", _NO),
    "objects": lambda: _plain(_filled(b"[", b"{},", b"{}]", _WIRE - 99)),
    "loc": lambda: _plain(_filled(_LOC, b"1,", b"1]}]}", 60 * _MEGABYTE), _NO),
}
MORE_BOMBS: dict[str, Callable[[], Parts]] = {
    "padded scores": lambda: _packed(_filled(_SCORES, b" ", b"}", _HUGE), "gzip"),
    "deflate": lambda: _packed(_spaces(_HUGE), "deflate"),
    "results": lambda: _plain(_filled(b'{"results":[', b"{},", b"{}]}", _WIRE - 99)),
    "lists": lambda: _plain(_filled(b'{"results":[', b"[],", b"[]]}", _WIRE - 99)),
    "numbers": lambda: _plain(_filled(b'{"results":[', b"0.1,", b"0]}", _WIRE - 99)),
    "digits": lambda: _plain(_filled(b'{"results":[', b"9", b"]}", _WIRE - 99)),
    "names": lambda: _plain(_filled(b'{"results":[{', b'"a":1,', b'"b":2}]}', _WIRE - 99)),
    "deep": lambda: _plain(_filled(b"", b"[", b"", _WIRE - 99)),
    "one text": lambda: _plain(_filled(b'{"error":"', b"x ", b'"}', _WIRE - 99), _NO),
    "wide text": lambda: _plain(_filled(b'{"error":"', b"\\ud83d\\ude00", b'"}', _WIRE - 99), _NO),
    "page": lambda: _plain(_filled(b"<html>", b"<p> ", b"</html>", _WIRE - 99)),
    "bytes": lambda: _plain(_filled(b"", b"\xff\xfe", b"", _WIRE - 99)),
    "utf-16": lambda: _plain(_filled(b'["'.decode().encode("utf-16"), b"x\0", b"", _WIRE - 99)),
    "errors": lambda: _plain(_filled(b'{"detail":[', b'{"msg":"no"},', b"0]}", _WIRE - 99), _NO),
    "echo": lambda: _plain(_filled(_SCORES + b',"echo":"', b"x", b'"}', _WIRE - 199)),
    "padding": lambda: _plain(_filled(_SCORES, b" ", b"}", _WIRE - 199)),
    "members": lambda: _coded(_filled(b"", gzip.compress(b"", mtime=0), b"", _WIRE), "gzip"),
    "members of a byte": lambda: _coded(
        _filled(b"", gzip.compress(b" ", mtime=0), b"", _WIRE), "gzip"
    ),
    "name of gzip": lambda: _coded(
        _filled(b"\x1f\x8b\x08\x08" + bytes(6), b"x", b"", _WIRE), "gzip"
    ),
    "six codings": lambda: _packed([_SCORES + b"}"], "gzip, gzip, gzip, gzip, gzip, gzip"),
    "many codings": lambda: [_OK + b"Content-Encoding: " + b"gzip, " * 9000 + b"gzip\r\n\r\n{}"],
    "raw deflate": lambda: _coded(_zipped(_spaces(_HUGE), -15), "deflate"),
    "tiny chunks": lambda: _chunks(9_000_000),
    "header": lambda: _repeated(_OK + b"X: ", b"x"),
    "headers": lambda: _repeated(_OK, b"X: y\r\n"),
    "folds": lambda: _repeated(_OK + b"X: y", b"\r\n y"),
    "extension": lambda: _repeated(_OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "chunk size": lambda: _repeated(_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": lambda: _repeated(_OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "1xx": lambda: _repeated(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "newlines": lambda: _repeated(b"", b"\r\n"),
    "status": lambda: _repeated(b"HTTP/1.1 200 ", b"x"),
}


def _sending(parts: Parts) -> Callable[[Received], list[Step]]:
    def all_of_it(connection: Any) -> None:
        sent = 0
        for part in parts:
            connection.send(part)
            sent += len(part)
        assert sent <= _WIRE + _MEGABYTE

    return lambda _: [all_of_it, close]


def _run(way: str, parts: Callable[[], Parts], characters: int = 3) -> dict[str, Any]:
    # Made before the run, whose time it is not; the parts of what is large are one object.
    made = list(parts())
    with Wire(script=_sending(made)) as server:
        given = (way, server.url, str(_TIMEOUT), str(_LIMIT), str(characters))
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.limited", *given],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    assert done.returncode == 0, done.stderr[-1500:]
    ended: dict[str, Any] = json.loads(done.stdout)
    return ended


def _cases() -> Iterator[Any]:
    """Each bomb on both ways; in the default run some, on one way each."""
    ways = ("command", "python")
    for at, (name, parts) in enumerate((BOMBS | MORE_BOMBS).items()):
        for way in ways:
            few = name in BOMBS and way == ways[at % 2]
            yield pytest.param(
                way, parts, id=f"{name}-{way}", marks=() if few else pytest.mark.fuzz
            )


@pytest.mark.parametrize(("way", "parts"), list(_cases()))
def test_memory_and_work_are_bounded(way: str, parts: Callable[[], Parts]) -> None:
    """A few kilobytes of a hostile server, or a wrong URL, would bring down the machine."""
    _check(_run(way, parts))


@pytest.mark.parametrize("way", ["command", "python"])
@pytest.mark.parametrize("unit", [b"{},", b"[],", b"0.1,", b'{"index":0,"relevance_score":0},'])
@pytest.mark.fuzz
def test_a_large_request_opens_no_door(unit: bytes, way: str) -> None:
    """Who sends long passages would be open to what nobody else is."""
    _check(
        _run(way, lambda: _plain(_filled(b'{"results":[', unit, b"0]}", 28 * _MEGABYTE)), 4_000_000)
    )


def _check(ended: dict[str, Any]) -> None:
    said = ended["err"]
    assert ended["code"] in (None, 0, 4, 5), said[:900]
    if said:
        lines = said.splitlines()
        assert lines[0].startswith("rerank: ")
        assert all(line.startswith("  hint: ") for line in lines[1:])
        assert max(map(len, lines)) < 1500
    assert bool(said) != bool(ended["out"])
    if ended["out"]:
        assert "0.5" in ended["out"]
    assert ended["peak"] < _PEAK, f"{ended['peak']:.0f} MB"
    assert ended["cpu"] < _TIMEOUT + 1, f"{ended['cpu']:.1f} s of work"


@pytest.mark.parametrize("way", ["command", "python"])
def test_a_right_reply_fits(way: str) -> None:
    """Everything above would hold if nothing could be read with so little memory."""
    ended = _run(way, lambda: _plain([_SCORES, b"}"]))
    assert "0.5" in ended["out"], ended
    assert ended["peak"] < _PEAK / 2
