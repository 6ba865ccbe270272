"""JSON: one object, a result a line so that it can be read, searched and compared by lines."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from rerank_cli.model import Ranked, Ranking
from rerank_cli.rendering import View
from rerank_cli.rendering.visible import LONE, UNSEEN
from rerank_cli.scaling import NATIVE

# In JSON these may stand bare, but some terminals obey them.
_BARE = re.compile(f"[{''.join(map(chr, (0x7F, *UNSEEN, *LONE)))}]")

# What is written was read from JSON or made here: nothing in it contains itself.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False).encode


def render_json(ranking: Ranking, _view: View) -> Iterator[str]:
    """The ranking as one JSON object (`output.md` of the manual has its keys), in pieces."""
    head = {"query": ranking.query, "provider": ranking.provider, "model": ranking.model}
    if ranking.scale != NATIVE:
        head["scores"] = ranking.scale
    used = ranking.usage
    usage: dict[str, float | None] = {"requests": used.requests, "input_tokens": used.input_tokens}
    usage |= {"cached": used.cached or None, "cost": ranking.cost}
    known = {name: value for name, value in usage.items() if value is not None}
    results = (dumps(result_of(ranked)) for ranked in ranking.results)
    yield from json_object(head, "results", results, {"usage": known})
    yield "\n"


def dumps(value: object) -> str:
    """JSON on one line: real characters, not escapes, except those a terminal would obey."""
    text = _encode(value)
    return text if text.isprintable() else _BARE.sub(_escaped, text)


def _escaped(bare: re.Match[str]) -> str:
    return f"\\u{ord(bare[0]):04x}"


def json_object(
    head: Mapping[str, object],
    name: str,
    elements: Iterable[str],
    tail: Mapping[str, object] | None = None,
    indent: str = "",
) -> Iterator[str]:
    """A JSON object in pieces: `head`, the list `name` with an element a line, `tail`.

    `head` is not empty; `elements` are JSON; `indent` stands before the line that begins it.
    """
    yield f'{dumps(head)[:-1]}, "{name}": '
    yield from json_array(elements, indent)
    yield f", {dumps(tail)[1:]}" if tail else "}"


def json_array(elements: Iterable[str], indent: str = "") -> Iterator[str]:
    """A JSON array in pieces, an element (JSON itself) a line; `indent` as in `json_object`."""
    yield "["
    separator = end = ""
    for element in elements:
        yield f"{separator}\n{indent}  {element}"
        separator, end = ",", f"\n{indent}"
    yield f"{end}]"


def best_of(ranked: Ranked) -> dict[str, object] | None:
    """The best window: first character, the one after the last, and its text; None if unknown."""
    if (best := ranked.best) is None:
        return None
    return {**best._asdict(), "text": ranked.passage.text[best.start : best.end]}


def result_of(ranked: Ranked) -> dict[str, object]:
    """The keys of one result (`output.md` of the manual has them)."""
    passage = ranked.passage
    result: dict[str, object] = {"rank": ranked.rank, "score": ranked.score, "index": ranked.index}
    if passage.id is not None:
        result["id"] = passage.id
    result["text"] = passage.text
    if ranked.best:
        result["best"] = best_of(ranked)
    result |= {"source": passage.source, "line": passage.line}
    if fields := passage.fields:
        result["fields"] = fields
    return result
