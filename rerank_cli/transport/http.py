"""The transport over httpx: foreign errors are translated at this border."""

import os
import time
from collections.abc import Mapping

import httpx

from rerank_cli import __version__
from rerank_cli.errors import EndpointError, RerankError, SettingsError
from rerank_cli.transport import Reply

MAX_REPLY = 64 * 2**20
"""Bytes of a reply body (unpacked) that are read; a hostile endpoint cannot fill the memory."""

_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "User-Agent": f"rerank/{__version__}",
}


class HttpTransport:
    """See `transport.Transport`. `timeout` is the seconds that one request may take."""

    def __init__(self, url: str, timeout: float) -> None:
        self._timeout = timeout
        try:
            self._client = httpx.Client(
                timeout=timeout,
                # Loading the trusted certificates takes longer than a small request.
                verify=url.startswith("https:") or _proxied_over_tls(),
                follow_redirects=False,
                headers=_HEADERS,
            )
        except (ValueError, OSError) as error:
            # Proxy variables that are no URLs; SSL_CERT_FILE that names no certificates.
            raise SettingsError(
                f"the connection cannot be set up: {error}",
                "Check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.",
            ) from error

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        deadline = time.monotonic() + self._timeout
        parts = []
        size = 0
        try:
            with self._client.stream("POST", url, headers=dict(headers), content=body) as reply:
                for part in reply.iter_bytes():
                    size += len(part)
                    parts.append(part)
                    if size > MAX_REPLY:
                        raise EndpointError(
                            f"the reply is larger than {MAX_REPLY >> 20} MB",
                            "No rerank endpoint answers that much. Is the URL right?",
                        )
                    if time.monotonic() > deadline:
                        raise self._too_slow()
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise self._translated(error) from error
        return Reply(reply.status_code, {**reply.headers}, b"".join(parts))

    def close(self) -> None:
        self._client.close()

    def _too_slow(self) -> EndpointError:
        return EndpointError(
            f"no whole answer within {self._timeout:g} s",
            "Give it more with --timeout, or send less at once with --max-passages.",
        )

    def _translated(self, error: Exception) -> RerankError:
        text = str(error) or type(error).__name__
        match error:
            case httpx.ConnectTimeout():
                return EndpointError(
                    f"no connection within {self._timeout:g} s",
                    "Is the host right, and reachable from here?",
                )
            case httpx.TimeoutException():
                return self._too_slow()
            case httpx.ConnectError() if "CERTIFICATE" in text.upper() or "SSL" in text.upper():
                return EndpointError(
                    f"no secure connection: {text}",
                    "http or https? A private certificate authority is named by SSL_CERT_FILE.",
                )
            case httpx.ConnectError():
                return EndpointError(
                    f"no connection: {text}",
                    "Is the server running, and are host and port right?",
                )
            case httpx.ProxyError():
                return EndpointError(
                    f"the proxy failed: {text}", "Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY."
                )
            case httpx.InvalidURL() | httpx.UnsupportedProtocol() | UnicodeError():
                return SettingsError(f"the URL cannot be used: {text}")
            case httpx.DecodingError():
                return EndpointError(f"the reply's compression is broken: {text}")
            case _:
                return EndpointError(
                    f"the connection broke before the whole answer: {text}",
                    "Nothing is ranked from half an answer; try again.",
                )


def _proxied_over_tls() -> bool:
    names = ("http_proxy", "https_proxy", "all_proxy")
    values = (os.environ.get(spelt, "") for name in names for spelt in (name, name.upper()))
    return any(value.lower().startswith("https:") for value in values)
