"""Pinecone's shape: the passages are objects, the scores `data`."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from tests.dialects.examples import request

PINECONE = DIALECTS["pinecone"]


@pytest.mark.parametrize("base_url", ["https://api.pinecone.io", "https://api.pinecone.io/rerank"])
def test_url(base_url: str) -> None:
    """Pinecone has no /v1."""
    assert PINECONE.url(base_url, RequestOptions("m")) == "https://api.pinecone.io/rerank"


def test_body() -> None:
    """Pinecone refuses documents that are bare strings."""
    assert PINECONE.encode(
        request("q", "b", "a"), RequestOptions("m", {"return_documents": False})
    ) == {
        "model": "m",
        "query": "q",
        "documents": [{"text": "b"}, {"text": "a"}],
        "return_documents": False,
    }


def test_units_are_no_tokens() -> None:
    """One rerank unit would be shown as one token."""
    reply = {"data": [{"index": 0, "score": 0.5}], "usage": {"rerank_units": 1}}
    assert PINECONE.decode(reply, {}, 1).input_tokens is None
