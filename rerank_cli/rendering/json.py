"""JSON: one object, a result a line so that it can be read, searched and compared by lines."""

import json

from rerank_cli.model import Ranked, Ranking

# In JSON, DEL and the C1 controls may stand bare, but some terminals obey them.
_BARE = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029)}


def render(ranking: Ranking) -> str:
    """The ranking as one JSON object (see the README for its keys)."""
    head = dumps({"query": ranking.query, "provider": ranking.provider, "model": ranking.model})
    results = ",\n".join("  " + dumps(_result(each)) for each in ranking.results)
    usage: dict[str, object] = {"requests": ranking.usage.requests}
    if ranking.usage.input_tokens is not None:
        usage["input_tokens"] = ranking.usage.input_tokens
    listed = f"[\n{results}\n]" if results else "[]"
    return f'{head[:-1]}, "results": {listed}, "usage": {dumps(usage)}}}\n'


def dumps(value: object) -> str:
    """JSON on one line: real characters, not escapes, except those a terminal would obey."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).translate(_BARE)


def _result(ranked: Ranked) -> dict[str, object]:
    passage = ranked.passage
    result: dict[str, object] = {"rank": ranked.rank, "score": ranked.score, "index": ranked.index}
    if passage.id is not None:
        result["id"] = passage.id
    result |= {"text": passage.text, "source": passage.source, "line": passage.line}
    if passage.fields:
        result["fields"] = passage.fields
    return result
