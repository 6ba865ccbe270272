"""`rerank doctor` where nothing listens, TLS is at odds, or a server is out of order."""

from pathlib import Path

import pytest
import trustme

from rerank_cli.errors import ExitCode
from rerank_cli.providers import Provider, table_of
from tests.answers import scored
from tests.connections import Behave, Connection, Misbehaving
from tests.doctor import servers
from tests.doctor.diagnosis import check, visit
from tests.serving import Loopback, Received, Reset, free_port, http, tls_of


def test_nothing_listens() -> None:
    """A user would look for the fault in the key or the model."""
    checked = check(f"http://127.0.0.1:{free_port()}/v1", rows={})
    assert (checked.code, checked.names) == (ExitCode.ENDPOINT, ["reachable"])
    assert checked.bad == ["reachable"]
    assert "Is the server running" in checked.text("reachable")


def test_another_usual_port_listens() -> None:
    """A user who mixed up the ports of two servers would restart the one that runs."""
    with Misbehaving(behave=lambda _: None) as server:
        rows = table_of(
            Provider(name="mine", dialect="tei", base_url=f"http://localhost:{server.port}"),
            Provider(name="other", dialect="cohere", base_url=f"http://localhost:{free_port()}"),
        )
        checked = check(f"http://127.0.0.1:{free_port()}/v1", rows=rows)
        assert str(checked["reachable"].fix).endswith(f"at port {server.port}, usual for mine.")
        # On Linux this reaches the server, but a user may mean any machine by it.
        away = check(f"http://0.0.0.0:{free_port()}/v1", rows=rows)
    assert "Is the server running" in str(away["reachable"].fix)
    assert str(server.port) not in str(away["reachable"].fix)


def _secure(host: str, authority: trustme.CA | None = None) -> Loopback:
    certificate = (authority or trustme.CA()).issue_cert(host)
    return Loopback(servers.vllm, tls=tls_of(certificate))


def test_certificate_that_nobody_trusts() -> None:
    """A user would be tempted to turn the check off, or give up, instead of naming the file."""
    with _secure("localhost") as server:
        checked = check(server.url)
    assert (checked.code, checked.names) == (ExitCode.ENDPOINT, ["TLS"])
    assert "SSL_CERT_FILE" in str(checked["TLS"].fix)
    assert server.received == []


def test_certificate_for_another_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who trusts the authority already would look for the fault there."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with _secure("reranker.example", authority) as server:
        checked = check(server.url)
    assert checked.bad == ["TLS"]
    assert "another host name" in str(checked["TLS"].fix)
    with _secure("localhost", authority) as server:
        assert check(server.url)["TLS"].text == "the certificate is trusted"


def test_https_where_plain_http_is_spoken() -> None:
    """A user would search for certificates that a server on the next desk does not have."""
    refusal = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    with Misbehaving(behave=lambda connection: connection.send(refusal)) as server:
        checked = check(f"https://127.0.0.1:{server.port}/v1")
    assert checked.bad == ["TLS"]
    assert "use http:// instead" in str(checked["TLS"].fix)


def test_http_where_tls_is_spoken() -> None:
    """A user would read of a broken connection, as if the network were bad."""
    with _secure("localhost") as server:
        checked = check(f"http://localhost:{server.port}/v1")
    assert checked.bad == ["reachable"]
    assert "https://" in str(checked["reachable"].fix)


@pytest.mark.parametrize(
    "said",
    [
        b"<html><center>The plain HTTP request was sent to HTTPS port</center></html>",
        b"Client sent an HTTP request to an HTTPS server.\n",
    ],
)
def test_http_where_a_server_says_that_it_speaks_tls(said: bytes) -> None:
    """A user would find the answer only in the middle of a page of HTML."""
    checked, _ = visit(lambda _: http(said, 400))
    assert checked.bad == ["TLS"]
    assert checked["TLS"].fix == "Use https:// instead of http://."


@pytest.mark.parametrize(
    ("reply", "name", "words"),
    [
        (http({"hello": 1}), "wire form", "No wire form that was tried"),
        (http({"results": "none"}), "wire form", "No wire form that was tried"),
        (http(b"OK"), "wire form", "no API that speaks JSON"),
        (http(b"\x00\xff\x1b[2J"), "wire form", "no API that speaks JSON"),
        (http(b'{"results": [{"ind'), "answer", "broken JSON"),
        (http(b""), "answer", "the reply is empty"),
        (http({"error": {"message": "boom"}}, 500), "wire form", "It may want a model"),
        (http({"message": "slow down"}, 429), "answer", "a rate limit was reached"),
        (http({"code": 50508, "message": "too busy"}, 503), "answer", "overloaded"),
        (b"220 smtp.example ESMTP\r\n\r\n", "reachable", "something else than HTTP"),
        (b"", "reachable", "the connection broke"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", "reachable", "the connection broke"),
    ],
)
def test_server_out_of_order(reply: bytes, name: str, words: str) -> None:
    """A user would get a bare error, the wrong cause, or a hundred questions asked."""
    checked, received = visit(lambda _: reply)
    assert checked.bad == [name]
    assert words in checked.text(name)
    assert "rerank doctor" not in checked.text(name)
    assert checked.code in (ExitCode.REFUSED, ExitCode.ENDPOINT)
    assert len(received) <= 15


@pytest.mark.parametrize(
    ("behave", "timeout", "name", "words"),
    [
        (lambda connection: connection.reset(), 20.0, "reachable", "the connection broke"),
        (lambda connection: connection.wait(), 0.2, "answer", "no whole answer within 0.2 s"),
    ],
)
def test_server_that_resets_or_is_silent(
    behave: Behave, timeout: float, name: str, words: str
) -> None:
    """A user would wait for each of a dozen questions, or be told of the URL."""
    with Misbehaving(behave=behave) as server:
        checked = check(server.url, timeout=timeout)
    assert checked.bad == [name]
    assert words in checked[name].text
    assert checked.code == ExitCode.ENDPOINT


def test_server_that_is_silent_at_the_right_path() -> None:
    """A user whose server still loads its model would wait for one timeout a wire form."""

    def answer(connection: Connection) -> None:
        asked.append(connection)
        if len(asked) > 1:
            connection.wait()
        connection.send(http({"detail": "Not Found"}, 404))

    asked: list[Connection] = []
    with Misbehaving(behave=answer) as server:
        checked = check(server.url, timeout=1.0)
    assert checked.bad == ["answer"]
    assert "no whole answer within 1 s" in checked["answer"].text
    assert len(asked) == 2


def test_connection_that_is_closed_between_questions() -> None:
    """A user of a proxy that keeps no connection would be told that it is broken."""

    def answer(seen: Received) -> bytes:
        if len(server.received) == 2:
            raise Reset
        return scored(seen.documents, servers.probability)

    with Loopback(answer) as server:
        checked = check(server.url)
    assert (checked.code, checked.bad) == (0, [])
    assert len(server.received) == 3
