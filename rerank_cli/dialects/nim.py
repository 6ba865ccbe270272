"""The wire format of NVIDIA's NIM: passages are objects, scores are logits.

POST {base}/ranking, or hosted {base}/{model}/reranking
{"model", "query": {"text"}, "passages": [{"text"}], …}
→ {"rankings": [{"index", "logit"}], "usage"?}
"""

from collections.abc import Mapping

from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request

# The one model whose URL does not have its name.
_WITHOUT_NAME = {"nv-rerank-qa-mistral-4b:1": "nvidia"}


class Nim(Cohere):
    """See `dialects.Dialect`. The body has the model's name with dots, the URL with underscores."""

    path = "/ranking"
    results = ("rankings",)
    scores = ("logit",)

    def url(self, base_url: str, options: RequestOptions) -> str:
        model = options.model or ""
        name = _WITHOUT_NAME.get(model) or model.replace(".", "_")
        return options.url(base_url, self.path, name)

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        passages = [{"text": text} for text in request.texts]
        asked = {"query": {"text": request.query}, "passages": passages}
        return {**options.named, **asked, **options.fields}
