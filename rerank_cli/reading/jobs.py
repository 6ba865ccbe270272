"""Reads the jobs of a batch lazily, a query a line: the file may be larger than memory.

A line is parsed only when its job is asked for: one whose job is done costs a digest.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import BinaryIO, cast

from rerank_cli.errors import InputError
from rerank_cli.model import Candidates, Job, Passage, PassageId
from rerank_cli.reading import MAX_INPUT
from rerank_cli.reading.encoding import decoded
from rerank_cli.reading.fields import (
    ID_TYPES,
    JOB_DOCUMENTS,
    JOB_ID,
    JOB_QUERY,
    FieldNames,
    first_field,
    passage_of,
    without_blank,
)
from rerank_cli.reading.jsonl import value_of
from rerank_cli.reading.source import byte_lines, shown_name

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
        """Digest of the line (16 bytes)."""
        return blake2b(self.raw.strip(), digest_size=16).digest()

    @property
    def size(self) -> int:
        """Bytes of the line in the input."""
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
        query_key, query = first_field(row, JOB_QUERY)
        documents_key, documents = first_field(row, JOB_DOCUMENTS)
        if not isinstance(query, str) or not query.strip():
            found = "a query that is blank, or no text" if query_key else "no query"
            raise self._bad(f"found {found}", _EXPECTED)
        if not isinstance(documents, list):
            raise self._bad("found no list of documents", _EXPECTED)
        id_key, job_id = self._id(row)
        given = [self._passage(each, at) for at, each in enumerate(documents)]
        passages, positions = without_blank(given)
        if not passages:
            found = "every document is blank" if documents else "the list of documents is empty"
            raise self._bad(found, "At least one passage is needed to rank.")
        known = (query_key, documents_key, id_key)
        fields = {key: value for key, value in row.items() if key not in known}
        candidates, blank = Candidates(query, passages), len(documents) - len(passages)
        return Job(job_id, candidates, positions, fields, self.source, self.line, blank)

    def id(self) -> PassageId | None:
        """The job's id, even where the line is no job otherwise; None if it has none."""
        try:
            return self._id(self._row)[1]
        except InputError:
            return None

    def _id(self, row: Mapping[str, object]) -> tuple[str | None, PassageId]:
        """The name of the id's field, and the id."""
        key, value = first_field(row, JOB_ID)
        if value is None:
            return key, self.line
        if type(value) not in ID_TYPES:
            found = json.dumps(value, ensure_ascii=False)[:40]
            raise self._bad(f"the id is {found}, expected a text or a whole number")
        return key, cast("PassageId", value)

    def _passage(self, value: object, at: int) -> Passage:
        if isinstance(value, str):
            return Passage(value, self.source, self.line)
        if not isinstance(value, dict):
            raise self._bad(f"document {at} is neither a text nor an object", _EXPECTED)
        try:
            return passage_of(value, self.names, self.source, self.line)
        except InputError as error:
            raise replace(error, problem=f"document {at}: {error.problem}") from None

    def _bad(self, problem: str, hint: str | None = None) -> InputError:
        return InputError(problem, source=self.source, line=self.line, hint=hint)


def job_lines(
    file: str,
    stdin: BinaryIO | None,
    encoding: str | None,
    names: FieldNames,
    max_bytes: int = MAX_INPUT,
) -> Iterator[JobLine]:
    """The lines of a file (`-` is standard input) that are not blank, in order.

    Raises InputError for a file that cannot be read.
    """
    source = shown_name(file)
    for number, (raw, name) in enumerate(byte_lines(file, stdin, encoding, max_bytes), start=1):
        if not raw.isspace():
            yield JobLine(source, number, raw, name, names)
