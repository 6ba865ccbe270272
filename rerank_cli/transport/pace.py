"""How many requests are under way at once: fewer when the endpoint is overloaded, more again later.

Additive increase, multiplicative decrease, as TCP has it: each answer adds a little, so that a full
round of answers adds one; an overload halves it, once for all requests that were under way then.
"""

import threading
from collections.abc import Callable

from rerank_cli.errors import Fault, ScoringError
from rerank_cli.transport.clock import Clock

_AT_FIRST = 8
"""Until the first answer: a wrong key or too large a request is then not sent by the dozen."""

_OVERLOADED = (Fault.RATE, Fault.BUSY, Fault.SLOW)


class Pace:
    """A gate for requests. `enter` waits for a place; each is left by `leave`."""

    def __init__(self, most: int, clock: Clock, slowed: Callable[[int], None]) -> None:
        self._most = most
        self._clock = clock
        self._tell = slowed
        self._allowed = float(most)
        self._under_way = 0
        self._answered = False
        self._probing = False
        self._slowed = clock.now()
        self._not_before = 0.0
        self._changed = threading.Condition()

    @property
    def allowed(self) -> int:
        """Requests at once, now."""
        if self._probing:
            return 1
        return int(self._allowed) if self._answered else min(int(self._allowed), _AT_FIRST)

    def enter(self) -> float:
        """Wait for a place. Returns the moment, to be given to `slow_down`."""
        with self._changed:
            while self._under_way >= self.allowed:
                self._changed.wait()
            self._under_way += 1
            pause = self._not_before - self._clock.now()
        if pause > 0:
            self._clock.sleep(pause)
        return self._clock.now()

    def leave(self) -> None:
        """Give the place back."""
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def answered(self) -> None:
        """An answer came: what is sent now is what the endpoint takes."""
        with self._changed:
            self._answered, self._probing = True, False
            self._allowed = min(self._allowed + 1 / self._allowed, self._most)
            self._changed.notify_all()

    def probe(self) -> None:
        """One request at a time until the next answer: what the endpoint takes is not known."""
        with self._changed:
            self._probing = True

    def slow_down(self, error: ScoringError, entered: float) -> None:
        """An attempt that began at `entered` failed; slow down if that was from overload."""
        if error.fault not in _OVERLOADED:
            return
        with self._changed:
            if error.wait:
                self._not_before = max(self._not_before, self._clock.now() + error.wait)
            # What was sent before the last slowing says nothing about the pace since.
            if entered < self._slowed or self._allowed <= 1:
                return
            self._slowed = self._clock.now()
            self._allowed = max(self._allowed / 2, 1.0)
        self._tell(self.allowed)
