"""TypeSafe's System One, the wire format of Jev: a question a passage, about all they share.

POST {base}/systemone
{"model", "state": {"query", "documents": {"D00": str}}, "questions": {"D00": {"type": "noul", …}}}
→ {"answers": {"D00": {"type": "noul", "noul"}}, "usage": {"input_tokens"}}
"""

from collections.abc import Mapping

from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.reply import Decoded, index_of, input_tokens, object_at, object_of, scored
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request


class SystemOne(Cohere):
    """See `dialects.Dialect`. A noul is the probability that a statement is true."""

    path = "/systemone"

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        texts = {f"D{at:02}": text for at, text in enumerate(request.texts)}
        questions = {
            name: {
                "type": "noul",
                "instructions": f"Document `documents.{name}` is relevant to `query`",
            }
            for name in texts
        }
        state = {"query": request.query, "documents": texts}
        return {**options.named, "state": state, "questions": questions, **options.fields}

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        answers = object_at(reply, "answers").items()
        results = [
            {**object_of(each), "index": index_of(name.removeprefix("D"))} for name, each in answers
        ]
        return Decoded(scored(results, "noul", count), input_tokens(reply))
