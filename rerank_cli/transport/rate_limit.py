"""Requests and tokens a minute: not more in any minute, whoever counts it."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from rerank_cli.planning import Plan
from rerank_cli.transport import Policy
from rerank_cli.transport.clock import Clock

if TYPE_CHECKING:
    from pyrate_limiter import InMemoryBucket
    from pyrate_limiter.abstracts.algorithm import Decision

_WINDOW_MS = 60_500
"""A minute and a little, since requests do not all travel equally long."""

_UNITS = 10_000
"""Tokens are counted in so many parts of the limit: the limiter keeps an entry a unit."""


class Limiter:
    """Keeps callers waiting until both limits allow one more request."""

    def __init__(self, policy: Policy, clock: Clock, note: Callable[[str], None]) -> None:
        # Only here: most runs are too small to reach a limit.
        from pyrate_limiter import InMemoryBucket, Rate

        self._clock = clock
        self._note = note
        self._lock = threading.Lock()
        self._requests = InMemoryBucket([Rate(policy.rpm, _WINDOW_MS)]) if policy.rpm else None
        self._unit = max((policy.tpm or 0) // _UNITS, 1)
        self._most = (policy.tpm or 0) // self._unit
        self._tokens = InMemoryBucket([Rate(self._most, _WINDOW_MS)]) if policy.tpm else None

    def acquire(self, tokens: int) -> None:
        """Return once a request of so many estimated tokens may be sent."""
        told = False
        while (seconds := self._take(tokens)) > 0:
            if not told:
                self._note(f"waiting {seconds:.1f} s for the limits of --rpm and --tpm")
                told = True
            self._clock.sleep(seconds)

    def _take(self, tokens: int) -> float:
        """Count the request and return 0, or return the seconds after which to ask again."""
        from pyrate_limiter import RateItem

        # Rounded up, so that no rounding gives tokens away; a request beyond the whole limit waits
        # for a minute of its own.
        weight = min(-(-tokens // self._unit), self._most)
        with self._lock:
            now = int(self._clock.now() * 1000)
            taken: list[tuple[InMemoryBucket, int]] = []
            for bucket, item in (
                (self._requests, RateItem("requests", now, weight=1)),
                (self._tokens, RateItem("tokens", now, weight=weight)),
            ):
                if bucket is None:
                    continue
                bucket.leak(now)
                # An in-memory bucket decides at once; others may have to be awaited.
                decision = cast("Decision", bucket.put_decision(item))
                if not decision.allowed:
                    # What the other limit gave is given back: both or none.
                    for other, given in taken:
                        del other.items[-given:]
                    return (decision.retry_after_ms or 1) / 1000
                taken.append((bucket, item.weight))
            return 0.0


def limiter_for(
    policy: Policy, plan: Plan | None, clock: Clock, note: Callable[[str], None]
) -> Limiter | None:
    """The limiter for a run, or None if the run cannot reach a limit whatever happens.

    Without a plan nobody knows how much is going to be sent.
    """
    if plan is None:
        return Limiter(policy, clock, note) if policy.rpm or policy.tpm else None
    tries = policy.retries + 1
    may_reach_rpm = policy.rpm is not None and len(plan.requests) * tries > policy.rpm
    if not may_reach_rpm and (policy.tpm is None or plan.tokens * tries <= policy.tpm):
        return None
    return Limiter(policy, clock, note)
