"""Proxies and certificates of the environment: used, or a clear error."""

from pathlib import Path

import pytest

from tests.answers import scoring
from tests.running import KEY, Ended, rerank_once
from tests.serving import Loopback, http

_BEHIND = "http://reranker.example/v1"


def _with(**environ: str) -> Ended:
    """Rank on a server of loopback that works."""
    with Loopback(scoring(len)) as server:
        return rerank_once("q", "--base-url", server.url, "--json", env=environ)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxy_is_used(variable: str) -> None:
    """A user in a network with a proxy could reach no endpoint."""
    with Loopback(scoring(len)) as proxy:
        environ = {variable: f"http://127.0.0.1:{proxy.port}"}
        outcome = rerank_once("q", "--base-url", _BEHIND, "--json", env=environ)
        (received,) = proxy.received
    assert received.line == f"POST {_BEHIND}/rerank HTTP/1.1"
    assert outcome.scores == [3.0, 3.0]


def test_no_proxy_is_heeded() -> None:
    """A server on this machine would be looked for beyond the proxy."""
    outcome = _with(HTTP_PROXY="http://127.0.0.1:1", NO_PROXY="localhost,127.0.0.1")
    assert outcome.scores == [3.0, 3.0]


def test_key_does_not_go_to_the_proxy_of_https() -> None:
    """A proxy would read the key that was meant for the endpoint."""
    with Loopback(lambda _: http(b"", 502)) as proxy:
        environ = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}", "RERANK_API_KEY": KEY}
        outcome = rerank_once("q", "--base-url", "https://reranker.example/v1", env=environ)
        (received,) = proxy.received
    assert received.line.startswith("CONNECT reranker.example:443 ")
    assert KEY not in str(received)
    assert "the proxy failed" in outcome.error
    assert outcome.code == 5


@pytest.mark.parametrize(
    "proxy",
    [
        "nonsense",
        "http://127.0.0.1:1",
        "http://nonexistent.invalid:8080",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://[",
        "ftp://127.0.0.1:1",
        "socks4://127.0.0.1:1",
        "socks5://127.0.0.1:1",
        "socks5h://127.0.0.1:1",
        "://",
    ],
)
def test_proxy_that_is_broken(proxy: str) -> None:
    """A user would look for the fault at the endpoint, or report a bug that is none."""
    outcome = _with(all_proxy=proxy)
    assert outcome.code in (3, 5)
    assert "proxy" in (outcome.error + outcome.hint).lower()


@pytest.mark.parametrize(
    "exceptions",
    ["localhost,127.0.0.0/8,::1", "*.example,.example, ,", "http://localhost:8080/path", "*"],
)
def test_no_proxy_as_systems_write_it(exceptions: str) -> None:
    """A user whose desktop sets NO_PROXY could not rank at all."""
    assert _with(NO_PROXY=exceptions).scores == [3.0, 3.0]


@pytest.mark.parametrize("exceptions", ["fe80::/10", "[::1]", "[::1", "localhost:port"])
def test_no_proxy_that_cannot_be_used(exceptions: str) -> None:
    """A user would be told of a bug where a setting is at fault."""
    outcome = _with(NO_PROXY=exceptions)
    assert outcome.code == 0 or "NO_PROXY" in outcome.error + outcome.hint
    assert outcome.code in (0, 3)


@pytest.mark.parametrize("content", [None, "", "not a certificate"])
def test_certificates_that_are_none(content: str | None) -> None:
    """A user with a wrong SSL_CERT_FILE would read a traceback."""
    if content is not None:
        Path("ca.pem").write_text(content)
    environ = {"SSL_CERT_FILE": "ca.pem"}
    outcome = rerank_once("q", "--base-url", "https://127.0.0.1:1/v1", env=environ)
    assert outcome.code in (3, 5)
    assert outcome.error


def test_certificates_are_not_needed_for_http() -> None:
    """A server on this machine would be out of reach for a setting that it does not need."""
    assert _with(SSL_CERT_FILE="missing.pem").scores == [3.0, 3.0]
