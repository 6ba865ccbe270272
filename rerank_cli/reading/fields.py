"""Which field of a row is the text and which the id: one rule for JSON objects and table rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from rerank_cli.errors import InputError
from rerank_cli.model import Passage

_TEXT_NAMES = ("text", "passage", "content", "contents", "document", "body")
_ID_NAMES = ("id", "_id", "doc_id", "docid")


@dataclass(frozen=True, slots=True)
class FieldNames:
    """The names asked for (--text-field, --id-field); None takes the first usual one present."""

    text: str | None = None
    id: str | None = None

    def text_name(self, present: Mapping[str, object]) -> str | None:
        """The name of the text field among those present, or None."""
        wanted = _TEXT_NAMES if self.text is None else (self.text,)
        return next((name for name in wanted if name in present), None)

    def id_name(self, present: Mapping[str, object]) -> str | None:
        """The name of the id field among those present, or None."""
        wanted = _ID_NAMES if self.id is None else (self.id,)
        return next((name for name in wanted if name in present), None)

    @property
    def expected(self) -> str:
        """What the text field may be called, for messages."""
        return repr(self.text) if self.text else "one of " + ", ".join(_TEXT_NAMES)


def passage_of(row: Mapping[str, object], names: FieldNames, source: str, line: int) -> Passage:
    """The passage of one row, or InputError with its place."""
    text_name = names.text_name(row)
    if text_name is None:
        raise InputError(
            f"no text field: found {_listed(row)}, expected {names.expected}",
            source=source,
            line=line,
            hint=f"Name it with --text-field (one of: {_listed(row)}).",
        )
    text = row[text_name]
    if not isinstance(text, str):
        raise InputError(
            f"{text_name!r} is {_kind(text)}, expected a string", source=source, line=line
        )
    id_name = names.id_name(row)
    if id_name is None and names.id is not None:
        raise InputError(
            f"no id field {names.id!r}: found {_listed(row)}", source=source, line=line
        )
    passage_id = None if id_name is None else row[id_name]
    if isinstance(passage_id, bool) or not isinstance(passage_id, str | int | None):
        if names.id is not None:
            raise InputError(
                f"{id_name!r} is {_kind(passage_id)}, expected a string or a whole number",
                source=source,
                line=line,
            )
        # Found by guess and no usable id (an object, as MongoDB exports it): an ordinary field.
        passage_id, id_name = None, None
    fields = {key: value for key, value in row.items() if key not in (text_name, id_name)}
    return Passage(text=text, source=source, line=line, id=passage_id, row=row, fields=fields)


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
