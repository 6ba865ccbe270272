"""Requests and replies for the wire formats, made rather than recorded."""

import json
from collections.abc import Callable, Mapping, Sequence

from hypothesis import strategies as st

from rerank_cli.model import Candidates, Passage
from rerank_cli.planning import Limits, Request, plan

Pair = tuple[object, object]
"""An index and a score, as a server sends them."""

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def request(query: str, *texts: str) -> Request:
    """One request for the texts."""
    passages = tuple(Passage(text, "file", line) for line, text in enumerate(texts, start=1))
    (only,) = plan(Candidates(query, passages), Limits()).requests
    return only


def _results(pairs: Sequence[Pair], key: str, index: str = "index") -> list[dict[str, object]]:
    return [{index: at, key: score} for at, score in pairs]


def _decisions(pairs: Sequence[Pair]) -> list[dict[str, object]]:
    # Names are texts; that of an index that is none is what JSON has for it.
    return [
        {"type": "predicate", "name": json.dumps(index), "probability": score}
        for index, score in pairs
    ]


def _nouls(pairs: Sequence[Pair]) -> dict[str, object]:
    return {f"D{json.dumps(index)}": {"type": "noul", "noul": score} for index, score in pairs}


REPLIES: Mapping[str, Callable[[Sequence[Pair]], object]] = {
    "cohere": lambda pairs: {"results": _results(pairs, "relevance_score")},
    "voyage": lambda pairs: {"data": _results(pairs, "relevance_score")},
    "mixedbread": lambda pairs: {"data": _results(pairs, "score")},
    "pinecone": lambda pairs: {"data": _results(pairs, "score")},
    "tei": lambda pairs: _results(pairs, "score"),
    "sglang": lambda pairs: _results(pairs, "score"),
    "nim": lambda pairs: {"rankings": _results(pairs, "logit")},
    "dashscope": lambda pairs: {"output": {"results": _results(pairs, "relevance_score")}},
    "elasticsearch": lambda pairs: {"rerank": _results(pairs, "relevance_score")},
    "cloudflare": lambda pairs: {"result": {"response": _results(pairs, "score", "id")}},
    "isaacus": lambda pairs: {"results": _results(pairs, "score")},
    "decisions": lambda pairs: {"answers": _decisions(pairs)},
    "systemone": lambda pairs: {"answers": _nouls(pairs)},
}
"""Dialect → the reply that holds these pairs, in this order. (score-vector has no indexes.)"""
