"""The shape of NVIDIA's NIM: objects, and logits.

POST {base}/ranking, or hosted {base}/{model}/reranking
{"model", "query": {"text"}, "passages": [{"text"}], …}
→ {"rankings": [{"index", "logit"}], "usage"?}
"""

from collections.abc import Mapping

from rerank_cli.dialects.reply import Decoded, input_tokens, list_at, scored
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request

# The one model whose URL does not have its name.
_WITHOUT_NAME = {"nv-rerank-qa-mistral-4b:1": "nvidia"}


class Nim:
    """See `dialects.Dialect`. The body has the model's name with dots, the URL with underscores."""

    def url(self, base_url: str, options: RequestOptions) -> str:
        model = options.model or ""
        return options.url(
            base_url, "/ranking", _WITHOUT_NAME.get(model) or model.replace(".", "_")
        )

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        return {
            **options.named,
            "query": {"text": request.query},
            "passages": [{"text": text} for text in request.texts],
            **options.fields,
        }

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        return Decoded(scored(list_at(reply, "rankings"), "logit", count), input_tokens(reply))
