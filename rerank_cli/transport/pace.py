"""Adapts to the endpoint: how many requests at once, and how many passages a request.

Requests at once follow additive increase and multiplicative decrease, as TCP has it: each answer
adds a little, so that a full round of answers adds one; an overload halves them, once for all
requests that were under way then. Passages are halved by each refusal for size, unless as many have
been answered, or one of them is refused by itself: then it was not their number. Until that is
known, larger requests are not halved, but sent one at a time: if one is answered, it is known.
"""

import math
import threading
from collections.abc import Callable

from rerank_cli.errors import Fault, ScoringError
from rerank_cli.planning import Request
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.retry import PATIENCE
from rerank_cli.transport.waits import Waits

_AT_FIRST = 8
"""Until the first answer: a wrong key or too large a request is then not sent by the dozen."""

_OVERLOADED = (Fault.RATE, Fault.BUSY, Fault.SLOW)

_OUTAGE = 10
"""Failures in a row, of all workers, after which it is no longer taken to be about a request."""

_PROBES = 20
"""Answered probes in a row, with nothing else answered, after which they no longer count."""


class Outgrown(Exception):  # noqa: N818 - no error
    """The request has more passages than `largest`, which fit; it has not been sent."""

    def __init__(self, largest: int) -> None:
        super().__init__(largest)
        self.largest = largest


class Pace:
    """Lets at most `most` requests at once through; fewer while the endpoint is overloaded.

    `paced` is called with each new number of requests at once, and whether it is lower; `waits` are
    those that endpoints ask for.
    """

    def __init__(
        self,
        most: int,
        clock: Clock,
        paced: Callable[[int, bool], None],
        waits: Waits | None = None,
    ) -> None:
        self._most = most
        self._clock = clock
        self._paced = paced
        self._waits = waits or Waits(clock)
        self._allowed = float(most)
        self._under_way: list[int] = []
        """Passages of each request."""
        self.answers = 0
        """Requests that have succeeded in this run."""
        self._failed = self._only_probes = 0
        self._one_at_a_time = False
        self._slowed = clock.now()
        self._not_before, self._why = 0.0, ""
        self._changed = threading.Condition()
        self._answered = 0
        self._most_passages: int | None = None
        self._too_large: list[Request] = []
        self._doubted: list[Request] = []

    @property
    def has_answered(self) -> bool:
        """Whether any request has succeeded in this run."""
        return self.answers > 0

    @property
    def largest(self) -> int | None:
        """Passages that a request may have, None until one was refused for its size."""
        halves = [len(request.texts) // 2 for request in self._doubted]
        return min([*halves, *filter(None, [self._proved])], default=None)

    @property
    def _proved(self) -> int | None:
        """As `largest`, without the sizes of which it is not known whether they were why."""
        halves = [len(request.texts) // 2 for request in self._too_large]
        return min([*halves, *filter(None, [self._most_passages])], default=None)

    @property
    def allowed(self) -> int:
        """Requests at once, now."""
        if self._one_at_a_time:
            return 1
        return min(int(self._allowed), self._most if self.has_answered else _AT_FIRST)

    def enter(self, passages: int, until: float = math.inf) -> float:
        """Wait until one more request may be sent. Returns the moment, to be given to `failed`.

        What another request was asked to wait is waited for if it ends by the moment `until`.
        Raises Outgrown for more passages than have proved to fit, and EndpointError where it would
        have to wait when the clock is stopped.
        """
        with self._changed:
            while not self._has_place_for(passages):
                self._clock.check()
                self._changed.wait()
            self._under_way.append(passages)
            pause = self._not_before - self._clock.now()
            heeded = self._not_before <= until
        if heeded and pause > 0:
            self._waits.sleep(pause, self._why)
            if self._clock.stopped:
                self.leave(passages)
                self._clock.check()
        return self._clock.now()

    def _has_place_for(self, passages: int) -> bool:
        if len(self._under_way) >= self.allowed:
            return False
        if self._proved and passages > self._proved:
            raise Outgrown(self._proved)
        largest = max(self.largest or passages, self._answered)
        return passages <= largest or max(self._under_way, default=0) <= largest

    def wake(self) -> None:
        """Let all that wait see whether the clock is stopped."""
        with self._changed:
            self._changed.notify_all()

    def leave(self, passages: int) -> None:
        """End a request of so many passages that had entered."""
        with self._changed:
            self._under_way.remove(passages)
            self._changed.notify_all()

    def answered(self, passages: int, *, is_probe: bool = False) -> None:
        """A request of so many passages succeeded: speed up a little."""
        with self._changed:
            self._only_probes = self._only_probes + 1 if is_probe else 0
            if self._only_probes > _PROBES:
                return
            before = self.allowed
            self.answers, self._failed, self._one_at_a_time = self.answers + 1, 0, False
            self._answered = max(self._answered, passages)
            for requests in (self._too_large, self._doubted):
                requests[:] = [each for each in requests if len(each.texts) > passages]
            self._allowed = min(self._allowed + 1 / self._allowed, self._most)
            self._changed.notify_all()
            now = self.allowed
        if now != before:
            self._paced(now, False)

    def failed(self, error: ScoringError, entered: float, request: Request) -> None:
        """Slow down, or learn a size, from the failure of a request that entered at `entered`."""
        with self._changed:
            self._failed += error.fault is Fault.FAILED
            if error.fault in (Fault.TOO_LARGE, Fault.REQUEST):
                # Until the next success it is not known what the endpoint takes: one at a time.
                self._one_at_a_time = True
            if error.fault is Fault.TOO_LARGE:
                self._learn(request, error.most, self._doubted)
            if error.fault not in _OVERLOADED:
                return
            if error.retry_after and error.retry_after <= PATIENCE:
                end = self._clock.now() + error.retry_after
                self._not_before, self._why = max(
                    (self._not_before, self._why), (end, error.problem)
                )
            # What was sent before the last slowing says nothing about the pace since.
            if entered < self._slowed or self._allowed <= 1:
                return
            self._slowed = self._clock.now()
            self._allowed = max(self._allowed / 2, 1.0)
        self._paced(self.allowed, True)

    def has_answered_since(self, answers: int) -> bool:
        """Whether more than so many requests have succeeded, and it does not just fail since."""
        return self.answers > answers and self._failed < _OUTAGE

    def too_large(self, request: Request) -> None:
        """Take a request to have too many passages, until it turns out why it failed."""
        with self._changed:
            self._learn(request, None, self._too_large)

    def _learn(self, request: Request, most: int | None, as_one_of: list[Request]) -> None:
        if most and most < len(request.texts):
            self._most_passages = min(self._most_passages or most, most)
        elif len(request.texts) > max(self._answered, 1):
            as_one_of.append(request)

    def explained(self, request: Request, *, by_size: bool) -> None:
        """It is known why a request failed that was taken to be too large: by its size, or not."""
        with self._changed:
            for requests in (self._too_large, self._doubted):
                requests[:] = [each for each in requests if each is not request]
            if by_size:
                half = len(request.texts) // 2
                self._most_passages = min(self._most_passages or half, half)
            self._changed.notify_all()
