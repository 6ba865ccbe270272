"""What comes in: jobs that are not done yet, each id once."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import NamedTuple, Protocol

from rerank_cli.errors import InputError
from rerank_cli.model import Job, PassageId


class Entry(Protocol):
    """A place in the input that should hold a job."""

    @property
    def source(self) -> str:
        """The file."""

    @property
    def line(self) -> int:
        """The line, from 1."""

    @property
    def digest(self) -> bytes:
        """Sixteen bytes that stand for everything that the job says."""

    @property
    def size(self) -> int:
        """Bytes of the input that it takes."""

    def job(self) -> Job:
        """The job. Raises InputError if there is none."""

    def id(self) -> PassageId:
        """The job's id, as far as the entry tells one."""


class Taken(NamedTuple):
    """An entry with its job, or with what is wrong with it."""

    entry: Entry
    job: Job | None
    error: InputError | None = None


def intake(
    entries: Iterator[Entry],
    done: Mapping[bytes, PassageId],
    passed: Callable[[Entry], None],
) -> Iterator[Taken]:
    """The entries to work on, in order.

    `done` are ids by digest of the jobs that are finished: `passed` is told of each. An id that
    comes again is an error that names both lines.
    """
    lines: dict[bytes, int] = {}
    for entry in entries:
        digest = entry.digest
        # The same job may stand there a second time: that is as wrong as it was the first time.
        if digest in done and _again(lines, done[digest], entry.line) is None:
            passed(entry)
            continue
        try:
            job = entry.job()
        except InputError as error:
            yield Taken(entry, None, error)
            continue
        first = _again(lines, job.id, entry.line)
        if first is None:
            yield Taken(entry, job)
        else:
            problem = f"the id {job.id!r} stands on line {first} already"
            hint = "Each query needs an id of its own."
            twice = InputError(problem, source=entry.source, line=entry.line, hint=hint)
            yield Taken(entry, None, twice)


def _again(lines: dict[bytes, int], job_id: PassageId, line: int) -> int | None:
    """The line on which an id stood before, None if it is new; as text, as output files have it."""
    # A digest, because there may be millions.
    key = blake2b(str(job_id).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return None if lines.setdefault(key, line) == line else lines[key]
