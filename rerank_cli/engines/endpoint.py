"""An HTTP endpoint as an engine: a dialect to speak, a transport to send by."""

import json
from collections.abc import Callable, Mapping

from rerank_cli.dialects import Decoded, Dialect, Options
from rerank_cli.dialects.complaint import read_complaint
from rerank_cli.dialects.reply import parse
from rerank_cli.engines.refusal import refusal
from rerank_cli.errors import ReplyError, RerankError
from rerank_cli.model import Scores, Usage
from rerank_cli.planning import Limits, Plan, Request
from rerank_cli.settings import Settings, shown_url
from rerank_cli.transport import Transport

_NAMED_AT_MOST = 5
_SHOWN = 600


class EndpointEngine:
    """See `engines.Engine`. Connects when it first sends; `note` is told of each request."""

    def __init__(
        self,
        settings: Settings,
        dialect: Dialect,
        options: Options,
        connect: Callable[[], Transport],
        note: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._dialect = dialect
        self._options = options
        self._connect = connect
        self._transport: Transport | None = None
        self._note = note
        self._url = dialect.url(settings.base_url or "")
        self.limits = Limits(passages=settings.provider.max_passages)

    def body(self, request: Request) -> bytes:
        """The request as it is sent."""
        encoded = self._dialect.encode(request, self._options)
        return json.dumps(encoded, ensure_ascii=False, separators=(",", ":")).encode()

    def score(self, plan: Plan) -> Scores:
        values: list[float] = []
        usage = Usage()
        for request in plan.requests:
            try:
                decoded = self._ask(request)
            except ReplyError as error:
                raise _located(error, plan, request) from error
            values.extend(decoded.scores)
            usage += Usage(1, decoded.input_tokens)
        return Scores(plan.spread(values), usage)

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def _ask(self, request: Request) -> Decoded:
        body = self.body(request)
        try:
            self._transport = self._transport or self._connect()
            reply = self._transport.post(self._url, self._headers(), body)
            self._note(
                f"{len(request.texts)} passages, {len(body)} bytes sent: "
                f"HTTP {reply.status}, {len(reply.body)} bytes"
            )
            if not 200 <= reply.status < 300:
                complaint = read_complaint(reply.body, reply.headers)
                raise refusal(reply, complaint, self._settings)
            return self._dialect.decode(parse(reply.body), len(request.texts))
        except RerankError as error:
            raise self._placed(error) from error.__cause__

    def _headers(self) -> Mapping[str, str]:
        key = self._settings.key
        return {"Authorization": f"Bearer {key.value}"} if key else {}

    def _placed(self, error: RerankError) -> RerankError:
        """The error with the endpoint named, the key struck out should a reply echo it, and cut."""
        message = f"{self._settings.provider.name} ({shown_url(self._url)}): {error.message}"
        if self._settings.key:
            message = message.replace(self._settings.key.value, "[key]")
        error.message = message if len(message) <= _SHOWN else message[:_SHOWN] + "…"
        return error


def _located(error: ReplyError, plan: Plan, request: Request) -> ReplyError:
    """The error with the places of the passages that got no score."""
    if error.missing:
        places = [plan.passage(request.first + index).place for index in error.missing]
        named = ", ".join(places[:_NAMED_AT_MOST] + ["…"] * (len(places) > _NAMED_AT_MOST))
        error.message += f"; without a score: {named}"
    return error
