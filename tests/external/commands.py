"""The installed command, what it ranks here, and what is held against its outcome."""

import json
import os
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from tests.running import COMMAND, ONE_LINE

QUERY = "What is the capital of France?"
PASSAGES = [
    "Bananas are yellow because their skins lose chlorophyll as they ripen.",
    "Lyon is the third-largest city of France and known for its kitchens.",
    "Paris is the capital of France, and its largest city.",
    "The capital of Australia is Canberra, not Sydney.",
    "Paris Hilton was born in New York City.",
]
BEST_FIRST = [2, 1, 3, 4, 0]
SERVER_KEY, PROXY_KEY = "sk-infinity-0123456789", "sk-proxy-0123456789"
WRONG_KEY = "sk-wrong-0123456789"

_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def indexes(self) -> list[int]:
        """The passages as they were ranked, by their place in the input."""
        return [result["index"] for result in self._results]

    @property
    def scores(self) -> list[float]:
        """One score a passage, in input order."""
        results = sorted(self._results, key=lambda result: result["index"])
        return [result["score"] for result in results]

    @property
    def _results(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)["results"]


def rerank(
    *arguments: str, passages: list[str] = PASSAGES, env: dict[str, str] | None = None
) -> Outcome:
    """Rank passages with the installed command, with hardly anything in its environment."""
    return _run(QUERY, *arguments, "--json", env=env, stdin="\n".join(passages))


def doctor(*arguments: str, env: dict[str, str] | None = None) -> Outcome:
    """What `rerank doctor` says."""
    return _run("doctor", *arguments, env=env)


def _run(*arguments: str, env: dict[str, str] | None, stdin: str = "") -> Outcome:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=stdin.encode(),
        capture_output=True,
        env={**kept, "LANG": "C.UTF-8", **(env or {})},
        check=False,
        timeout=_PATIENCE,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def check_ranking(outcome: Outcome, expected: list[float]) -> None:
    """Hold a ranking of the passages against the scores that the server gives without rerank."""
    assert outcome.indexes == BEST_FIRST, outcome.out
    assert outcome.scores == pytest.approx(expected, abs=1e-6), outcome.out


def check_refusal(outcome: Outcome, code: int, says: str) -> None:
    """Nothing is ranked, one line says why, and no key is shown."""
    assert ONE_LINE.fullmatch(outcome.err), outcome.err
    assert says in outcome.err, outcome.err
    assert outcome.code == code, outcome.err
    assert not outcome.out
    assert not any(key in outcome.err for key in (SERVER_KEY, PROXY_KEY, WRONG_KEY)), outcome.err
