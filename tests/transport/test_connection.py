"""One connection a worker: secure ones, deadlines, and being woken."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from rerank_cli.errors import EndpointError, Fault
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.connection import Connection
from rerank_cli.transport.http import HttpTransport
from tests.answers import FaultServer, healthy
from tests.cli.endpoint.ways import rerank
from tests.serving import Loopback, scoring

# The tests' fixture `slept` replaces it in each test.
_sleep = Clock.sleep


class _Secure(Loopback):
    """A loopback server over TLS."""

    certificate: trustme.LeafCert
    authority: Path

    def _serve(self, connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certificate.configure_cert(context)
        # A client that does not trust the certificate hangs up.
        with contextlib.suppress(OSError):
            super()._serve(context.wrap_socket(connection, server_side=True))


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[_Secure]:
    """A server with a certificate of a private authority."""
    server = _Secure(scoring(len))
    authority = trustme.CA()
    server.certificate = authority.issue_cert("localhost")
    server.authority = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(server.authority)
    with server:
        server.url = f"https://localhost:{server.port}/v1"
        yield server


def test_a_private_authority_is_trusted_where_it_is_named(secure: _Secure) -> None:
    """A server of one's own company could not be asked over https."""
    environ = {"SSL_CERT_FILE": str(secure.authority)}
    outcome = rerank("q", "--base-url", secure.url, "--json", environ=environ)

    assert outcome.scores == [3.0, 3.0]
    assert len(secure.received) == 1


def test_a_private_authority_is_not_trusted_by_itself(secure: _Secure) -> None:
    """Anybody between here and the endpoint could read key and passages."""
    outcome = rerank("q", "--base-url", secure.url)

    assert outcome.code == 5
    assert "no secure connection" in outcome.error
    assert "SSL_CERT_FILE" in outcome.hint
    assert secure.received == []


def test_nothing_is_sent_after_the_deadline() -> None:
    """A request would be paid for though nobody waits for its answer."""
    with FaultServer(healthy) as server:
        connection = Connection(None, 0.0)
        with pytest.raises(httpx.ConnectTimeout, match="deadline"):
            connection.handle_request(httpx.Request("POST", server.url, content=b"{}"))
        connection.close()

    assert server.seen == []


def test_a_connection_that_is_not_made_in_time_may_be_tried_again() -> None:
    """A host that is slow to answer once would end the run, or be blamed for the wrong thing."""

    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("", request=request)

    transport = HttpTransport(httpx.MockTransport(late), 2.5, proxied=False)
    with pytest.raises(EndpointError, match=r"^no connection within 2\.5 s$") as caught:
        transport.send("POST", "http://localhost/v1/rerank", {}, b"{}")

    assert (caught.value.fault, caught.value.transient) == (Fault.UNREACHED, True)


def test_a_stopped_clock_wakes_its_sleepers() -> None:
    """Ctrl-C would be followed by as long a wait as the endpoint asked for."""
    clock = Clock()
    clock.stop()
    began = time.monotonic()
    _sleep(clock, 10.0)

    assert clock.stopped
    assert time.monotonic() - began < 5.0
