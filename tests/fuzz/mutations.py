"""Replies that are nearly right: a JSON value with some of its parts changed, written with errors.

Everything is decided by the random numbers that are given, so that a seed gives the same reply.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

Mutate = Callable[[Random, list["Place"]], None]


class Raw(str):
    """Text that stands in the JSON as it is."""

    __slots__ = ()


class Fields(list[tuple[str, Any]]):
    """An object, in which a name may stand twice."""


NUMBERS = (
    *("NaN", "Infinity", "-Infinity", "nan", "1e999", "-1e999", "1e-999", "-0", "-0.0", "0e0"),
    *("01", "+1", ".5", "1.", "0x1", "1e", "1_0", "1,0", "1e+2", "1E2", "2e0", "0.0", "1.0", "-1"),
    *("9" * 19, "9" * 309, "9" * 400, "9" * 4301, "9" * 5000, "-" + "9" * 5000),
    *("0." + "3" * 5000, "1e" + "9" * 400, "1e-" + "9" * 400, "18446744073709551616"),
    *("9007199254740993", "4294967296", "1.7976931348623157e308", "5e-324", "\u0661", "true"),
)
"""What stands in a number's place, as JSON or nearly so."""

TEXTS = (
    *(
        "",
        " ",
        "0",
        "0.5",
        "NaN",
        "null",
        "None",
        "\0",
        "\x1b[31m",
        "a\nb\r\nc",
        "\u202e",
        "\ud800",
    ),
    *("\x85\u2028\u2029", "é" * 300, "x" * 5000, "model " * 700, "<!DOCTYPE html>", "9" * 5000),
    *("too many documents", "the model does not exist", "try again in 999999 seconds"),
    *("refusal", "predicate", "000", "D00", "\u0660"),
    *("batch size <= 0", "max_tokens=" + "9" * 5000, "not support rerank", "invalid api key"),
)

_NAMES = (
    *("index", "score", "relevance_score", "logit", "relevanceScore", "Index", "idx", "document"),
    *("text", "results", "data", "rankings", "scores", "output", "error", "code", "message", ""),
    *("detail", "usage", "meta", "tokens", "meta_info", "prompt_tokens", "total_tokens", "loc"),
    *("error_code", "error_msg", "status", "type", "request_id", "id", "details", "retry_after"),
    *(
        "input_tokens",
        "billed_units",
        "msg",
        "title",
        "name",
        "probability",
        "noul",
        "D00",
        "rerank",
    ),
    *("result", "response", "answers", "errors", "reason", "success"),
)


class Place:
    """One value within the whole, which can be replaced."""

    def __init__(self, holder: Any, at: int) -> None:
        self.holder, self.at = holder, at

    @property
    def value(self) -> Any:
        found = self.holder[self.at]
        return found[1] if isinstance(self.holder, Fields) else found

    @value.setter
    def value(self, value: Any) -> None:
        fields = isinstance(self.holder, Fields)
        self.holder[self.at] = (self.holder[self.at][0], value) if fields else value


def fields_of(value: Any) -> Any:
    """A JSON value with its objects as Fields."""
    if isinstance(value, dict):
        return Fields((name, fields_of(each)) for name, each in value.items())
    return [fields_of(each) for each in value] if isinstance(value, list) else value


def written(value: Any) -> str:
    """The value as JSON, as far as its raw parts are."""
    if isinstance(value, Raw):
        return value
    if isinstance(value, Fields):
        return "{" + ",".join(f"{json.dumps(name)}:{written(each)}" for name, each in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def mutated(random: Random, value: Any, times: int) -> Any:
    """The value with so many mutations."""
    root = [fields_of(value)]
    for _ in range(times):
        random.choice(_MUTATIONS)(random, list(_places(root)))
    return root[0]


def _places(holder: Any) -> Iterator[Place]:
    for at in range(len(holder)):
        place = Place(holder, at)
        yield place
        if isinstance(place.value, list):
            yield from _places(place.value)


def anything(random: Random) -> Any:
    """A value of any kind."""
    inner = random.choice(TEXTS)
    values: Sequence[Any] = (
        *(None, True, False, 0, 1, -1, 0.5, [], Fields(), [[]], [None], Fields([("", None)])),
        *(inner, [inner], Fields([("message", inner)]), Fields([("text", inner)])),
        Raw(random.choice(NUMBERS)),
        Raw(json.dumps(inner, ensure_ascii=False)) if inner != "\ud800" else inner,
        Raw("[" * 2000 + "]" * 2000),
        Raw('{"error":' * 60 + '"deep"' + "}" * 60),
    )
    return random.choice(values)


def _replace(random: Random, places: list[Place]) -> None:
    random.choice(places).value = anything(random)


def _number(random: Random, places: list[Place]) -> None:
    numbers = [place for place in places if type(place.value) in (int, float)]
    if numbers:
        random.choice(numbers).value = Raw(random.choice(NUMBERS))


def _other_type(random: Random, places: list[Place]) -> None:
    leaves = [place for place in places if not isinstance(place.value, list)]
    if leaves:
        place = random.choice(leaves)
        as_text = written(place.value)
        casts = (
            as_text,
            [place.value],
            Raw(f"{as_text}.0"),
            Raw(f"{as_text}e0"),
            bool(place.value),
        )
        place.value = random.choice(casts)


def _holders(places: list[Place], *, objects: bool = False) -> list[Any]:
    kind = Fields if objects else list
    return [place.value for place in places if isinstance(place.value, kind)]


def _remove(random: Random, places: list[Place]) -> None:
    if full := [each for each in _holders(places) if each]:
        holder = random.choice(full)
        del holder[random.randrange(len(holder))]


def _repeat(random: Random, places: list[Place]) -> None:
    if full := [each for each in _holders(places) if each]:
        holder = random.choice(full)
        holder.insert(random.randrange(len(holder) + 1), random.choice(holder))


def _shuffle(random: Random, places: list[Place]) -> None:
    if holders := _holders(places):
        random.shuffle(random.choice(holders))


def _rename(random: Random, places: list[Place]) -> None:
    if full := [each for each in _holders(places, objects=True) if each]:
        holder = random.choice(full)
        at = random.randrange(len(holder))
        holder[at] = (random.choice(_NAMES), holder[at][1])


def _rename_all(random: Random, places: list[Place]) -> None:
    if full := [each for each in _holders(places, objects=True) if each]:
        old, new = random.choice(random.choice(full))[0], random.choice(_NAMES)
        for holder in full:
            holder[:] = [(new if name == old else name, each) for name, each in holder]


def _add(random: Random, places: list[Place]) -> None:
    if holders := _holders(places):
        holder = random.choice(holders)
        new = anything(random)
        field = (random.choice(_NAMES), new) if isinstance(holder, Fields) else new
        holder.insert(random.randrange(len(holder) + 1), field)


def _wrap(random: Random, places: list[Place]) -> None:
    place = random.choice(places)
    place.value = random.choice(([place.value], Fields([(random.choice(_NAMES), place.value)])))


def _unwrap(random: Random, places: list[Place]) -> None:
    full = [place for place in places if isinstance(place.value, list) and place.value]
    if full:
        place = random.choice(full)
        place.value = Place(place.value, 0).value


def _swap(random: Random, places: list[Place]) -> None:
    leaves = [place for place in places if not isinstance(place.value, list)]
    if leaves:
        one, other = random.choice(leaves), random.choice(leaves)
        one.value, other.value = other.value, one.value


def _index(random: Random, places: list[Place]) -> None:
    """An index that is nearly one."""
    holders = [(each, at) for each in _holders(places, objects=True) for at in range(len(each))]
    if indexes := [(each, at) for each, at in holders if each[at][0] == "index"]:
        holder, at = random.choice(indexes)
        index = holder[at][1]
        nearly = (Raw(f"{written(index)}.0"), written(index), [index], None, -1, 0, 1, 10**30)
        holder[at] = (
            "index",
            random.choice((bool(index), *nearly) if random.random() < 0.5 else (bool(index),)),
        )


def _forget(random: Random, places: list[Place]) -> None:
    """A list in another order, without some of what was in it."""
    lists = [each for each in _holders(places) if len(each) > 1 and not isinstance(each, Fields)]
    if lists:
        holder = random.choice(lists)
        random.shuffle(holder)
        del holder[random.randrange(1, len(holder)) :]


def _shift(random: Random, places: list[Place]) -> None:
    by = random.choice((-1, 1, 2**32, 2**64))
    for holder in _holders(places, objects=True):
        holder[:] = [
            (name, each + by if name == "index" and type(each) is int else each)
            for name, each in holder
        ]


_MUTATIONS: Sequence[Mutate] = (
    *(_replace, _number, _number, _other_type, _remove, _repeat, _shuffle, _rename, _rename_all),
    *(_add, _add, _wrap, _unwrap, _swap, _shift),
    *(_index, _index, _forget, _forget),
)


def body_of(random: Random, value: Any) -> bytes:
    """The value as the body of a reply; in one case of four with an error of writing."""
    text = written(value)
    body = text.encode("utf-8", "surrogatepass")
    at = random.randrange(len(body) + 1)
    errors: Sequence[Callable[[], bytes]] = (
        lambda: body[:at],
        lambda: body[:at] + bytes([random.choice(b'{}[],:"\\\0\n\xff ')]) + body[at:],
        lambda: body[:at] + body[at + 1 :] if body[at : at + 1] in (*b'{}[],:"',) else body[:-1],
        lambda: body + random.choice((b",", b"}", body, b"\n" + body, b"\0", b"null", b"\n\n")),
        lambda: b"\xef\xbb\xbf" + body,
        lambda: text.encode(random.choice(("utf-16", "utf-16-le", "utf-32")), "surrogatepass"),
        lambda: b"data: " + body + b"\n\ndata: [DONE]\n\n",
        lambda: random.choice((b"callback(%s)", b")]}',\n%s", b"<pre>%s</pre>", b"'%s'")) % body,
        lambda: body.replace(b'"', b"'"),
        lambda: body.replace(b",", b", ").replace(b":", b"\t:\r\n"),
        lambda: random.choice((b"", b" ", b"\r\n", b"null", b"[", b"{", b"<html>", b"OK", b"\xff")),
        lambda: json.dumps(text).encode(),
        lambda: gzip.compress(body, mtime=0),
        lambda: zlib.compress(body),
    )
    return random.choice(errors)() if random.random() < 1 / 4 else body
