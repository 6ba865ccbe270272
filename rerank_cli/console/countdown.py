"""Counts down, in the last line of a terminal, to the end of a wait."""

import threading
import time
from collections.abc import Callable

from rerank_cli.console.streams import Streams
from rerank_cli.transport.threads import started
from rerank_cli.transport.waits import Wait

_BETWEEN_LOOKS = 0.2
"""Seconds: each second of a wait is shown, and the line is gone soon after its end."""


class Countdown:
    """One line for all waits under way, with the seconds that are left of the longest."""

    def __init__(self, streams: Streams, sleep: Callable[[float], None] = time.sleep) -> None:
        self._streams = streams
        self._sleep = sleep
        self._lock = threading.Lock()
        self._waits: list[Wait] = []

    @property
    def is_shown(self) -> bool:
        """Whether the last line of the terminal is taken."""
        return bool(self._waits)

    def show(self, wait: Wait) -> bool:
        """Count down to the end of this wait too. Returns whether it is shown."""
        if not self._streams.stderr_is_animated:
            return False
        with self._lock:
            if not self._waits and not started(self._run):
                return False
            self._waits.append(wait)
            self._draw()
        return True

    def close(self) -> None:
        """Take the line away."""
        with self._lock:
            self._waits.clear()
            self._draw()

    def _run(self) -> None:
        is_shown = True
        while is_shown:
            self._sleep(_BETWEEN_LOOKS)
            with self._lock:
                is_shown = self._draw()

    def _draw(self) -> bool:
        """Bring the line up to date, or take it away. Returns whether it is there."""
        self._waits = [each for each in self._waits if each.left]
        longest = max(self._waits, key=lambda each: each.left, default="")
        self._streams.show_in_place(str(longest))
        return self.is_shown
