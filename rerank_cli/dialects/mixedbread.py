"""Mixedbread's shape: the passages are `input`.

POST {base}/reranking
{"model", "query", "input": [str], …}
→ {"data": [{"index", "score", "input"?}], "usage": {"prompt_tokens", "total_tokens"}}
"""

from collections.abc import Mapping

from rerank_cli.dialects.reply import Decoded, input_tokens, list_at, scored
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request


class Mixedbread:
    """See `dialects.Dialect`."""

    def url(self, base_url: str, options: RequestOptions) -> str:
        return options.url(base_url, "/reranking")

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        return {
            **options.named,
            "query": request.query,
            "input": list(request.texts),
            **options.fields,
        }

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        return Decoded(scored(list_at(reply, "data"), "score", count), input_tokens(reply))
