"""Answers of a rerank server: good ones by the text, and faults by a seeded plan."""

import json
import random
import threading
from collections.abc import Callable, Sequence
from hashlib import blake2b

from tests.serving import Received, Reset, Respond, http

Score = Callable[[str], float]


def scoring(score: Score) -> Respond:
    """Answer as SiliconFlow does, best first, with the score that a function gives each text."""

    def respond(received: Received) -> bytes:
        tokens = {"input_tokens": 123, "output_tokens": 0}
        results = _results(received.documents, score)
        return http({"id": "x", "results": _best_first(results), "meta": {"tokens": tokens}})

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


_Result = dict[str, float]


def _results(documents: Sequence[str], score: Score) -> list[_Result]:
    return [
        {"index": index, "relevance_score": score(text)} for index, text in enumerate(documents)
    ]


def _best_first(results: list[_Result]) -> list[_Result]:
    return sorted(results, key=lambda result: -result["relevance_score"])


def scored(documents: Sequence[str], score: Score, *, shuffle: int | None = None) -> bytes:
    """A good reply, sorted by score or shuffled by a seed."""
    results = _results(documents, score)
    if shuffle is None:
        results = _best_first(results)
    else:
        random.Random(shuffle).shuffle(results)
    return http({"results": results, "usage": {"total_tokens": len(documents)}})


def score_of(text: str) -> float:
    """A score that depends on the text alone and spreads over 0..1."""
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest()) / 2**48


def healthy(received: Received) -> bytes:
    """Answer well."""
    return scored(received.documents, score_of)


class Flaky:
    """Fails a share of the requests in mixed ways, decided by a seed and the request's count."""

    KINDS = ("429", "503", "reset", "half", "cut json", "empty", "forget one")

    def __init__(self, seed: int, share: float, kinds: Sequence[str] = KINDS) -> None:
        self._random = random.Random(seed)
        self._share = share
        self._kinds = kinds
        self._lock = threading.Lock()
        self.failed = 0

    def __call__(self, received: Received) -> bytes:
        with self._lock:
            fails = self._random.random() < self._share
            kind = self._random.choice(self._kinds)
            shuffle = self._random.randrange(10**6)
            self.failed += fails
        good = scored(received.documents, score_of, shuffle=shuffle)
        return self._fault(kind, received, good) if fails else good

    def _fault(self, kind: str, received: Received, good: bytes) -> bytes:
        head, _, body = good.partition(b"\r\n\r\n")
        match kind:
            case "429":
                return http({"message": "slow down"}, 429, {"retry-after-ms": "20"})
            case "503":
                return http({"code": 50508, "message": "too busy"}, 503)
            case "reset":
                raise Reset
            case "half":
                return head + b"\r\n\r\n" + body[: len(body) // 2]
            case "cut json":
                return http(body[: len(body) // 2])
            case "empty":
                return http(b"")
            case "forget one":
                parsed = json.loads(body)
                parsed["results"].pop()
                return http(parsed)
            case _:
                raise ValueError(kind)
