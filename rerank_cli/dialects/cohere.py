"""The shape that most endpoints share: Cohere's, as SiliconFlow, Jina, vLLM and others speak it.

POST {base}/rerank
{"model", "query", "documents": [str], …}
→ {"results": [{"index", "relevance_score", "document"?}], usage in one of four places}
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rerank_cli.dialects.complaint import complaint_of
from rerank_cli.dialects.reply import Decoded, one_score_each, whole
from rerank_cli.errors import ReplyError
from rerank_cli.planning import Request

if TYPE_CHECKING:
    from rerank_cli.dialects import Options


class Cohere:
    """See `dialects.Dialect`."""

    def url(self, base_url: str) -> str:
        parts = urlsplit(base_url)
        path = parts.path.rstrip("/")
        return parts._replace(path=path if path.endswith("/rerank") else path + "/rerank").geturl()

    def encode(self, request: Request, options: "Options") -> Mapping[str, object]:
        # No top_n: all scores are needed, and servers differ in what it does. The documents are
        # not asked back: some servers echo them unless told not to.
        body: dict[str, object] = {"model": options.model} if options.model else {}
        return body | {
            "query": request.query,
            "documents": list(request.texts),
            "return_documents": False,
            **options.extras,
        }

    def decode(self, reply: object, count: int) -> Decoded:
        results = reply.get("results") if isinstance(reply, dict) else None
        if not isinstance(reply, dict) or not isinstance(results, list):
            said = complaint_of(reply).text
            raise ReplyError(
                f"the reply has no results: {said}" if said else "the reply has no results",
                "The endpoint answered with success but sent no list of results. Is it a rerank "
                "endpoint?",
            )
        return Decoded(one_score_each(_pairs(results), count), _input_tokens(reply))


def _pairs(results: list[object]) -> Iterator[tuple[object, object]]:
    for result in results:
        if not isinstance(result, dict):
            raise ReplyError("the reply has a result that is not an object")
        yield result.get("index"), result.get("relevance_score")


def _input_tokens(reply: Mapping[str, object]) -> int | None:
    """From meta.tokens or tokens (SiliconFlow's two generations), meta.billed_units, or usage."""
    meta = _object(reply.get("meta"))
    usage = _object(reply.get("usage"))
    billed = _object(meta.get("billed_units"))
    known = (
        whole(_object(meta.get("tokens")).get("input_tokens")),
        whole(_object(reply.get("tokens")).get("input_tokens")),
        whole(billed.get("input_tokens")),
        whole(billed.get("total_tokens")),
        whole(usage.get("prompt_tokens")),
        whole(usage.get("total_tokens")),
        whole(reply.get("total_tokens")),
    )
    return next((count for count in known if count is not None), None)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
