"""Scores on disk, by digest: an SQLite file that several processes read and write at once."""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from rerank_cli.errors import CacheError, SettingsError

_APPLICATION = int.from_bytes(b"rrnk")
_VERSION = 1
# A score has no type here: REAL would turn -0.0 into 0.0. `created` is in seconds since 1970.
_TABLE = """
    CREATE TABLE scores (digest BLOB PRIMARY KEY, score NOT NULL, created INTEGER NOT NULL)
    WITHOUT ROWID
"""
_FACTS = """
    SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)
    FROM pragma_application_id, pragma_user_version
"""
_AT_ONCE = 500
"""Digests in one look-up; SQLite takes 999 parameters everywhere."""

_PATIENCE = 5.0
"""Seconds to wait for another process that writes."""

_CLEAR_HINT = "Remove it: rerank cache clear"
# Of SQLite: an error in the SQL, which is always the same (so the tables are not ours), a damaged
# file, another format, not a database.
_DAMAGED = frozenset({1, 11, 24, 26})
_BESIDE = ("", "-wal", "-shm", "-journal")


class Info(NamedTuple):
    """What a cache holds: so many scores, in so many bytes, from when (seconds since 1970)."""

    path: Path
    entries: int = 0
    bytes: int = 0
    oldest: int | None = None
    newest: int | None = None


class Store:
    """The scores in one file, which is opened, and made, when first used. For one thread at a time.

    Each method raises CacheError where the file cannot be used just now, and SettingsError where
    it is damaged, foreign, or of another version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    def get(self, digests: Sequence[bytes]) -> dict[bytes, float]:
        """The scores of those digests that are known."""
        found: dict[bytes, float] = {}
        with self._open() as connection:
            for first in range(0, len(digests), _AT_ONCE):
                some = digests[first : first + _AT_ONCE]
                marks = ",".join("?" * len(some))
                # Only question marks go into the statement.
                query = f"SELECT digest, score FROM scores WHERE digest IN ({marks})"  # noqa: S608
                found.update(connection.execute(query, some))
        return found

    def put(self, scores: Mapping[bytes, float]) -> None:
        """Keep these, all or none. What another process has put there meanwhile stays."""
        now = int(time.time())
        rows = [(digest, score, now) for digest, score in scores.items()]
        with self._open() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR IGNORE INTO scores VALUES (?, ?, ?)", rows)

    def info(self) -> Info:
        """What there is; makes no file."""
        if not self.path.exists():
            return Info(self.path)
        with self._open() as connection:
            query = "SELECT count(*), min(created), max(created) FROM scores"
            entries, oldest, newest = connection.execute(query).fetchone()
            size = sum(path.stat().st_size for path in self._files()[:2] if path.exists())
        return Info(self.path, entries, size, oldest, newest)

    def clear(self) -> int | None:
        """Remove all scores. Returns how many, or None where a file that was none had to go."""
        if not self.path.exists():
            return 0
        try:
            # Not the file itself: a process that has it open would spoil the next one.
            with self._open() as connection:
                with connection:
                    connection.execute("BEGIN IMMEDIATE")
                    count = connection.execute("DELETE FROM scores").rowcount
                with suppress(sqlite3.OperationalError):  # another process reads: smaller next time
                    connection.execute("VACUUM")
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                return count
        except CacheError:
            raise
        except SettingsError:
            self.close()
            with self._border():
                for path in self._files():
                    path.unlink(missing_ok=True)
            return None

    def close(self) -> None:
        """Close the file; another use opens it again."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _files(self) -> list[Path]:
        """The file and its log, and what else SQLite may have beside it."""
        return [self.path.with_name(self.path.name + suffix) for suffix in _BESIDE]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with self._border():
            if self._connection is None:
                self._connection = _connect(self.path)
            yield self._connection

    @contextmanager
    def _border(self) -> Iterator[None]:
        """SQLite's errors, and the system's, become ours."""
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
                problem = f"{self.path}: the cache is damaged: {error}"
                raise SettingsError(problem, _CLEAR_HINT) from error
            raise CacheError(f"{self.path}: {error}") from error
        except OSError as error:
            raise CacheError(f"{self.path}: {error.strerror or error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        # What SQLite makes beside it gets the same permissions.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    if not _is_ours(connection, path):
        # Readers and a writer at once, where the file system can. SQLite does not wait for this
        # one: if another process makes the file right now, that one has switched it on.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if not _is_ours(connection, path):
                connection.execute(_TABLE)
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
    # A power failure may cost the last scores, not the file.
    connection.execute("PRAGMA synchronous = NORMAL")


def _is_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the tables are there; False for an empty file, SettingsError for any other."""
    application, version, tables = connection.execute(_FACTS).fetchone()
    if (application, version, tables) == (0, 0, 0):
        return False
    if application != _APPLICATION:
        raise SettingsError(f"{path}: not a cache of rerank", _CLEAR_HINT)
    if version != _VERSION:
        problem = f"{path}: the cache is of another version of rerank"
        raise SettingsError(problem, _CLEAR_HINT)
    return True
