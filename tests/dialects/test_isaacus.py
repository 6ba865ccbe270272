"""Isaacus's shape: the passages are `texts`, the path is plural."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from tests.dialects.examples import request

ISAACUS = DIALECTS["isaacus"]


@pytest.mark.parametrize("path", ["", "/", "/rerankings", "/rerankings/"])
def test_url(path: str) -> None:
    """A base URL as its documentation writes it would not reach the endpoint."""
    url = ISAACUS.url(f"https://api.isaacus.com/v1{path}", RequestOptions("kanon-2-reranker"))
    assert url == "https://api.isaacus.com/v1/rerankings"


def test_body() -> None:
    """The passages would not be found."""
    options = RequestOptions("kanon-2-reranker", {"is_iql": False})
    assert ISAACUS.encode(request("q", "b", "a"), options) == {
        "model": "kanon-2-reranker",
        "query": "q",
        "texts": ["b", "a"],
        "is_iql": False,
    }


def test_tokens() -> None:
    """The bill would be unknown."""
    reply = {"results": [{"index": 0, "score": 0.5}], "usage": {"input_tokens": 170}}
    assert ISAACUS.decode(reply, {}, 1).input_tokens == 170
