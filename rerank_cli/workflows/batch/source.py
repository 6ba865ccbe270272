"""The jobs of a batch, from JOBS or from queries with their candidates."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

from rerank_cli.console.streams import Streams
from rerank_cli.errors import InputError, UsageError
from rerank_cli.reading.collection import Corpus, read_queries, run_queries
from rerank_cli.reading.encoding import check_encoding
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.jobs import job_lines
from rerank_cli.reading.source import check_stdin_once, shown_name, size_in_bytes
from rerank_cli.workflows.batch.intake import Entry

_NOT_A_PIPE = "Its passages are looked up as they are needed: it must be a file."


@dataclass(frozen=True, slots=True)
class JobInput:
    """Where the jobs come from: one file of jobs, or queries with a corpus and a run."""

    jobs: str | None
    queries: str | None
    corpus: str | None
    run: str | None
    depth: int | None
    names: FieldNames
    encoding: str | None
    max_bytes: int

    @property
    def collection(self) -> tuple[str | None, str | None, str | None]:
        """The three files that are there instead of one of jobs."""
        return self.queries, self.corpus, self.run

    @property
    def files(self) -> list[str]:
        """The names of all files that are read."""
        return [file for file in (self.jobs, *self.collection) if file is not None]


@dataclass(frozen=True, slots=True)
class Source:
    """The jobs of the input.

    entries  yields them from the first; may be called again unless `once`
    total    the sum of their sizes, None if unknown
    once     whether they come from a pipe, which can be read only once
    """

    entries: Callable[[], Iterator[Entry]]
    total: int | None
    once: bool


def check(given: JobInput, streams: Streams) -> None:
    """Refuse what can be refused before any input is read."""
    collection = given.collection
    if any(collection):
        if not all(collection):
            raise UsageError("--queries, --corpus and --run go together", "Name all three files.")
        if given.jobs is not None:
            raise UsageError("JOBS and --queries contradict each other", "Leave one out.")
        corpus = given.corpus or ""
        if corpus == "-" or (os.path.exists(corpus) and not os.path.isfile(corpus)):
            raise UsageError(f"--corpus {corpus}: not a regular file", _NOT_A_PIPE)
    elif given.depth:
        raise UsageError("--depth needs --run", "It says how many of a run's documents to take.")
    elif given.jobs is None and streams.stdin_is_terminal:
        raise UsageError("no JOBS, and standard input is a terminal", "Name a file of jobs.")
    if given.encoding is not None:
        check_encoding(given.encoding)
    check_stdin_once(given.files)


def source_of(given: JobInput, streams: Streams, stack: ExitStack) -> Source:
    """The jobs of the input; the stack closes what they need."""
    stdin = streams.stdin
    if given.queries and given.corpus and given.run:
        queries = read_queries(given.queries, stdin, given.encoding, given.max_bytes)
        corpus = Corpus(given.corpus, given.encoding, given.max_bytes, given.names)
        stack.enter_context(closing(corpus))
        found = run_queries(
            given.run, queries, corpus, given.depth, stdin, given.max_bytes, given.encoding
        )
        entries = list(found)
        if queries and not entries:
            raise InputError(
                f"no candidates for any query of {shown_name(given.queries)} "
                f"(such as {next(iter(queries))!r})",
                source=shown_name(given.run),
                hint="Queries are matched by their ids, which must be equal, to the letter.",
            )
        lacking = len(queries) - len(entries)
        if lacking:
            streams.warn(f"{lacking} of {len(queries)} queries have no candidates in {given.run}")
        return Source(lambda: iter(entries), len(entries), once=False)
    file = given.jobs or "-"
    return Source(
        lambda: job_lines(file, stdin, given.encoding, given.names, given.max_bytes),
        size_in_bytes(file),
        once=file == "-" or not os.path.isfile(file),
    )
