"""Sends the requests of a plan concurrently; splits those that fail for their size.

Workers take them from a queue, split what fails for its size or for one of its passages, and store
each score by the number of its text, so that the order of replies does not matter. What cannot be
scored is left out, and named once all others have their scores.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NoReturn

from rerank_cli.dialects import Decoded
from rerank_cli.engines import Keep
from rerank_cli.errors import Fault, RefusedError, ReplyError, ScoringError
from rerank_cli.model import Usage
from rerank_cli.planning import Plan, Request
from rerank_cli.transport.pace import Outgrown, Pace
from rerank_cli.transport.threads import started

_NAMED_AT_MOST = 20
"""Passages that an error names; one that has to name more does not wait for the others' scores."""
_NAMED_AT_FIRST = 4
"""As long as none of the others has a score: all of them may be bad, as with a bad query."""
_TOO_LARGE_ALONE = "A passage that is named is too much for the endpoint by itself: shorten it."
_REFUSED_ALONE = "It has answered for others, so it is about what a passage that is named says."

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
        self._scores: list[float | None] = [None] * plan.distinct
        self._left_out: dict[int, ScoringError] = {}
        self._split: list[tuple[Request, Fault]] = []
        self._usage = Usage()
        self._under_way = 0
        self._failure: BaseException | None = None
        self._changed = threading.Condition()
        self.threads: list[threading.Thread] = []

    def run(self, ask: Ask, workers: int) -> tuple[Sequence[float], Usage]:
        """One score a distinct text; so many requests may be under way at once.

        The first error that is not about some passages ends all; requests under way are then given
        up.
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
        if self._left_out:
            self._fail()
        return [score for score in self._scores if score is not None], self._usage

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
        with self._changed:
            # What is not known of a size at the end is never going to be.
            for request, _ in self._take_split(lambda _: True):
                self._pace.explained(request, by_size=False)

    def _take(self) -> Request | None:
        """The next request; None when all is over."""
        with self._changed:
            while not self._queue and not self._is_over():
                self._changed.wait()
            if self._is_over():
                return None
            self._under_way += 1
            return self._queue.popleft()

    def _fulfil(self, ask: Ask, request: Request) -> None:
        more: list[Request] = []
        waits = True
        try:
            decoded = ask(request)
        except Outgrown as outgrown:
            at = outgrown.largest
            more, waits = [request.part(slice(at)), request.part(slice(at, None))], False
        except ReplyError as error:
            more = self._rest(request, error)
        except ScoringError as error:
            more = self._parts(request, error)
        else:
            self._store(request.numbers, decoded.scores, Usage(1, decoded.input_tokens))
        with self._changed:
            # What failed waits until others are answered: that shows whether it is all that fails.
            waits = waits and any(each.tries for each in more)
            self._queue.extend(more) if waits else self._queue.extendleft(reversed(more))
            self._under_way -= 1
            self._changed.notify_all()

    def _store(self, numbers: Sequence[int], scores: Sequence[float], usage: Usage) -> None:
        for number, score in zip(numbers, scores, strict=True):
            self._scores[number] = score
        with self._changed:
            self._usage += usage
            for request, fault in self._take_split(self._is_scored):
                if fault is Fault.TOO_LARGE:
                    # Not so of a failure, which may have passed meanwhile.
                    self._pace.explained(request, by_size=True)
        if self._keep:
            self._keep(numbers, scores)
        self._scored(len(scores))

    def _is_scored(self, request: Request) -> bool:
        return all(self._scores[number] is not None for number in request.numbers)

    def _take_split(self, explained: Callable[[Request], bool]) -> list[tuple[Request, Fault]]:
        """Take out the split requests of which it is known now why they failed."""
        split, self._split = self._split, []
        taken: list[tuple[Request, Fault]] = []
        for each in split:
            (taken if explained(each[0]) else self._split).append(each)
        return taken

    def _rest(self, request: Request, error: ReplyError) -> list[Request]:
        """A request for just the texts that a reply left out; the scores that it has are stored."""
        missing = [request.numbers[index] for index in error.missing]
        if error.scores:
            numbers = [request.numbers[index] for index in error.scores]
            self._store(numbers, list(error.scores.values()), Usage(1))
            if not request.again:
                return [replace(request.only(error.missing), again=True)]
        if missing and (request.again or len(request.texts) == 1):
            self._leave_out(missing, error)
            return []
        of = missing or (request.numbers if request.again else ())
        raise self._located(error, of) from error.__cause__

    def _parts(self, request: Request, error: ScoringError) -> list[Request]:
        """A request that failed for its size, or for one of its passages, in two parts.

        The first has as many passages as it may have, if the endpoint says so.
        """
        failed = error.fault is Fault.FAILED and not error.transient
        refused = isinstance(error, RefusedError) and error.fault is Fault.REQUEST
        # Any other refusal, and any failure, would come to every request.
        if not failed and not refused and error.fault is not Fault.TOO_LARGE:
            raise error
        if len(request.texts) == 1:
            self._leave_out(request.numbers, error)
            return []
        at = error.most or len(request.texts)
        if at >= len(request.texts):
            at = len(request.texts) // 2
            with self._changed:
                self._split.append((request, error.fault))
            if failed:
                self._pace.too_large(request)
        tries = request.tries + (error.attempts or 1) if failed else request.tries
        left = replace(request, tries=tries)
        return [left.part(slice(at)), left.part(slice(at, None))]

    def _leave_out(self, numbers: Sequence[int], error: ScoringError) -> None:
        """Go on without the texts of these numbers. Raises an error where that leads nowhere."""
        lost = set(numbers)
        with self._changed:
            self._left_out.update(dict.fromkeys(numbers, error))
            for request, _ in self._take_split(lambda it: not lost.isdisjoint(it.numbers)):
                self._pace.explained(request, by_size=False)
        if len(self._left_out) > self._may_be_left_out(error):
            self._fail()

    def _may_be_left_out(self, error: ScoringError) -> int:
        """How many passages are worth it that the others get their scores."""
        if self._usage.requests:
            return _NAMED_AT_MOST
        if self._pace.has_answered and not isinstance(error, ReplyError):
            return _NAMED_AT_FIRST
        # Until something is answered, it may be the request that is wrong.
        return int(error.fault is not Fault.REQUEST)

    def _fail(self) -> NoReturn:
        """Raise the error for what has no scores."""
        numbers = sorted(self._left_out)
        error = self._left_out[numbers[0]]
        located = self._located(error, numbers)
        others = located.more_passages or self._scores.count(None) > len(numbers)
        # It may not be known yet whether it is the passage or the request.
        alone = error.fault is Fault.REQUEST and not self._pace.has_answered
        hint = error.hint
        if error.fault is Fault.TOO_LARGE:
            hint = _TOO_LARGE_ALONE
        elif not alone and not isinstance(error, ReplyError):
            hint = _REFUSED_ALONE
        raise replace(located, hint=hint, alone=alone, more_passages=others) from error.__cause__

    def _located(self, error: ScoringError, numbers: Sequence[int]) -> ScoringError:
        """A copy of the error that locates the passages of these texts."""
        named = tuple(map(self._plan.locator, numbers[:_NAMED_AT_MOST]))
        return replace(error, passages=named, more_passages=len(numbers) > _NAMED_AT_MOST)
