"""SGLang's shape: asked as Cohere is, answered with a bare list, tokens pair by pair."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from tests.dialects.examples import request

SGLANG = DIALECTS["sglang"]


@pytest.mark.parametrize("path", ["", "/", "/rerank", "/rerank/"])
def test_url(path: str) -> None:
    """SGLang answers at /v1/rerank only."""
    url = SGLANG.url(f"http://localhost:30000/v1{path}", RequestOptions())
    assert url == "http://localhost:30000/v1/rerank"


def test_body() -> None:
    """An instruction would have no effect, or every document travel back."""
    options = RequestOptions(None, {"return_documents": False, "instruct": "by date"})
    assert SGLANG.encode(request("q", "b", "a"), options) == {
        "query": "q",
        "documents": ["b", "a"],
        "return_documents": False,
        "instruct": "by date",
    }


@pytest.mark.parametrize(
    ("infos", "tokens"),
    [
        ([{"prompt_tokens": 15}, {"prompt_tokens": 12}], 27),
        ([{"prompt_tokens": 15}, {}], None),
        ([{"prompt_tokens": 15}, None], None),
        ([{"prompt_tokens": True}, {"prompt_tokens": 1}], None),
        ([{"prompt_tokens": -1}, {"prompt_tokens": 1}], None),
        ([None, "x"], None),
    ],
)
def test_tokens_of_all_pairs_or_none(infos: list[object], tokens: int | None) -> None:
    """The bill would be counted too low."""
    reply = [{"index": i, "score": 0.5, "meta_info": info} for i, info in enumerate(infos)]
    assert SGLANG.decode(reply, {}, 2).input_tokens == tokens
