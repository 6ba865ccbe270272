"""Sends one request and decodes its reply: into scores, or a ScoringError."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

from rerank_cli.dialects import DIALECTS, Decoded, RequestOptions
from rerank_cli.dialects.complaint import complaint_of, read_complaint
from rerank_cli.dialects.reply import excerpt, parse
from rerank_cli.engines.endpoint.refusal import refusal, refusal_within, signs_of
from rerank_cli.errors import EndpointError, Fault, ReplyError, RerankError, ScoringError
from rerank_cli.planning import Request
from rerank_cli.redaction import Redactor
from rerank_cli.settings import Settings, shown_url
from rerank_cli.transport import Reply, Transport
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.proxy import proxy_for
from rerank_cli.transport.retry_after import retry_after_of

_PENDING = "nvcf-reqid"
_BETWEEN_ASKS, _MOST_ASKS = 1.0, 120
"""Seconds between two requests for a reply that is not ready, and how many are sent."""

_OF_ANY, _OF_PASSAGE, _ECHOES, _OF_LIST = 2**20, 2**11, 4, 2**23
"""Bytes that a reply may have: of any, of each passage, of each byte of the request, which some
servers echo with escapes; and those of a list of models."""

_PROXY_WANTS = "the proxy asks for a name and a password"
_PROXY_LOGIN = "Give them in the URL of the proxy: http://NAME:PASSWORD@host:port"

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
        self._redactor = Redactor(*[key.value] if key else [])
        if key is not None:
            scheme = f"{row.key_scheme} " if row.key_header == "Authorization" else ""
            self._headers[row.key_header] = scheme + key.value
        self._clock = clock
        self._note = note
        self.url = self._dialect.url(settings.base_url, self._options)
        self._shown_url = shown_url(self.url)
        proxy = proxy_for(self.url)
        self._proxy = str(proxy) if proxy else None

    def body(self, request: Request, *, counted: bool = False) -> bytes:
        """The request as it is sent; if `counted` with the number of results that are wanted."""
        options = self._options
        if self.count and (counted or self._settings.provider.always_counted):
            options = options.also(self.count, len(request.texts))
        encoded = self._dialect.encode(request, options)
        return json.dumps(encoded, ensure_ascii=False, separators=(",", ":")).encode()

    def send(self, transport: Transport, body: bytes, passages: int) -> Reply:
        """A reply with status 2xx to a request with so many passages.

        Raises ScoringError for any other status, and if no reply comes.
        """
        with self._redacted():
            return self._reply(transport, body, passages)

    def _reply(self, transport: Transport, body: bytes, passages: int) -> Reply:
        most = _OF_ANY + _OF_PASSAGE * passages + _ECHOES * len(body)
        reply = transport.send("POST", self.url, self._headers, body, most)
        if reply.status == 202 and reply.headers.get(_PENDING):
            reply = self._awaited(transport, reply.headers[_PENDING], most)
        sent = f"{len(body)} bytes sent to {self._shown_url}"
        self._note(f"{sent}: HTTP {reply.status}, {len(reply.body)} bytes")
        if reply.status == 407:
            raise EndpointError(_PROXY_WANTS, _PROXY_LOGIN, fault=Fault.UNREACHED, status=407)
        if not 200 <= reply.status < 300:
            complaint = read_complaint(reply.body, reply.headers)
            retry_after = retry_after_of(reply, self._clock.date())
            error = refusal(reply, complaint, self._settings, retry_after)
            raise replace(error, said=reply.unread) if reply.unread else error
        return reply

    def get(self, transport: Transport, url: str, most: int = _OF_LIST) -> Reply:
        """What the endpoint has at another URL, whatever its status."""
        with self._redacted():
            return transport.send("GET", url, self._headers, most=most)

    def scores(self, reply: Reply, count: int) -> Decoded:
        """The scores of a reply with status 2xx to so many texts. Raises ScoringError."""
        with self._redacted():
            return self._decoded(reply, count)

    def _decoded(self, reply: Reply, count: int) -> Decoded:
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
        """A copy of the error that names the endpoint, and the proxy before it."""
        name = self._settings.provider.name
        return replace(self.routed(error), provider=name, url=self._shown_url)

    def routed(self, error: ScoringError) -> ScoringError:
        """A copy of the error that names the proxy, if there is one.

        It has no traceback, whose frames would keep the reply in memory.
        """
        return replace(error, proxy=self._proxy)

    def _awaited(self, transport: Transport, request_id: str, most: int) -> Reply:
        """The answer to a request that the endpoint has taken, once it is ready."""
        row = self._settings.provider
        if row.status_url is None or not row.owns(self.url):
            raise ReplyError("the reply is empty: the endpoint has not finished", status=202)
        url = row.status_url.replace("{id}", quote(request_id, safe=""))
        for _ in range(_MOST_ASKS):
            self._clock.sleep(_BETWEEN_ASKS)
            reply = self.get(transport, url, most)
            if reply.status != 202 or self._clock.stopped:
                return reply
        problem = f"no answer is ready after {_MOST_ASKS} questions"
        raise EndpointError(problem, fault=Fault.SLOW, status=202)

    @contextmanager
    def _redacted(self) -> Iterator[None]:
        """No error leaves with the key, should the endpoint echo it."""
        try:
            yield
        except RerankError as error:
            clean = self._redactor.error(error)
            if clean is error:
                raise
            # What caused it may hold the key too.
            raise clean from None
