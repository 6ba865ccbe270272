"""One request and its reply: the request is posted, the reply becomes scores or an error."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote

from rerank_cli.dialects import DIALECTS, Decoded, RequestOptions
from rerank_cli.dialects.complaint import complaint_of, read_complaint
from rerank_cli.dialects.reply import excerpt, parse
from rerank_cli.engines.endpoint.refusal import refusal, refusal_within, signs_of
from rerank_cli.errors import EndpointError, Fault, ReplyError, ScoringError
from rerank_cli.planning import Request
from rerank_cli.settings import Settings, shown_url
from rerank_cli.transport import Reply, Transport
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.retry_after import retry_after_of

_SHORTEST_KEY = 8
"""Shorter ones are stand-ins for servers that need none; they may occur in any reply."""

_PENDING = "nvcf-reqid"
_BETWEEN_ASKS, _MOST_ASKS = 1.0, 120
"""Seconds between two requests for a reply that is not ready, and how many are sent."""

Connect = Callable[[], Callable[[], Transport]]
"""Prepares what all connections share, and returns what opens each."""


class Exchange:
    """Posts requests to one endpoint in its wire form; holds no state, so that threads share it.

    fields  request fields of this run; as an attribute, with those that the row always sends
    note    is called with a line about each reply
    url     the whole URL that requests are posted to
    count   the request field for how many results are wanted, None if there is none
    """

    def __init__(
        self,
        settings: Settings,
        fields: Mapping[str, object],
        clock: Clock,
        note: Callable[[str], None],
    ) -> None:
        row, key = settings.provider, settings.key
        self._settings = settings
        self._dialect = DIALECTS[row.dialect]
        self.fields = {**row.fields, **fields}
        self._options = RequestOptions(settings.model, self.fields, row.path)
        self.count = row.count
        self._headers = dict(row.headers)
        if key is not None:
            bearer = "Bearer " if row.key_header == "Authorization" else ""
            self._headers[row.key_header] = bearer + key.value
        self._clock = clock
        self._note = note
        self.url = self._dialect.url(settings.base_url, self._options)
        self._shown_url = shown_url(self.url)

    def body(self, request: Request, *, counted: bool = False) -> bytes:
        """The request as it is sent; if `counted` with the number of results that are wanted."""
        options = self._options
        if counted and self.count:
            options = options.also(self.count, len(request.texts))
        encoded = self._dialect.encode(request, options)
        return json.dumps(encoded, ensure_ascii=False, separators=(",", ":")).encode()

    def send(self, transport: Transport, body: bytes) -> Reply:
        """A reply with status 2xx, without the key should it echo it.

        Raises ScoringError for any other status, and if no reply comes.
        """
        reply = self._redacted(transport.send("POST", self.url, self._headers, body))
        if reply.status == 202 and reply.headers.get(_PENDING):
            reply = self._awaited(transport, reply.headers[_PENDING])
        sent = f"{len(body)} bytes sent to {self._shown_url}"
        self._note(f"{sent}: HTTP {reply.status}, {len(reply.body)} bytes")
        if not 200 <= reply.status < 300:
            complaint = read_complaint(reply.body, reply.headers)
            retry_after = retry_after_of(reply, self._clock.date())
            raise refusal(reply, complaint, self._settings, retry_after)
        return reply

    def get(self, transport: Transport, url: str) -> Reply:
        """What the endpoint has at another URL, whatever its status, without the key."""
        return self._redacted(transport.send("GET", url, self._headers))

    def scores(self, reply: Reply, count: int) -> Decoded:
        """The scores of a reply with status 2xx to so many texts. Raises ScoringError."""
        try:
            value = parse(reply.body)
        except ReplyError as error:
            raise replace(error, signs=signs_of(excerpt(reply.body))) from error.__cause__
        try:
            return self._dialect.decode(value, reply.headers, count)
        except ReplyError as error:
            retry_after = retry_after_of(reply, self._clock.date())
            within = refusal_within(value, reply, self._settings, retry_after)
            signs = error.signs | signs_of(complaint_of(value).text)
            raise within or replace(error, signs=signs) from None

    def named(self, error: ScoringError) -> ScoringError:
        """A copy of the error that names the endpoint."""
        return replace(error, provider=self._settings.provider.name, url=self._shown_url)

    def _awaited(self, transport: Transport, request_id: str) -> Reply:
        """The answer to a request that the endpoint has taken, once it is ready."""
        row = self._settings.provider
        if row.status_url is None or not row.owns(self.url):
            raise ReplyError("the reply is empty: the endpoint has not finished", status=202)
        url = row.status_url.replace("{id}", quote(request_id, safe=""))
        for _ in range(_MOST_ASKS):
            self._clock.sleep(_BETWEEN_ASKS)
            reply = self.get(transport, url)
            if reply.status != 202 or self._clock.stopped:
                return reply
        problem = f"no answer is ready after {_MOST_ASKS} questions"
        raise EndpointError(problem, fault=Fault.SLOW, status=202)

    def _redacted(self, reply: Reply) -> Reply:
        """The reply without the key; before anything is read of it, or cut."""
        key = self._settings.key
        if key is None or len(key.value) < _SHORTEST_KEY:
            return reply
        body, headers = reply.body, dict(reply.headers)
        for spelt in {key.value, quote(key.value, safe="")}:
            body = body.replace(spelt.encode(), b"[key]")
            headers = {name: value.replace(spelt, "[key]") for name, value in headers.items()}
        return Reply(reply.status, headers, body)
