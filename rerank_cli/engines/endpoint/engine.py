"""An HTTP endpoint as an engine: exchanges with it, under the rules that its user set."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

from rerank_cli.dialects import Decoded
from rerank_cli.engines import Events, Keep
from rerank_cli.engines.endpoint.dispatch import Dispatch
from rerank_cli.engines.endpoint.exchange import Connect, Exchange
from rerank_cli.errors import ScoringError
from rerank_cli.model import Scores
from rerank_cli.planning import Limits, Plan, Request
from rerank_cli.transport import Policy, Reply, Transport
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.cpu_affinity import one_core
from rerank_cli.transport.pace import Pace
from rerank_cli.transport.rate_limit import Limiter, limiter_for
from rerank_cli.transport.retry import Retry

_LONGEST_END = 0.5
"""Seconds that workers get to end after an error or Ctrl-C."""


class EndpointEngine:
    """See `engines.Engine`. Connects when it first sends; `events` are told of what happens.

    `many` says that more plans than one are going to be scored, perhaps at the same time: they
    share connections, limits, and what is learnt of the endpoint.
    """

    def __init__(
        self,
        settings,
        fields,
        policy: Policy,
        events: Events,
        *,
        clock: Clock | None = None,
        connect: Connect | None = None,
        many: bool = True,
    ) -> None:
        from rerank_cli.transport import connector

        clock = clock or Clock()
        connect = connect or (lambda: connector(settings.base_url, policy.timeout))
        row = settings.provider
        limits = Limits(row.max_passages, row.max_bytes, row.max_tokens)
        exchange = self.exchange = Exchange(settings, fields, clock, events.note)
        self._exchange = exchange
        self._policy = policy
        self._connect = connect
        self._events = events
        self._clock = clock
        self._many = many
        self._lock = threading.Lock()
        self._shared: _Shared | None = None
        self._workers = threading.Semaphore(policy.concurrency)
        self._running: list[Dispatch] = []
        self.limits = limits

    def body(self, request: Request) -> bytes:
        return self._exchange.body(request)

    def score(self, plan: Plan, keep: Keep | None = None) -> Scores:
        with self._lock:
            shared = self._shared = self._shared or self._prepared(plan)
        self._events.planned(len(plan.requests), plan.distinct)
        dispatch = Dispatch(plan, self._events.scored, shared.pace, keep)
        workers = self._hire(len(plan.requests))
        if workers > 1:
            # One works in this very thread, and has ended when it comes back.
            with self._lock:
                self._running.append(dispatch)
        try:
            with one_core() if workers > 1 else nullcontext():
                scores, usage = dispatch.run(lambda request: self._ask(request, shared), workers)
        finally:
            self._workers.release(workers)
            if workers > 1:
                with self._lock:
                    self._running = [each for each in self._running if each.is_under_way]
        return Scores(plan.spread(scores), usage)

    def close(self) -> None:
        self._clock.stop()
        for transport in self._shared.transports if self._shared else ():
            transport.close()
        for dispatch in self._running:
            dispatch.join(_LONGEST_END)

    def _prepared(self, plan: Plan) -> "_Shared":
        policy, clock, events = self._policy, self._clock, self._events
        return _Shared(
            Retry(policy, clock, events.retried),
            Pace(policy.concurrency, clock, events.paced),
            limiter_for(policy, None if self._many else plan, clock, events.note),
            self._connect(),
        )

    def _hire(self, requests: int) -> int:
        """Wait for one worker, and take as many more as are free and have something to do."""
        self._workers.acquire()
        hired = 1
        while hired < requests and self._workers.acquire(blocking=False):
            hired += 1
        return hired

    def _ask(self, request: Request, shared: "_Shared") -> Decoded:
        body = self._exchange.body(request)
        transport = shared.take()

        def attempt() -> Decoded:
            try:
                reply = self._send(transport, body, request, shared)
                return self._exchange.scores(reply, len(request.texts))
            except ScoringError as error:
                raise self._exchange.placed(error) from error.__cause__

        try:
            return shared.retry(attempt)
        finally:
            shared.idle.append(transport)

    def _send(
        self, transport: Transport, body: bytes, request: Request, shared: "_Shared"
    ) -> Reply:
        """A reply with status 2xx, or the error for any other."""
        pace, passages = shared.pace, len(request.texts)
        entered = pace.enter(passages)
        try:
            if shared.limiter:
                # Last of all: what waits again after this would be sent in a later minute.
                shared.limiter.acquire(request.tokens)
                entered = self._clock.now()
            reply = self._exchange.send(transport, body)
        except ScoringError as error:
            pace.failed(error, entered, passages)
            raise
        else:
            pace.answered()
            return reply
        finally:
            pace.leave()


@dataclass(slots=True)
class _Shared:
    """What all requests have in common: the rules that they obey, and connections."""

    retry: Retry
    pace: Pace
    limiter: Limiter | None
    make_transport: Callable[[], Transport]
    transports: list[Transport] = field(default_factory=list)
    idle: list[Transport] = field(default_factory=list)

    def take(self) -> Transport:
        """A connection that nobody uses; to be put back among the idle ones."""
        try:
            # The last one used: its server is the least likely to have closed it meanwhile.
            return self.idle.pop()
        except IndexError:
            transport = self.make_transport()
            self.transports.append(transport)
            return transport
