"""A rerank server on loopback that records what it received and plays what a test tells it to."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Respond = Callable[["Received"], bytes]


@dataclass(slots=True)
class Received:
    """One request as it came: request line, headers (lower-case names), body."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def path(self) -> str:
        """The path of the request line."""
        return self.line.split()[1]


@dataclass
class Loopback:
    """A raw-socket HTTP server: what `respond` returns goes out byte for byte, then it closes.

    The bytes decide everything, so that half replies and resets are as easy as good ones.
    """

    respond: Respond
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> "Loopback":
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone leaves the port open for as long as a thread waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            line = stream.readline().decode().strip()
            headers = {}
            while field_line := stream.readline().decode().strip():
                name, _, value = field_line.partition(":")
                headers[name.lower()] = value.strip()
            body = stream.read(int(headers.get("content-length", 0)))
            self.received.append(received := Received(line, headers, body))
            try:
                connection.sendall(self.respond(received))
            except OSError:
                return


def http(body: object, status: int = 200, headers: dict[str, str] | None = None) -> bytes:
    """A whole HTTP reply; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def scoring(score: Callable[[str], float]) -> Respond:
    """Answer as SiliconFlow does, best first, with the score that a function gives each text."""

    def respond(received: Received) -> bytes:
        documents = received.json["documents"]
        results = [
            {"index": index, "relevance_score": score(text)} for index, text in enumerate(documents)
        ]
        results.sort(key=lambda result: -result["relevance_score"])
        tokens = {"input_tokens": 123, "output_tokens": 0}
        return http({"id": "x", "results": results, "meta": {"tokens": tokens}})

    return respond


FLAGSHIP = {
    "人工智能是": 0.9974,
    "机器学习是": 0.2787,
    "深度学习是": 0.1172,
    "苹果是一种": 0.000031,
    "今天天气很": 0.000016,
}


_CAPITAL = {"Paris": 0.9986, "Berli": 0.0212}


def flagship_score(text: str) -> float:
    """The scores of the flagship example, and of `rerank doctor`'s, by how a passage begins."""
    return (FLAGSHIP | _CAPITAL).get(text[:5], 0.0001)
