"""Pinecone's shape: the passages are objects.

POST {base}/rerank
{"model", "query", "documents": [{"text"}], …}
→ {"data": [{"index", "score", "document"?}], "usage": {"rerank_units"}}
"""

from collections.abc import Mapping

from rerank_cli.dialects.reply import Decoded, input_tokens, list_at, scored
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request


class Pinecone:
    """See `dialects.Dialect`."""

    def url(self, base_url: str, options: RequestOptions) -> str:
        return options.url(base_url, "/rerank")

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        return {
            **options.named,
            "query": request.query,
            "documents": [{"text": text} for text in request.texts],
            **options.fields,
        }

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        return Decoded(scored(list_at(reply, "data"), "score", count), input_tokens(reply))
