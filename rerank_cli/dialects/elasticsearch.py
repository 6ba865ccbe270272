"""The wire format of Elasticsearch's inference API: the URL names the model, or what serves it.

POST {base}/_inference/rerank/{model}
{"query", "input": [str], …}
→ {"rerank": [{"index", "relevance_score", "text"?}]}
"""

from collections.abc import Mapping

from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request


class Elasticsearch(Cohere):
    """See `dialects.Dialect`. The model is the id of an inference endpoint, in the URL alone."""

    path = "/_inference/rerank/{model}"
    results = ("rerank",)
    scores = ("relevance_score",)

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        return {"query": request.query, "input": list(request.texts), **options.fields}
