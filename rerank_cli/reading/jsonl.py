"""JSON Lines: an object a line, or a bare string."""

import json
import math
from collections.abc import Iterator

from rerank_cli.errors import InputError
from rerank_cli.model import Passage
from rerank_cli.reading.fields import FieldNames, passage_of
from rerank_cli.reading.lines import numbered_lines

# Levels of arrays and objects: as deep as can be read, an output could not be written.
_DEEPEST = 200


def passages(text: str, source: str, names: FieldNames) -> Iterator[Passage]:
    """The passages of a JSONL file; raises InputError at the first line that is not one."""
    for number, line in numbered_lines(text):
        value = value_of(line, source, number)
        if isinstance(value, str):
            yield Passage(text=value, source=source, line=number)
        elif isinstance(value, dict):
            yield passage_of(value, names, source, number)
        else:
            problem = f"found {line[:40].strip()!r}, expected a JSON object or string"
            hint = """One JSON value a line. An array: --input-format json, or first jq -c '.[]'"""
            raise InputError(problem, source=source, line=number, hint=hint)


def value_of(line: str, source: str, number: int) -> object:
    """The JSON value of a line. Raises InputError unless it is one, and can be written again."""
    try:
        # Faster than `decode`, which is needed only where blanks stand around the value.
        try:
            value, end = _decoder.raw_decode(line)
        except json.JSONDecodeError:
            end = -1
        if end != len(line):
            value = _decoder.decode(line)
        if line.count("[") + line.count("{") > _DEEPEST:
            _check_depth(value)
        if "\\u" in line:
            _check_characters(value)
    except (ValueError, RecursionError) as error:
        hint = "Each line must be one whole JSON value."
        problem = problem_of(error)
        raise InputError(problem, source=source, line=number, hint=hint) from None
    return value


def value_at(text: str, at: int) -> tuple[object, int]:
    """The JSON value that begins there in a text, and where it ends.

    Raises what `problem_of` explains unless it is one, and can be written again.
    """
    value, end = _decoder.raw_decode(text, at)
    if text.count("[", at, end) + text.count("{", at, end) > _DEEPEST:
        _check_depth(value)
    if text.find("\\u", at, end) >= 0:
        _check_characters(value)
    return value, end


def problem_of(error: ValueError | RecursionError) -> str:
    """What an error of reading JSON says about the input."""
    if isinstance(error, UnicodeEncodeError):
        return "a \\u escape is half of a surrogate pair, which is no character"
    if isinstance(error, json.JSONDecodeError):
        # The reasons begin with a capital; here they continue a sentence.
        return f"not JSON: {error.msg[:1].lower()}{error.msg[1:]} at column {error.colno}"
    return "JSON nested too deeply" if isinstance(error, RecursionError) else f"not JSON: {error}"


def _check_characters(value: object) -> None:
    # An escaped lone surrogate is no character: it could neither be sent nor written.
    json.dumps(value, ensure_ascii=False).encode()


def _check_depth(value: object) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(_DEEPEST):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [one for each in inner for one in each if isinstance(one, dict | list)]
        if not level:
            return
    raise RecursionError


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:40]} is too large a number")
    return number


# Made once: json.loads makes a decoder each time it gets arguments.
_decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
