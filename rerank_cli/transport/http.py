"""Sends requests with httpx, whose exceptions become ours here."""

import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from importlib.util import find_spec
from typing import TypeVar

import httpx

from rerank_cli.errors import EndpointError, Fault, RerankError, SettingsError, TlsFault
from rerank_cli.transport import MAX_REPLY, Reply
from rerank_cli.transport.body import ACCEPTED, unpacked
from rerank_cli.transport.connection import Connection
from rerank_cli.transport.proxy import SCHEMES, Proxy, proxy_for
from rerank_cli.version import __version__

_JSON = {"Content-Type": "application/json"}
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": ACCEPTED,
    "User-Agent": f"rerank/{__version__}",
}

# Codes of OpenSSL (x509_vfy.h, sslerr.h), as Python's ssl passes them on.
_OF_CERTIFICATE = {10: TlsFault.EXPIRED, 62: TlsFault.HOST, 64: TlsFault.HOST}
_NOT_SPOKEN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING")

_DIRECT = "NO_PROXY lists the hosts that are reached without one."
_NETWORK = (
    "Is there a network, and the host spelt right? Where only a proxy reaches it, name that in "
    "HTTPS_PROXY."
)

E = TypeVar("E", bound=BaseException)


class HttpTransport:
    """See `transport.Transport`; sends through any httpx.BaseTransport."""

    def __init__(
        self, inner: httpx.BaseTransport, timeout: float, proxy: Proxy | None = None
    ) -> None:
        self._inner = inner
        self._timeout = timeout
        self._proxy = proxy
        self._parsed: dict[str, httpx.URL] = {}

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        most: int = MAX_REPLY,
    ) -> Reply:
        try:
            target = self._parsed.get(url) or self._parsed.setdefault(url, httpx.URL(url))
            head = {**_HEADERS, **(_JSON if body else {}), **headers}
            request = httpx.Request(method, target, headers=head, content=body)
            with closing(self._inner.handle_request(request)) as reply:
                answer, unread = _body(reply, min(most, MAX_REPLY))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            raise _translated(error, self._timeout, self._proxy) from error
        return Reply(reply.status_code, _joined(reply.headers), answer, unread)

    def close(self) -> None:
        self._inner.close()


def _joined(headers: httpx.Headers) -> dict[str, str]:
    """As `dict(headers)`, which takes seconds for thousands of them."""
    joined: dict[str, str] = {}
    for name, value in headers.multi_items():
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _body(reply: httpx.Response, most: int) -> tuple[bytes, str]:
    """The body; of a refusal that cannot be read only why, since its status says more than that."""
    try:
        return unpacked(reply.iter_raw(), reply.headers.get("content-encoding", ""), most), ""
    except EndpointError as unread:
        if reply.is_success:
            raise
        return b"", unread.problem


def connector(url: str, timeout: float) -> Callable[[], HttpTransport]:
    """See `transport.connector`; what the connections can share is made once."""
    proxy = proxy_for(url)
    try:
        # Loading the trusted certificates takes longer than a small request. Where nothing is
        # secure, a context that trusts nobody is cheap to make.
        secure = url.startswith("https:") or (proxy is not None and proxy.url.startswith("https:"))
        tls = httpx.create_ssl_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except (ValueError, OSError) as error:
        hint = "Check SSL_CERT_FILE and SSL_CERT_DIR."
        raise SettingsError(f"secure connections cannot be set up: {error}", hint) from error
    if proxy:
        _check(proxy)

    def connect() -> HttpTransport:
        try:
            connection = Connection(tls, timeout, proxy.url if proxy else None)
        except (httpx.InvalidURL, ValueError) as error:
            # Not the error's own words: they may hold a password.
            problem = f"the proxy {proxy} cannot be used: it is no URL"
            raise SettingsError(problem, "Expected http://host:port") from error
        return HttpTransport(connection, timeout, proxy)

    return connect


def _check(proxy: Proxy) -> None:
    scheme = proxy.url.partition("://")[0].lower()
    if scheme not in SCHEMES:
        hint = f"It begins with one of: {', '.join(f'{each}://' for each in SCHEMES)}."
        if scheme == "socks":
            hint = "Write socks5:// for socks://, or socks5h:// where the proxy finds the host."
        raise SettingsError(f"the proxy {proxy} cannot be used", hint)
    if scheme.startswith("socks") and not find_spec("socksio"):
        problem = f"the proxy {proxy} needs the package socksio, which is not installed"
        raise SettingsError(problem, "pip install socksio")


def _translated(error: Exception, timeout: float, proxy: Proxy | None) -> RerankError:
    """Our error for one of httpx's; `timeout` is seconds."""
    text = str(error) or type(error).__name__
    tls = _tls_fault(error) if isinstance(error, httpx.ConnectError) else None
    transient = not tls
    hint: str | None
    match error:
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | UnicodeError():
            return SettingsError(f"the URL cannot be used: {text}")
        case httpx.ConnectTimeout():
            fault, problem = Fault.UNREACHED, f"no connection within {timeout:g} s"
            hint = "Is the host right, and reachable from here?"
        case httpx.TimeoutException():
            fault, problem = Fault.SLOW, f"no whole answer within {timeout:g} s"
            hint = "Give it more with --timeout, or send less at once with --max-passages."
        case httpx.ConnectError() if tls:
            fault, problem = Fault.UNREACHED, f"no secure connection: {text}"
            hint = "http or https? A private certificate authority is named by SSL_CERT_FILE."
        case httpx.ConnectError():
            fault, problem = Fault.UNREACHED, f"no connection: {text}"
            hint = "Is the server running, and are host and port right?"
            if _cause(error, socket.gaierror):
                problem, hint = f"no connection, as the host was not found: {text}", _NETWORK
            if proxy:
                hint = f"Is the proxy of {proxy.source} right? {_DIRECT}"
        case httpx.ProxyError():
            fault, problem, hint = Fault.UNREACHED, f"the proxy failed: {text}", _DIRECT
            transient = False
        case _:
            fault, problem = Fault.BROKEN, f"the connection broke before the whole answer: {text}"
            hint = "Nothing is ranked from half an answer; try again."
    return EndpointError(problem, hint, fault=fault, transient=transient, tls=tls)


def _cause(error: BaseException | None, kind: type[E]) -> E | None:
    """The error of a kind that led to this one, None if none did."""
    while error is not None:
        if isinstance(error, kind):
            return error
        # httpcore's pool raises its errors anew, without their cause.
        error = error.__cause__ or error.__context__
    return None


def _tls_fault(failure: BaseException) -> TlsFault | None:
    """Why TLS failed, by the error of Python's ssl that caused this one; None if none did."""
    error = _cause(failure, ssl.SSLError)
    if error is None:
        return None
    if isinstance(error, ssl.SSLCertVerificationError):
        return _OF_CERTIFICATE.get(error.verify_code, TlsFault.UNTRUSTED)
    # Python has no name for the reasons of an OpenSSL that is newer: only the text is left then.
    reason = error.reason or str(error).upper().replace(" ", "_")
    return TlsFault.NOT_SPOKEN if any(code in reason for code in _NOT_SPOKEN) else TlsFault.OTHER
