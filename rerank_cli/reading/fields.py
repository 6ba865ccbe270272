"""Finds the text and the id of a row, by their usual names or those that were given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from rerank_cli.errors import InputError, UsageError
from rerank_cli.model import Passage, PassageId

# Of each the first that a row has counts.
PASSAGE_TEXT = ("text", "passage", "content", "contents", "page_content", "document", "body")
PASSAGE_ID = ("id", "_id", "doc_id", "docid")
JOB_ID = ("id", "_id", "query_id", "qid")
JOB_QUERY = ("query", "question")
JOB_DOCUMENTS = ("documents", "passages", "candidates")
JOB_POSITIVE = ("positive", "pos")
JOB_NEGATIVE = ("negative", "neg")
# BEIR's files of queries and of a corpus, and what is like them.
COLLECTION_ID = ("_id", "id", "doc_id", "docid", "query_id", "qid")
COLLECTION_TITLE = "title"
QUERY_TEXT = ("text", "query")
QREL_QUERY = ("query-id", "query_id", "qid")
QREL_DOC = ("corpus-id", "corpus_id", "doc-id", "doc_id", "docid")
QREL_RELEVANCE = ("score", "relevance", "rel")

ID_TYPES = (str, int)
"""The types of an id, exactly: a boolean is none."""

_LISTED = 12


def first_field(row: Mapping[str, object], names: Iterable[str]) -> tuple[str | None, object]:
    """Name and value of the first of these fields that the row has; (None, None) if none."""
    for name in names:
        if name in row:
            return name, row[name]
    return None, None


def field_at(row: Mapping[str, object], name: str) -> tuple[str | None, object]:
    """Name and value of a field; (None, None) if there is none.

    `a.b` is the field b of the object a, unless a field has that very name.
    """
    if name in row:
        return name, row[name]
    dot = name.rfind(".")
    while dot > 0:
        inner = row.get(name[:dot])
        if isinstance(inner, Mapping):
            found, value = field_at(inner, name[dot + 1 :])
            if found is not None:
                return name, value
        dot = name.rfind(".", 0, dot)
    return None, None


@dataclass(frozen=True, slots=True)
class FieldNames:
    """The names asked for (--text-field, --id-field); None takes the first usual one present.

    Several text fields are joined by a blank. `of_corpus` says that the usual names are those of a
    corpus (BEIR's), where a title goes before the text. Raises UsageError for what is no name.
    """

    text: str | Sequence[str] | None = None
    id: str | None = None
    of_corpus: bool = False
    texts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        given = (self.text,) if isinstance(self.text, str) else self.text or ()
        if not isinstance(given, Sequence) or not all(isinstance(name, str) for name in given):
            raise UsageError(f"text_field is {self.text!r}, expected a name or a list of names")
        object.__setattr__(self, "texts", tuple(given))

    def text_of(self, row: Mapping[str, object]) -> tuple[str | None, object]:
        """Name and value of the text field of a row; (None, None) if it has none.

        Of several that are joined it is the last one's name; but of one that is no text or null,
        its own name and value.
        """
        if self.texts:
            fields = [field_at(row, name) for name in self.texts]
        else:
            fields = [first_field(row, PASSAGE_TEXT)]
            if self.of_corpus and row.get(COLLECTION_TITLE):
                fields.insert(0, (COLLECTION_TITLE, row[COLLECTION_TITLE]))
        if len(fields) == 1:
            return fields[0]
        for name, value in fields:
            if name is None or not (value is None or isinstance(value, str)):
                return name, value
        return fields[-1][0], " ".join(str(value) for _, value in fields if value)

    def id_of(self, row: Mapping[str, object]) -> tuple[str | None, object]:
        """Name and value of the id field of a row; (None, None) if it has none."""
        if self.id is not None:
            return field_at(row, self.id)
        return first_field(row, COLLECTION_ID if self.of_corpus else PASSAGE_ID)

    @property
    def expected(self) -> str:
        """What the text field may be called, for messages."""
        if self.texts:
            return " and ".join(map(repr, self.texts))
        return "one of " + ", ".join(PASSAGE_TEXT)

    @property
    def asked(self) -> Sequence[str]:
        """The options that name fields."""
        options = (("--text-field", self.texts), ("--id-field", self.id is not None))
        return [option for option, is_asked in options if is_asked]

    def check_used(self, passages: Iterable[Passage]) -> None:
        """Raise UsageError if names were asked for, and none of the passages has fields."""
        if self.asked and not any(passage.row for passage in passages):
            problem = f"{' and '.join(self.asked)}: the passages are plain texts, without fields"
            raise UsageError(problem, "Rows with fields are CSV, TSV, or JSON objects.")


USUAL = FieldNames()
"""The usual names."""


def passage_of(row: Mapping[str, object], names: FieldNames, source: str, line: int) -> Passage:
    """The passage of one row. Raises InputError if there is no text, or no usable id."""
    text_key, text = names.text_of(row)
    if not isinstance(text, str):
        problem, hint = f"{text_key!r} is {_kind(text)}, expected a string", None
        if text_key is None:
            problem = f"no text field: found {_listed(row)}, expected {names.expected}"
            hint = f"Name it with --text-field (one of: {_listed(row)})."
        raise InputError(problem, source=source, line=line, hint=hint)
    id_key, passage_id = id_in(row, names, source, line)
    return Passage(text, source, line, passage_id, row, text_key, id_key)


def id_in(
    row: Mapping[str, object], names: FieldNames, source: str, line: int
) -> tuple[str | None, PassageId | None]:
    """Name and value of a row's id; (None, None) if it has none.

    Raises InputError where a field was asked for that is not there, or is no id.
    """
    key, value = names.id_of(row)
    if (value is None or type(value) in ID_TYPES) and (key or names.id is None):
        return key, cast("PassageId | None", value)
    if names.id is None:
        # Found by guess and no usable id (an object, as MongoDB exports it): an ordinary field.
        return None, None
    problem = f"{names.id!r} is {_kind(value)}, expected a string or a whole number"
    if not key:
        problem = f"no id field {names.id!r}: found {_listed(row)}"
    raise InputError(problem, source=source, line=line)


def without_blank(passages: Sequence[Passage]) -> tuple[tuple[Passage, ...], list[int]]:
    """The passages that are not blank, and the position of each among all, from 0."""
    positions = [at for at, each in enumerate(passages) if not each.is_blank]
    return tuple(passages[at] for at in positions), positions


def _listed(row: Mapping[str, object]) -> str:
    """The names of the fields, those of an object as `--text-field` takes them."""
    names = [
        repr(name if inner is None else f"{name}.{inner}")
        for name, value in row.items()
        for inner in (value if isinstance(value, Mapping) and value else (None,))
    ]
    return ", ".join(names[:_LISTED] + ["…"] * (len(names) > _LISTED)) or "nothing"


def _kind(value: object) -> str:
    """What JSON calls a value of this type."""
    numbers = {int: "a number", float: "a number", bool: "a boolean"}
    names = {type(None): "null", str: "a string", list: "an array", **numbers}
    return names.get(type(value), "an object")
