"""SGLang's wire format: Cohere's request, and a bare list as the reply.

POST {base}/rerank
{"query", "documents": [str], …}
→ [{"index", "score", "document"?, "meta_info": {"prompt_tokens"}}]
"""

from collections.abc import Mapping

from rerank_cli import bounds
from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.reply import Decoded, list_at, object_of, scored


class SGLang(Cohere):
    """See `dialects.Dialect`. Tokens are reported pair by pair."""

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        results = list_at(reply)
        scores = scored(results, "score", count)
        infos = (object_of(object_of(each).get("meta_info")) for each in results)
        counts = (bounds.count(info.get("prompt_tokens")) for info in infos)
        known = [each for each in counts if each is not None]
        return Decoded(scores, sum(known) if len(known) == count else None)
