"""Jobs from queries, a corpus in BEIR's layout, and the run of a first-stage search."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import BinaryIO, cast

from rerank_cli.errors import InputError
from rerank_cli.model import Candidates, Job, Passage, PassageId
from rerank_cli.reading import MAX_INPUT
from rerank_cli.reading.encoding import decoded
from rerank_cli.reading.fields import (
    COLLECTION_ID,
    ID_TYPES,
    QUERY_TEXT,
    first_field,
    without_blank,
)
from rerank_cli.reading.jsonl import value_of
from rerank_cli.reading.lines import numbered_lines
from rerank_cli.reading.runs import run_reader
from rerank_cli.reading.source import StoredLines, read_text, shown_name


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
    """A file of JSON lines of `_id`, `title` and `text`, whose passages are read when asked for.

    Only ids and byte offsets are held. Raises InputError for a line that is no document, and for an
    id that comes twice.
    """

    def __init__(self, file: str, encoding: str | None, max_bytes: int = MAX_INPUT) -> None:
        self._source = shown_name(file)
        self._lock = threading.Lock()
        self._offsets: dict[str, tuple[int, int]] = {}
        self._lines = StoredLines(file, encoding, max_bytes)
        for number, (at, raw, name) in enumerate(self._lines, start=1):
            self._encoding = name
            if not raw.isspace():
                doc_id = _text_id(self._row(raw, number), self._source, number)
                if doc_id in self._offsets:
                    first = self._offsets[doc_id][1]
                    problem = f"document {doc_id!r} stands on line {first} already"
                    raise InputError(problem, source=self._source, line=number)
                self._offsets[doc_id] = (at, number)

    def passage(self, doc_id: str) -> Passage | None:
        """The passage of an id: title and text, joined by a blank; None if there is none."""
        if doc_id not in self._offsets:
            return None
        at, line = self._offsets[doc_id]
        with self._lock:
            raw = self._lines.line(at)
        row = self._row(raw, line)
        title, text = row.get("title") or "", row.get("text")
        if not isinstance(text, str) or not isinstance(title, str):
            raise InputError("found no text under 'text'", source=self._source, line=line)
        id_key, _ = first_field(row, COLLECTION_ID)
        text = f"{title} {text}" if title else text
        return Passage(text, self._source, line, doc_id, row, "text", id_key)

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def _row(self, raw: bytes, line: int) -> Mapping[str, object]:
        text = decoded(raw, self._encoding, self._source, line=line).strip()
        row = value_of(text, self._source, line)
        if isinstance(row, dict):
            return row
        hint = 'A corpus has a line like {"_id": "d1", "title": "…", "text": "…"} a document.'
        raise InputError(f"found {text[:40]!r}", source=self._source, line=line, hint=hint)


def run_queries(
    run: str,
    queries: Mapping[str, str],
    corpus: Corpus,
    depth: int | None,
    stdin: BinaryIO | None,
    max_bytes: int = MAX_INPUT,
) -> Iterator[RunQuery]:
    """The queries of a run (TREC's, or a batch's), in the order in which they first appear.

    Of each the best `depth` documents by score; ties keep the run's order. Queries of the run whose
    text is not known are left out.
    """
    source = shown_name(run)
    text = read_text(run, stdin, None, max_bytes)
    found: dict[str, tuple[int, list[tuple[float, str]]]] = {}
    for line, (query_id, doc_id, score) in run_reader(text)(text, source):
        found.setdefault(query_id, (line, []))[1].append((score, doc_id))
    for query_id, (line, scored) in found.items():
        if query_id in queries:
            best = sorted(scored, key=lambda pair: -pair[0])[:depth]
            doc_ids = tuple(dict.fromkeys(doc_id for _, doc_id in best))
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
    if line.lstrip().startswith("{"):
        row = cast("Mapping[str, object]", value_of(line, source, number))
        _, query = first_field(row, QUERY_TEXT)
        query_id = _text_id(row, source, number)
    else:
        query_id, tab, query = line.partition("\t")
        query = query if tab else None
    if not isinstance(query, str) or not query.strip() or not query_id:
        hint = 'A line is id, tab, text; or {"_id": "q1", "text": "…"}.'
        raise InputError(f"found {line[:40]!r}, no query", source=source, line=number, hint=hint)
    return query_id, query


def _text_id(row: Mapping[str, object], source: str, line: int) -> str:
    _, value = first_field(row, COLLECTION_ID)
    if type(value) not in ID_TYPES:
        raise InputError("found no id under '_id'", source=source, line=line)
    return str(value)
