"""One question and its answer: a request goes out, a reply becomes scores or an error."""

import json
from collections.abc import Callable, Mapping
from urllib.parse import quote

from rerank_cli.dialects import Decoded, Dialect, RequestOptions
from rerank_cli.dialects.complaint import read_complaint
from rerank_cli.dialects.reply import parse
from rerank_cli.engines.endpoint.refusal import refusal, refusal_within
from rerank_cli.errors import EndpointError, Fault, ReplyError, ScoringError
from rerank_cli.planning import Request
from rerank_cli.settings import Settings, shown_url
from rerank_cli.transport import Reply, Transport
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.retry_after import asked_wait

_SHOWN = 600

_SHORTEST_KEY = 8
"""Shorter ones are stand-ins for servers that need none; they may occur in any reply."""

_PENDING = "nvcf-reqid"
_BETWEEN_ASKS, _MOST_ASKS = 1.0, 120
"""Seconds between two questions whether an answer is ready, and how many are asked."""


class Exchange:
    """How one endpoint is asked, whoever asks and however often; `note` is told of each reply."""

    def __init__(
        self,
        settings: Settings,
        dialect: Dialect,
        options: RequestOptions,
        clock: Clock,
        note: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._dialect = dialect
        self._options = options
        self._clock = clock
        self._note = note
        self.url = dialect.url(settings.base_url, options)
        self._shown_url = shown_url(self.url)

    def body(self, request: Request) -> bytes:
        """The request as it is sent."""
        encoded = self._dialect.encode(request, self._options)
        return json.dumps(encoded, ensure_ascii=False, separators=(",", ":")).encode()

    def send(self, transport: Transport, body: bytes) -> Reply:
        """A reply with status 2xx, without the key should it echo it.

        Raises ScoringError for any other status, and if no reply comes.
        """
        reply = self._struck(transport.send("POST", self.url, self._headers(), body))
        if reply.status == 202 and reply.headers.get(_PENDING):
            reply = self._awaited(transport, reply.headers[_PENDING])
        self._note(
            f"{len(body)} bytes sent to {self._shown_url}: "
            f"HTTP {reply.status}, {len(reply.body)} bytes"
        )
        if not 200 <= reply.status < 300:
            complaint = read_complaint(reply.body, reply.headers)
            wait = asked_wait(reply, self._clock.date())
            raise refusal(reply, complaint, self._settings, wait)
        return reply

    def look(self, transport: Transport, url: str) -> Reply:
        """What the endpoint has at a URL beside the one for scores, whatever its status."""
        return self._struck(transport.send("GET", url, self._headers()))

    def scores(self, reply: Reply, count: int) -> Decoded:
        """The scores of a reply with status 2xx to so many texts. Raises ScoringError."""
        value = parse(reply.body)
        try:
            return self._dialect.decode(value, reply.headers, count)
        except ReplyError as error:
            wait = asked_wait(reply, self._clock.date())
            raise refusal_within(value, reply, self._settings, wait) or error from None

    def placed(self, error: ScoringError) -> ScoringError:
        """The error with the endpoint named, and cut."""
        message = f"{self._settings.provider.name} ({self._shown_url}): {error.message}"
        error.message = message if len(message) <= _SHOWN else message[:_SHOWN] + "…"
        return error

    def _awaited(self, transport: Transport, request_id: str) -> Reply:
        """The answer to a request that the endpoint has taken, once it is ready."""
        row = self._settings.provider
        where = row.status_url if row.owns(self.url) else None
        if where is None:
            raise ReplyError("the reply is empty: the endpoint has not finished (HTTP 202)")
        url = where.replace("{id}", quote(request_id, safe=""))
        for _ in range(_MOST_ASKS):
            self._clock.sleep(_BETWEEN_ASKS)
            reply = self._struck(transport.send("GET", url, self._headers()))
            if reply.status != 202 or self._clock.stopped:
                return reply
        raise EndpointError(
            f"no answer is ready after {_MOST_ASKS} questions (HTTP 202)", fault=Fault.SLOW
        )

    def _headers(self) -> Mapping[str, str]:
        row, key = self._settings.provider, self._settings.key
        if key is None:
            return row.headers
        value = f"Bearer {key.value}" if row.key_header == "Authorization" else key.value
        return {**row.headers, row.key_header: value}

    def _struck(self, reply: Reply) -> Reply:
        """The reply without the key; before anything is read of it, or cut."""
        key = self._settings.key
        if key is None or len(key.value) < _SHORTEST_KEY:
            return reply
        body, headers = reply.body, dict(reply.headers)
        for spelt in {key.value, quote(key.value, safe="")}:
            body = body.replace(spelt.encode(), b"[key]")
            headers = {name: value.replace(spelt, "[key]") for name, value in headers.items()}
        return Reply(reply.status, headers, body)


Connect = Callable[[], Callable[[], Transport]]
"""Prepares what all workers share, and returns what makes each its transport."""
