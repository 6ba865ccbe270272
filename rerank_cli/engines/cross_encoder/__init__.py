"""Cross-encoders in this process: from a folder, or from the cache of the hub.

Importing this loads nothing heavy; the first `score` reads the model.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from rerank_cli.engines.cross_encoder.choice import ONNX, Served
from rerank_cli.errors import EndpointError
from rerank_cli.model import Scores, Usage
from rerank_cli.planning import Limits, Plan, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rerank_cli.engines import Events, Keep
    from rerank_cli.engines.cross_encoder.pairs import PairModel, Scored
    from rerank_cli.transport.pool import Pool

_AHEAD = 8
"""Tasks a thread that are handed out before their turn: few, so that memory stays flat."""
_KEPT_AT_ONCE = 32
"""Scores that are handed to `keep` together."""


class CrossEncoderEngine:
    """Scores passages with a cross-encoder in this process (implements `Engine`)."""

    # None: each passage is scored by itself anyway.
    limits = Limits()

    def __init__(self, served: Served, events: Events) -> None:
        self.served = served
        self._events = events
        self._lock = threading.Lock()
        self._model: PairModel[Any] | None = None
        self._pool: Pool | None = None
        self._warned = False

    def body(self, request: Request) -> bytes:
        """Nothing: what is scored here is not sent."""
        return b""

    def score(self, plan: Plan, keep: Keep | None = None) -> Scores:
        """A score a passage, which depends on the query and that passage alone.

        The best window of a passage is given where it is longer than the model reads: each window
        is scored, and the highest score counts. `usage` counts the tokens that were read. Raises
        SettingsError where the model's files cannot be used.
        """
        model, pool = self._opened()
        self._events.planned(plan.distinct // _KEPT_AT_ONCE, plan.distinct)
        # Texts are numbered through all requests: a text's number is its place here.
        found: list[Scored] = []
        kept = 0

        def keep_new() -> None:
            nonlocal kept
            if keep and kept < len(found):
                new = found[kept:]
                numbers = range(kept, len(found))
                keep(numbers, [each.score for each in new], [each.best for each in new])
                kept = len(found)

        try:
            for request in plan.requests:
                for scored in self._each(model, pool, request):
                    found += scored
                    self._events.scored(len(scored))
                    if len(found) - kept >= _KEPT_AT_ONCE:
                        keep_new()
        finally:
            keep_new()
        if any(each.cut for each in found) and not self._warned:
            self._warned = True
            self._events.warn("the query is longer than the model reads: its end was cut off")
        values = plan.spread([each.score for each in found])
        windows = [each.best for each in found]
        best = tuple(windows[number] for number in plan.text_of) if any(windows) else ()
        usage = Usage(requests=0, input_tokens=sum(each.tokens for each in found))
        return Scores(values, usage, best)

    def stop(self) -> None: ...

    def close(self) -> None:
        """Drop the model from memory; calls in other threads end. Another `score` reads it again.

        A run that is under way ends at the next operator of the model.
        """
        with self._lock:
            model, self._model = self._model, None
            pool, self._pool = self._pool, None
        if model:
            model.stop()
        if pool:
            pool.shutdown(cancel_futures=True)

    def _each(
        self, model: PairModel[Any], pool: Pool, request: Request
    ) -> Iterator[Sequence[Scored]]:
        """The scores of a request's texts in order, as they come."""
        from collections import deque
        from concurrent.futures import CancelledError, Future

        query, texts = model.prepared(request.query), request.texts
        waiting: deque[Future[list[Scored]]] = deque()
        try:
            for at in range(0, len(texts), model.batch):
                waiting.append(pool.submit(model.score, query, texts[at : at + model.batch]))
                if len(waiting) > _AHEAD * model.threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except CancelledError:
            raise EndpointError("stopped before it was scored", stopped=True) from None
        finally:
            for each in waiting:
                each.cancel()

    def _opened(self) -> tuple[PairModel[Any], Pool]:
        """The model, read by the first who asks for it, and its threads."""
        from rerank_cli.transport.pool import Pool

        with self._lock:
            if self._model is None or self._pool is None:
                # In a thread of its own, so that Ctrl-C need not wait until a large file is read.
                loader = Pool(1)
                try:
                    self._model = loader.submit(partial(_model, self.served)).result()
                finally:
                    loader.shutdown(wait=False, cancel_futures=True)
                self._pool = Pool(self._model.threads)
            return self._model, self._pool


def _model(served: Served) -> PairModel[Any]:
    if served.backend == ONNX:
        from rerank_cli.engines.cross_encoder.onnx_model import OnnxModel

        return OnnxModel(served)
    from rerank_cli.engines.cross_encoder.torch_model import TorchModel

    return TorchModel(served)
