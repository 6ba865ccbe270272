"""The shape that most endpoints share: Cohere's, as SiliconFlow, Jina, vLLM and others speak it.

POST {base}/rerank
{"model", "query", "documents": [str], …}
→ {"results": [{"index", "relevance_score", "document"?}], usage in one of many places}
"""

from collections.abc import Mapping

from rerank_cli.dialects.reply import Decoded, input_tokens, list_at, scored
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request


class Cohere:
    """See `dialects.Dialect`."""

    def url(self, base_url: str, options: RequestOptions) -> str:
        return options.url(base_url, "/rerank")

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        return {
            **options.named,
            "query": request.query,
            "documents": list(request.texts),
            **options.fields,
        }

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        results = list_at(reply, "results")
        return Decoded(scored(results, "relevance_score", count), input_tokens(reply))
