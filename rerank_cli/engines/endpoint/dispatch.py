"""Sends the requests of a plan, several at once.

Workers take them from a queue, split what is too large, and store each score by the number of its
text, so that the order of replies does not matter.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from rerank_cli.dialects import Decoded
from rerank_cli.engines import Keep
from rerank_cli.errors import Fault, RefusedError, ReplyError, ScoringError
from rerank_cli.model import Usage
from rerank_cli.planning import Plan, Request
from rerank_cli.transport.pace import Outgrown, Pace
from rerank_cli.transport.threads import started

_NAMED_AT_MOST = 5
_TOO_LARGE_ALONE = "This passage by itself is too much for the endpoint: shorten it."
_REFUSED_ALONE = "It has answered for others, so it is about what this one says."

Ask = Callable[[Request], Decoded]
"""Sends a request, tries again as far as that makes sense, and returns checked scores.

Raises ScoringError, or Outgrown for a request that is larger than what has proved to fit.
"""


class Dispatch:
    """The requests of one plan under way, each as large as the pace allows.

    `scored` is called with the number of texts that each reply scored, `keep` with their numbers
    and scores.
    """

    def __init__(
        self, plan: Plan, scored: Callable[[int], None], pace: Pace, keep: Keep | None = None
    ) -> None:
        self._plan = plan
        self._scored = scored
        self._keep = keep
        self._pace = pace
        self._queue = deque(plan.requests)
        self._scores: list[float] = [0.0] * plan.distinct
        self._usage = Usage()
        self._under_way = 0
        self._failure: BaseException | None = None
        self._changed = threading.Condition()
        self.threads: list[threading.Thread] = []

    def run(self, ask: Ask, workers: int) -> tuple[Sequence[float], Usage]:
        """One score a distinct text; so many requests may be under way at once.

        The first error ends all; requests under way are then given up.
        """
        self.threads = started(partial(self._work, ask), workers) if workers > 1 else []
        if not self.threads:
            # In this thread: a small run starts faster, and Ctrl-C reaches it at once.
            self._work(ask)
        else:
            with self._changed:
                # Waits are short so that Ctrl-C is seen on systems where a lock hides it.
                while not self._is_over():
                    self._changed.wait(0.5)
        if self._failure:
            raise self._failure
        return self._scores, self._usage

    @property
    def is_under_way(self) -> bool:
        """Whether requests are left, or any of its threads has not ended."""
        return not self._is_over() or any(thread.is_alive() for thread in self.threads)

    def _is_over(self) -> bool:
        return self._failure is not None or not (self._queue or self._under_way)

    def _work(self, ask: Ask) -> None:
        try:
            while (request := self._take()) is not None:
                self._fulfil(ask, request)
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits
            with self._changed:
                self._failure = self._failure or error
                self._changed.notify_all()

    def _take(self) -> Request | None:
        """The next request, no larger than has proved to fit; None when all is over."""
        with self._changed:
            while not self._queue and not self._is_over():
                self._changed.wait()
            if self._is_over():
                return None
            request = self._queue.popleft()
            largest = self._pace.largest
            if largest and len(request.texts) > largest:
                self._queue.appendleft(request.part(slice(largest, None)))
                request = request.part(slice(largest))
            self._under_way += 1
            return request

    def _fulfil(self, ask: Ask, request: Request) -> None:
        more: list[Request] = []
        try:
            decoded = ask(request)
        except Outgrown:
            more = [request]
        except ReplyError as error:
            more = [self._rest(request, error)]
        except ScoringError as error:
            more = self._halves(request, error)
        else:
            self._store(request.numbers, decoded.scores, Usage(1, decoded.input_tokens))
        with self._changed:
            self._queue.extendleft(reversed(more))
            self._under_way -= 1
            self._changed.notify_all()

    def _store(self, numbers: Sequence[int], scores: Sequence[float], usage: Usage) -> None:
        for number, score in zip(numbers, scores, strict=True):
            self._scores[number] = score
        with self._changed:
            self._usage += usage
        if self._keep:
            self._keep(numbers, scores)
        self._scored(len(scores))

    def _rest(self, request: Request, error: ReplyError) -> Request:
        """A request for just the texts that a reply left out; the scores that it has are stored."""
        missing = [request.numbers[index] for index in error.missing]
        if request.again or not error.missing or not error.scores:
            of = missing or (request.numbers if request.again else ())
            raise self._located(error, of) from error.__cause__
        numbers = [request.numbers[index] for index in error.scores]
        self._store(numbers, list(error.scores.values()), Usage(1))
        return request.rest(error.missing)

    def _halves(self, request: Request, error: ScoringError) -> list[Request]:
        """The two halves of a request that was refused for its size, or for one of its passages."""
        for_size = error.fault is Fault.TOO_LARGE
        # Any other refusal, and any failure, would come to every request.
        if not for_size and not (isinstance(error, RefusedError) and error.fault is Fault.REQUEST):
            raise error
        size = len(request.texts)
        if size > 1:
            return [request.part(slice(size // 2)), request.part(slice(size // 2, None))]
        located = self._located(error, request.numbers)
        if not for_size and not self._pace.has_answered:
            # It is not known yet whether it is the passage or the request.
            raise replace(located, alone=True) from error.__cause__
        hint = _TOO_LARGE_ALONE if for_size else _REFUSED_ALONE
        raise replace(located, hint=hint) from error.__cause__

    def _located(self, error: ScoringError, numbers: Sequence[int]) -> ScoringError:
        """A copy of the error that locates the passages of these texts."""
        named = tuple(map(self._plan.locator, numbers[:_NAMED_AT_MOST]))
        return replace(error, passages=named, more_passages=len(numbers) > _NAMED_AT_MOST)
