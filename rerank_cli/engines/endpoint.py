"""An HTTP endpoint as an engine: exchanges with it, under the rules that its user set."""

from dataclasses import dataclass

from rerank_cli.dialects import Decoded
from rerank_cli.engines import Events, Keep
from rerank_cli.engines.dispatch import Ask, Dispatch
from rerank_cli.engines.exchange import Connect, Exchange
from rerank_cli.errors import ScoringError
from rerank_cli.model import Scores
from rerank_cli.planning import Limits, Plan, Request
from rerank_cli.transport import Policy, Reply, Transport
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.limits import Limiter, limiter_for
from rerank_cli.transport.pace import Pace
from rerank_cli.transport.retry import Retry

_LONGEST_END = 0.5
"""Seconds that workers get to end after an error or Ctrl-C."""


class EndpointEngine:
    """See `engines.Engine`. Connects when it first sends; `events` are told of what happens."""

    def __init__(
        self,
        exchange: Exchange,
        limits: Limits,
        policy: Policy,
        connect: Connect,
        events: Events,
        clock: Clock,
    ) -> None:
        self._exchange = exchange
        self._policy = policy
        self._connect = connect
        self._events = events
        self._clock = clock
        self._open: list[Transport] = []
        self.limits = limits

    def body(self, request: Request) -> bytes:
        return self._exchange.body(request)

    def score(self, plan: Plan, keep: Keep | None = None) -> Scores:
        policy, clock, events = self._policy, self._clock, self._events
        rules = _Rules(
            Retry(policy, clock, events.retried),
            Pace(policy.concurrency, clock, events.paced),
            limiter_for(policy, plan, clock, events.note),
        )
        make_transport = self._connect()

        def worker() -> Ask:
            transport = make_transport()
            self._open.append(transport)
            return lambda request: self._ask(request, transport, rules)

        events.planned(len(plan.requests), plan.distinct)
        workers = [worker] * min(policy.concurrency, len(plan.requests))
        dispatch = Dispatch(plan, events.scored, rules.pace, keep)
        try:
            scores, usage = dispatch.run(workers)
        except BaseException:
            self.close()
            dispatch.join(_LONGEST_END)
            raise
        return Scores(plan.spread(scores), usage)

    def close(self) -> None:
        self._clock.stop()
        for transport in self._open:
            transport.close()

    def _ask(self, request: Request, transport: Transport, rules: "_Rules") -> Decoded:
        body = self._exchange.body(request)

        def attempt() -> Decoded:
            try:
                reply = self._send(transport, body, request, rules)
                return self._exchange.scores(reply, len(request.texts))
            except ScoringError as error:
                raise self._exchange.placed(error) from error.__cause__

        return rules.retry(attempt)

    def _send(self, transport: Transport, body: bytes, request: Request, rules: "_Rules") -> Reply:
        """A reply with status 2xx, or the error for any other."""
        pace, passages = rules.pace, len(request.texts)
        entered = pace.enter(passages)
        try:
            if rules.limiter:
                # Last of all: what waits again after this would be sent in a later minute.
                rules.limiter.acquire(request.tokens)
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


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the workers of one run obey together."""

    retry: Retry
    pace: Pace
    limiter: Limiter | None
