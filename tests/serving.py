"""A rerank server on loopback that records what it receives and answers byte for byte."""

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping, MutableSequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, Self

import trustme

_PATIENCE = 60.0
"""Seconds that a server waits for its threads in the end."""


@dataclass
class Received:
    """One request as it came: request line, headers (lower-case names), body, monotonic time."""

    line: str
    headers: Mapping[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @cached_property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def path(self) -> str:
        """The path of the request line."""
        return self.line.split()[1]

    @property
    def documents(self) -> list[str]:
        """The texts that are to be scored."""
        documents: list[str] = self.json["documents"]
        return documents


class Reset(Exception):  # noqa: N818 - an order, not an error
    """The connection is to be reset instead of answered."""


Respond = Callable[[Received], bytes]
"""Answers a request; it may sleep, raise Reset, or return half a reply."""


@dataclass
class Loopback:
    """A raw-socket HTTP server: what `respond` returns goes out byte for byte.

    The connection is kept for another request after a whole HTTP/1.1 reply with a Content-Length,
    unless that says `Connection: close`; after anything else it is closed. Leaving the server ends
    every connection and thread, and sets `over`, for which a `respond` that hangs may wait.
    """

    respond: Respond
    received: MutableSequence[Received] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    over: threading.Event = field(default_factory=threading.Event, repr=False)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"https://localhost:{self.port}/v1" if self.tls else self.url_at("/v1")
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()
        return self

    def url_at(self, path: str) -> str:
        """The URL of a path on this server, over plain HTTP."""
        return f"http://127.0.0.1:{self.port}{path}"

    def __exit__(self, *_: object) -> None:
        self.over.set()
        # Closing alone leaves the port open for as long as a thread waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            assert not thread.is_alive(), "a server is still answering"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self.tls:
                # Who does not trust the certificate, or speaks no TLS, hangs up at the first read.
                connection = self.tls.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._connections.append(connection)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # The client may be gone at any time.
        with connection, contextlib.suppress(OSError):
            self.converse(connection)

    def converse(self, connection: socket.socket) -> None:
        """Answer the requests on one connection until it ends."""
        with connection.makefile("rb") as stream:
            while (request := _request(stream)) is not None:
                self.received.append(request)
                try:
                    reply = self.respond(request)
                except Reset:
                    reset(connection)
                    return
                connection.sendall(reply)
                if not _keeps_alive(reply):
                    return


def _request(stream: BinaryIO) -> Received | None:
    """The next request; None if the client leaves before its end."""
    if not (line := stream.readline()):
        return None
    headers = {}
    while field_line := stream.readline().decode("latin-1").strip():
        name, _, value = field_line.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    body = stream.read(length)
    if len(body) < length:
        return None
    return Received(line.decode("latin-1").strip(), headers, body)


def _keeps_alive(reply: bytes) -> bool:
    head, _, body = reply.partition(b"\r\n\r\n")
    first, *lines = head.lower().split(b"\r\n")
    lengths = [line for line in lines if line.startswith(b"content-length:")]
    if not first.startswith(b"http/1.1") or not lengths or b"connection: close" in lines:
        return False
    return len(body) == int(lengths[0].split(b":")[1])


def reset(connection: socket.socket) -> None:
    """Let closing a connection send RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def http(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole HTTP reply; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def tls_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """What a server needs to speak TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def free_port() -> int:
    """A port of loopback at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
