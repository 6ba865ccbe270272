"""An httpx transport over one kept-alive connection, with a limit on the time of a whole reply.

httpx's own timeouts start anew with each byte that arrives, so that a server which sends one byte a
second holds a caller for ever; and its connection pool costs more the more connections it holds.
Here each worker has one connection, and each request one deadline. Any other httpx.BaseTransport
can be used instead (see `http.HttpTransport`).
"""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import httpcore
import httpx


class Connection(httpx.BaseTransport):
    """One connection, or one through a proxy. `timeout` is seconds for a whole exchange."""

    def __init__(
        self, tls: ssl.SSLContext | None, timeout: float, proxy: str | None = None
    ) -> None:
        self._backend = _Backend()
        self._timeout = timeout
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            proxy=_proxy(proxy, tls) if proxy else None,
            max_connections=1,
            network_backend=self._backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._has_unasked():
            self._pool.close()
        self._backend.deadline = time.monotonic() + self._timeout
        sent = httpcore.Request(
            request.method,
            _core_url(request.url),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": {"pool": self._timeout}},
        )
        with _as_httpx():
            reply = self._pool.handle_request(sent)
        return httpx.Response(reply.status, headers=reply.headers, stream=_Body(reply.stream))

    def _has_unasked(self) -> bool:
        """Whether something came after the last reply: the next one would be read from it."""
        for connection in self._pool.connections:
            inner: Any = connection
            while next_one := getattr(inner, "_connection", None):
                inner = next_one
            # Nothing public says so of what was read already.
            state = getattr(inner, "_h11_state", None)
            if state and state.trailing_data[0]:
                return True
        return self._backend.has_unread()

    def close(self) -> None:
        """Break what is under way, in whichever thread, and close."""
        self._backend.close()
        self._pool.close()


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _proxy(url: str, tls: ssl.SSLContext | None) -> httpcore.Proxy:
    parsed = httpx.Proxy(url)
    return httpcore.Proxy(
        _core_url(parsed.url),
        auth=parsed.raw_auth,
        headers=parsed.headers.raw,
        ssl_context=tls if parsed.url.scheme == "https" else None,
    )


class _as_httpx:  # noqa: N801 - used as a statement
    """The core's errors become httpx's of the same name."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        module = type(error).__module__
        if error and module.startswith("httpcore"):
            raise getattr(httpx, type(error).__name__, httpx.TransportError)(str(error)) from error
        if error and module.startswith("socksio"):
            raise httpx.ProxyError("what answers there does not speak SOCKS5") from error


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


class _Backend(httpcore.NetworkBackend):
    """Opens streams that obey the deadline of the request under way."""

    deadline = float("inf")
    _closed = False

    def __init__(self) -> None:
        self.stream: httpcore.NetworkStream | None = None
        """The one in use, to be shut."""
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self.left(httpcore.ConnectTimeout)
        if self.stream:
            self.stream.close()  # one that failed before it was the pool's
        self.stream = self._inner.connect_tcp(host, port, left, local_address, socket_options)
        if self._closed:
            self.stream.close()
            raise httpcore.ConnectError("closed")
        return _Stream(self.stream, self)

    def left(self, late: type[Exception]) -> float:
        """Seconds until the deadline; raises `late` if there are none."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise late("deadline passed")
        return seconds

    def has_unread(self) -> bool:
        """Whether bytes, or the end, have arrived since the last reply."""
        if not self.stream:
            return False
        try:
            self.stream.read(1, 0)
        except (httpcore.ReadError, httpcore.ReadTimeout):
            return False  # nothing; or it is broken, which the next request finds out
        return True

    def close(self) -> None:
        """Shut the socket, so that a thread which waits for it wakes up."""
        self._closed = True
        if self.stream:
            with suppress(OSError):  # closed already
                self.stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            self.stream.close()


class _Stream(httpcore.NetworkStream):
    """Sends the head and the body of a request together: one packet, one system call."""

    def __init__(self, inner: httpcore.NetworkStream, backend: _Backend) -> None:
        self._inner = inner
        self._backend = backend
        self._unsent: list[bytes] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._send()
        return self._inner.read(max_bytes, self._backend.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._unsent.append(buffer)

    def _send(self) -> None:
        if self._unsent:
            unsent, self._unsent = b"".join(self._unsent), []
            # A server that refuses before it has read everything may still have said why.
            with suppress(httpcore.WriteError):
                self._inner.write(unsent, self._backend.left(httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        self._send()
        left = self._backend.left(httpcore.ConnectTimeout)
        secure = self._inner.start_tls(ssl_context, server_hostname, left)
        self._backend.stream = secure
        return _Stream(secure, self._backend)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
