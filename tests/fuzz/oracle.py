"""What a right reply is, read a second time.

A reply is right if it has one finite score for each index. Nothing here imports the package, so
that a fault of its reading is no fault of this one.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Scores = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Form:
    """A wire form.

    provider  one that speaks it, as `-p` has it
    path      the fields, one within the other, that lead to the list of results
    score     the field of a result that is its score; None where the list holds bare scores
    tokens    where it counts tokens
    index     the field of a result that is its index; None where it is its name in an object
    named     how the text is written that is the index; None where the index is a number
    """

    provider: str
    path: tuple[str, ...]
    score: str | None
    tokens: tuple[str, ...] = ("usage", "total_tokens")
    index: str | None = "index"
    named: str | None = None


FORMS: Mapping[str, Form] = {
    "cohere": Form("cohere", ("results",), "relevance_score", ("meta", "tokens", "input_tokens")),
    "voyage": Form("voyage", ("data",), "relevance_score"),
    "mixedbread": Form("mixedbread", ("data",), "score", ("usage", "prompt_tokens")),
    "tei": Form("tei", (), "score"),
    "sglang": Form("sglang", (), "score"),
    "nim": Form("nim", ("rankings",), "logit"),
    "dashscope": Form("dashscope-native", ("output", "results"), "relevance_score"),
    "pinecone": Form("pinecone", ("data",), "score"),
    "score-vector": Form("deepinfra", ("scores",), None, ("input_tokens",)),
    "elasticsearch": Form("elasticsearch", ("rerank",), "relevance_score"),
    "cloudflare": Form("cloudflare", ("result", "response"), "score", index="id"),
    "isaacus": Form("isaacus", ("results",), "score", ("usage", "input_tokens")),
    "decisions": Form("openai", ("answers",), "probability", index="name", named="{:03}"),
    "systemone": Form("typesafe", ("answers",), "noul", index=None, named="D{:02}"),
}
_ALIASES = ("score", "relevance_score")
"""Fields that may hold a score where the form's own is absent."""


_LISTS = ("documents", "texts", "passages", "contexts", "questions", "input")
_QUESTION = "Is this snippet relevant to answer the given query: "


def texts_of(body: bytes) -> list[str]:
    """The texts that a request asks to score, in whichever form."""
    asked = json.loads(body)
    inner = asked.get("state", asked.get("input"))
    asked = inner if isinstance(inner, dict) else asked
    found = next(asked[key] for key in _LISTS if key in asked)
    return list(map(_text, found.values() if isinstance(found, dict) else found))


def _text(passage: Any) -> str:
    if isinstance(passage, str):
        return passage
    text: str = passage.get("text", passage.get("instructions"))
    return text.removeprefix(_QUESTION)


def right(form: Form, scores: Sequence[float]) -> Any:
    """The right reply for texts with these scores, as a JSON value."""
    value: Any = list(scores)
    if form.score is not None:
        names = [form.named.format(at) if form.named else at for at in range(len(scores))]
        scored = zip(names, scores, strict=True)
        if form.index is None:
            value = {name: {"type": "noul", form.score: score} for name, score in scored}
        else:
            value = [{form.index: name, form.score: score} for name, score in scored]
    for key in reversed(form.path):
        value = {key: value}
    if form.path:
        *outer, last = form.tokens
        place = value
        for key in outer:
            place = place.setdefault(key, {})
        place[last] = 7
    return value


def reading(form: Form, body: bytes, count: int, *, lenient: bool = True) -> Scores | None:
    """The scores by index in a reply to so many texts, None if any of it is wrong.

    Some indexes may be missing: who asked may ask again for those. `lenient` takes another usual
    name of the score where the form's own is absent.
    """
    try:
        value = json.loads(body)
        for key in form.path:
            value = value[key]
        if not isinstance(value, list if form.index else dict):
            return None
        if form.score is None:
            pairs = list(enumerate(value))
            return {at: _number(each) for at, each in pairs} if len(pairs) == count else None
        names = (form.score, *_ALIASES) if lenient else (form.score,)
        scores: dict[int, float] = {}
        for index, result in _results(form, value):
            score = next(result[name] for name in names if name in result)
            if type(index) is not int or not 0 <= index < count or index in scores:
                return None
            scores[index] = _number(score)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return None
    except (RecursionError, StopIteration):
        return None
    return scores


def _results(form: Form, value: Any) -> Iterator[tuple[object, Any]]:
    """Each result with its index; without those that a model declined to judge."""
    if form.index is None:
        yield from ((_index(name.removeprefix("D")), value[name]) for name in value)
        return
    for result in value:
        if not form.named:
            yield result[form.index], result
        elif result.get("type") != "refusal":
            yield _index(result.get(form.index)), result


def _index(name: object) -> object:
    is_one = isinstance(name, str) and re.fullmatch("[0-9]{1,9}", name)
    return int(str(name)) if is_one else name


def _number(value: object) -> float:
    """A finite number as a float; ValueError for anything else."""
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise ValueError(value)
    return float(value)  # type: ignore[arg-type]
