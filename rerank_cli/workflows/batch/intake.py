"""Sorts the entries of the input: jobs to score, jobs that are done already, and faulty lines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import NamedTuple, Protocol

from rerank_cli.errors import InputError
from rerank_cli.model import Job, PassageId

_FAULTY_AT_FIRST = 100
"""Faulty lines after which an input without a job so far is taken to be something else."""


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
        """Its share of `Source.total`: bytes of a file of jobs, or 1 of so many queries."""

    def job(self) -> Job:
        """The job. Raises InputError if there is none."""

    def id(self) -> PassageId | None:
        """The job's id, None if the entry has none."""


class ToScore(NamedTuple):
    """An entry whose job is not done yet: with the job, or with the error of a faulty line."""

    entry: Entry
    job: Job | None
    error: InputError | None = None


Done = Mapping[bytes, Sequence[PassageId]]
"""The ids of finished jobs, by digest."""


def intake(
    entries: Iterator[Entry], done: Done, already_done: Callable[[Entry], None] | None = None
) -> Iterator[ToScore]:
    """The entries that are not done, in order; `already_done` is called with each that is.

    A duplicate id is an error that names both lines. So is the id of a job that was done with
    another query or other passages: the output would hold it twice. Raises InputError for an input
    that begins with many faulty lines: it may be of any length, and holds no jobs.
    """
    lines: dict[bytes, int] = {}
    faulty = 0
    old = {_key(job_id) for ids in done.values() for job_id in ids}
    for entry in entries:
        finished = finished_id(entry, done)
        # The same job may stand there a second time: that is as wrong as it was the first time.
        if finished is not None and _earlier_line(lines, finished, entry.line) is None:
            if already_done:
                already_done(entry)
            continue
        try:
            job = entry.job()
        except InputError as error:
            faulty += 1
            if faulty > _FAULTY_AT_FIRST and not lines:
                problem = f"{faulty} faulty lines, and no job among them: {error.problem}"
                raise replace(error, problem=problem) from None
            yield ToScore(entry, None, error)
            continue
        first = _earlier_line(lines, job.id, entry.line)
        if first is None and _key(job.id) not in old:
            yield ToScore(entry, job)
            continue
        where = "in the output, with other words," if first is None else f"on line {first}"
        problem = f"the id {job.id!r} stands {where} already"
        hint = "Each query needs an id of its own; a line without one goes by its number."
        yield ToScore(
            entry, None, InputError(problem, source=entry.source, line=entry.line, hint=hint)
        )


def finished_id(entry: Entry, done: Done) -> PassageId | None:
    """The id under which an entry's job is done, None if it is not."""
    ids = done.get(entry.digest, ())
    if entry.line in ids:
        return entry.line
    # A text is an id of its own. A number may be the line on which the job stood when it was done:
    # only the entry can tell, which takes longer.
    return next((each for each in ids if isinstance(each, str) or each == entry.id()), None)


def _earlier_line(lines: dict[bytes, int], job_id: PassageId, line: int) -> int | None:
    """The line on which an id stood before, None if it is new."""
    key = _key(job_id)
    return None if lines.setdefault(key, line) == line else lines[key]


def _key(job_id: PassageId) -> bytes:
    """What stands for an id, as text, as output files have it; short, as there may be millions."""
    return blake2b(str(job_id).encode("utf-8", "surrogatepass"), digest_size=8).digest()
