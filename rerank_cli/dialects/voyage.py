"""Voyage's wire format, which Fireworks answers in too.

POST {base}/rerank
{"model", "query", "documents": [str], …}
→ {"data": [{"index", "relevance_score", "document"?}], "usage": {"total_tokens"}}
"""

from rerank_cli.dialects.cohere import Cohere


class Voyage(Cohere):
    """See `dialects.Dialect`."""

    results = ("data",)
    scores = ("relevance_score",)
