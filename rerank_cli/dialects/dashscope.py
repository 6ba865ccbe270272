"""The wire format of Alibaba's DashScope: query and passages in an `input` object.

POST {base}/services/rerank/text-rerank/text-rerank
{"model", "input": {"query", "documents": [str]}, "parameters": {…}}
→ {"output": {"results": [{"index", "relevance_score", "document"?}]}, "usage": {"total_tokens"}}
"""

from collections.abc import Mapping

from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request


class DashScope(Cohere):
    """See `dialects.Dialect`."""

    path = "/services/rerank/text-rerank/text-rerank"
    results = ("output", "results")

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        asked = {"query": request.query, "documents": list(request.texts)}
        return {**options.named, "input": asked, "parameters": dict(options.fields)}
