"""Adapts to the endpoint: how many requests at once, and how many passages a request.

Requests at once follow additive increase and multiplicative decrease, as TCP has it: each answer
adds a little, so that a full round of answers adds one; an overload halves them, once for all
requests that were under way then. Passages are halved by each refusal for size, for good.
"""

import threading
from collections.abc import Callable

from rerank_cli.errors import Fault, ScoringError
from rerank_cli.transport.clock import Clock

_AT_FIRST = 8
"""Until the first answer: a wrong key or too large a request is then not sent by the dozen."""

_OVERLOADED = (Fault.RATE, Fault.BUSY, Fault.SLOW)


class Outgrown(Exception):  # noqa: N818 - no error
    """The request has more passages than have since proved to fit; it has not been sent."""


class Pace:
    """Lets at most `most` requests at once through; fewer while the endpoint is overloaded.

    `paced` is called with each new number of requests at once, and whether it is lower.
    """

    def __init__(self, most: int, clock: Clock, paced: Callable[[int, bool], None]) -> None:
        self._most = most
        self._clock = clock
        self._paced = paced
        self._allowed = float(most)
        self._under_way = 0
        self.has_answered = False
        """Whether any request has succeeded in this run."""
        self._probing = False
        self._slowed = clock.now()
        self._not_before = 0.0
        self._changed = threading.Condition()
        self.largest: int | None = None
        """Passages that a request may have, None until one was refused for its size."""

    @property
    def allowed(self) -> int:
        """Requests at once, now."""
        if self._probing:
            return 1
        return min(int(self._allowed), self._most if self.has_answered else _AT_FIRST)

    def enter(self, passages: int) -> float:
        """Wait until one more request may be sent. Returns the moment, to be given to `failed`.

        Raises Outgrown for more passages than have proved to fit, and EndpointError where it would
        have to wait when the clock is stopped.
        """
        with self._changed:
            while self._under_way >= self.allowed:
                self._clock.check()
                self._changed.wait()
            if self.largest and passages > self.largest:
                raise Outgrown
            self._under_way += 1
            pause = self._not_before - self._clock.now()
        if pause > 0:
            self._clock.sleep(pause)
            if self._clock.stopped:
                self.leave()
                self._clock.check()
        return self._clock.now()

    def wake(self) -> None:
        """Let all that wait see whether the clock is stopped."""
        with self._changed:
            self._changed.notify_all()

    def leave(self) -> None:
        """End a request that had entered."""
        with self._changed:
            self._under_way -= 1
        self.wake()

    def answered(self) -> None:
        """A request succeeded: speed up a little."""
        with self._changed:
            before = self.allowed
            self.has_answered, self._probing = True, False
            self._allowed = min(self._allowed + 1 / self._allowed, self._most)
            self._changed.notify_all()
            now = self.allowed
        if now != before:
            self._paced(now, False)

    def failed(self, error: ScoringError, entered: float, passages: int) -> None:
        """Slow down, or learn a size, from the failure of a request that entered at `entered`."""
        with self._changed:
            if error.fault in (Fault.TOO_LARGE, Fault.REQUEST):
                # Until the next success it is not known what the endpoint takes: one at a time.
                self._probing = True
            if error.fault is Fault.TOO_LARGE:
                self.largest = min(self.largest or passages, max(passages // 2, 1))
            if error.fault not in _OVERLOADED:
                return
            if error.retry_after:
                self._not_before = max(self._not_before, self._clock.now() + error.retry_after)
            # What was sent before the last slowing says nothing about the pace since.
            if entered < self._slowed or self._allowed <= 1:
                return
            self._slowed = self._clock.now()
            self._allowed = max(self._allowed / 2, 1.0)
        self._paced(self.allowed, True)
