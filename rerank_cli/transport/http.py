"""The transport over httpx: foreign errors become ours at this border."""

import ssl
from collections.abc import Callable, Mapping
from contextlib import closing

import httpx

from rerank_cli.errors import EndpointError, Fault, RerankError, SettingsError, TlsFault
from rerank_cli.transport import Reply
from rerank_cli.transport.connection import Connection
from rerank_cli.transport.proxy import proxy_for
from rerank_cli.version import __version__

MAX_REPLY = 64 * 2**20
"""Bytes of a reply body (unpacked) that are read; a hostile endpoint cannot fill the memory."""

_JSON = {"Content-Type": "application/json"}
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": f"rerank/{__version__}",
}

# Codes of OpenSSL (x509_vfy.h, sslerr.h), as Python's ssl passes them on.
_OF_CERTIFICATE = {10: TlsFault.EXPIRED, 62: TlsFault.HOST, 64: TlsFault.HOST}
_NOT_SPOKEN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING")

_PROXIES = "Check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."


class HttpTransport:
    """See `transport.Transport`; sends through any httpx.BaseTransport."""

    def __init__(self, inner: httpx.BaseTransport, timeout: float, *, proxied: bool) -> None:
        self._inner = inner
        self._timeout = timeout
        self._proxied = proxied
        self._parsed: dict[str, httpx.URL] = {}

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        answer = bytearray()
        try:
            target = self._parsed.get(url) or self._parsed.setdefault(url, httpx.URL(url))
            head = {**_HEADERS, **(_JSON if body else {}), **headers}
            request = httpx.Request(method, target, headers=head, content=body)
            with closing(self._inner.handle_request(request)) as reply:
                for part in reply.iter_bytes():
                    answer += part
                    if len(answer) > MAX_REPLY:
                        problem = f"the reply is larger than {MAX_REPLY >> 20} MB"
                        hint = "No rerank endpoint answers that much. Is the URL right?"
                        raise EndpointError(problem, hint, fault=Fault.NONSENSE)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            raise _translated(error, self._timeout, proxied=self._proxied) from error
        except ImportError as error:
            # A SOCKS proxy needs a package of its own, which is missed when it is first used.
            raise SettingsError(f"the proxy cannot be used: {error}", _PROXIES) from error
        return Reply(reply.status_code, {**reply.headers}, bytes(answer))

    def close(self) -> None:
        self._inner.close()


def connector(url: str, timeout: float) -> Callable[[], HttpTransport]:
    """See `transport.connector`; what the connections can share is made once."""
    try:
        proxy = proxy_for(url)
        # Loading the trusted certificates takes longer than a small request. Where nothing is
        # secure, a context that trusts nobody is cheap to make.
        secure = url.startswith("https:") or (proxy or "").startswith("https:")
        tls = httpx.create_ssl_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except (ValueError, OSError) as error:
        hint = "Check SSL_CERT_FILE and SSL_CERT_DIR."
        raise SettingsError(f"secure connections cannot be set up: {error}", hint) from error

    def connect() -> HttpTransport:
        try:
            connection = Connection(tls, timeout, proxy)
        except ImportError as error:
            raise SettingsError(f"the proxy cannot be used: {error}", _PROXIES) from error
        except (httpx.InvalidURL, ValueError):  # whose text may hold a password
            raise SettingsError("the proxy cannot be used: its URL is none", _PROXIES) from None
        return HttpTransport(connection, timeout, proxied=proxy is not None)

    return connect


def _translated(error: Exception, timeout: float, *, proxied: bool) -> RerankError:
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
            through = " through the proxy" if proxied else ""
            fault, problem = Fault.UNREACHED, f"no connection{through}: {text}"
            hint = _PROXIES if proxied else "Is the server running, and are host and port right?"
        case httpx.ProxyError():
            fault, problem, hint = Fault.UNREACHED, f"the proxy failed: {text}", _PROXIES
            transient = False
        case httpx.DecodingError():
            fault, problem, hint = Fault.BROKEN, f"the reply's compression is broken: {text}", None
        case _:
            fault, problem = Fault.BROKEN, f"the connection broke before the whole answer: {text}"
            hint = "Nothing is ranked from half an answer; try again."
    return EndpointError(problem, hint, fault=fault, transient=transient, tls=tls)


def _tls_fault(error: BaseException | None) -> TlsFault | None:
    """Why TLS failed, by the error of Python's ssl that caused this one; None if none did."""
    while not isinstance(error, ssl.SSLError):
        if error is None:
            return None
        # httpcore's pool raises its errors anew, without their cause.
        error = error.__cause__ or error.__context__
    if isinstance(error, ssl.SSLCertVerificationError):
        return _OF_CERTIFICATE.get(error.verify_code, TlsFault.UNTRUSTED)
    # Python has no name for the reasons of an OpenSSL that is newer: only the text is left then.
    reason = error.reason or str(error).upper().replace(" ", "_")
    return TlsFault.NOT_SPOKEN if any(code in reason for code in _NOT_SPOKEN) else TlsFault.OTHER
