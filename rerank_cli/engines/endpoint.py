"""An HTTP endpoint as an engine: a dialect to speak, transports to send by."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from rerank_cli.dialects import Decoded, Dialect, Options
from rerank_cli.dialects.complaint import read_complaint
from rerank_cli.dialects.reply import parse
from rerank_cli.engines import Events, Keep
from rerank_cli.engines.dispatch import Ask, Dispatch
from rerank_cli.engines.refusal import refusal
from rerank_cli.errors import ScoringError
from rerank_cli.model import Scores
from rerank_cli.planning import Limits, Plan, Request
from rerank_cli.settings import Settings, shown_url
from rerank_cli.transport import Policy, Reply, Transport
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.limits import Limiter, limiter_for
from rerank_cli.transport.pace import Pace
from rerank_cli.transport.retry import Retry
from rerank_cli.transport.waits import asked_wait

_SHOWN = 600
_LONGEST_END = 0.5
"""Seconds that workers get to end after an error or Ctrl-C."""

_SHORTEST_KEY = 8
"""Shorter ones are stand-ins for servers that need none; they may occur in any reply."""

Connect = Callable[[], Callable[[], Transport]]
"""Prepares what all workers share, and returns what makes each its transport."""


class EndpointEngine:
    """See `engines.Engine`. Connects when it first sends; `events` are told of what happens."""

    def __init__(
        self,
        settings: Settings,
        dialect: Dialect,
        options: Options,
        policy: Policy,
        connect: Connect,
        events: Events,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._dialect = dialect
        self._options = options
        self._policy = policy
        self._connect = connect
        self._events = events
        self._clock = clock or Clock()
        self._url = dialect.url(settings.base_url or "")
        self._open: list[Transport] = []
        provider = settings.provider
        self.limits = Limits(provider.max_passages, provider.max_bytes, provider.max_tokens)

    def body(self, request: Request) -> bytes:
        """The request as it is sent."""
        encoded = self._dialect.encode(request, self._options)
        return json.dumps(encoded, ensure_ascii=False, separators=(",", ":")).encode()

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
        body = self.body(request)

        def attempt() -> Decoded:
            try:
                reply = self._post(transport, body, request, rules)
                return self._dialect.decode(parse(reply.body), len(request.texts))
            except ScoringError as error:
                raise self._placed(error) from error.__cause__

        return rules.retry(attempt)

    def _post(self, transport: Transport, body: bytes, request: Request, rules: "_Rules") -> Reply:
        """A reply with status 2xx, or the error for any other."""
        pace, passages = rules.pace, len(request.texts)
        entered = pace.enter(passages)
        try:
            if rules.limiter:
                # Last of all: what waits again after this would be sent in a later minute.
                rules.limiter.acquire(request.tokens)
                entered = self._clock.now()
            reply = self._struck(transport.post(self._url, self._headers(), body))
            self._events.note(
                f"{passages} passages, {len(body)} bytes sent: "
                f"HTTP {reply.status}, {len(reply.body)} bytes"
            )
            if not 200 <= reply.status < 300:
                complaint = read_complaint(reply.body, reply.headers)
                wait = asked_wait(reply, self._clock.date())
                raise refusal(reply, complaint, self._settings, wait)
        except ScoringError as error:
            pace.failed(error, entered, passages)
            raise
        else:
            pace.answered()
            return reply
        finally:
            pace.leave()

    def _headers(self) -> Mapping[str, str]:
        key = self._settings.key
        return {"Authorization": f"Bearer {key.value}"} if key else {}

    def _struck(self, reply: Reply) -> Reply:
        """The reply without the key, should it echo it; before anything is read of it, or cut."""
        key = self._settings.key
        if key is None or len(key.value) < _SHORTEST_KEY:
            return reply
        body, headers = reply.body, dict(reply.headers)
        for spelt in {key.value, quote(key.value, safe="")}:
            body = body.replace(spelt.encode(), b"[key]")
            headers = {name: value.replace(spelt, "[key]") for name, value in headers.items()}
        return Reply(reply.status, headers, body)

    def _placed(self, error: ScoringError) -> ScoringError:
        """The error with the endpoint named, and cut."""
        message = f"{self._settings.provider.name} ({shown_url(self._url)}): {error.message}"
        error.message = message if len(message) <= _SHOWN else message[:_SHOWN] + "…"
        return error


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the workers of one run obey together."""

    retry: Retry
    pace: Pace
    limiter: Limiter | None
