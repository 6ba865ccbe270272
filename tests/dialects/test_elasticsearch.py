"""Elasticsearch's shape: the id of an inference endpoint in the URL, the passages as `input`."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from rerank_cli.errors import ReplyError
from tests.dialects.examples import request

ELASTICSEARCH = DIALECTS["elasticsearch"]
URL = "http://localhost:9200/_inference/rerank/.rerank-v1-elasticsearch"


@pytest.mark.parametrize("base_url", ["http://localhost:9200", "http://localhost:9200/", URL])
def test_url_holds_the_id(base_url: str) -> None:
    """Which of its inference endpoints is meant would not be said."""
    assert ELASTICSEARCH.url(base_url, RequestOptions(".rerank-v1-elasticsearch")) == URL


def test_body() -> None:
    """Elasticsearch refuses fields that it does not know, `model` among them."""
    options = RequestOptions("my-rerank", {"task_settings": {"return_documents": False}})
    assert ELASTICSEARCH.encode(request("q", "b", "a"), options) == {
        "query": "q",
        "input": ["b", "a"],
        "task_settings": {"return_documents": False},
    }


def test_reply_of_another_task() -> None:
    """An endpoint for embeddings would end in a traceback."""
    with pytest.raises(ReplyError, match="no rerank"):
        ELASTICSEARCH.decode({"text_embedding": [{"embedding": [0.1]}]}, {}, 1)


def test_tokens_are_unknown() -> None:
    """A number that means something else would be shown as the bill."""
    reply = {"rerank": [{"index": 0, "relevance_score": -1.25, "text": "a"}]}
    decoded = ELASTICSEARCH.decode(reply, {}, 1)
    assert (decoded.scores, decoded.input_tokens) == ((-1.25,), None)
