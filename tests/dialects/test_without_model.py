"""A server of one's own knows its model: none is named then."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from tests.dialects.examples import request

# The others have the model in their URL, or are never asked without one (`needs_model`).
_URLS = {
    "cohere": "http://localhost:8000/rerank",
    "voyage": "http://localhost:8000/rerank",
    "mixedbread": "http://localhost:8000/reranking",
    "pinecone": "http://localhost:8000/rerank",
    "tei": "http://localhost:8000/rerank",
    "sglang": "http://localhost:8000/rerank",
    "nim": "http://localhost:8000/ranking",
    "dashscope": "http://localhost:8000/services/rerank/text-rerank/text-rerank",
    "score-vector": "http://localhost:8000/",
    "elasticsearch": "http://localhost:8000/_inference/rerank/",
    "cloudflare": "http://localhost:8000/ai/run/",
    "isaacus": "http://localhost:8000/rerankings",
    "decisions": "http://localhost:8000/decisions",
    "systemone": "http://localhost:8000/systemone",
}


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_no_model_is_needed(name: str) -> None:
    """A server with one model could not be asked without naming it, or fail with a traceback."""
    dialect = DIALECTS[name]
    assert dialect.url("http://localhost:8000", RequestOptions()) == _URLS[name]
    assert "model" not in dialect.encode(request("q", "a"), RequestOptions())
