"""The engine that scores over HTTP, with concurrency, retries and rate limits."""

import threading
import time
from collections.abc import Mapping
from contextlib import nullcontext
from functools import cache, partial

from rerank_cli.dialects import Decoded
from rerank_cli.engines import Events, Keep
from rerank_cli.engines.endpoint.dispatch import Dispatch
from rerank_cli.engines.endpoint.exchange import Connect, Exchange
from rerank_cli.engines.endpoint.tries import PROBE, Tries
from rerank_cli.errors import ScoringError
from rerank_cli.model import Scores
from rerank_cli.planning import Limits, Plan, Request
from rerank_cli.settings import Settings
from rerank_cli.transport import Policy, Reply, Transport
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.connector import connector
from rerank_cli.transport.cpu_affinity import one_core
from rerank_cli.transport.pace import Pace
from rerank_cli.transport.rate_limit import RateLimit
from rerank_cli.transport.retry import Retry
from rerank_cli.transport.waits import Waits

_SECONDS_TO_END = 0.5
"""Seconds that workers get to end after an error or Ctrl-C."""


class EndpointEngine:
    """Scores plans at one endpoint; see `engines.Engine`. Connects when it first sends.

    All plans, also those that are scored at the same time, share connections, limits, and what is
    learnt of the endpoint.

    fields    request fields of this run, beside those that the provider's row always sends
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
        self._events = events
        self._clock = clock = clock or Clock()
        self._began = policy.began
        waits = Waits(clock, events.waiting)
        self._retry = Retry(policy, clock, events.retried, waits)
        self._pace = Pace(
            policy.concurrency, clock, lambda most, slower: events.paced(most, slower=slower), waits
        )
        limited = policy.rpm or policy.tpm
        self._rate_limit = RateLimit(policy, clock, events.note) if limited else None
        self._counted = False
        """Whether every request says how many results are wanted."""
        self._lock = threading.Lock()
        self._connector = cache(connect or partial(connector, settings.base_url, policy.timeout))
        self._transports: list[Transport] = []
        self._idle: list[Transport] = []
        self._workers = threading.Semaphore(policy.concurrency)
        self._running: list[Dispatch] = []
        self._closed = False
        self.exchange = Exchange(settings, fields, clock, events.note)
        self.limits = Limits(row.max_passages, row.max_bytes, row.max_tokens)

    def body(self, request: Request) -> bytes:
        return self.exchange.body(request)

    def score(self, plan: Plan, keep: Keep | None = None) -> Scores:
        start = self._clock.now() if self._began is None else self._began
        dispatch = Dispatch(plan, self._events.scored, self._pace, keep)
        with self._lock:
            self._connector()
            self._running.append(dispatch)
        self._events.planned(len(plan.requests), plan.distinct)
        workers = self._hire(len(plan.requests))
        try:
            with one_core() if workers > 1 else nullcontext():
                scores, usage = dispatch.run(lambda request: self._ask(request, start), workers)
        finally:
            self._workers.release(workers)
            with self._lock:
                self._running = [each for each in self._running if each.is_under_way]
        return Scores(plan.spread(scores), usage)

    def stop(self) -> None:
        self._clock.stop()
        self._pace.wake()

    def close(self) -> None:
        self.stop()
        with self._lock:
            self._closed = True
        for transport in self._transports:
            transport.close()
        end = time.monotonic() + _SECONDS_TO_END
        for thread in [thread for dispatch in self._running for thread in dispatch.threads]:
            thread.join(max(end - time.monotonic(), 0))

    def _hire(self, requests: int) -> int:
        """Wait for one worker, and take as many more as are free and needed. Returns how many."""
        self._workers.acquire()
        if self._clock.stopped:
            self._workers.release()
            self._clock.check()
        hired = 1
        while hired < requests and self._workers.acquire(blocking=False):
            hired += 1
        return hired

    def _ask(self, request: Request, start: float) -> Decoded:
        """The scores of a request."""
        transport = self._connection()
        tries = Tries(request, self._pace)

        def attempt() -> Decoded:
            until = self._retry.until(start)
            try:
                if tries.probes:
                    self._probe(transport, until)
                reply = self._send(transport, request, until, counted=tries.counted)
                decoded = self.exchange.scores(reply, len(request.texts))
            except ScoringError as error:
                raise tries.failed(self.exchange.named(error)) from error.__cause__
            if tries.counted and self.exchange.count and not self._counted:
                self._counted = True
                self._events.note(f"all results came with {self.exchange.count}: sent from now on")
            return decoded

        try:
            return self._retry(attempt, start, request.tries)
        except ScoringError as error:
            raise tries.final(error) from error.__cause__
        finally:
            self._idle.append(transport)

    def _connection(self) -> Transport:
        """One that is free, or a new one."""
        with self._lock:
            if self._closed:
                self._clock.check()
            if self._idle:
                # The last one used: its server is the least likely to have closed it meanwhile.
                return self._idle.pop()
            transport = self._connector()()
            self._transports.append(transport)
            return transport

    def _probe(self, transport: Transport, until: float) -> None:
        """Send a tiny request, to see whether all fail. Raises ScoringError if it fails too."""
        self._events.note("a tiny request shows whether all requests fail")
        try:
            self._send(transport, PROBE, until, counted=False)
        except ScoringError as error:
            # That it is refused says nothing of others.
            if error.transient:
                raise
        else:
            self._retry.succeeded()

    def _send(
        self, transport: Transport, request: Request, until: float, *, counted: bool
    ) -> Reply:
        """A reply with status 2xx, or the error for any other; see `Pace.enter` for `until`."""
        passages = len(request.texts)
        entered = self._pace.enter(passages, until)
        try:
            body = self.exchange.body(request, counted=counted or self._counted)
            if self._rate_limit:
                # Last of all: a request that waited after this would be sent in a later minute.
                self._rate_limit.acquire(request.tokens)
                entered = self._clock.now()
            reply = self.exchange.send(transport, body, passages)
        except ScoringError as error:
            self._pace.failed(error, entered, request)
            raise
        else:
            self._pace.answered(passages, is_probe=request is PROBE)
            return reply
        finally:
            self._pace.leave(passages)
