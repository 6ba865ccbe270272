"""Trying again: what may succeed later is asked again, with growing, jittered waits."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from rerank_cli.errors import Fault, ScoringError
from rerank_cli.transport import Policy
from rerank_cli.transport.clock import Clock

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

LONGEST_WAIT = 60.0
"""Seconds; an endpoint that asks for more is not waited for."""

# Seconds before the first retry, at most; each further one at most twice as long. A rate limit
# is counted by the minute, most other trouble passes at once.
_FIRST_WAIT = 0.1
_FIRST_WAIT_OF_RATE = 1.0

# A timeout has already cost its whole wait; what makes no sense rarely comes to make some; and
# where nothing has been reached yet, the address is probably wrong.
_FEWER_AT_FIRST = {Fault.UNREACHED: 2}
_FEWER = {Fault.SLOW: 2, Fault.UNREADABLE: 2, Fault.NONSENSE: 1}


class Retry:
    """Calls until it succeeds, the error is final, or patience ends. Shared by all workers."""

    def __init__(self, policy: Policy, clock: Clock, retried: Callable[[str], None]) -> None:
        self._policy = policy
        self._clock = clock
        self._retried = retried
        self._started = clock.now()
        self._succeeded = False

    def __call__(self, attempt: Callable[[], T]) -> T:
        """The attempt's result; else its last error, which tells how often and how long."""
        began = self._clock.now()
        try:
            result = attempt()
        except ScoringError as error:
            if not self._may_retry(error, 1):
                if error.transient and error.wait and error.wait > LONGEST_WAIT:
                    error.message += f"; it asks to wait {error.wait:.0f} s, which is too long"
                raise
            return self._again(attempt, error, began)
        self._succeeded = True
        return result

    def _again(self, attempt: Callable[[], T], first: ScoringError, began: float) -> T:
        # Only here: most runs never fail, and tenacity takes long to import.
        from tenacity import Retrying, retry_if_exception_type, wait_random_exponential

        pending: list[ScoringError] = [first]

        def attempt_or_first() -> T:
            if pending:
                raise pending.pop()
            return attempt()

        def stop(state: "RetryCallState") -> bool:
            error = _error_of(state)
            if not self._may_retry(error, state.attempt_number):
                return True
            return self._too_late(state.upcoming_sleep)

        def wait(state: "RetryCallState") -> float:
            error = _error_of(state)
            if error.wait is not None:
                return error.wait
            start = _FIRST_WAIT_OF_RATE if error.fault is Fault.RATE else _FIRST_WAIT
            return wait_random_exponential(start, LONGEST_WAIT / 2)(state)

        def tell(state: "RetryCallState") -> None:
            seconds = state.next_action.sleep if state.next_action else 0.0
            self._retried(
                f"try {state.attempt_number + 1} in {seconds:.1f} s, after: "
                f"{_error_of(state).message}"
            )

        retrying = Retrying(
            stop=stop,
            wait=wait,
            retry=retry_if_exception_type(ScoringError),
            sleep=self._clock.sleep,
            before_sleep=tell,
            reraise=True,
        )
        try:
            result = retrying(attempt_or_first)
        except ScoringError as error:
            tries = retrying.statistics["attempt_number"]
            seconds = self._clock.now() - began
            word = "try" if tries == 1 else "tries"
            error.message += f"; gave up after {tries} {word} in {seconds:.1f} s"
            if error.wait and tries == 1:
                error.message += f", since it asks to wait {error.wait:.0f} s (--deadline)"
            raise
        self._succeeded = True
        return result

    def _may_retry(self, error: ScoringError, tries: int) -> bool:
        """Whether an error may be tried again after so many tries."""
        most = self._policy.retries
        if not self._succeeded:
            # More likely something is set up wrongly than there is bad luck each time.
            most = min(most, self._policy.at_first)
        if not self._policy.exact:
            fewer = _FEWER if self._succeeded else {**_FEWER, **_FEWER_AT_FIRST}
            most = min(most, fewer.get(error.fault, most))
        return error.transient and tries <= most and (error.wait or 0) <= LONGEST_WAIT

    def _too_late(self, wait: float) -> bool:
        """Whether all has ended, or the deadline will have passed, before another try."""
        if self._clock.stopped or self._policy.deadline is None:
            return self._clock.stopped
        return self._clock.now() + wait > self._started + self._policy.deadline


def _error_of(state: "RetryCallState") -> ScoringError:
    """What the last try ended with; nothing but a ScoringError is tried again."""
    return cast("ScoringError", state.outcome.exception() if state.outcome else None)
