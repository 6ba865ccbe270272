"""Waits so that at most so many requests and tokens are sent within any minute."""

import math
import threading
from collections import deque
from collections.abc import Callable

from rerank_cli.transport import Policy
from rerank_cli.transport.clock import Clock

_MINUTE = 60.5
"""Seconds: a little more, since requests do not all travel equally long."""


class RateLimit:
    """Keeps callers waiting until both limits of the policy allow one more request.

    It remembers what was sent within the last minute: moments (seconds) and estimated tokens.
    """

    def __init__(self, policy: Policy, clock: Clock, note: Callable[[str], None]) -> None:
        self._requests: float = policy.rpm or math.inf
        self._tokens: float = policy.tpm or math.inf
        self._clock = clock
        self._note = note
        self._lock = threading.Lock()
        self._sent: deque[tuple[float, float]] = deque()
        self._tokens_sent = 0.0

    def acquire(self, tokens: int) -> None:
        """Return once a request of so many estimated tokens may be sent, and count it as sent.

        Raises EndpointError where it would have to wait when the clock is stopped.
        """
        seconds = self._take(tokens)
        if seconds:
            self._note(f"waiting {seconds:.1f} s for the limits of --rpm and --tpm")
        while seconds:
            self._clock.check()
            self._clock.sleep(seconds)
            seconds = self._take(tokens)

    def _take(self, tokens: float) -> float:
        """Count the request and return 0, or return the seconds after which to ask again."""
        # One that is beyond the whole limit waits for a minute of its own.
        tokens = min(tokens, self._tokens)
        with self._lock:
            now = self._clock.now()
            while self._sent and self._sent[0][0] + _MINUTE <= now:
                self._tokens_sent -= self._sent.popleft()[1]
            if len(self._sent) < self._requests and self._tokens_sent + tokens <= self._tokens:
                self._sent.append((now, tokens))
                self._tokens_sent += tokens
                return 0.0
            return self._sent[0][0] + _MINUTE - now
