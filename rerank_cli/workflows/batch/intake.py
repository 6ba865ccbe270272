"""What comes in: jobs that are not done yet, each id once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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

    def id(self) -> PassageId | None:
        """The job's id, as far as the entry tells one."""


class Taken(NamedTuple):
    """An entry with its job, or with what is wrong with it."""

    entry: Entry
    job: Job | None
    error: InputError | None = None


Done = Mapping[bytes, Sequence[PassageId]]
"""The ids of finished jobs, by digest."""


def intake(
    entries: Iterator[Entry], done: Done, passed: Callable[[Entry], None] | None = None
) -> Iterator[Taken]:
    """The entries to work on, in order; `passed` is told of each that is done.

    An id that comes again is an error that names both lines, and so is one that is done with other
    words: the output would hold it twice.
    """
    lines: dict[bytes, int] = {}
    old = {_key(job_id) for ids in done.values() for job_id in ids}
    for entry in entries:
        finished = finished_id(entry, done)
        # The same job may stand there a second time: that is as wrong as it was the first time.
        if finished is not None and _again(lines, finished, entry.line) is None:
            if passed:
                passed(entry)
            continue
        try:
            job = entry.job()
        except InputError as error:
            yield Taken(entry, None, error)
            continue
        first = _again(lines, job.id, entry.line)
        if first is None and _key(job.id) not in old:
            yield Taken(entry, job)
            continue
        where = "in the output, with other words," if first is None else f"on line {first}"
        problem = f"the id {job.id!r} stands {where} already"
        hint = "Each query needs an id of its own; a line without one goes by its number."
        yield Taken(
            entry, None, InputError(problem, source=entry.source, line=entry.line, hint=hint)
        )


def finished_id(entry: Entry, done: Done) -> PassageId | None:
    """The id under which an entry's job is done, None if it is not."""
    ids = done.get(entry.digest, ())
    if not ids or entry.line in ids:
        return entry.line if ids else None
    # A text is an id of its own. A number may be the line on which the job stood when it was done:
    # only the entry can tell, which takes longer.
    return next((each for each in ids if isinstance(each, str) or each == entry.id()), None)


def _again(lines: dict[bytes, int], job_id: PassageId, line: int) -> int | None:
    """The line on which an id stood before, None if it is new."""
    key = _key(job_id)
    return None if lines.setdefault(key, line) == line else lines[key]


def _key(job_id: PassageId) -> bytes:
    """What stands for an id, as text, as output files have it; short, as there may be millions."""
    return blake2b(str(job_id).encode("utf-8", "surrogatepass"), digest_size=8).digest()
