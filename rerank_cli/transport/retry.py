"""Retries a request that may succeed later, after growing, jittered waits."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from rerank_cli.errors import Fault, ScoringError
from rerank_cli.transport import Policy
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.waits import Waits

T = TypeVar("T")

PATIENCE = 600.0
"""Seconds that an endpoint which asks to wait is waited for, unless a deadline says otherwise."""

# Seconds before the first retry, at most; each further one at most twice as long, up to
# _LONGEST_BACKOFF. A rate limit is counted by the minute, most other trouble passes at once.
_FIRST_BACKOFF = 0.1
_FIRST_BACKOFF_OF_RATE = 1.0
_LONGEST_BACKOFF = 30.0
_DOUBLINGS = 16
"""More of them pass the longest anyway."""

_OF_ENDPOINT = (Fault.UNREACHED, Fault.RATE)
"""Faults that say nothing of the request: where others are answered, its turn comes too."""

# A timeout has already cost its whole wait; what makes no sense rarely comes to make some; and
# where nothing has been reached yet, the address is probably wrong.
_FEWER_AT_FIRST = {Fault.UNREACHED: 2}
_FEWER = {Fault.SLOW: 2, Fault.UNREADABLE: 2, Fault.NONSENSE: 1}


class Retry:
    """Calls until it succeeds, the error is final, or the policy ends it. Shared by all workers.

    `retried` is called with a line about each retry; `waits` are those that endpoints ask for.
    """

    def __init__(
        self,
        policy: Policy,
        clock: Clock,
        retried: Callable[[str], None],
        waits: Waits | None = None,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._retried = retried
        self._waits = waits or Waits(clock)
        self._successes = 0

    def until(self, start: float) -> float:
        """The moment up to which an endpoint that asks to wait is waited for.

        Of calls whose deadline is counted from the clock's moment `start`.
        """
        deadline = self._policy.deadline
        return self._clock.now() + PATIENCE if deadline is None else start + deadline

    def __call__(self, attempt: Callable[[], T], start: float | None = None, tries: int = 0) -> T:
        """The attempt's result. Raises its last ScoringError, with how often and how long.

        The deadline is counted from the clock's moment `start`, if none is given from now. `tries`
        were made before, and count, but for three that are made in any case. Once the clock is
        stopped nothing is waited for, and what may have come of that is `stopped`.
        """
        began, made = self._clock.now(), 0
        start = began if start is None else start
        patience: float | None = None
        in_a_row = before = max(min(tries, self._policy.retries - 2), 0)
        successes = self._successes
        while True:
            made += 1
            in_a_row += 1
            try:
                result = attempt()
            except ScoringError as failed:
                # Patience begins with the first failure: an attempt may itself have taken long.
                now = self._clock.now()
                patience = self.until(start) if patience is None else patience
                error = self._judged(failed, patience - now)
                if in_a_row > self._most(error.fault) and self._answers(error.fault, successes):
                    in_a_row, before, successes = 1, 0, self._successes
                may_retry = error.transient and in_a_row <= self._most(error.fault)
                if made == 1 and not may_retry:
                    raise error from failed.__cause__
                asked = None if error.waits_too_long else error.retry_after
                seconds = _backoff(error.fault, in_a_row - before) if asked is None else asked
                limited = asked is not None or self._policy.deadline is not None
                if may_retry and not error.stopped and not (limited and now + seconds > patience):
                    self._retried(f"try {made + 1} in {seconds:.1f} s, after: {error.message}")
                    if asked is None:
                        self._clock.sleep(seconds)
                    else:
                        self._waits.sleep(asked, error.problem)
                    if not self._clock.stopped:
                        continue
                    error = replace(error, stopped=True)
                raise replace(error, attempts=made, seconds=now - began) from failed.__cause__
            else:
                self.succeeded()
                return result

    def succeeded(self) -> None:
        """Count something that the endpoint did well: then its failures are not of the set-up."""
        self._successes += 1

    def _judged(self, error: ScoringError, patience: float) -> ScoringError:
        """A copy that says whether it came of a stop, or asks to wait for more than so long."""
        if not error.transient:
            return error
        return replace(
            error,
            waits_too_long=(error.retry_after or 0.0) > max(PATIENCE, patience),
            stopped=error.stopped or self._clock.stopped,
        )

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


def _backoff(fault: Fault, tries: int) -> float:
    """Seconds before the next try, where the endpoint names none: between half of a limit and it.

    Not less: of many requests that fail together, the first that is given up decides for all.
    """
    first = _FIRST_BACKOFF_OF_RATE if fault is Fault.RATE else _FIRST_BACKOFF
    most = min(first * 2 ** min(tries - 1, _DOUBLINGS), _LONGEST_BACKOFF)
    return random.uniform(most / 2, most)  # noqa: S311 - jitter, no secret
