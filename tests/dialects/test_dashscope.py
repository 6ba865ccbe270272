"""The native shape of Alibaba's DashScope: everything in a box of its own."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from rerank_cli.errors import ReplyError
from tests.dialects.examples import request

DASHSCOPE = DIALECTS["dashscope"]
URL = "https://dashscope.aliyuncs.com/api/v1/services/rerank/text-rerank/text-rerank"


@pytest.mark.parametrize(
    "base_url", ["https://dashscope.aliyuncs.com/api/v1", f"{URL}/", URL], ids=["base", "/", "url"]
)
def test_url(base_url: str) -> None:
    """The URL of the vendor's own examples, base or whole, would not reach the endpoint."""
    assert DASHSCOPE.url(base_url, RequestOptions("gte-rerank-v2")) == URL


def test_body() -> None:
    """Options outside of `parameters` would have no effect, without a word."""
    options = RequestOptions("gte-rerank-v2", {"return_documents": False, "instruct": "按日期"})
    assert DASHSCOPE.encode(request("什么是文本排序模型", "二", "一"), options) == {
        "model": "gte-rerank-v2",
        "input": {"query": "什么是文本排序模型", "documents": ["二", "一"]},
        "parameters": {"return_documents": False, "instruct": "按日期"},
    }


def test_tokens() -> None:
    """The bill would be counted wrong."""
    reply = {
        "output": {"results": [{"index": 0, "relevance_score": 0.5}]},
        "usage": {"total_tokens": 79},
    }
    assert DASHSCOPE.decode(reply, {}, 1).input_tokens == 79


@pytest.mark.parametrize("output", [None, [], {}, "x", {"results": {}}, {"results": None}])
def test_output_without_results(output: object) -> None:
    """A broken reply would end in a traceback."""
    with pytest.raises(ReplyError, match=r"no output\.results"):
        DASHSCOPE.decode({"output": output}, {}, 1)
