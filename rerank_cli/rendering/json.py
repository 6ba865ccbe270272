"""JSON: one object, a result a line so that it can be read, searched and compared by lines."""

import json
import re
from collections.abc import Callable, Iterator

from rerank_cli.model import Ranked, Ranking
from rerank_cli.rendering.visible import LONE, UNSEEN
from rerank_cli.scaling import NATIVE

# In JSON these may stand bare, but some terminals obey them.
_BARE = {code: f"\\u{code:04x}" for code in (0x7F, *UNSEEN, *LONE)}
_ANY_BARE = re.compile(f"[{''.join(map(chr, _BARE))}]")


def _encoder() -> Callable[[object], str]:
    """What `json.dumps` does with real characters and no NaN, made ready once.

    `json` makes its inner encoder anew for each value, which is a sixth of the time that a row
    takes; where that encoder is not to be had, or wants other arguments, `json` itself serves.
    """
    plain = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
    module = json.encoder
    try:
        make, strings = module.c_make_encoder, module.encode_basestring  # type: ignore[attr-defined]
        separators = (plain.key_separator, plain.item_separator)
        inner = make(None, plain.default, strings, None, *separators, False, False, False)
    except (AttributeError, TypeError):
        return plain.encode
    return lambda value: "".join(inner(value, 0))


_encode = _encoder()


def render(ranking: Ranking) -> Iterator[str]:
    """The ranking as one JSON object (see the README for its keys), piece by piece."""
    about = {"query": ranking.query, "provider": ranking.provider, "model": ranking.model}
    if ranking.scale != NATIVE:
        about["scores"] = ranking.scale
    head = dumps(about)
    yield f'{head[:-1]}, "results": ['
    before = "\n  "
    for ranked in ranking.results:
        yield before + dumps(result_of(ranked))
        before = ",\n  "
    usage: dict[str, object] = {"requests": ranking.usage.requests}
    if ranking.usage.input_tokens is not None:
        usage["input_tokens"] = ranking.usage.input_tokens
    if ranking.usage.cached:
        usage["cached"] = ranking.usage.cached
    end = "\n" if ranking.results else ""
    yield f'{end}], "usage": {dumps(usage)}}}\n'


def dumps(value: object) -> str:
    """JSON on one line: real characters, not escapes, except those a terminal would obey."""
    text = _encode(value)
    if text.isprintable() or not _ANY_BARE.search(text):
        return text
    return text.translate(_BARE)


def result_of(ranked: Ranked) -> dict[str, object]:
    """The keys of one result (see the README)."""
    passage = ranked.passage
    result: dict[str, object] = {"rank": ranked.rank, "score": ranked.score, "index": ranked.index}
    if passage.id is not None:
        result["id"] = passage.id
    result |= {"text": passage.text, "source": passage.source, "line": passage.line}
    fields = passage.fields
    if fields:
        result["fields"] = fields
    return result
