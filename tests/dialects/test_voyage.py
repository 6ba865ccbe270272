"""Voyage's shape, which Fireworks answers in too: asked as Cohere is, answered under `data`."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from tests.dialects.examples import request

VOYAGE = DIALECTS["voyage"]


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://api.voyageai.com/v1", "https://api.voyageai.com/v1/rerank"),
        ("https://ai.mongodb.com/v1/rerank", "https://ai.mongodb.com/v1/rerank"),
        (
            "https://api.fireworks.ai/inference/v1/",
            "https://api.fireworks.ai/inference/v1/rerank",
        ),
    ],
)
def test_url(base_url: str, url: str) -> None:
    """A base URL as its owner's documentation writes it would not reach the endpoint."""
    assert VOYAGE.url(base_url, RequestOptions("rerank-2.5")) == url


def test_body() -> None:
    """An endpoint that refuses unknown fields would refuse every request."""
    options = RequestOptions("rerank-2.5", {"truncation": True})
    assert VOYAGE.encode(request("q", "b", "a"), options) == {
        "model": "rerank-2.5",
        "query": "q",
        "documents": ["b", "a"],
        "truncation": True,
    }


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"total_tokens": 26}, 26),
        ({"prompt_tokens": 123, "total_tokens": 124}, 123),
        ({}, None),
        (None, None),
        ("26", None),
    ],
)
def test_tokens(usage: object, tokens: int | None) -> None:
    """The bill would be counted wrong."""
    reply = {"data": [{"index": 0, "relevance_score": 0.5}], "usage": usage}
    assert VOYAGE.decode(reply, {}, 1).input_tokens == tokens
