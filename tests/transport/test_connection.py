"""One connection a worker: secure ones, deadlines, and being woken."""

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
from tests.answers import healthy, scoring
from tests.running import rerank_once
from tests.serving import Loopback, tls_of

# The tests' fixture `slept` replaces it in each test.
_sleep = Clock.sleep


@pytest.fixture
def authority() -> trustme.CA:
    """A private authority, which nobody trusts by default."""
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Loopback]:
    """A server with a certificate of the private authority."""
    with Loopback(scoring(len), tls=tls_of(authority.issue_cert("localhost"))) as server:
        yield server


def test_a_private_authority_is_trusted_where_it_is_named(
    secure: Loopback, authority: trustme.CA, tmp_path: Path
) -> None:
    """A server of one's own company could not be asked over https."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    environ = {"SSL_CERT_FILE": str(tmp_path / "authority.pem")}
    outcome = rerank_once("q", "--base-url", secure.url, "--json", env=environ)

    assert outcome.scores == [3.0, 3.0]
    assert len(secure.received) == 1


def test_a_private_authority_is_not_trusted_by_itself(secure: Loopback) -> None:
    """Anybody between here and the endpoint could read key and passages."""
    outcome = rerank_once("q", "--base-url", secure.url)

    assert outcome.code == 5
    assert "no secure connection" in outcome.error
    assert "SSL_CERT_FILE" in outcome.hint
    assert secure.received == []


def test_nothing_is_sent_after_the_deadline() -> None:
    """A request would be paid for though nobody waits for its answer."""
    with Loopback(healthy) as server:
        connection = Connection(None, 0.0)
        with pytest.raises(httpx.ConnectTimeout, match="deadline"):
            connection.handle_request(httpx.Request("POST", server.url, content=b"{}"))
        connection.close()

    assert server.received == []


def test_a_connection_that_is_not_made_in_time_may_be_tried_again() -> None:
    """A host that is slow to answer once would end the run, or be blamed for the wrong thing."""

    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("", request=request)

    transport = HttpTransport(httpx.MockTransport(late), 2.5)
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
