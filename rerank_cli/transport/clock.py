"""The clock of the transport, which tests replace."""

import threading
import time

from rerank_cli.errors import EndpointError


class Clock:
    """Monotonic seconds, the date, and a sleep that can be woken for good."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    def date(self) -> float:
        """Seconds since 1970, for endpoints that name a time of day."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait; ends early once `stop` was called."""
        self._stopped.wait(seconds)

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def check(self) -> None:
        """Raise EndpointError once `stop` was called."""
        if self.stopped:
            raise EndpointError("stopped before it was sent", stopped=True)

    def stop(self) -> None:
        """Wake all sleepers, now and later."""
        self._stopped.set()
