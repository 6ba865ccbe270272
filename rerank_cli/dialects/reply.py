"""Helpers to read a reply: JSON, fields, and a check that each text has one finite score."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from rerank_cli import bounds
from rerank_cli.dialects import bounded_json
from rerank_cli.dialects.complaint import complaint_of
from rerank_cli.errors import Fault, ReplyError, Sign

_NO_SCORES = (
    "The endpoint answered with success but sent no list of results. Is it a rerank endpoint? "
    "`rerank doctor` finds out which wire form it speaks."
)
_HINT = "The endpoint's reply cannot be trusted; nothing is ranked. Is it a rerank endpoint?"
_DIGITS = 9
"""Of an index; Python refuses to read thousands of them."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """One finite score a text, in the order they were sent; input tokens where the reply says."""

    scores: tuple[float, ...]
    input_tokens: int | None


def parse(body: bytes) -> object:
    """The JSON value of a reply body; ReplyError with an excerpt if it is none."""
    if not body.strip():
        raise ReplyError("the reply is empty", _HINT, fault=Fault.BROKEN)
    try:
        return bounded_json.loads(body)
    except bounded_json.OverfullError:
        problem = f"the reply of {len(body) >> 20} MB holds far more than scores"
        raise ReplyError(problem, _HINT) from None
    except (ValueError, RecursionError) as error:
        # What begins as JSON was cut on its way; HTML is what the server meant to send.
        broken = body.lstrip()[:1] in (b"{", b"[")
        what = "is broken JSON" if broken else "is not JSON"
        fault = Fault.BROKEN if broken else Fault.UNREADABLE
        raise ReplyError(f"the reply {what}: {excerpt(body)!r}", _HINT, fault=fault) from error


def excerpt(body: bytes) -> str:
    """The beginning of a body, on one line; cut further where it is shown."""
    return " ".join(body[:4000].decode("utf-8", "replace").split())


def list_at(reply: object, *keys: str) -> Sequence[object]:
    """The list under the keys, one within the other; the reply itself without keys.

    Raises ReplyError, with what the endpoint says instead, if there is none.
    """
    found = _at(reply, keys)
    if isinstance(found, list):
        return found
    raise _without(keys, reply)


def object_at(reply: object, *keys: str) -> Mapping[str, object]:
    """The object under the keys, as `list_at` finds a list."""
    found = _at(reply, keys)
    if isinstance(found, dict):
        return found
    raise _without(keys, reply)


def _at(reply: object, keys: Sequence[str]) -> object:
    for key in keys:
        reply = object_of(reply).get(key)
    return reply


def _without(keys: Sequence[str], reply: object) -> ReplyError:
    said = complaint_of(reply).text
    what = f"the reply has no {'.'.join(keys)}" if keys else "the reply is not a list"
    wire_form = frozenset({Sign.WIRE_FORM})
    return ReplyError(f"{what}: {said}" if said else what, _NO_SCORES, signs=wire_form)


def scored(
    results: Sequence[object], key: str, count: int, index: str = "index"
) -> tuple[float, ...]:
    """The scores of results that hold an index and a score by these keys; see `one_score_each`."""
    plain = _if_plain(results, key, count, index)
    return plain or one_score_each(_pairs(results, key, index), count)


def _if_plain(
    results: Sequence[object], key: str, count: int, index: str
) -> tuple[float, ...] | None:
    """What `one_score_each` gives, several times as fast; None for any irregular reply."""
    if len(results) != count:
        return None
    try:
        by_index = {each[index]: each[key] for each in results}  # type: ignore[index]
        scores = tuple(map(by_index.__getitem__, range(count)))
    except (KeyError, TypeError):
        return None
    plain = set(map(type, by_index)) == {int} and set(map(type, scores)) == {float}
    return scores if plain and all(map(isfinite, scores)) else None


def _pairs(results: Iterable[object], key: str, index: str) -> Iterator[tuple[object, object]]:
    for result in results:
        if not isinstance(result, dict):
            raise ReplyError("the reply has a result that is not an object", _HINT)
        yield result.get(index), result.get(key)


def index_of(name: object) -> object:
    """The index that a name such as `007` is; what is none is left for `scored` to refuse."""
    if isinstance(name, str) and name.isascii() and name.isdecimal() and len(name) <= _DIGITS:
        return int(name)
    return name


def input_tokens(reply: object) -> int | None:
    """Input tokens, None if unknown: in meta, tokens (older SiliconFlow), usage, or the reply."""
    reply = object_of(reply)
    meta = object_of(reply.get("meta"))
    places = (
        (meta.get("tokens"), "input_tokens"),
        (reply.get("tokens"), "input_tokens"),
        (meta.get("billed_units"), "input_tokens"),
        (meta.get("billed_units"), "total_tokens"),
        (reply.get("usage"), "prompt_tokens"),
        (reply.get("usage"), "input_tokens"),
        (reply.get("usage"), "total_tokens"),
        (reply, "total_tokens"),
        (reply, "input_tokens"),
    )
    known = (bounds.count(object_of(place).get(name)) for place, name in places)
    return next((tokens for tokens in known if tokens is not None), None)


def object_of(value: object) -> Mapping[str, object]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def one_score_each(pairs: Iterable[tuple[object, object]], count: int) -> tuple[float, ...]:
    """(index, score) pairs in any order become `count` scores in the order of the texts.

    Raises ReplyError unless each index is a whole number within range that comes once, each score
    is a finite number, and none is missing.
    """
    scores: dict[int, float] = {}
    for index, score in pairs:
        # The exact types: a boolean is an int to Python, but no index and no score.
        if type(index) is not int:
            raise ReplyError(f"the reply has the index {_shown(index)}, not a whole number", _HINT)
        if not 0 <= index < count:
            problem = f"the reply has the index {_shown(index)}, but {count} passages were sent"
            raise ReplyError(problem, _HINT)
        if index in scores:
            raise ReplyError(f"the reply has the index {index} twice", _HINT)
        number = score if type(score) is float else _as_float(score)
        if number is None or not isfinite(number):
            found = f"the score {_shown(score)} for index {index}"
            raise ReplyError(f"the reply has {found}, not a finite number", _HINT)
        scores[index] = number
    if missing := tuple(index for index in range(count) if index not in scores):
        problem = f"the reply has scores for {len(scores)} of {count} passages"
        raise ReplyError(problem, _HINT, missing=missing, scores=scores)
    return tuple(scores[index] for index in range(count))


def _as_float(score: object) -> float | None:
    try:
        return float(score) if type(score) is int else None
    except OverflowError:  # a whole number beyond any float
        return None


def _shown(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)[:4000]
    except RecursionError:  # pragma: no cover - where exactly differs between Pythons
        return "that is nested deeply"
