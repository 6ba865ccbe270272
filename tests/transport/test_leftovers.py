"""Bytes that nobody asked for: none of them is taken for the next reply."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from rerank_cli.transport.http import connector
from tests.answers import scored
from tests.running import rerank_once
from tests.serving import Loopback, Received, _request, http, tls_of

_PASSAGES = "".join(f"{number}\n" for number in range(1, 21))
_SCORES = [number / 64 for number in range(1, 21)]
_ONE_BY_ONE = ("--max-passages", "1", "--concurrency", "1", "--json")


class _Keeping(Loopback):
    """Keeps each connection, whatever it has sent there."""

    def converse(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while (request := _request(stream)) is not None:
                self.received.append(request)
                connection.sendall(self.respond(request))


def _reply(received: Received) -> bytes:
    return scored(received.documents, lambda text: int(text) / 64)


def _twice(received: Received) -> bytes:
    return _reply(received) * 2


def _and_half(received: Received) -> bytes:
    return _reply(received) + _reply(received)[:50]


def _beyond_its_length(received: Received) -> bytes:
    return _reply(received) + b"\r\n"


_EVERY_KIND = pytest.mark.parametrize("respond", [_twice, _and_half, _beyond_its_length])


@_EVERY_KIND
def test_what_is_left_of_a_reply_is_no_reply(respond: Callable[[Received], bytes]) -> None:
    """Every passage would get the score of the one before it, and nobody would know."""
    with _Keeping(respond) as server:
        outcome = rerank_once("q", "--base-url", server.url, *_ONE_BY_ONE, stdin=_PASSAGES)
    assert outcome.scores == _SCORES


@_EVERY_KIND
def test_what_is_left_of_a_secure_reply_is_no_reply(
    respond: Callable[[Received], bytes], tmp_path: Path
) -> None:
    """As above: what TLS has read already is not seen at the socket."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    environ = {"SSL_CERT_FILE": str(tmp_path / "authority.pem")}
    with _Keeping(respond, tls=tls_of(authority.issue_cert("localhost"))) as server:
        where = ("--base-url", server.url)
        outcome = rerank_once("q", *where, *_ONE_BY_ONE, stdin=_PASSAGES, env=environ)
    assert outcome.scores == _SCORES


def test_what_comes_between_two_requests_is_no_reply() -> None:
    """A reply that is sent again a moment later would shift all scores after it."""
    late = threading.Event()

    class Late(_Keeping):
        def converse(self, connection: socket.socket) -> None:
            with connection.makefile("rb") as stream:
                while (request := _request(stream)) is not None:
                    connection.sendall(http(request.body))
                    connection.sendall(http(request.body))
                    late.set()

    with Late(_reply) as server:
        transport = connector(server.url, 10.0)()
        for body in (b"1", b"2", b"3"):
            assert transport.send("POST", server.url, {}, body).body == body
            assert late.wait(10.0)
            late.clear()
        transport.close()


def test_a_connection_without_leftovers_is_kept() -> None:
    """Each of a thousand requests would pay for a connection of its own."""
    with Loopback(_reply) as server:
        outcome = rerank_once("q", "--base-url", server.url, *_ONE_BY_ONE, stdin=_PASSAGES)
        connections = len(server._connections)
    assert outcome.scores == _SCORES
    assert connections == 1
