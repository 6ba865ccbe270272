"""Proxies and certificates of the environment: used, or a clear error."""

from pathlib import Path

import pytest

from rerank_cli.transport.proxy import proxy_for
from tests.answers import scoring
from tests.connections import Behave, Connection, Misbehaving
from tests.running import KEY, Ended, rerank, rerank_once
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


_NO_ADDRESS = "http://name:secret-word@127.0.0.1:1"


@pytest.mark.parametrize(
    "exceptions", ["10.0.0.0/8,127.0.0.0/8", "10.0.0.0/8 127.0.0.1/32", "127.0.0.1", "0.0.0.0/0"]
)
def test_no_proxy_has_ranges_of_addresses(exceptions: str) -> None:
    """A server in a network of one's own would be looked for beyond the proxy, unlike with curl."""
    assert _with(ALL_PROXY=_NO_ADDRESS, NO_PROXY=exceptions).scores == [3.0, 3.0]


@pytest.mark.parametrize(
    ("url", "exceptions", "direct"),
    [
        ("http://192.168.7.9/v1", "192.168.0.0/16", True),
        ("http://192.169.7.9/v1", "192.168.0.0/16", False),
        ("http://[fd00::7]:80/v1", "fd00::/8", True),
        ("http://[fd00::7]:80/v1", "[fd00::7]", True),
        ("http://[fe00::7]:80/v1", "fd00::/8,10.0.0.0/8", False),
        ("http://reranker.example/v1", "0.0.0.0/0", False),
        ("http://192.168.7.9/v1", "192.168.0.0/99,nonsense/8", False),
    ],
)
def test_ranges_as_curl_has_them(
    url: str, exceptions: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host would be reached past the proxy, or not at all."""
    monkeypatch.setenv("HTTP_PROXY", _NO_ADDRESS)
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert (proxy_for(url) is None) == direct


def _refusing(connection: Connection) -> None:
    connection.send(http(b"<html>", 502))


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "all_proxy"])
@pytest.mark.parametrize(
    "behave",
    [
        _refusing,
        Connection.wait,
        Connection.reset,
        lambda connection: connection.send(http(b"{}")),
        lambda connection: connection.send(http(b"no", 403)),
        lambda connection: connection.send(http(b"no", 407)),
        lambda connection: connection.send(b"SSH-2.0-OpenSSH_9.6\r\n"),
    ],
)
def test_every_failure_behind_a_proxy_names_it(behave: Behave, variable: str) -> None:
    """A user would look for the fault at the endpoint, where nobody was asked."""
    with Misbehaving(behave=behave) as proxy:
        environ = {variable: f"http://name:secret-word@127.0.0.1:{proxy.port}"}
        arguments = ("--base-url", _BEHIND, "--timeout", "0.3")
        outcome = rerank_once("q", *arguments, env=environ)
    assert f"through the proxy http://127.0.0.1:{proxy.port} ({variable})" in outcome.error
    assert "secret-word" not in outcome.err


def test_a_proxy_that_wants_a_password_is_not_asked_again() -> None:
    """A request would be halved down to single passages, each refused by the proxy."""
    with Loopback(lambda _: http(b"", 407)) as proxy:
        environ = {"HTTP_PROXY": f"http://127.0.0.1:{proxy.port}"}
        outcome = rerank_once("q", "--base-url", _BEHIND, env=environ)
        asked = len(proxy.received)
    assert "the proxy asks for a name and a password (HTTP 407)" in outcome.error
    assert "NAME:PASSWORD@" in outcome.hint
    assert (asked, outcome.code) == (1, 5)


def test_the_proxy_is_named_before_it_is_used() -> None:
    """A user would not see that a variable sends everything somewhere else."""
    with Loopback(scoring(len)) as proxy:
        environ = {"ALL_PROXY": f"http://name:secret-word@127.0.0.1:{proxy.port}"}
        outcome = rerank_once("q", "--base-url", _BEHIND, "--json", "-v", env=environ)
    assert outcome.scores == [3.0, 3.0]
    assert f"rerank: proxy: http://127.0.0.1:{proxy.port} (ALL_PROXY)\n" in outcome.err
    assert "secret-word" not in outcome.err


def test_doctor_says_through_which_proxy_it_reached_what() -> None:
    """A proxy's answer would be taken for the endpoint's."""
    with Loopback(scoring(lambda text: len(text) / 64)) as proxy:
        environ = {"ALL_PROXY": f"http://name:secret-word@127.0.0.1:{proxy.port}"}
        reached = rerank("doctor", "--base-url", _BEHIND, env=environ)
    failed = rerank("doctor", "--base-url", _BEHIND, env={"ALL_PROXY": _NO_ADDRESS})
    assert f"answers through the proxy http://127.0.0.1:{proxy.port} (ALL_PROXY)" in reached.out
    assert "through the proxy http://127.0.0.1:1 (ALL_PROXY): no connection" in failed.out
    assert "secret-word" not in reached.out + failed.out


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("socks://127.0.0.1:1", "Write socks5://"),
        ("socks4://127.0.0.1:1", "socks5h://"),
        ("ftp://name:secret-word@127.0.0.1:1", "socks5h://"),
        ("http://name:secret-word@127.0.0.1:port", "http://host:port"),
        ("http://name:secret-word/x@127.0.0.1:1", "http://host:port"),
        ("http://name:secret-word＠127.0.0.1:1", "http://host:port"),
    ],
)
def test_the_cure_of_a_proxy_that_cannot_be_used(url: str, cure: str) -> None:
    """A user would read the words of a library, with the password among them."""
    outcome = _with(all_proxy=url)
    assert outcome.code == 3
    assert "(all_proxy) cannot be used" in outcome.error
    assert cure in outcome.hint
    assert "secret-word" not in outcome.err


def test_a_package_that_a_proxy_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user behind a SOCKS proxy could not find out what is missing."""
    monkeypatch.setattr("rerank_cli.transport.http.find_spec", lambda _: None)
    outcome = _with(ALL_PROXY="socks5h://127.0.0.1:1")
    assert outcome.code == 3
    assert "socks5h://127.0.0.1:1 (ALL_PROXY) needs the package socksio" in outcome.error
    assert outcome.hint == "  hint: pip install socksio"


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad\r\n\r\n", b"", b"\x05", b"\x05\xff"])
def test_a_socks_proxy_that_is_none(said: bytes) -> None:
    """A user who wrote socks5 for an HTTP proxy would be told of a bug in rerank."""
    pytest.importorskip("socksio")
    with Misbehaving(behave=lambda connection: connection.send(said)) as proxy:
        environ = {"ALL_PROXY": f"socks5://127.0.0.1:{proxy.port}"}
        outcome = rerank_once("q", "--base-url", _BEHIND, env=environ)
    assert f"through the proxy socks5://127.0.0.1:{proxy.port} (ALL_PROXY)" in outcome.error
    assert outcome.code == 5


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
