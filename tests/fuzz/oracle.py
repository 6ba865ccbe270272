"""What a right reply is, read a second time.

A reply is right if it has one finite score for each index. Nothing here imports the package, so
that a fault of its reading is no fault of this one.
"""

import json
import math
from collections.abc import Mapping, Sequence
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
    """

    provider: str
    path: tuple[str, ...]
    score: str | None
    tokens: tuple[str, ...] = ("usage", "total_tokens")


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
}
_ALIASES = ("score", "relevance_score")
"""Fields that may hold a score where the form's own is absent."""


def texts_of(body: bytes) -> list[str]:
    """The texts that a request asks to score, in whichever form."""
    asked = json.loads(body)
    asked = asked.get("input", asked) if isinstance(asked.get("input"), dict) else asked
    found = next(asked[key] for key in ("documents", "texts", "passages", "input") if key in asked)
    return [each if isinstance(each, str) else each["text"] for each in found]


def right(form: Form, scores: Sequence[float]) -> Any:
    """The right reply for texts with these scores, as a JSON value."""
    value: Any = list(scores)
    if form.score is not None:
        value = [{"index": index, form.score: score} for index, score in enumerate(scores)]
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
        if not isinstance(value, list):
            return None
        if form.score is None:
            pairs = list(enumerate(value))
            return {at: _number(each) for at, each in pairs} if len(pairs) == count else None
        names = (form.score, *_ALIASES) if lenient else (form.score,)
        scores: dict[int, float] = {}
        for result in value:
            index = result["index"]
            score = next(result[name] for name in names if name in result)
            if type(index) is not int or not 0 <= index < count or index in scores:
                return None
            scores[index] = _number(score)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return None
    except (RecursionError, StopIteration):
        return None
    return scores


def _number(value: object) -> float:
    """A finite number as a float; ValueError for anything else."""
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise ValueError(value)
    return float(value)  # type: ignore[arg-type]
