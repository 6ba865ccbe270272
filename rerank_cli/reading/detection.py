"""Finds the format of an input by the suffix of its name, or by how its text begins."""

import json
import re
from pathlib import PurePath

from rerank_cli.reading.lines import numbered_lines

_FORMAT_OF_SUFFIX = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}

# Compiled when they are used: most texts begin otherwise.
_STRING = r'"(?:[^"\\]++|\\.)*+"'
# Python's own way of writing an object too: it is refused rather than ranked.
_OBJECT = rf"\s*(?:\[\s*)*\{{\s*(?:{_STRING}|'[^'\n]*')\s*:"
_STRINGS = rf"\s*(?:\[\s*)+{_STRING}[ \t]*[,\]\r\n]"
_OTHERS = r'\s*\[\s*\n[\s\[]*(?:-?\d|"|true|false|null|\])'
_LONG = 2**16


def format_of_name(file: str) -> str | None:
    """The format of a file's suffix, that before .gz if there is one; None if it has none."""
    path = PurePath(file)
    suffix = path.suffix.lower()
    if suffix == ".gz":
        suffix = PurePath(path.stem).suffix.lower()
    return _FORMAT_OF_SUFFIX.get(suffix)


def format_of_text(text: str) -> str:
    """`json` for a text that begins as objects or an array of rows do, else `lines`.

    Not for what only looks like that: `[1] Introduction`, `{curly} words`, `"quoted"`.
    """
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return "lines"
    is_json = re.match(_OBJECT, text) or re.match(_OTHERS, text) or _is_array(text)
    return "json" if is_json else "lines"


def _is_array(text: str) -> bool:
    """Whether a text begins with an array on one line, or with one of strings."""
    lines = numbered_lines(text)
    _, first = next(lines, (0, ""))
    first = first.strip()
    if first in {"[]", "{}"}:
        return next(lines, None) is None
    begins = re.match(_STRINGS, text) is not None
    if len(first) > _LONG:
        return begins
    try:
        value, end = json.JSONDecoder().raw_decode(first)
    except (ValueError, RecursionError):
        return begins
    # Words after it make it the beginning of a sentence, and one number a footnote.
    return end == len(first) and (begins or len(value) > 1)
