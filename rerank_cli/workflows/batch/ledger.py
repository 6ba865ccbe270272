"""The output file of a batch, with the journal by which it is resumed.

Beside FILE stand FILE.progress, the journal, with the settings it was begun with and a line for
each finished job; FILE.lock, held while a process writes; and FILE.errors.jsonl, with the jobs that
failed.

A job's output is written first and its line of the journal, which has the output's digest, after
that. So whatever ends the process, FILE is right up to the last output that the journal proves, and
what follows is cut off before the work goes on: nothing is missing, nothing torn, nothing twice.
With --ordered, the scores of a job whose output waits for its turn are in the journal meanwhile.
"""

import contextlib
import errno
import json
import os
import time
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from rerank_cli.errors import SettingsError, UsageError
from rerank_cli.model import PassageId, Scores, Usage, Window
from rerank_cli.workflows.batch.journal import START_OVER, Journal, Position

if TYPE_CHECKING:
    from filelock import BaseFileLock

_BETWEEN_SYNCS = 1.0
"""Seconds."""
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
"""What a file system says that has no locks, as many network file systems."""


class Ledger:
    """An output file that this process is going to write, and no other.

    `settings` are those that decide what is written; a file that was begun with others is refused.
    But for FILE.lock, nothing is changed before `begin`. Raises SettingsError for a file that
    cannot be resumed, UsageError for one that cannot be written.

    done    the ids of finished jobs by the digest of what they say (without ids, lines may say the
            same)
    scored  the scores of jobs that are not finished, by that digest
    lost    how many jobs are to be scored again, because FILE was cut short after they were written
    """

    def __init__(self, file: Path, settings: Mapping[str, object], *, fresh: bool) -> None:
        self.file = file
        self.errors_file = _beside(file, ".errors.jsonl")
        self.done: dict[bytes, list[PassageId]] = {}
        self.scored: dict[bytes, Scores] = {}
        self.lost = 0
        self._settings = settings
        self._journal = Journal(_beside(file, ".progress"))
        self._end = 0
        self._streams: list[BinaryIO] = []
        self._errors: BinaryIO | None = None
        self._broken: UsageError | None = None
        self._synced = time.monotonic()
        self._lock = _locked(_beside(file, ".lock"), file)
        self.is_locked = self._lock is not None
        try:
            with _writing(file):
                self._journal.position = Position() if fresh else self._resumed(settings)
        except BaseException:
            self._release()
            raise

    def begin(self) -> None:
        """Cut off what is torn, and open the files at the end of what is whole."""
        with _writing(self.file):
            self._output = self._opened(self.file, self._end)
        with _writing(self._journal.file):
            position = self._journal.position
            self._journal_stream = self._opened(self._journal.file, position.byte)
            if not position.byte:
                _write(self._journal_stream, self._journal.begun(self._settings))

    def finished(self, job: bytes, job_id: PassageId, output: bytes) -> None:
        """Write a job's output. Raises UsageError if it cannot be written; nothing is lost."""
        end = self._end + len(output)
        with self._unbroken(self.file):
            _write(self._output, output)
            self._append({"id": job_id, "job": job.hex(), "end": end, "output": _digest(output)})
        self._end = end
        self._add(job, job_id)

    def hold(self, job: bytes, scores: Scores) -> None:
        """Write the scores of a job whose output waits for its turn; `finished` comes later."""
        if job not in self.scored:
            best = {"best": scores.best} if scores.best else {}
            with self._unbroken(self._journal.file):
                self._append({"job": job.hex(), "scores": scores.values, **best})
            self.scored[job] = scores

    def _add(self, job: bytes, job_id: PassageId) -> None:
        self.done.setdefault(job, []).append(job_id)
        self.scored.pop(job, None)

    def failed(self, line: bytes) -> None:
        """Write the line of a job that failed; the first replaces those of an earlier run."""
        with self._unbroken(self.errors_file):
            if self._errors is None:
                self._errors = self._opened(self.errors_file, 0)
            _write(self._errors, line)

    def completed(self) -> None:
        """All jobs had their turn: what failed in an earlier run did not fail again."""
        if self._errors is None:
            with _writing(self.errors_file):
                self.errors_file.unlink(missing_ok=True)

    def sync_sometimes(self) -> None:
        """Flush to disk what is written, if that was not done just now: it is slow."""
        if time.monotonic() - self._synced >= _BETWEEN_SYNCS:
            self._sync()

    def _sync(self) -> None:
        self._synced = time.monotonic()
        for stream in self._streams[:2]:
            with contextlib.suppress(OSError):
                os.fsync(stream.fileno())

    def close(self) -> None:
        """Let another process write; this one no longer does."""
        self._broken = self._broken or UsageError(f"{self.file} is closed")
        self._sync()
        for stream in self._streams:
            stream.close()
        self._release()

    def _release(self) -> None:
        if self._lock:
            self._lock.release()

    @contextlib.contextmanager
    def _unbroken(self, path: Path) -> Iterator[None]:
        """After one write that failed, whole or in part, no other may follow it."""
        if self._broken:
            raise self._broken
        try:
            with _writing(path):
                yield
        except UsageError as error:
            self._broken = error
            raise

    def _opened(self, path: Path, end: int) -> BinaryIO:
        stream = path.open("r+b" if path.exists() else "w+b", buffering=0)
        self._streams.append(stream)
        stream.truncate(end)
        stream.seek(end)
        return stream

    def _append(self, entry: Mapping[str, object]) -> None:
        _write(self._journal_stream, self._journal.line(entry))

    def _resumed(self, settings: Mapping[str, object]) -> Position:
        """Restore what the journal proves of the output. Returns the end of that journal."""
        size = self.file.stat().st_size if self.file.exists() else 0
        journal = self._journal.file
        if not journal.exists():
            if size:
                raise self._foreign(f"no {journal}")
            return Position()
        entries = self._journal.entries()
        begun = next(entries, None)
        if begun is None:
            if size:
                raise self._foreign(f"{journal} has no whole line")
            return Position()
        try:
            self._compare(begun["settings"], settings)
            with self.file.open("rb") if size else BytesIO() as output:
                return self._restore(entries, output, size)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise self._foreign(f"{journal} holds something else") from None

    def _restore(
        self, entries: Iterator[Mapping[str, Any]], output: BinaryIO, size: int
    ) -> Position:
        proved, line, end, first_lost = self._journal.position, 1, 0, 0
        for entry in entries:
            job = bytes.fromhex(entry["job"])
            if "scores" in entry:
                self.scored.update({} if self.lost else {job: _scores(entry)})
            else:
                end = entry["end"]
                written = b"" if self.lost else output.read(end - self._end)
                if self.lost or _digest(written) != entry["output"]:
                    first_lost = first_lost or end
                    self.lost += 1
                else:
                    self._add(job, entry["id"])
                    self._end = end
                    line += written.count(b"\n")
            proved = proved if self.lost else self._journal.position
        # Where all is as long as it was, or nothing is as it was, it has not just been cut short.
        if self.lost and (size >= end or (not self.done and size >= first_lost)):
            raise SettingsError(
                f"{self.file}:{line}: not as it was written",
                "Undo the edit, or cut the file off before that line: what stands before is kept, "
                f"the rest scored again. {START_OVER}",
            )
        return proved

    def _foreign(self, why: str) -> SettingsError:
        return SettingsError(f"{self.file} was not begun by rerank batch ({why})", START_OVER)

    def _compare(self, begun: Mapping[str, object], settings: Mapping[str, object]) -> None:
        # As they come back from JSON.
        now = json.loads(json.dumps(settings))
        for name in (*now, *begun):
            if begun.get(name) != now.get(name):
                raise SettingsError(
                    f"{self.file} was begun with {name} {_shown(begun.get(name))}, "
                    f"now it is {_shown(now.get(name))}",
                    START_OVER,
                )


def _scores(entry: Mapping[str, Any]) -> Scores:
    """The scores of a job that waits, which an earlier run has paid for."""
    best = (each if each is None else Window(*each) for each in entry.get("best", ()))
    return Scores(tuple(entry["scores"]), Usage(), tuple(best))


def written_beside(file: Path) -> list[Path]:
    """All files that a batch with this output may write."""
    return [file, *(_beside(file, suffix) for suffix in (".progress", ".lock", ".errors.jsonl"))]


def _digest(output: bytes) -> str:
    return blake2b(output, digest_size=8).hexdigest()


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _beside(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


def _locked(path: Path, file: Path) -> "BaseFileLock | None":
    """The lock, held; None where the file system has no locks."""
    import warnings

    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        with warnings.catch_warnings():
            # Where there are no locks it may take a file for one, and warn in its own words.
            warnings.simplefilter("ignore")
            lock.acquire(timeout=0)
    except Timeout:  # an OSError too
        raise SettingsError(
            f"{file} is being written by another process, which holds {path}",
            "Wait for it, or write to another file with -o. If it is gone, as with its machine, "
            f"remove {path}",
        ) from None
    except NotImplementedError:
        return None
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return None
        raise _unwritable(path, error) from error
    return lock


def _write(stream: BinaryIO, data: bytes) -> None:
    """All of the data: a nearly full disk may take a part, and say so only the next time."""
    left = memoryview(data)
    while left:
        left = left[stream.write(left) :]


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{path} cannot be written: {error.strerror or error}",
        "What was finished before is kept: the same command resumes there.",
    )
