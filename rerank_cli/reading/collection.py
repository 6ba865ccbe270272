"""Jobs from queries, a corpus in BEIR's layout, and the run of a first-stage search."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from itertools import islice
from typing import BinaryIO, cast

from rerank_cli.errors import InputError
from rerank_cli.model import Candidates, Job, Passage, PassageId
from rerank_cli.reading import MAX_INPUT
from rerank_cli.reading.encoding import decoded
from rerank_cli.reading.fields import (
    COLLECTION_ID,
    ID_TYPES,
    QUERY_TEXT,
    USUAL,
    FieldNames,
    first_field,
    id_in,
    passage_of,
    without_blank,
)
from rerank_cli.reading.jsonl import value_of
from rerank_cli.reading.lines import numbered_lines
from rerank_cli.reading.runs import run_reader
from rerank_cli.reading.source import StoredLines, read_text, shown_name

_EXPECTED = {
    "document": 'A corpus has a line of id, tab, text for each document; or JSON such as {"_id": '
    '"d1", "title": "…", "text": "…"}.',
    "query": 'A line is id, tab, text; or {"_id": "q1", "text": "…"}.',
}


@dataclass(frozen=True)
class RunQuery:
    """A query of a run, with the documents that the first stage found for it, best first."""

    source: str
    line: int
    query_id: str
    doc_ids: tuple[str, ...]
    query: str
    corpus: "Corpus"
    size: int = 1

    def job(self) -> Job:
        """The job. Raises InputError for a document that is missing."""
        passages, positions = without_blank([self._passage(doc_id) for doc_id in self.doc_ids])
        if not passages:
            problem = f"every document of query {self.query_id!r} is blank"
            raise InputError(problem, source=self.source, line=self.line)
        candidates, blank = Candidates(self.query, passages), len(self.doc_ids) - len(passages)
        return Job(self.query_id, candidates, positions, {}, self.source, self.line, blank)

    def _passage(self, doc_id: str) -> Passage:
        passage = self.corpus.passage(doc_id)
        if passage is None:
            problem = f"document {doc_id!r} of query {self.query_id!r} is not in the corpus"
            raise InputError(problem, source=self.source, line=self.line)
        return passage

    def id(self) -> PassageId:
        """The query's id."""
        return self.query_id

    @cached_property
    def digest(self) -> bytes:
        """Digest of query and documents, ids and texts (16 bytes)."""
        digest = blake2b(digest_size=16)
        parts = [self.query_id, self.query]
        for doc_id in self.doc_ids:
            try:
                passage = self.corpus.passage(doc_id)
            except InputError:  # reported when the job is read
                passage = None
            parts += [doc_id, passage.text if passage else ""]
        for part in parts:
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
        return digest.digest()


class Corpus:
    """A file of documents, whose passages are read when asked for.

    A line is a JSON object of `_id`, `title` and `text` (or as `names` have it), or id, tab, text.
    Only ids and byte offsets are held. Raises InputError for a line that is no document, for an id
    that comes twice, and where no document has such a text; else one that has none costs only who
    asks for it.
    """

    def __init__(
        self,
        file: str,
        encoding: str | None,
        max_bytes: int = MAX_INPUT,
        names: FieldNames = USUAL,
    ) -> None:
        self._source = shown_name(file)
        self._names = replace(names, of_corpus=True)
        self._lock = threading.Lock()
        self._offsets: dict[str, tuple[int, int]] = {}
        self._lines = StoredLines(file, encoding, max_bytes)
        has_text, lacking = False, None
        for number, (at, raw, name) in enumerate(self._lines, start=1):
            self._encoding = name
            if not raw.isspace():
                row = self._row(raw, number)
                doc_id = self._id(row, number)
                if doc_id in self._offsets:
                    first = self._offsets[doc_id][1]
                    problem = f"document {doc_id!r} stands on line {first} already"
                    raise InputError(problem, source=self._source, line=number)
                self._offsets[doc_id] = (at, number)
                if not has_text:
                    has_text = self._names.text_of(row)[0] is not None
                    lacking = lacking or (row, number)
        if lacking and not has_text:
            self._passage(*lacking)

    def passage(self, doc_id: str) -> Passage | None:
        """The passage of an id; None if there is none."""
        if doc_id not in self._offsets:
            return None
        at, line = self._offsets[doc_id]
        with self._lock:
            raw = self._lines.line(at)
        found = self._passage(self._row(raw, line), line)
        return found if found.id == doc_id else found._replace(id=doc_id)

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def _row(self, raw: bytes, line: int) -> Mapping[str, object]:
        text = decoded(raw, self._encoding, self._source, line=line).strip("\r\n")
        return _row(text, "document", self._source, line)

    def _passage(self, row: Mapping[str, object], line: int) -> Passage:
        return passage_of(row, self._names, self._source, line)

    def _id(self, row: Mapping[str, object], line: int) -> str:
        key, value = id_in(row, self._names, self._source, line)
        return _text_id(value, key, self._source, line)


def run_queries(
    run: str,
    queries: Mapping[str, str],
    corpus: Corpus,
    depth: int | None,
    stdin: BinaryIO | None,
    max_bytes: int = MAX_INPUT,
    encoding: str | None = None,
) -> Iterator[RunQuery]:
    """The queries of a run (TREC's, or a batch's), in the order in which they first appear.

    Of each the best `depth` documents by score; ties keep the run's order. Queries of the run whose
    text is not known are left out.
    """
    source = shown_name(run)
    text = read_text(run, stdin, encoding, max_bytes)
    found: dict[str, tuple[int, list[tuple[float, str]]]] = {}
    for line, (query_id, doc_id, score) in run_reader(text)(text, source):
        found.setdefault(query_id, (line, []))[1].append((score, doc_id))
    for query_id, (line, scored) in found.items():
        if query_id in queries:
            scored.sort(key=lambda pair: -pair[0])
            best = dict.fromkeys(doc_id for _, doc_id in scored)
            doc_ids = tuple(islice(best, depth))
            yield RunQuery(source, line, query_id, doc_ids, queries[query_id], corpus)


def read_queries(
    file: str, stdin: BinaryIO | None, encoding: str | None, max_bytes: int = MAX_INPUT
) -> dict[str, str]:
    """Texts by id, of a table of id and text without a header, or of JSON lines.

    Raises InputError for a line that is neither, and for an id that comes twice.
    """
    text = read_text(file, stdin, encoding, max_bytes)
    source = shown_name(file)
    queries: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in numbered_lines(text):
        query_id, query = _query(line, source, number)
        if query_id in queries:
            problem = f"query {query_id!r} stands on line {lines[query_id]} already"
            raise InputError(problem, source=source, line=number)
        queries[query_id], lines[query_id] = query, number
    return queries


def _query(line: str, source: str, number: int) -> tuple[str, str]:
    row = _row(line, "query", source, number)
    _, query_id = first_field(row, COLLECTION_ID)
    query_id = _text_id(query_id, None, source, number)
    _, query = first_field(row, QUERY_TEXT)
    if not isinstance(query, str) or not query.strip():
        raise _no("query", line, source, number)
    return query_id, query


def _text_id(value: object, name: str | None, source: str, line: int) -> str:
    if type(value) not in ID_TYPES:
        raise InputError(f"found no id under {name or '_id'!r}", source=source, line=line)
    return str(value)


def _row(line: str, what: str, source: str, number: int) -> Mapping[str, object]:
    """The fields of a line: a JSON object, or id, tab, text (which are `_id` and `text` then)."""
    if line.lstrip().startswith("{"):
        # What begins so is an object, or an error.
        return cast("Mapping[str, object]", value_of(line, source, number))
    row_id, *texts = line.split("\t")
    if len(texts) > 1:
        problem = f"{len(texts) + 1} columns, expected 2: id, tab, text"
        raise InputError(problem, source=source, line=number, hint=_EXPECTED[what])
    if not texts or not row_id:
        raise _no(what, line, source, number)
    return {"_id": row_id, "text": texts[0]}


def _no(what: str, line: str, source: str, number: int) -> InputError:
    problem = f"found {line[:40]!r}, no {what}"
    return InputError(problem, source=source, line=number, hint=_EXPECTED[what])
