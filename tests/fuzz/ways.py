"""Both ways to rerank, the command and Python, and what must hold of each run on either.

A run ends with scores, or with one clear error: no traceback, no exit 70, no control characters.
"""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from rerank_cli import Reranker
from rerank_cli.errors import ScoringError
from rerank_cli.transport.clock import Clock
from tests.running import KEY, rerank

MODEL = "made-up-model"

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST = 1500
"""Characters of an error; what an endpoint says of itself is cut long before."""
_LONGEST_WAIT = 660.0
"""Seconds that any endpoint may have a run wait between two tries."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: of which provider, at which URL."""

    url: str
    texts: Sequence[str]
    provider: str | None = None
    retries: int = 0
    timeout: float = 60.0
    max_passages: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: one score a text, or None and the error; `cpu` is seconds of this thread."""

    scores: Sequence[float] | None
    error: str = ""
    hint: str = ""
    waits: Sequence[float] = field(default_factory=list)
    cpu: float = 0.0
    seconds: float = 0.0


Run = Callable[[Asked], Outcome]


@contextmanager
def recorded_waits() -> Iterator[list[float]]:
    """The waits between tries, which take no time."""
    waits: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Clock, "sleep", lambda _, seconds: waits.append(seconds))
        yield waits


def by_command(asked: Asked) -> Outcome:
    """As the command does it."""
    options: dict[str, object] = {
        "-p": asked.provider,
        "-m": MODEL,
        "--base-url": asked.url,
        "--retries": asked.retries,
        "--timeout": asked.timeout,
        "--concurrency": 1,
        "--max-passages": asked.max_passages,
    }
    given = [str(each) for pair in options.items() if pair[1] is not None for each in pair]
    stdin = "".join(f"{text}\n" for text in asked.texts)
    env = {"RERANK_API_KEY": KEY} if asked.provider else {}
    with recorded_waits() as waits:
        began, cpu = time.monotonic(), time.thread_time()
        ended = rerank("q", "--json", *given, stdin=stdin, env=env)
        spent = (waits, time.thread_time() - cpu, time.monotonic() - began)
    if ended.code == 0:
        return Outcome(ended.scores, "", "", *spent)
    assert ended.code in (4, 5), f"exit {ended.code}: {ended.err[:500]}"
    return Outcome(None, ended.error, ended.hint, *spent)


def in_python(asked: Asked) -> Outcome:
    """As a caller in Python does it."""
    with (
        recorded_waits() as waits,
        Reranker(
            f"{asked.provider}:{MODEL}" if asked.provider else MODEL,
            base_url=asked.url,
            api_key=KEY if asked.provider else None,
            concurrency=1,
            retries=asked.retries,
            timeout=asked.timeout,
            max_passages=asked.max_passages,
        ) as reranker,
    ):
        return scored_by(reranker, asked.texts, waits)


def scored_by(reranker: Reranker, texts: Sequence[str], waits: Sequence[float] = ()) -> Outcome:
    """The outcome of asking this Reranker."""
    began, cpu = time.monotonic(), time.thread_time()
    scores, said, hint = None, "", ""
    try:
        scores = reranker.score("q", list(texts))
    except ScoringError as error:
        said, hint = error.message or "an error without a word\n", error.hint or ""
    spent = (waits, time.thread_time() - cpu, time.monotonic() - began)
    return Outcome(scores, said, hint, *spent)


WAYS: Mapping[str, Run] = {"command": by_command, "python": in_python}
BOTH_WAYS = pytest.mark.parametrize("way", WAYS)


def check(outcome: Outcome, cpu: float = 2.0) -> None:
    """What holds for whatever a server does; `cpu` is seconds that the run may work."""
    for text in (outcome.error, outcome.hint):
        assert "\n" not in text, text
        assert len(text) < _LONGEST, f"{len(text)} characters: {text}"
    if outcome.scores is not None:
        assert all(type(score) is float and math.isfinite(score) for score in outcome.scores)
    assert all(0 <= seconds <= _LONGEST_WAIT for seconds in outcome.waits), outcome.waits
    assert outcome.cpu < cpu, f"{outcome.cpu:.1f} s of work"


def check_visible(outcome: Outcome) -> None:
    """A terminal gets nothing that it would obey."""
    found = _CONTROL.search(outcome.error + outcome.hint)
    assert not found, ascii(outcome.error + outcome.hint)
