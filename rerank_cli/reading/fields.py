"""Finds the text and the id of a row, by their usual names or those that were given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from rerank_cli.errors import InputError
from rerank_cli.model import Passage, PassageId

# Of each the first that a row has counts.
PASSAGE_TEXT = ("text", "passage", "content", "contents", "document", "body")
PASSAGE_ID = ("id", "_id", "doc_id", "docid")
JOB_ID = ("id", "_id", "query_id", "qid")
JOB_QUERY = ("query", "question")
JOB_DOCUMENTS = ("documents", "passages", "candidates")
# BEIR's files of queries and of a corpus, and what is like them.
COLLECTION_ID = ("_id", "id", "doc_id", "docid", "query_id", "qid")
QUERY_TEXT = ("text", "query")
QREL_QUERY = ("query-id", "query_id", "qid")
QREL_DOC = ("corpus-id", "corpus_id", "doc-id", "doc_id", "docid")
QREL_RELEVANCE = ("score", "relevance", "rel")

ID_TYPES = (str, int)
"""The types of an id, exactly: a boolean is none."""


def first_field(row: Mapping[str, object], names: Iterable[str]) -> tuple[str | None, object]:
    """Name and value of the first of these fields that the row has; (None, None) if none."""
    for name in names:
        if name in row:
            return name, row[name]
    return None, None


@dataclass(frozen=True, slots=True)
class FieldNames:
    """The names asked for (--text-field, --id-field); None takes the first usual one present."""

    text: str | None = None
    id: str | None = None

    def text_of(self, row: Mapping[str, object]) -> tuple[str | None, object]:
        """Name and value of the text field of a row; (None, None) if it has none."""
        return first_field(row, PASSAGE_TEXT if self.text is None else (self.text,))

    def id_of(self, row: Mapping[str, object]) -> tuple[str | None, object]:
        """Name and value of the id field of a row; (None, None) if it has none."""
        return first_field(row, PASSAGE_ID if self.id is None else (self.id,))

    @property
    def expected(self) -> str:
        """What the text field may be called, for messages."""
        return repr(self.text) if self.text else "one of " + ", ".join(PASSAGE_TEXT)


def passage_of(row: Mapping[str, object], names: FieldNames, source: str, line: int) -> Passage:
    """The passage of one row. Raises InputError if there is no text, or no usable id."""
    text_key, text = names.text_of(row)
    id_key, passage_id = names.id_of(row)
    if not isinstance(text, str):
        problem, hint = f"{text_key!r} is {_kind(text)}, expected a string", None
        if text_key is None:
            problem = f"no text field: found {_listed(row)}, expected {names.expected}"
            hint = f"Name it with --text-field (one of: {_listed(row)})."
        raise InputError(problem, source=source, line=line, hint=hint)
    if (passage_id is not None and type(passage_id) not in ID_TYPES) or (names.id and not id_key):
        if names.id is not None:
            problem = f"{names.id!r} is {_kind(passage_id)}, expected a string or a whole number"
            if not id_key:
                problem = f"no id field {names.id!r}: found {_listed(row)}"
            raise InputError(problem, source=source, line=line)
        # Found by guess and no usable id (an object, as MongoDB exports it): an ordinary field.
        passage_id, id_key = None, None
    return Passage(text, source, line, cast("PassageId | None", passage_id), row, text_key, id_key)


def without_blank(passages: Sequence[Passage]) -> tuple[tuple[Passage, ...], list[int]]:
    """The passages that are not blank, and the position of each among all, from 0."""
    positions = [at for at, each in enumerate(passages) if not each.is_blank]
    return tuple(passages[at] for at in positions), positions


def _listed(row: Mapping[str, object]) -> str:
    names = [repr(name) for name in row]
    return ", ".join(names[:12] + ["…"] * (len(names) > 12)) or "nothing"


def _kind(value: object) -> str:
    """What JSON calls a value of this type."""
    numbers = {int: "a number", float: "a number", bool: "a boolean"}
    names = {type(None): "null", str: "a string", list: "an array", **numbers}
    return names.get(type(value), "an object")
