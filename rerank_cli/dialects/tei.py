"""The shape of Hugging Face's Text Embeddings Inference: no model, and a bare list.

POST {base}/rerank
{"query", "texts": [str], …}
→ [{"index", "score", "text"?}], tokens in the header x-compute-tokens
"""

from collections.abc import Mapping

from rerank_cli.dialects.reply import Decoded, list_at, scored
from rerank_cli.dialects.request_options import Options
from rerank_cli.planning import Request

_DIGITS = 18
"""Of a count that makes sense."""


class Tei:
    """See `dialects.Dialect`."""

    def url(self, base_url: str, options: Options) -> str:
        return options.url(base_url, "/rerank")

    def encode(self, request: Request, options: Options) -> Mapping[str, object]:
        return {"query": request.query, "texts": list(request.texts), **options.fields}

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        tokens = headers.get("x-compute-tokens", "")
        number = (
            int(tokens) if tokens.isascii() and tokens.isdecimal() and len(tokens) < 19 else None
        )
        return Decoded(scored(list_at(reply), "score", count), number)
