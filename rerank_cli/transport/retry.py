"""Trying again: a request that may succeed later is sent again, after growing, jittered waits."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from rerank_cli.errors import Fault, ScoringError
from rerank_cli.transport import Policy
from rerank_cli.transport.clock import Clock

T = TypeVar("T")

LONGEST_WAIT = 60.0
"""Seconds; an endpoint that asks for more is not waited for."""

# Seconds before the first retry, at most; each further one at most twice as long, up to half the
# longest. A rate limit is counted by the minute, most other trouble passes at once.
_FIRST_BACKOFF = 0.1
_FIRST_BACKOFF_OF_RATE = 1.0
_DOUBLINGS = 16
"""More of them pass the longest anyway."""

_OF_ENDPOINT = (Fault.UNREACHED, Fault.RATE)
"""Faults that say nothing of the request: where others are answered, its turn comes too."""

# A timeout has already cost its whole wait; what makes no sense rarely comes to make some; and
# where nothing has been reached yet, the address is probably wrong.
_FEWER_AT_FIRST = {Fault.UNREACHED: 2}
_FEWER = {Fault.SLOW: 2, Fault.UNREADABLE: 2, Fault.NONSENSE: 1}


class Retry:
    """Calls until it succeeds, the error is final, or the policy ends it. Shared by all workers."""

    def __init__(self, policy: Policy, clock: Clock, retried: Callable[[str], None]) -> None:
        self._policy = policy
        self._clock = clock
        self._retried = retried
        self._successes = 0

    def __call__(self, attempt: Callable[[], T], start: float | None = None) -> T:
        """The attempt's result. Raises its last ScoringError, with how often and how long.

        The deadline is counted from the clock's moment `start`, if none is given from now. Once the
        clock is stopped nothing is waited for, and what may have come of that is `stopped`.
        """
        began = self._clock.now()
        deadline = math.inf if self._policy.deadline is None else self._policy.deadline
        end = (began if start is None else start) + deadline
        tries = in_a_row = 0
        successes = self._successes
        while True:
            tries += 1
            in_a_row += 1
            try:
                result = attempt()
            except ScoringError as error:
                if in_a_row > self._most(error.fault) and self._answers(error.fault, successes):
                    in_a_row, successes = 1, self._successes
                too_long = error.transient and (error.retry_after or 0) > LONGEST_WAIT
                may_retry = error.transient and not too_long and in_a_row <= self._most(error.fault)
                stopped = error.stopped or (error.transient and self._clock.stopped)
                if tries == 1 and not may_retry:
                    raise replace(
                        error, waits_too_long=too_long, stopped=stopped
                    ) from error.__cause__
                seconds, now = _backoff(error, in_a_row), self._clock.now()
                if may_retry and not stopped and now + seconds <= end:
                    self._retried(f"try {tries + 1} in {seconds:.1f} s, after: {error.message}")
                    self._clock.sleep(seconds)
                    if not self._clock.stopped:
                        continue
                    stopped = True
                raise replace(
                    error, attempts=tries, seconds=now - began, stopped=stopped
                ) from error.__cause__
            else:
                self._successes += 1
                return result

    def _answers(self, fault: Fault, successes: int) -> bool:
        """Whether others were answered since there were so many successes, so that it is back."""
        return fault in _OF_ENDPOINT and self._successes > successes and not self._policy.exact

    def _most(self, fault: Fault) -> int:
        """How often a request that fails so is tried again."""
        most = self._policy.retries
        if not self._successes:
            # More likely something is set up wrongly than there is bad luck each time.
            most = min(most, self._policy.at_first)
        if not self._policy.exact:
            fewer = _FEWER if self._successes else {**_FEWER, **_FEWER_AT_FIRST}
            most = min(most, fewer.get(fault, most))
        return most


def _backoff(error: ScoringError, tries: int) -> float:
    """Seconds before the next try: what the endpoint asks for, else a random part of a limit."""
    if error.retry_after is not None:
        return error.retry_after
    first = _FIRST_BACKOFF_OF_RATE if error.fault is Fault.RATE else _FIRST_BACKOFF
    most = min(first * 2 ** min(tries - 1, _DOUBLINGS), LONGEST_WAIT / 2)
    return random.uniform(0, most)  # noqa: S311 - jitter, no secret
