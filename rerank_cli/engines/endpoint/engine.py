"""The engine that scores over HTTP, under the limits and the retries that its user set."""

import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field

from rerank_cli.dialects import Decoded
from rerank_cli.engines import Events, Keep
from rerank_cli.engines.endpoint.dispatch import Dispatch
from rerank_cli.engines.endpoint.exchange import Connect, Exchange
from rerank_cli.errors import ScoringError
from rerank_cli.model import Scores
from rerank_cli.planning import Limits, Plan, Request
from rerank_cli.settings import Settings
from rerank_cli.transport import Policy, Reply, Transport, connector
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.cpu_affinity import one_core
from rerank_cli.transport.pace import Pace
from rerank_cli.transport.rate_limit import RateLimit
from rerank_cli.transport.retry import Retry

_LONGEST_END = 0.5
"""Seconds that workers get to end after an error or Ctrl-C."""


class EndpointEngine:
    """Scores plans at one endpoint; see `engines.Engine`. Connects when it first sends.

    All plans, also those that are scored at the same time, share connections, limits, and what is
    learnt of the endpoint.

    fields    request fields of this run, beside those that the provider's row always sends
    policy    requests at once, retries, rate limits, and seconds for one attempt
    events    receives what happens while it scores
    exchange  builds, sends and decodes one request; has its URL and fields
    limits    what one request may carry
    """

    def __init__(
        self,
        settings: Settings,
        fields: Mapping[str, object],
        policy: Policy,
        events: Events,
        *,
        clock: Clock | None = None,
        connect: Connect | None = None,
    ) -> None:
        row = settings.provider
        self._policy = policy
        self._events = events
        self._clock = clock or Clock()
        self._connect = connect or (lambda: connector(settings.base_url, policy.timeout))
        self._lock = threading.Lock()
        self._shared: _Shared | None = None
        self._workers = threading.Semaphore(policy.concurrency)
        self._running: list[Dispatch] = []
        self.exchange = Exchange(settings, fields, self._clock, events.note)
        self.limits = Limits(row.max_passages, row.max_bytes, row.max_tokens)

    def body(self, request: Request) -> bytes:
        return self.exchange.body(request)

    def score(self, plan: Plan, keep: Keep | None = None) -> Scores:
        with self._lock:
            shared = self._shared = self._shared or self._prepared()
        self._events.planned(len(plan.requests), plan.distinct)
        dispatch = Dispatch(plan, self._events.scored, shared.pace, keep)
        workers = self._hire(len(plan.requests))
        if workers > 1:
            # A single worker is this very thread, and has ended when it returns.
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

    def _prepared(self) -> "_Shared":
        policy, clock, events = self._policy, self._clock, self._events
        return _Shared(
            Retry(policy, clock, events.retried),
            Pace(policy.concurrency, clock, lambda most, slower: events.paced(most, slower=slower)),
            RateLimit(policy, clock, events.note) if policy.rpm or policy.tpm else None,
            self._connect(),
        )

    def _hire(self, requests: int) -> int:
        """Wait for one worker, and take as many more as are free and needed. Returns how many."""
        self._workers.acquire()
        hired = 1
        while hired < requests and self._workers.acquire(blocking=False):
            hired += 1
        return hired

    def _ask(self, request: Request, shared: "_Shared") -> Decoded:
        body = self.exchange.body(request)
        transport = shared.take()

        def attempt() -> Decoded:
            try:
                reply = self._send(transport, body, request, shared)
                return self.exchange.scores(reply, len(request.texts))
            except ScoringError as error:
                raise self.exchange.named(error) from error.__cause__

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
            if shared.rate_limit:
                # Last of all: a request that waited after this would be sent in a later minute.
                shared.rate_limit.acquire(request.tokens)
                entered = self._clock.now()
            reply = self.exchange.send(transport, body)
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
    """What all requests share: the rules that they obey, and connections."""

    retry: Retry
    pace: Pace
    rate_limit: RateLimit | None
    connect: Callable[[], Transport]
    transports: list[Transport] = field(default_factory=list)
    idle: list[Transport] = field(default_factory=list)

    def take(self) -> Transport:
        """An idle connection, or a new one; to be put back into `idle`."""
        try:
            # The last one used: its server is the least likely to have closed it meanwhile.
            return self.idle.pop()
        except IndexError:
            transport = self.connect()
            self.transports.append(transport)
            return transport
