"""JSON that is not one value a line: an array of rows, or values one after another."""

import json
import re
from collections.abc import Iterator

from rerank_cli.errors import InputError
from rerank_cli.model import Passage
from rerank_cli.reading.fields import FieldNames, passage_of
from rerank_cli.reading.jsonl import problem_of, value_at
from rerank_cli.reading.lines import line_end

_EXPECTED = 'Expected an array of objects or strings, such as [{"text": "…"}, …].'
_BLANKS = re.compile(r"[ \t\r\n]*")
_SHOWN = 40


def passages(text: str, source: str, names: FieldNames) -> Iterator[Passage]:
    """A passage an element of the array, or a value; each is located by the line it begins on."""
    in_array = text.startswith("[", _after_blanks(text, 0))
    for line, value, shown in _values(text, source):
        if isinstance(value, str):
            yield Passage(value, source, line)
        elif isinstance(value, dict):
            if not in_array and names.text_of(value)[0] is None:
                _refuse_wrapped(value, source, line)
            yield passage_of(value, names, source, line)
        else:
            problem = f"found {shown!r}, expected a JSON object or string"
            raise InputError(problem, source=source, line=line, hint=_EXPECTED)


def _values(text: str, source: str) -> Iterator[tuple[int, object, str]]:
    """Line, value and beginning of each element of an array, or of each value."""
    if line_end(text) == "\r":
        text = text.replace("\r", "\n")
    at = _after_blanks(text, 0)
    in_array = text.startswith("[", at)
    at = _after_blanks(text, at + 1) if in_array else at
    goes_on = not text.startswith("]", at)
    line, counted = 1, 0
    while goes_on and at < len(text):
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, end = value_at(text, at)
        except (ValueError, RecursionError) as error:
            # Within a value of several lines, where it is known.
            line += text.count("\n", at, getattr(error, "pos", at))
            problem = problem_of(error)
            raise InputError(problem, source=source, line=line, hint=_EXPECTED) from None
        yield line, value, _shown(text, at)
        at = _after_blanks(text, end)
        if in_array:
            goes_on = text.startswith(",", at)
            at = _after_blanks(text, at + 1) if goes_on else at
    if in_array:
        _check_end(text, at, source)


def _check_end(text: str, at: int, source: str) -> None:
    """Raise InputError unless an array ends there, and the text with it."""
    hint = None
    if text.startswith("]", at):
        at = _after_blanks(text, at + 1)
        if at == len(text):
            return
        problem = f"found {_shown(text, at)!r} after the end of the array"
        hint = "A file holds one array; several files can be named one after another."
    elif at == len(text):
        at = len(text.rstrip())
        problem, hint = "the array does not end", "Was the input cut off?"
    else:
        problem = f"found {_shown(text, at)!r}, expected a comma or the end of the array"
    raise InputError(problem, source=source, line=text.count("\n", 0, at) + 1, hint=hint)


def _refuse_wrapped(row: dict[str, object], source: str, line: int) -> None:
    """Raise InputError for an object that is no row, but holds the rows."""
    for name, value in row.items():
        if isinstance(value, list):
            problem = f"found an object with an array in {name[:_SHOWN]!r}, expected the array"
            hint = f"Take it out: jq '.[{json.dumps(name[:_SHOWN], ensure_ascii=False)}]'"
            raise InputError(problem, source=source, line=line, hint=hint)


def _shown(text: str, at: int) -> str:
    return text[at : at + _SHOWN].partition("\n")[0].rstrip()


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at
