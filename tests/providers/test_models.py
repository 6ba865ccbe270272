"""What is known of models by name, however they are served."""

import pytest

from rerank_cli.model import UNBOUNDED, UNIT, Range
from rerank_cli.providers import PROVIDERS
from rerank_cli.providers.models import known

_CHUNKS = {"max_chunks_per_doc", "overlap_tokens"}


@pytest.mark.parametrize(
    ("model", "takes"),
    [
        ("Qwen/Qwen3-Reranker-0.6B", {"instruction"}),
        ("Qwen/Qwen3-Reranker-4B", {"instruction"}),
        ("Qwen/Qwen3-Reranker-8B", {"instruction"}),
        ("accounts/fireworks/models/qwen3-reranker-8b", {"instruction"}),
        ("qwen3-rerank", {"instruction"}),
        ("Qwen/Qwen3-VL-Reranker-8B", set()),
        ("BAAI/bge-reranker-v2-m3", _CHUNKS),
        ("Pro/BAAI/bge-reranker-v2-m3", _CHUNKS),
        ("netease-youdao/bce-reranker-base_v1", _CHUNKS),
        ("BAAI/bge-reranker-large", set()),
        ("ctxl-rerank-v2-instruct-multilingual", {"instruction"}),
        ("ctxl-rerank-v2-instruct-multilingual-mini", {"instruction"}),
        ("rerank-v3.5", set()),
        ("rerank-3", set()),
        ("gte-rerank-v2", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_what_a_model_takes(model: str | None, takes: set[str]) -> None:
    """A field would be sent to a model that refuses it, or kept from one that takes it."""
    assert known(model).takes == takes


@pytest.mark.parametrize(
    ("model", "listwise"),
    [
        ("jina-reranker-v3", True),
        ("jinaai/jina-reranker-v3", True),
        ("jina-reranker-v3.5", True),
        ("jev-latest", True),
        ("typesafe/jev-1.13", True),
        ("jina-reranker-v2-base-multilingual", False),
        ("jina-reranker-m0", False),
        ("gpt-6-luna", False),
        ("BAAI/bge-reranker-v2-m3", False),
        (None, False),
    ],
)
def test_listwise(model: str | None, listwise: bool) -> None:
    """Scores that do not compare would be put in one ranking, without a word."""
    assert known(model).listwise == listwise


@pytest.mark.parametrize(
    ("provider", "model", "scores"),
    [
        ("siliconflow", "BAAI/bge-reranker-v2-m3", UNIT),
        ("jina", "jina-reranker-v2-base-multilingual", UNIT),
        ("jina", "jina-reranker-v1-tiny-en", UNIT),
        ("jina", "jina-reranker-m0", UNIT),
        ("jina", "jina-colbert-v2", UNIT),
        ("jina", "jina-reranker-v3", None),
        ("custom", "jina-reranker-v3", None),
        ("llamacpp", "qwen3-reranker-0.6b-q8_0", None),
        ("llamacpp", "bge-reranker-v2-m3-q8_0", UNBOUNDED),
        ("llamacpp", None, UNBOUNDED),
        ("custom", "BAAI/bge-reranker-v2-m3", None),
    ],
)
def test_range_of_a_models_scores(provider: str, model: str | None, scores: Range | None) -> None:
    """A good threshold would be warned of, or one that keeps everything not."""
    assert PROVIDERS[provider].scores_of(model) == scores
