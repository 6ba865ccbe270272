"""The native shape of Alibaba's DashScope: everything in a box of its own.

POST {base}/services/rerank/text-rerank/text-rerank
{"model", "input": {"query", "documents": [str]}, "parameters": {…}}
→ {"output": {"results": [{"index", "relevance_score", "document"?}]}, "usage": {"total_tokens"}}
"""

from collections.abc import Mapping

from rerank_cli.dialects.reply import Decoded, input_tokens, list_at, scored
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request


class DashScope:
    """See `dialects.Dialect`."""

    def url(self, base_url: str, options: RequestOptions) -> str:
        return options.url(base_url, "/services/rerank/text-rerank/text-rerank")

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        return {
            **options.named,
            "input": {"query": request.query, "documents": list(request.texts)},
            "parameters": dict(options.fields),
        }

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        results = list_at(reply, "output", "results")
        return Decoded(scored(results, "relevance_score", count), input_tokens(reply))
