"""A rerank server on loopback that keeps connections alive and plays faults by a seeded plan."""

import json
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Score = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came: when (monotonic seconds), headers, parsed body."""

    at: float
    headers: Mapping[str, str]
    body: Any

    @property
    def documents(self) -> list[str]:
        """The texts that were to be scored."""
        documents: list[str] = self.body["documents"]
        return documents


class Reset(Exception):  # noqa: N818 - an order, not an error
    """The connection is to be reset instead of answered."""


Answer = Callable[[Seen], bytes]


@dataclass
class FaultServer:
    """Answers with what `answer` returns; `answer` may sleep, raise Reset, or return half a reply.

    A reply that is shorter than its Content-Length is followed by the end of the connection.
    """

    answer: Answer
    seen: list[Seen] = field(default_factory=list)

    def __enter__(self) -> "FaultServer":
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
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
            try:
                while (request := self._read(stream)) is not None:
                    reply = self.answer(request)
                    connection.sendall(reply)
                    if not _whole(reply):
                        return
            except Reset:
                # Closing with a zero linger sends RST instead of FIN.
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            except OSError:
                return

    def _read(self, stream: Any) -> Seen | None:
        if not stream.readline():
            return None
        headers = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = json.loads(stream.read(int(headers["content-length"])))
        seen = Seen(time.monotonic(), headers, body)
        with self._lock:
            self.seen.append(seen)
        return seen


def _whole(reply: bytes) -> bool:
    head, _, body = reply.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(lengths) and len(body) == int(lengths[0].split(b":")[1])


def reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole reply with a JSON body (bytes are sent as they are)."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def scored(documents: Sequence[str], score: Score, *, shuffle: int | None = None) -> bytes:
    """A good reply, sorted by score or shuffled by a seed."""
    results = [
        {"index": index, "relevance_score": score(text)} for index, text in enumerate(documents)
    ]
    if shuffle is None:
        results.sort(key=lambda result: -result["relevance_score"])
    else:
        random.Random(shuffle).shuffle(results)
    return reply({"results": results, "usage": {"total_tokens": len(documents)}})


def score_of(text: str) -> float:
    """A score that depends on the text alone and spreads over 0..1."""
    return random.Random(text).random()


def healthy(seen: Seen) -> bytes:
    """Answer well."""
    return scored(seen.documents, score_of)


class Flaky:
    """Fails a share of the requests in mixed ways, decided by a seed and the request's count."""

    KINDS = ("429", "503", "reset", "half", "cut json", "empty", "forget one")

    def __init__(self, seed: int, share: float, kinds: Sequence[str] = KINDS) -> None:
        self._random = random.Random(seed)
        self._share = share
        self._kinds = kinds
        self._lock = threading.Lock()
        self.failed = 0

    def __call__(self, seen: Seen) -> bytes:
        with self._lock:
            fails = self._random.random() < self._share
            kind = self._random.choice(self._kinds)
            shuffle = self._random.randrange(10**6)
            self.failed += fails
        good = scored(seen.documents, score_of, shuffle=shuffle)
        return self._fault(kind, seen, good) if fails else good

    def _fault(self, kind: str, seen: Seen, good: bytes) -> bytes:
        head, _, body = good.partition(b"\r\n\r\n")
        match kind:
            case "429":
                return reply({"message": "slow down"}, 429, {"retry-after-ms": "20"})
            case "503":
                return reply({"code": 50508, "message": "too busy"}, 503)
            case "reset":
                raise Reset
            case "half":
                return head + b"\r\n\r\n" + body[: len(body) // 2]
            case "cut json":
                return reply(body[: len(body) // 2])
            case "empty":
                return reply(b"")
            case "forget one":
                parsed = json.loads(body)
                parsed["results"].pop()
                return reply(parsed)
            case _:
                raise ValueError(kind)
