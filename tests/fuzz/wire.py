"""A server that keeps its connections and puts on them, byte by byte, whatever a script says."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.connections import Connection
from tests.serving import Loopback, Received, Respond, _request

Step = Callable[[Connection], None]
Script = Callable[[Received], Sequence[Step]]


class Over(Exception):  # noqa: N818 - an order, not an error
    """The connection is to be closed."""


@dataclass
class Wire(Loopback):
    """Answers each request with the steps of a script, and goes on reading until one says Over."""

    respond: Respond = field(init=False, repr=False)
    script: Script = field(kw_only=True)

    def converse(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection.makefile("rb") as stream:
            try:
                while (request := _request(stream)) is not None:
                    self.received.append(request)
                    for step in self.script(request):
                        step(Connection(connection, self.over))
            except Over:
                # To close while something of the request is unread would be a reset.
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(1)
                while connection.recv(65536):
                    pass


def send(data: bytes) -> Step:
    """Send the data in one piece."""
    return lambda connection: connection.send(data)


def pause(seconds: float) -> Step:
    """Do nothing for a while."""

    def step(connection: Connection) -> None:
        connection.over.wait(seconds)

    return step


def close(connection: Connection) -> None:
    """End the connection in order."""
    raise Over


def reset(connection: Connection) -> None:
    """End it without a goodbye."""
    connection.reset()
    raise OSError


_LINES = (
    *(b"HTTP/1.1 200 OK",) * 16,
    *(
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 ",
        b"HTTP/1.1  200 OK",
        b"http/1.1 200 ok",
    ),
    *(b"HTTP/2 200", b"HTTP/1.1 0200 OK", b"HTTP/1.1 2OO OK", b"ICY 200 OK", b"HTTP/1.1 200 \xff"),
    *(b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.1 -200 OK", b"HTTP/9.9 200 OK", b"200 OK"),
    *(b"HTTP/1.1 101 Switching Protocols", b"HTTP/1.1 204 No Content", b"HTTP/1.1 304 Same"),
    *(b"HTTP/1.1 205 Reset", b"HTTP/1.1 000 None", b"HTTP/1.1 999 What", b"HTTP/1.1 600 X"),
)
_HEADERS = (
    *(b"Connection: close", b"Connection: keep-alive", b"Connection: upgrade\r\nUpgrade: h2c"),
    *(
        b"X: " + b"x" * 200_000,
        b"\r\n".join([b"X-Many: y"] * 3000),
        b"X: a\r\n b\r\n\tc",
        b"NoColon",
    ),
    *(b": empty", b"X : y", b"X:\0", b"X: \xff\xfe", b"X: \x1b[31m", b"Set-Cookie: a=b", b"X:\r"),
    *(b"Content-Encoding: identity", b"Content-Encoding: ", b"Content-Encoding: br"),
    *(b"Content-Encoding: nonsense", b"Content-Encoding: gzip", b"Content-Type: text/event-stream"),
    *(b"Retry-After: 9", b"Location: /", b"Trailer: X", b"Keep-Alive: timeout=0, max=0"),
    *(b"Content-Range: bytes 0-1/2", b"Transfer-Encoding: identity", b"Age: -1", b"X: y" * 50),
)
_LENGTHS = (
    *("{n}",) * 4,
    *("0", "1", "-1", "+{n}", "{n}.0", "0{n}", " {n} ", "{n}, {n}", "{n}, 1", "1, {n}", "0x{n}"),
    *("1_0", "1e2", "", "{more}", "{less}", "9" * 30, "9" * 5000, "{n};x", "\u0661", "\xb2", "-0"),
    *("{n}\r\nContent-Length: {n}", "{n}\r\nContent-Length: 1", "{less}\r\nContent-Length: {n}"),
)
_CODINGS = (
    *(b"chunked",) * 4,
    *(b"Chunked", b"chunked, chunked", b"gzip, chunked", b"identity, chunked", b"chunked;q=1"),
    *(
        b"xchunked",
        b"\x0bchunked",
        b"chunked\r\nTransfer-Encoding: chunked",
        b"",
        b"chunked, identity",
    ),
)


def odd(random: Random, good: bytes, poison: bytes) -> list[Step]:
    """An answer whose body is right, in a frame that may be wrong.

    `poison` is a body with scores that are wrong: it may follow, as if it were the next reply, at a
    moment when a client can still know that it has not asked for it.
    """
    head, body = _framed(random, good)
    before = random.choice((*(b"",) * 12, b"\r\n", b"\0", b"{}", good, *map(_interim, (1, 3, 900))))
    reply = before + head + body
    extra: bytes = random.choice(
        (
            *(b"",) * 6,
            *(reply, _reply(poison), _reply(poison) * 3, poison, b"\r\n", b"\r\n" + _reply(poison)),
            *(
                b"0\r\n\r\n",
                b"x",
                _interim(2),
                _interim(1) + _reply(poison),
                b"HTTP/1.1 408 T\r\n\r\n",
            ),
        )
    )
    if random.random() < 0.15:
        reply, extra = reply[: random.randrange(len(reply) + 1)], b""
    # What is sent in more than one piece may come when the next request has already been sent.
    whole = len(reply) + len(extra) < 30_000
    steps = _pieces(random, reply, extra if whole else b"")
    return steps + random.choice(([], [], [], [], [close], [close], [reset], [pause(0.3)]))


def _reply(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _interim(count: int) -> bytes:
    return b"HTTP/1.1 100 Continue\r\n\r\n" * count


def _framed(random: Random, good: bytes) -> tuple[bytes, bytes]:
    """A head and a body."""
    lines = [random.choice(_LINES), b"Content-Type: application/json"]
    body = good
    framing = random.choice(("length", "length", "chunked", "chunked", "both", "close"))
    if framing in ("length", "both"):
        numbers = {"n": len(good), "more": len(good) + 9, "less": len(good) - 9}
        length = random.choice(_LENGTHS).format(**numbers).encode("utf-8")
        lines.append(b"Content-Length: " + length)
    if framing in ("chunked", "both"):
        body = _chunked(random, good)
        lines.append(b"Transfer-Encoding: " + random.choice(_CODINGS))
    for _ in range(random.choice((0, 0, 0, 1, 2))):
        lines.insert(random.randrange(1, len(lines) + 1), random.choice(_HEADERS))
    ending = random.choice((*(b"\r\n",) * 9, b"\n", b"\r"))
    return ending.join(lines) + ending * 2, body


def _chunked(random: Random, body: bytes) -> bytes:
    parts = []
    size = random.choice((1, 7, len(body)))
    for at in range(0, len(body), size):
        part = body[at : at + size]
        parts.append(_chunk_head(random, len(part)) + part + b"\r\n")
    ends: tuple[bytes, ...] = (b"0\r\n\r\n",) * 9 + (
        b"",
        b"0\r\n",
        b"0\r\nX: y\r\n\r\n",
        b"00000\r\n\r\n",
        b"-0\r\n\r\n",
    )
    ends += (b"0;" + b"x" * 50_000 + b"\r\n\r\n", b"0\r\n" + b"X: y\r\n" * 5000 + b"\r\n", b"\r\n")
    return b"".join(parts) + random.choice(ends)


def _chunk_head(random: Random, size: int) -> bytes:
    if random.random() < 0.96:
        return b"%x\r\n" % size
    odds: tuple[str, ...] = (
        "{:X}",
        "{:04x}",
        "{:x};ext=1",
        "{:x} ",
        " {:x}",
        "-{:x}",
        "+{:x}",
        "0x{:x}",
        "{:x}\n",
    )
    odds += ("{:x};" + "x" * 9000, "f{:x}", "ffffffffffffffff{:x}", "{:_x}g", "")
    text: str = random.choice(odds)
    return text.format(size).encode() + b"\r\n"


def _pieces(random: Random, reply: bytes, extra: bytes) -> list[Step]:
    """The reply in some pieces; what is extra goes with the last."""
    if not reply or random.random() < 0.7:
        return [send(reply + extra)]
    cuts = sorted(random.randrange(len(reply)) for _ in range(random.randrange(1, 4)))
    parts = [reply[a:b] for a, b in zip([0, *cuts], [*cuts, len(reply)], strict=True)]
    parts[-1] += extra
    return [step for part in parts for step in (send(part), pause(0.002))][:-1]
