"""Cohere's wire format, which most endpoints share: SiliconFlow, Jina, vLLM and others.

POST {base}/rerank
{"model", "query", "documents": [str], …}
→ {"results": [{"index", "relevance_score", "document"?}], usage in one of many places}
  (some say `score` for `relevance_score`)
"""

from collections.abc import Mapping, Sequence

from rerank_cli.dialects.reply import Decoded, input_tokens, list_at, object_of, scored
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request


class Cohere:
    """See `dialects.Dialect`. Most other shapes derive from it, and name what differs.

    path     the final path of the URL
    results  the fields, one within the other, under which a reply has its results
    index    the field of a result that is the number of its passage
    scores   the field of a result that is its score; others where no result has it
    """

    path = "/rerank"
    results: tuple[str, ...] = ("results",)
    index = "index"
    scores: tuple[str, ...] = ("relevance_score", "score")

    def url(self, base_url: str, options: RequestOptions) -> str:
        return options.url(base_url, self.path)

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        asked = {"query": request.query, **self.documents(request.texts)}
        return {**options.named, **asked, **options.fields}

    def documents(self, texts: Sequence[str]) -> Mapping[str, object]:
        """The part of the body that holds the passages."""
        return {"documents": list(texts)}

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        results = list_at(reply, *self.results)
        named = (name for name in self.scores if any(name in object_of(each) for each in results))
        score = next(named, self.scores[0])
        return Decoded(scored(results, score, count, self.index), input_tokens(reply))
