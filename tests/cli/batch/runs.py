"""Batches for the tests of the command: jobs, a server that counts, and processes."""

import contextlib
import os
import subprocess
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests import running
from tests.answers import healthy, score_of
from tests.running import PATIENCE, Ended, rerank
from tests.serving import Loopback, Received, Respond

_GOOD = b"}}"
"""The end of a reply with scores that is whole: that of its usage."""


class Counting:
    """Answers as `answer` does, and counts requests and good answers by query.

    `gated` holds all answers back until `open`.
    """

    def __init__(self, answer: Respond = healthy, *, gated: bool = False) -> None:
        self._answer = answer
        self._gate = threading.Event()
        self._changed = threading.Condition()
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        if not gated:
            self._gate.set()

    def __call__(self, seen: Received) -> bytes:
        with self._changed:
            self.asked[seen.json["query"]] += 1
            self._changed.notify_all()
        self._gate.wait(PATIENCE)
        reply = self._answer(seen)
        with self._changed:
            self.answered[seen.json["query"]] += reply.endswith(_GOOD)
            self._changed.notify_all()
        return reply

    def open(self) -> None:
        """Let all answers go."""
        self._gate.set()

    def wait_until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true of what was asked or answered."""
        with self._changed:
            assert self._changed.wait_for(true, PATIENCE)

    def wait_until_answered(self, count: int) -> None:
        """Wait until there are so many good answers."""
        self.wait_until(lambda: self.answered.total() >= count)


@contextlib.contextmanager
def serving(answer: Respond) -> Iterator[str]:
    """The URL of a server that answers so."""
    # What was asked is not kept: there may be much of it.
    with Loopback(answer, deque(maxlen=0)) as server:
        yield server.url


def batch(
    answer: Respond, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
) -> Ended:
    """A batch in this process, on a server that answers so."""
    with serving(answer) as url:
        return rerank("batch", *arguments, "--base-url", url, stdin=stdin, env=env)


def started(
    *arguments: str,
    stdin: int = subprocess.DEVNULL,
    preexec_fn: Callable[[], None] | None = None,
) -> contextlib.AbstractContextManager["subprocess.Popen[bytes]"]:
    """`rerank batch` as a process while it runs, which `preexec_fn` may limit in some way."""
    # What is limited is the command, not what measures the coverage of its lines.
    env = dict(os.environ)
    if preexec_fn:
        env = {name: env[name] for name in env if not name.startswith("COVERAGE")}
    return running.started("batch", *arguments, stdin=stdin, env=env, preexec_fn=preexec_fn)


def right(rows: list[Any]) -> bool:
    """Whether every result has the score of its text, best first."""
    for row in rows:
        scores = [result["score"] for result in row["results"]]
        if scores != sorted(scores, reverse=True):
            return False
        if any(result["score"] != score_of(result["text"]) for result in row["results"]):
            return False
    return True


def errors_of(file: str | Path) -> Path:
    """The file with what failed."""
    return Path(f"{file}.errors.jsonl")
