"""The whole command, with the request that would leave recorded in the network's place."""

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import respx

from rerank_cli.providers import PROVIDERS
from tests.dialects.examples import REPLIES
from tests.running import Ended, rerank

PASSAGES = b"one\ntwo\n"

USUAL_HEADERS = {
    *("host", "accept", "accept-encoding", "user-agent", "content-type", "content-length"),
}
"""What every request has; what else it has is of one provider."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it left."""

    method: str
    url: str
    headers: Mapping[str, str]
    json: Any

    @property
    def own_headers(self) -> dict[str, str]:
        """Those that not every request has."""
        return {name: each for name, each in self.headers.items() if name not in USUAL_HEADERS}


def of(request: httpx.Request) -> Sent:
    """A recorded request, as tests look at it."""
    body = json.loads(request.content) if request.content else None
    return Sent(request.method, str(request.url), dict(request.headers), body)


def reply_of(dialect: str | None, *scores: float) -> object:
    """A reply in a wire format."""
    if dialect == "score-vector":
        return {"scores": list(scores)}
    return REPLIES[dialect or ""](list(enumerate(scores)))


@contextmanager
def network() -> Iterator[respx.MockRouter]:
    """No network: what is not routed is an error."""
    with (
        respx.mock(using="httpcore", assert_all_called=False) as router,
        pytest.MonkeyPatch.context() as patch,
    ):
        # Nothing is connected, and loading the certificates takes longer than all the rest.
        patch.setattr(httpx, "create_ssl_context", lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        yield router


def ranked(provider: str, *arguments: str, **env: str) -> tuple[Sent, Ended]:
    """The one request that a run with this provider sends, wherever it goes, and the run's end."""
    scores = reply_of(PROVIDERS[provider].dialect, 0.25, 0.75)
    with network() as router:
        router.route().respond(json=scores)
        done = rerank("q", "-p", provider, "--json", *arguments, stdin=PASSAGES, env=env)
        requests = [call.request for call in router.calls]
    assert done.code == 0, done.err
    (request,) = requests
    return of(request), done
