"""The shape of Hugging Face's Text Embeddings Inference: no model, and a bare list."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from tests.dialects.examples import request

TEI = DIALECTS["tei"]


@pytest.mark.parametrize(
    "base_url", ["http://localhost:3000", "http://localhost:3000/", "http://localhost:3000/rerank"]
)
def test_url(base_url: str) -> None:
    """TEI answers at /rerank and has no /v1."""
    assert TEI.url(base_url, RequestOptions()) == "http://localhost:3000/rerank"


def test_body_names_no_model() -> None:
    """The passages would not be found, or a field sent that no TEI knows."""
    options = RequestOptions("BAAI/bge-reranker-v2-m3", {"truncate": True})
    assert TEI.encode(request("q", "b", "a"), options) == {
        "query": "q",
        "texts": ["b", "a"],
        "truncate": True,
    }


@pytest.mark.parametrize(
    ("told", "tokens"),
    [
        ("61", 61),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("many", None),
        ("²", None),
        ("٣", None),
        ("9" * 5000, None),
    ],
    ids=lambda value: str(value)[:9],
)
def test_tokens_stand_in_a_header(told: str, tokens: int | None) -> None:
    """The bill would be unknown, or a good ranking lost to an odd header."""
    reply = [{"index": 0, "score": 0.5}]
    assert TEI.decode(reply, {"x-compute-tokens": told}, 1).input_tokens == tokens
    assert TEI.decode(reply, {}, 1).input_tokens is None
