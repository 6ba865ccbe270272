"""Settings, engine, limits and policy in one object, which everything is scored through."""

from rerank_cli.reranker.options import Keywords, ScoringOptions
from rerank_cli.reranker.reranker import Reranker

__all__ = ["Keywords", "Reranker", "ScoringOptions"]
