"""Reads the jobs of a batch lazily, a query a line: the file may be larger than memory.

A line is parsed only when its job is asked for: one whose job is done costs a digest.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
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
    JOB_NEGATIVE,
    JOB_POSITIVE,
    JOB_QUERY,
    FieldNames,
    first_field,
    passage_of,
    without_blank,
)
from rerank_cli.reading.jsonl import value_of
from rerank_cli.reading.source import byte_lines, shown_name

_EXPECTED = (
    'Expected: {"id": …, "query": "…", "documents": ["…", …]}; or "positive" and "negative" '
    'instead of "documents"'
)


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
        return _digest(self.raw.strip())

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
        if not isinstance(query, str) or not query.strip():
            found = "a query that is blank, or no text" if query_key else "no query"
            raise self._bad(f"found {found}", _EXPECTED)
        id_key, job_id = self._id(row)
        keys, given, judged = self._documents(row)
        passages, positions = without_blank(given)
        if not passages:
            found = "every document is blank" if given else "the list of documents is empty"
            raise self._bad(found, "At least one passage is needed to rank.")
        known = (query_key, id_key, *keys)
        fields = {key: value for key, value in row.items() if key not in known}
        return Job(
            job_id,
            Candidates(query, passages),
            positions,
            fields,
            self.source,
            self.line,
            len(given) - len(passages),
            [judged[at] for at in positions] if judged else None,
        )

    def _documents(
        self, row: Mapping[str, object]
    ) -> tuple[Collection[str | None], Sequence[Passage], Sequence[int]]:
        """The names of their fields, the documents, and the relevance of each if it is known."""
        key, documents = first_field(row, JOB_DOCUMENTS)
        if isinstance(documents, list):
            return (key,), self._passages("document", documents), ()
        (positive_key, positive), (negative_key, negative) = (
            first_field(row, names) for names in (JOB_POSITIVE, JOB_NEGATIVE)
        )
        if key is not None or positive_key is None or negative_key is None:
            raise self._bad("found no list of documents", _EXPECTED)
        judged = [
            (passage, relevance)
            for name, values, relevance in (
                (positive_key, positive, 1),
                (negative_key, negative, 0),
            )
            for passage in self._passages(name, [values] if isinstance(values, str) else values)
        ]
        # In an order that does not tell which are relevant: ties keep it, ids are places in it, and
        # some models score a passage by those before it.
        judged.sort(key=lambda pair: _digest(pair[0].text.encode("utf-8", "surrogatepass")))
        return (
            (positive_key, negative_key),
            [passage for passage, _ in judged],
            [relevance for _, relevance in judged],
        )

    def _passages(self, name: str, values: object) -> list[Passage]:
        if not isinstance(values, list):
            raise self._bad(f"{name!r} is no list of documents", _EXPECTED)
        source, line = self.source, self.line
        return [
            Passage(each, source, line) if isinstance(each, str) else self._object(each, name, at)
            for at, each in enumerate(values)
        ]

    def check_names(self) -> None:
        """Raise UsageError if names were asked for, and no document has fields."""
        if self.names.asked:
            with suppress(InputError):  # raised when the job is wanted
                self.names.check_used(self.job().candidates.passages)

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

    def _object(self, value: object, name: str, at: int) -> Passage:
        if not isinstance(value, dict):
            raise self._bad(f"{name} {at} is neither a text nor an object", _EXPECTED)
        try:
            return passage_of(value, self.names, self.source, self.line)
        except InputError as error:
            raise replace(error, problem=f"{name} {at}: {error.problem}") from None

    def _bad(self, problem: str, hint: str | None = None) -> InputError:
        return InputError(problem, source=self.source, line=self.line, hint=hint)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


def job_lines(
    file: str,
    stdin: BinaryIO | None,
    encoding: str | None,
    names: FieldNames,
    max_bytes: int = MAX_INPUT,
) -> Iterator[JobLine]:
    """The lines of a file (`-` is standard input) that are not blank, in order.

    Raises InputError for a file that cannot be read, and UsageError where `names` were asked for
    and the documents of the first line have no fields.
    """
    source = shown_name(file)
    is_first = True
    for number, (raw, name) in enumerate(byte_lines(file, stdin, encoding, max_bytes), start=1):
        if not raw.isspace():
            line = JobLine(source, number, raw, name, names)
            if is_first:
                # Of the others nothing is known until they are wanted.
                line.check_names()
                is_first = False
            yield line
