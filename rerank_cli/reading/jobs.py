"""The jobs of a batch, a query a line, read as they are needed: the file may be larger than memory.

Lines are found first and understood later, so that a line whose job is done costs but a digest.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import BinaryIO, cast

from rerank_cli.errors import InputError
from rerank_cli.model import Candidates, Job, Passage, PassageId
from rerank_cli.reading.fields import FieldNames, passage_of
from rerank_cli.reading.jsonl import value_of
from rerank_cli.reading.source import byte_lines, decoded, shown_name

_DOCUMENTS = ("documents", "passages", "candidates")
_IDS = ("id", "_id", "query_id", "qid")
_QUERIES = ("query", "question")

_EXPECTED = 'Expected: {"id": …, "query": "…", "documents": ["…", …]}'


@dataclass(frozen=True)
class JobLine:
    """A line that should hold a job; `names` say where a document has its text and id."""

    source: str
    line: int
    raw: bytes
    encoding: str
    names: FieldNames

    @cached_property
    def digest(self) -> bytes:
        """Sixteen bytes that stand for the line."""
        return blake2b(self.raw.strip(), digest_size=16).digest()

    @property
    def size(self) -> int:
        """Bytes of the input that it takes."""
        return len(self.raw)

    @cached_property
    def _row(self) -> Mapping[str, object]:
        text = decoded(self.raw, self.encoding, self.source, line=self.line).strip()
        try:
            row = value_of(text, self.source, self.line)
        except InputError as error:
            if self.raw.endswith(b"\n"):
                raise
            hint = "The input ends in the middle of this line: was it cut off?"
            raise replace(error, hint=hint) from error.__cause__
        if isinstance(row, dict):
            return row
        raise self._bad(f"found {text[:40]!r}, expected a JSON object", _EXPECTED)

    def job(self) -> Job:
        """The job. Raises InputError for a line that is none, or has nothing to rank.

        Without an id the line's number serves.
        """
        row = self._row
        query_key, documents_key = _first(row, _QUERIES), _first(row, _DOCUMENTS)
        query, documents = row.get(query_key or ""), row.get(documents_key or "")
        if not isinstance(query, str) or not query.strip():
            found = "a query that is blank, or no text" if query_key else "no query"
            raise self._bad(f"found {found}", _EXPECTED)
        if not isinstance(documents, list):
            raise self._bad("found no list of documents", _EXPECTED)
        job_id, id_key = self._id(row)
        known = (query_key, documents_key, id_key)
        fields = {key: value for key, value in row.items() if key not in known}
        source, line = self.source, self.line
        passages = [
            Passage(each, source, line) if type(each) is str else self._passage(each, at)
            for at, each in enumerate(documents)
        ]
        places: list[int] | range = range(len(passages))
        if not all(each.text and not each.text.isspace() for each in passages):
            places = [at for at, each in enumerate(passages) if each.text.strip()]
            passages = [passages[at] for at in places]
        if not passages:
            found = "every document is blank" if documents else "the list of documents is empty"
            raise self._bad(found, "At least one passage is needed to rank.")
        candidates = Candidates(query, tuple(passages))
        blank = len(documents) - len(places)
        return Job(job_id, candidates, places, fields, self.source, self.line, blank)

    def id(self) -> PassageId | None:
        """The id of the line, None if it has none that can be read."""
        try:
            return self._id(self._row)[0]
        except InputError:
            return None

    def _id(self, row: Mapping[str, object]) -> tuple[PassageId, str | None]:
        key = _first(row, _IDS)
        value = row[key] if key else None
        if value is None:
            return self.line, key
        if type(value) not in (str, int):  # exactly: a boolean is no id
            found = json.dumps(value, ensure_ascii=False)[:40]
            raise self._bad(f"the id is {found}, expected a text or a whole number")
        return cast("PassageId", value), key

    def _passage(self, value: object, at: int) -> Passage:
        if not isinstance(value, dict):
            raise self._bad(f"document {at} is neither a text nor an object", _EXPECTED)
        try:
            return passage_of(value, self.names, self.source, self.line)
        except InputError as error:
            raise replace(error, problem=f"document {at}: {error.problem}") from None

    def _bad(self, problem: str, hint: str | None = None) -> InputError:
        return InputError(problem, source=self.source, line=self.line, hint=hint)


def job_lines(
    file: str, stdin: BinaryIO | None, encoding: str | None, names: FieldNames
) -> Iterator[JobLine]:
    """The lines of a file (`-` is standard input) that are not blank, in order.

    Raises InputError for a file that cannot be read.
    """
    source = shown_name(file)
    for number, (raw, name) in enumerate(byte_lines(file, stdin, encoding), start=1):
        if not raw.isspace():
            yield JobLine(source, number, raw, name, names)


def _first(row: Mapping[str, object], keys: tuple[str, ...]) -> str | None:
    return next((key for key in keys if key in row), None)
