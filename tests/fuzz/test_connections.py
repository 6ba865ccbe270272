"""Servers that misbehave below JSON: no reply is taken for that of another request.

Some hundred seeds in the default run, thousands with `pytest -m fuzz`; a failure names its seed
(`FUZZ_SEEDS=137 pytest tests/fuzz/test_connections.py` tries it alone).
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from rerank_cli import Reranker
from tests.answers import score_of
from tests.fuzz.seeds import blocks, each
from tests.fuzz.ways import BOTH_WAYS, WAYS, Asked, check, check_visible, recorded_waits, scored_by
from tests.fuzz.wire import Script, Step, Wire, close, odd, send
from tests.running import rerank
from tests.serving import Received, http

_TIMEOUT = 0.15


def _body(texts: Sequence[str], off: float = 0.0) -> bytes:
    """A right reply's body; `off` makes every score wrong by so much."""
    results = [
        {"index": at, "relevance_score": score_of(text) + off} for at, text in enumerate(texts)
    ]
    return json.dumps({"results": results}).encode()


def _good(received: Received) -> list[Step]:
    return [send(http(_body(received.documents)))]


def _sometimes_odd(random: Random, share: float) -> Script:
    def script(received: Received) -> list[Step]:
        if random.random() >= share:
            return _good(received)
        texts = received.documents
        return odd(random, _body(texts), _body(texts, -2.0))

    return script


def _texts(count: int) -> list[str]:
    return [f"passage {at}" for at in range(count)]


def _right(texts: Sequence[str]) -> list[float]:
    return list(map(score_of, texts))


@BOTH_WAYS
@blocks(20, 1600)
def test_many_requests_on_one_connection(way: str, seeds: range) -> None:
    """The rest of one reply would be taken as the scores of the next passages."""

    def case(seed: int) -> None:
        random = Random(f"wire {seed}")
        texts = _texts(10)
        with Wire(script=_sometimes_odd(random, random.choice((0.2, 0.5, 1.0)))) as server:
            retries = random.choice((0, 1, 2))
            asked = Asked(server.url, texts, None, retries, _TIMEOUT, max_passages=2)
            outcome = WAYS[way](asked)
        check(outcome)
        if way == "command":
            check_visible(outcome)
        assert outcome.scores in (None, _right(texts)), "wrong scores"
        # Five requests, each so often, on a machine that may be busy with other things.
        assert outcome.seconds < (retries + 1) * 5 * (_TIMEOUT + 1), f"{outcome.seconds} s"

    each(seeds, case)


@blocks(12, 1600)
def test_one_reranker_after_each_misbehaviour(seeds: range) -> None:
    """A program that goes on after an error would get the scores of what it asked before."""

    def case(seed: int) -> None:
        random = Random(f"reranker {seed}")
        script = _sometimes_odd(random, 0.5)
        with (
            recorded_waits(),
            Wire(script=script) as server,
            Reranker("m", base_url=server.url, retries=0, timeout=_TIMEOUT) as reranker,
        ):
            for number in range(6):
                texts = [f"{number} {text}" for text in _texts(2)]
                outcome = scored_by(reranker, texts)
                check(outcome)
                assert outcome.scores in (None, _right(texts)), f"wrong scores in call {number}"

    each(seeds, case)


@blocks(10, 400)
def test_batches_have_each_line_right(tmp_path: Path, seeds: range) -> None:
    """A batch would have the scores of one job in the line of another."""

    def case(seed: int) -> None:
        random = Random(f"batch {seed}")
        out = tmp_path / f"{seed}.jsonl"
        jobs = [{"query": f"q{n}", "documents": [f"{n} {t}" for t in _texts(2)]} for n in range(6)]
        stdin = "".join(json.dumps(job) + "\n" for job in jobs)
        with recorded_waits(), Wire(script=_sometimes_odd(random, 0.4)) as server:
            options = ("--concurrency", "1", "--retries", "1", "--timeout", str(_TIMEOUT))
            ended = rerank("batch", "-o", str(out), "--base-url", server.url, *options, stdin=stdin)
        assert ended.code in (0, 4, 5, 6), ended.err
        assert "internal error" not in ended.err
        rows = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
        for row in rows:
            for result in row["results"]:
                text = f"{row['query'][1:]} passage {result['index']}"
                assert result["score"] == score_of(text), f"wrong score: {row}"
        assert len(rows) == len({row["query"] for row in rows})
        assert len(rows) == 6 or ended.code != 0

    each(seeds, case)


# What a client can know


@pytest.mark.parametrize(
    "extra",
    [
        lambda poison: poison,
        lambda poison: poison * 4,
        lambda poison: poison[:40],
        lambda poison: b"\r\n" + poison,
        lambda poison: b"HTTP/1.1 100 Continue\r\n\r\n" + poison,
        lambda _: b"x",
        lambda _: b"\r\n",
        lambda _: b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n",
    ],
    ids=["reply", "replies", "half", "line", "continue", "byte", "newline", "timeout"],
)
@pytest.mark.parametrize("late", [False, True])
def test_bytes_between_requests(extra: Callable[[bytes], bytes], late: bool) -> None:
    """What a server says unasked would be taken as the answer to the next request."""
    said = threading.Event()

    def script(received: Received) -> list[Step]:
        texts = received.documents
        if texts[0][0] in "13":
            return _good(received)
        good, unasked = http(_body(texts)), extra(http(_body(texts, -2.0)))
        last: Step = lambda _: said.set()  # noqa: E731 - a step
        if not late:
            return [send(good + unasked), last]
        return [send(good), lambda it: it.over.wait(0.02) and None, send(unasked), last]

    with (
        recorded_waits(),
        Wire(script=script) as server,
        Reranker("m", base_url=server.url, retries=1, timeout=5) as reranker,
    ):
        for number in range(4):
            texts = [f"{number} {text}" for text in _texts(2)]
            if number % 2:
                assert said.wait(10)
                said.clear()
            assert reranker.score("q", texts) == _right(texts)


# What never ends


_HEAD = b"HTTP/1.1 200 OK\r\n"
_ENDLESS = {
    "1xx": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 200),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 200),
    "newlines": (b"", b"\r\n" * 4000),
    "header": (_HEAD + b"X: ", b"x" * 65536),
    "headers": (_HEAD, b"X: y\r\n" * 2000),
    "folds": (_HEAD + b"X: y\r\n", b" y\r\n" * 2000),
    "status": (b"HTTP/1.1 200 ", b"x" * 8192),
    "body": (_HEAD + b"Content-Length: 9999999\r\n\r\n", b" "),
    "tiny chunks": (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 500),
    "chunk size": (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 4000),
    "extension": (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 4000),
    "trailers": (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 2000),
    "silence": (b"", b""),
}


@BOTH_WAYS
@pytest.mark.parametrize("kind", _ENDLESS)
def test_what_never_ends(kind: str, way: str) -> None:
    """A hostile server would keep a script for as long as it likes, and its processor busy."""
    begin, drop = _ENDLESS[kind]
    timeout = 0.15

    def script(_: Received) -> list[Step]:
        return [send(begin), lambda it: it.drip(drop, every=0.01) if drop else it.wait(), close]

    with Wire(script=script) as server:
        outcome = WAYS[way](Asked(server.url, ["one"], timeout=timeout))
    check(outcome, cpu=timeout + 1)
    assert outcome.scores is None
    # Ten times as long, since the machine may be busy; the server goes on for twenty seconds.
    assert outcome.seconds < 10 * (timeout + 1)


def test_the_server_that_is_right_is_read() -> None:
    """Everything above would hold if nothing were ever read."""
    for way in WAYS.values():
        began = time.monotonic()
        with Wire(script=_good) as server:
            outcome = way(Asked(server.url, _texts(9), max_passages=2))
        assert outcome.scores == _right(_texts(9))
        assert time.monotonic() - began < 10
