"""Which field of a row is the text and which the id: one rule for JSON objects and table rows."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import cast

from rerank_cli.errors import InputError
from rerank_cli.model import Passage, PassageId

_TEXT_NAMES = ("text", "passage", "content", "contents", "document", "body")
_ID_NAMES = ("id", "_id", "doc_id", "docid")
_ID_TYPES = (str, int)  # exactly: a boolean is no id


@dataclass(frozen=True, slots=True)
class FieldNames:
    """The names asked for (--text-field, --id-field); None takes the first usual one present."""

    text: str | None = None
    id: str | None = None

    def text_key(self, present: Container[str]) -> str | None:
        """The name of the text field among those present, or None."""
        for name in _TEXT_NAMES if self.text is None else (self.text,):
            if name in present:
                return name
        return None

    def id_key(self, present: Container[str]) -> str | None:
        """The name of the id field among those present, or None."""
        for name in _ID_NAMES if self.id is None else (self.id,):
            if name in present:
                return name
        return None

    @property
    def expected(self) -> str:
        """What the text field may be called, for messages."""
        return repr(self.text) if self.text else "one of " + ", ".join(_TEXT_NAMES)


def passage_of(row: Mapping[str, object], names: FieldNames, source: str, line: int) -> Passage:
    """The passage of one row, or InputError with its place."""
    text_key, id_key = names.text_key(row), names.id_key(row)
    text = None if text_key is None else row[text_key]
    if not isinstance(text, str):
        raise _no_text(row, text_key, names, source, line)
    passage_id = None if id_key is None else row[id_key]
    if (passage_id is not None and type(passage_id) not in _ID_TYPES) or (names.id and not id_key):
        if names.id is not None:
            raise InputError(
                f"{names.id!r} is {_kind(passage_id)}, expected a string or a whole number"
                if id_key
                else f"no id field {names.id!r}: found {_listed(row)}",
                source=source,
                line=line,
            )
        # Found by guess and no usable id (an object, as MongoDB exports it): an ordinary field.
        passage_id, id_key = None, None
    return Passage(text, source, line, cast("PassageId | None", passage_id), row, text_key, id_key)


def _no_text(
    row: Mapping[str, object], text_key: str | None, names: FieldNames, source: str, line: int
) -> InputError:
    if text_key is not None:
        problem = f"{text_key!r} is {_kind(row[text_key])}, expected a string"
        return InputError(problem, source=source, line=line)
    return InputError(
        f"no text field: found {_listed(row)}, expected {names.expected}",
        source=source,
        line=line,
        hint=f"Name it with --text-field (one of: {_listed(row)}).",
    )


def _listed(row: Mapping[str, object]) -> str:
    names = [repr(name) for name in row]
    return ", ".join(names[:12] + ["…"] * (len(names) > 12)) or "nothing"


def _kind(value: object) -> str:
    """What JSON calls a value of this type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    names = {int: "a number", float: "a number", str: "a string", list: "an array"}
    return names.get(type(value), "an object")
