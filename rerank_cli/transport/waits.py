"""Waits that an endpoint asks for; the long ones are reported, or a run would seem to hang."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import localtime, strftime

from rerank_cli.transport.clock import Clock

_LONG = 10.0
"""Seconds; a longer wait is reported."""
_SAME = 1.0
"""Seconds by which the ends of waits may differ that are asked for by the same limit."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait that an endpoint asks for; as text, a line with what is left of it.

    seconds   how long it is
    end       when it ends, in seconds since 1970
    why       what the endpoint answered
    """

    seconds: float
    end: float
    why: str
    _until: float = field(repr=False)
    _clock: Clock = field(repr=False)

    @property
    def left(self) -> float:
        """Seconds that are left: none once Ctrl-C or `close` has ended it."""
        return 0.0 if self._clock.stopped else max(self._until - self._clock.now(), 0.0)

    def __str__(self) -> str:
        end = strftime("%H:%M:%S", localtime(self.end))
        return f"waiting {math.ceil(self.left)} s, until {end}, as the endpoint asks: {self.why}"


class Waits:
    """The waits of all workers. `waiting` is called once for all that wait for the same."""

    def __init__(self, clock: Clock, waiting: Callable[[Wait], None] = lambda _: None) -> None:
        self._clock = clock
        self._waiting = waiting
        self._lock = threading.Lock()
        self._reported = -math.inf

    def sleep(self, seconds: float, why: str) -> None:
        """Wait as long as an endpoint asks; ends early once the clock is stopped."""
        until = self._clock.now() + seconds
        with self._lock:
            is_new = seconds > _LONG and until > self._reported + _SAME
            self._reported = until if is_new else self._reported
        if is_new:
            end = self._clock.date() + seconds
            self._waiting(Wait(seconds, end, why, until, self._clock))
        self._clock.sleep(seconds)
