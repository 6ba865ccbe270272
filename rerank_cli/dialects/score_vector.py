"""DeepInfra's wire format: pairs in, bare scores out, in the order of the pairs.

POST {base}/{model}
{"queries": [str], "documents": [str], …}
→ {"scores": [float], "input_tokens"}
"""

from collections.abc import Mapping

from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.reply import Decoded, input_tokens, list_at, one_score_each
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.errors import ReplyError
from rerank_cli.planning import Request


class ScoreVector(Cohere):
    """See `dialects.Dialect`. The model stands in the URL alone."""

    path = "/{model}"

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        queries = [request.query] * len(request.texts)
        return {"queries": queries, "documents": list(request.texts), **options.fields}

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        scores = list_at(reply, "scores")
        if len(scores) != count:
            # Nothing says which are missing.
            raise ReplyError(f"the reply has {len(scores)} scores for {count} passages")
        return Decoded(one_score_each(enumerate(scores), count), input_tokens(reply))
