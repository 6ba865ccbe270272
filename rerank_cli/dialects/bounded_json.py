"""Parses the JSON of a reply within bounds of memory, whatever the reply holds."""

import json
import re
from collections.abc import Callable
from contextlib import suppress

_loads: Callable[[bytes], object] = json.loads
with suppress(ImportError):
    # Of the extra `fast`.
    import orjson

    _loads = orjson.loads

_SMALL = 2**20
"""Bytes of a body that is parsed as it is: at most 40 bytes of memory come of each."""

# In a larger body most is text that some servers echo, and nothing here needs: strings are cut to
# _CUT bytes if they have more than _LONG. Of what is left, Python makes up to 200 bytes of each
# bracket or comma, and eight of each byte of text. Too many quotes or escapes take too long.
_LONG, _CUT = 4000, 1000
_MOST_BYTES, _MOST_VALUES, _MOST_QUOTES, _MOST_ESCAPES = 8 * 2**20, 400_000, 1_000_000, 8_000_000

_STRING = re.compile(rb'"(?:[^"\\]++|(?:\\.)++)*+"?', re.DOTALL)


class OverfullError(ValueError):
    """A body that holds more than a reply with scores could need."""


def loads(body: bytes) -> object:
    """The value of a JSON body; its long strings may be cut. Raises ValueError, RecursionError."""
    if len(body) > _SMALL:
        body = _cut(body)
    with suppress(ValueError, RecursionError):
        return _loads(body)
    # Again by the standard library: it says what is wrong, and it takes the NaN that some servers
    # send, which is then reported as a score.
    return json.loads(body)


def _cut(body: bytes) -> bytes:
    """The body with its long strings cut. Raises OverfullError."""
    quotes, escapes = body.count(b'"') - body.count(b'\\"'), body.count(b"\\")
    if quotes > _MOST_QUOTES or escapes > _MOST_ESCAPES:
        raise OverfullError
    body = _STRING.sub(_cut_string, body)
    if len(body) > _MOST_BYTES:
        raise OverfullError
    if sum(map(_STRING.sub(b"", body).count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise OverfullError
    return body


def _cut_string(match: re.Match[bytes]) -> bytes:
    if match.end() - match.start() <= _LONG:
        return match[0]
    text = match[0][:_CUT]
    # Not within an escape, nor within a character.
    escape = text.rfind(b"\\", _CUT - len(rb"\u0000"))
    if escape >= 0:
        text = text[:escape].rstrip(b"\\")
    return text.decode("utf-8", "ignore").encode() + b'"'
