"""The wire format of OpenAI's Decisions: a question a passage, answered with a probability.

POST {base}/decisions
{"model", "input": the query, "questions": [{"type": "predicate", "name", "instructions"}], …}
→ {"answers": [{"type", "name", "probability"}], "usage": {"input_tokens"}}
  (an answer of the type `refusal` has none)
"""

from collections.abc import Mapping

from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.reply import Decoded, index_of, input_tokens, list_at, object_of, scored
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request

_QUESTION = "Is this snippet relevant to answer the given query: "


class Decisions(Cohere):
    """See `dialects.Dialect`. A passage whose question is refused has no score in the reply."""

    path = "/decisions"

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        questions = [
            # All names are as long, so that what a request may carry can be planned to the byte.
            {"type": "predicate", "name": f"{at:03}", "instructions": _QUESTION + text}
            for at, text in enumerate(request.texts)
        ]
        return {**options.named, "input": request.query, "questions": questions, **options.fields}

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        answers = map(object_of, list_at(reply, "answers"))
        given = [each for each in answers if each.get("type") != "refusal"]
        results = [{**each, "index": index_of(each.get("name"))} for each in given]
        return Decoded(scored(results, "probability", count), input_tokens(reply))
