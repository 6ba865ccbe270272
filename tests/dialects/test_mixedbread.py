"""Mixedbread's shape: the passages are `input`, the scores `data`."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from tests.dialects.examples import request

MIXEDBREAD = DIALECTS["mixedbread"]
URL = "https://api.mixedbread.com/v1/reranking"


@pytest.mark.parametrize("base_url", ["https://api.mixedbread.com/v1", f"{URL}/", URL])
def test_url(base_url: str) -> None:
    """The path that only Mixedbread has would be missed."""
    assert MIXEDBREAD.url(base_url, RequestOptions("m")) == URL


def test_body() -> None:
    """The passages would not be found."""
    assert MIXEDBREAD.encode(
        request("q", "b", "a"), RequestOptions("m", {"return_input": False})
    ) == {
        "model": "m",
        "query": "q",
        "input": ["b", "a"],
        "return_input": False,
    }


def test_tokens() -> None:
    """The bill would be counted wrong."""
    usage = {"prompt_tokens": 120, "total_tokens": 121, "completion_tokens": 1}
    reply = {"data": [{"index": 0, "score": 0.5}], "usage": usage}
    assert MIXEDBREAD.decode(reply, {}, 1).input_tokens == 120
