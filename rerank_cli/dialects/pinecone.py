"""Pinecone's wire format: the passages are objects.

POST {base}/rerank
{"model", "query", "documents": [{"text"}], …}
→ {"data": [{"index", "score", "document"?}], "usage": {"rerank_units"}}
"""

from collections.abc import Mapping, Sequence

from rerank_cli.dialects.cohere import Cohere


class Pinecone(Cohere):
    """See `dialects.Dialect`."""

    results = ("data",)
    scores = ("score",)

    def documents(self, texts: Sequence[str]) -> Mapping[str, object]:
        return {"documents": [{"text": text} for text in texts]}
