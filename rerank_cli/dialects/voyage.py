"""Voyage's shape, which Fireworks answers in too.

POST {base}/rerank
{"model", "query", "documents": [str], …}
→ {"data": [{"index", "relevance_score", "document"?}], "usage": {"total_tokens"}}
"""

from collections.abc import Mapping

from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.reply import Decoded, input_tokens, list_at, scored


class Voyage(Cohere):
    """See `dialects.Dialect`. Asked as Cohere is."""

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        return Decoded(
            scored(list_at(reply, "data"), "relevance_score", count), input_tokens(reply)
        )
