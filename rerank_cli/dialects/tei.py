"""The wire format of Hugging Face's Text Embeddings Inference: no model, and a bare list.

POST {base}/rerank
{"query", "texts": [str], …}
→ [{"index", "score", "text"?}], tokens in the header x-compute-tokens
"""

from collections.abc import Mapping

from rerank_cli import bounds
from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.reply import Decoded, list_at, scored
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request


class Tei(Cohere):
    """See `dialects.Dialect`."""

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        return {"query": request.query, "texts": list(request.texts), **options.fields}

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        scores = scored(list_at(reply), "score", count)
        return Decoded(scores, bounds.count(headers.get("x-compute-tokens")))
