"""The wire format of Isaacus: the passages are `texts`.

POST {base}/rerankings
{"model", "query", "texts": [str], …}
→ {"results": [{"index", "score"}], "usage": {"input_tokens"}}
"""

from collections.abc import Mapping, Sequence

from rerank_cli.dialects.cohere import Cohere


class Isaacus(Cohere):
    """See `dialects.Dialect`."""

    path = "/rerankings"
    scores = ("score",)

    def documents(self, texts: Sequence[str]) -> Mapping[str, object]:
        return {"texts": list(texts)}
