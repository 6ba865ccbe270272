"""The wire format of Cloudflare's Workers AI: passages are `contexts`, with an `id` for an index.

POST {base}/ai/run/{model}
{"query", "contexts": [{"text"}], …}
→ {"result": {"response": [{"id", "score"}]}, "success", "errors", "messages"}
"""

from collections.abc import Mapping

from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request


class Cloudflare(Cohere):
    """See `dialects.Dialect`. The model stands in the URL alone."""

    path = "/ai/run/{model}"
    results = ("result", "response")
    index = "id"
    scores = ("score",)

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        contexts = [{"text": text} for text in request.texts]
        return {"query": request.query, "contexts": contexts, **options.fields}
