"""The replies in `tests/replies` that were recorded here, asked for again: see `servers`."""

import itertools
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.external.commands import PROXY_KEY, QUERY, WRONG_KEY
from tests.external.servers import Reply, Server

pytestmark = pytest.mark.external

_REPLIES = Path(__file__).parents[1] / "replies" / "cohere"
_RECORD = os.environ.get("RERANK_EXTERNAL_RECORD")
_HEADERS = {"content-type", "allow", "www-authenticate", "x-litellm-version"}
_ID = re.compile(r"infinity-[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request whose reply is recorded: the server's fixture, path, body, key."""

    server: str
    path: str
    body: str | None
    key: str | None = None


def _body(**fields: object) -> str:
    documents = ["Bananas are yellow.", "Paris is the capital of France."]
    return json.dumps({"query": QUERY, "documents": documents} | fields)


EXCHANGES = {
    "infinity-live-200": Exchange("open_server", "/rerank", _body(return_documents=False)),
    "infinity-live-200-documents": Exchange("open_server", "/rerank", _body(return_documents=True)),
    "infinity-live-401": Exchange("guarded_server", "/rerank", _body()),
    "infinity-live-404": Exchange("open_server", "/v1/rerank", _body()),
    "infinity-live-405": Exchange("open_server", "/rerank", None),
    "infinity-live-422-json": Exchange("open_server", "/rerank", '{"query":'),
    "infinity-live-422-too-short": Exchange("open_server", "/rerank", _body(documents=[])),
    "litellm-live-200": Exchange("proxy", "/rerank", _body(model="reranker"), PROXY_KEY),
    "litellm-live-200-documents": Exchange(
        "proxy", "/v1/rerank", _body(model="reranker", return_documents=True), PROXY_KEY
    ),
    "litellm-live-400-key": Exchange("proxy", "/rerank", _body(model="reranker"), WRONG_KEY),
    "litellm-live-400-model": Exchange("proxy", "/rerank", _body(model="nope"), PROXY_KEY),
    "litellm-live-401-behind": Exchange("proxy", "/rerank", _body(model="locked-out"), PROXY_KEY),
    "litellm-live-404": Exchange("proxy", "/v1/rerank/rerank", _body(), PROXY_KEY),
    "litellm-live-422-behind": Exchange(
        "proxy", "/rerank", _body(model="reranker", documents=[]), PROXY_KEY
    ),
    "litellm-live-429-cooling": Exchange(
        "cooling_proxy", "/rerank", _body(model="cooling"), PROXY_KEY
    ),
    "litellm-live-500-gone": Exchange("proxy", "/rerank", _body(model="gone"), PROXY_KEY),
    "litellm-live-500-no-key": Exchange("proxy", "/rerank", _body(model="reranker")),
    "litellm-live-500-no-model": Exchange("proxy", "/rerank", _body(), PROXY_KEY),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_recorded_reply_is_what_is_sent(name: str, request: pytest.FixtureRequest) -> None:
    """The recorded replies, which all other tests rely on, would be of servers that are no more.

    With RERANK_EXTERNAL_RECORD the reply is written down instead; what a new one makes of the
    command (`expected`) is left to be filled in.
    """
    exchange = EXCHANGES[name]
    server: Server = request.getfixturevalue(exchange.server)
    reply = server.ask(exchange.path, exchange.body, exchange.key)
    file = _REPLIES / f"{name}.json"
    if _RECORD:
        _record(reply, file)
    recorded = json.loads(file.read_text(encoding="utf-8"))
    assert reply.status == recorded["status"]
    assert _kept_headers(reply) == recorded["headers"]
    assert _kind(reply.json) == _kind(recorded["body"])


def test_all_recorded_replies_are_asked_for_again() -> None:
    """A recorded reply would grow old unseen."""
    files = itertools.chain.from_iterable(
        _REPLIES.glob(f"{server}-live-*.json") for server in ("infinity", "litellm")
    )
    assert {file.stem for file in files} == set(EXCHANGES)


def _record(reply: Reply, file: Path) -> None:
    old = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    expected = old.get("expected", {})
    if reply.status == 200:
        expected["scores"] = reply.scores
    recorded = {
        "provider": file.stem.partition("-")[0],
        "status": reply.status,
        "headers": _kept_headers(reply),
        "body": reply.json,
        "count": 2,
        "expected": expected,
    }
    text = json.dumps(recorded, indent=2, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")


def _kept_headers(reply: Reply) -> dict[str, str]:
    return {name: value for name, value in reply.headers.items() if name in _HEADERS}


def _kind(value: object) -> object:
    """A body without what differs from run to run, or from one processor to the next."""
    if isinstance(value, dict):
        return {name: _kind(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_kind(each) for each in value]
    if isinstance(value, str):
        return _ID.sub("infinity-…", value)
    return type(value).__name__
