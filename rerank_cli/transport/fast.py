"""The extra `fast`: pyreqwest in place of our own connections, where it can stand in for them.

It shares one pool of connections among all workers, in Rust, and costs half the processor time a
request. Proxies and private certificate authorities stay with `pool`, which follows httpx there.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import find_spec

import httpx


def available(proxy: str | None) -> bool:
    """Whether the extra is installed and fits the surroundings."""
    private = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
    return proxy is None and not private and find_spec("pyreqwest") is not None


def transport(timeout: float) -> httpx.BaseTransport:
    """A transport for all workers; `timeout` is seconds for a whole exchange."""
    from pyreqwest.client import SyncClientBuilder
    from pyreqwest.compatibility.httpx import SyncHttpxTransport

    builder = SyncClientBuilder().timeout(timedelta(seconds=timeout)).no_proxy()
    builder = builder.follow_redirects(False).http1_only()
    # httpx unpacks, as it does for every other transport.
    builder = builder.gzip(False).deflate(False).brotli(False).zstd(False)
    return _Translated(SyncHttpxTransport(builder.build()))


class _Translated(httpx.BaseTransport):
    """The library's transport, with errors that come while a body is read translated as well."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        reply = self._inner.handle_request(request)
        stream = reply.stream
        if not isinstance(stream, httpx.SyncByteStream):
            raise TypeError("a synchronous transport gave an asynchronous reply")
        return httpx.Response(reply.status_code, headers=reply.headers, stream=_Body(stream))

    def close(self) -> None:
        self._inner.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        from pyreqwest.exceptions import PyreqwestError, RequestTimeoutError

        try:
            yield from self._inner
        except RequestTimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        except PyreqwestError as error:
            raise httpx.ReadError(str(error)) from error

    def close(self) -> None:
        self._inner.close()
