"""Mixedbread's wire format: the passages are `input`.

POST {base}/reranking
{"model", "query", "input": [str], …}
→ {"data": [{"index", "score", "input"?}], "usage": {"prompt_tokens", "total_tokens"}}
"""

from collections.abc import Mapping, Sequence

from rerank_cli.dialects.cohere import Cohere


class Mixedbread(Cohere):
    """See `dialects.Dialect`."""

    path = "/reranking"
    results = ("data",)
    scores = ("score",)

    def documents(self, texts: Sequence[str]) -> Mapping[str, object]:
        return {"input": list(texts)}
