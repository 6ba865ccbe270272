"""The output file of a batch, and the account of what is finished in it.

Beside FILE stand FILE.progress, with the settings it was begun with and a line for each finished
job; FILE.lock, held while a process writes; and FILE.errors.jsonl, with the jobs that failed.

A job's output is written first and its line of account after that. So whatever ends the process,
FILE is right up to the end that the last whole line of account names, and what follows it is cut
off before the work goes on: nothing is missing, nothing torn, nothing twice.
"""

import contextlib
import errno
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from rerank_cli.errors import SettingsError, UsageError
from rerank_cli.model import PassageId

if TYPE_CHECKING:
    from filelock import BaseFileLock

_VERSION = 1
_BETWEEN_SYNCS = 1.0
"""Seconds."""
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
"""What a file system says that has no locks, as many network file systems."""
_START_OVER = "--fresh starts over; another -o leaves it as it is."


class Ledger:
    """An output file that this process is going to write, and no other.

    `settings` are those that decide what is written; a file that was begun with others is refused.
    `done` holds the ids of finished jobs by the digest of what they say (without ids, lines may say
    the same). Nothing is changed before `begin`. Raises SettingsError for a file that cannot be
    gone on with, UsageError for one that cannot be written.
    """

    def __init__(self, file: Path, settings: Mapping[str, object], *, fresh: bool) -> None:
        self.file = file
        self.errors_file = _beside(file, ".errors.jsonl")
        self.done: dict[bytes, list[PassageId]] = {}
        self._settings = settings
        self._account_file = _beside(file, ".progress")
        self._streams: list[BinaryIO] = []
        self._errors: BinaryIO | None = None
        self._broken: UsageError | None = None
        self._synced = time.monotonic()
        self._lock = _locked(_beside(file, ".lock"), file)
        self.is_locked = self._lock is not None
        try:
            with _writing(file):
                self._end, self._whole = (0, 0) if fresh else self._read_account(settings)
        except BaseException:
            self._release()
            raise

    def begin(self) -> None:
        """Cut off what is torn, and go on from there."""
        with _writing(self.file):
            self._output = self._opened(self.file, self._end)
        with _writing(self._account_file):
            self._account = self._opened(self._account_file, self._whole)
            if not self._whole:
                self._note({"version": _VERSION, "settings": self._settings})

    def finished(self, digest: bytes, job_id: PassageId, output: bytes) -> None:
        """Put down a job's output. Raises UsageError if it cannot be written; nothing is lost."""
        with self._unbroken(self.file):
            _write(self._output, output)
            end = self._end + len(output)
            self._note({"id": job_id, "job": digest.hex(), "end": end})
            self._end = end
        self.done.setdefault(digest, []).append(job_id)

    def failed(self, line: bytes) -> None:
        """Put down a line about a job that failed; the first replaces those of an earlier run."""
        with self._unbroken(self.errors_file):
            if self._errors is None:
                self._errors = self._opened(self.errors_file, 0)
            _write(self._errors, line)

    def completed(self) -> None:
        """All jobs had their turn: what failed in an earlier run did not fail again."""
        if self._errors is None:
            with _writing(self.errors_file):
                self.errors_file.unlink(missing_ok=True)

    def sync_now_and_then(self) -> None:
        """See that what is written outlives the machine; not too often, since disks are slow."""
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

    def _note(self, entry: Mapping[str, object]) -> None:
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"
        _write(self._account, line.encode("utf-8", "surrogatepass"))

    def _read_account(self, settings: Mapping[str, object]) -> tuple[int, int]:
        """Bytes of the output that are right, and bytes of the account that are whole lines."""
        size = self.file.stat().st_size if self.file.exists() else 0
        if not self._account_file.exists():
            if size:
                raise self._foreign(f"no {self._account_file}")
            return 0, 0
        end = whole = 0
        with self._account_file.open("rb") as account:
            for number, line in enumerate(account, start=1):
                if not line.endswith(b"\n"):
                    break
                entry = self._entry(line, number)
                if number == 1:
                    self._compare(entry, settings)
                else:
                    end = self._recall(entry, number, end)
                whole += len(line)
        if size and not whole:
            raise self._foreign(f"{self._account_file} has no whole line")
        if size < end:
            if size:
                problem = f"{self.file} has {size} bytes, but {end} were written to it"
                raise SettingsError(problem, _START_OVER)
            # The file was removed to begin anew.
            self.done.clear()
            return 0, 0
        return end, whole

    def _foreign(self, why: str) -> SettingsError:
        return SettingsError(f"{self.file} was not begun by rerank batch ({why})", _START_OVER)

    def _entry(self, line: bytes, number: int) -> Mapping[str, object]:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict):
            raise self._damaged(number)
        return entry

    def _recall(self, entry: Mapping[str, object], number: int, before: int) -> int:
        digest, job_id, end = entry.get("job"), entry.get("id"), entry.get("end")
        if not isinstance(digest, str) or not isinstance(job_id, str | int):
            raise self._damaged(number)
        if not isinstance(end, int) or end < before:
            raise self._damaged(number)
        try:
            self.done.setdefault(bytes.fromhex(digest), []).append(job_id)
        except ValueError:
            raise self._damaged(number) from None
        return end

    def _damaged(self, number: int) -> SettingsError:
        return SettingsError(f"{self._account_file}:{number}: damaged", _START_OVER)

    def _compare(self, entry: Mapping[str, object], settings: Mapping[str, object]) -> None:
        begun = entry.get("settings")
        if entry.get("version") != _VERSION or not isinstance(begun, dict):
            raise self._damaged(1)
        # As they come back from JSON.
        now = json.loads(json.dumps(settings))
        for name in (*now, *begun):
            if begun.get(name) != now.get(name):
                raise SettingsError(
                    f"{self.file} was begun with {name} {_shown(begun.get(name))}, "
                    f"now it is {_shown(now.get(name))}",
                    _START_OVER,
                )


def written_beside(file: Path) -> list[Path]:
    """All files that a batch with this output may write."""
    return [file, *(_beside(file, suffix) for suffix in (".progress", ".lock", ".errors.jsonl"))]


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
        "What was finished before is kept: the same command goes on from there.",
    )
