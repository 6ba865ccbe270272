"""Cloudflare's shape: contexts in, and an `id` for an index out, all in an envelope."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from rerank_cli.errors import ReplyError
from tests.dialects.examples import request

CLOUDFLARE = DIALECTS["cloudflare"]
BASE = "https://api.cloudflare.com/client/v4/accounts/0123"
URL = f"{BASE}/ai/run/@cf/baai/bge-reranker-base"


@pytest.mark.parametrize("base_url", [BASE, f"{BASE}/", URL], ids=["base", "/", "url"])
def test_url_holds_the_model(base_url: str) -> None:
    """The URL of the vendor's own examples would not reach the model, or its @ be escaped."""
    assert CLOUDFLARE.url(base_url, RequestOptions("@cf/baai/bge-reranker-base")) == URL


def test_body() -> None:
    """Cloudflare refuses passages that are bare strings."""
    assert CLOUDFLARE.encode(request("q", "b", "a"), RequestOptions("m", {"top_k": 2})) == {
        "query": "q",
        "contexts": [{"text": "b"}, {"text": "a"}],
        "top_k": 2,
    }


@pytest.mark.parametrize("result", [None, [], {}, "x", {"response": {}}, {"response": None}])
def test_envelope_without_a_response(result: object) -> None:
    """A broken reply would end in a traceback, or what is wrong be kept from the user."""
    reply = {"result": result, "success": False, "errors": [{"code": 5006, "message": "bad"}]}
    with pytest.raises(ReplyError, match=r"no result\.response: bad"):
        CLOUDFLARE.decode(reply, {}, 1)


def test_index_is_no_id() -> None:
    """A reply of another shape would be read as if its places were those of the passages."""
    reply = {"result": {"response": [{"index": 0, "score": 0.5}]}}
    with pytest.raises(ReplyError, match="index null"):
        CLOUDFLARE.decode(reply, {}, 1)
