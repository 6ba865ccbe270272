"""Scores on disk, by digest: an SQLite file that several processes read and write at once."""

import os
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from math import isfinite
from pathlib import Path
from typing import NamedTuple, TypeVar

from rerank_cli.errors import CacheError, SettingsError
from rerank_cli.model import Window

_APPLICATION = int.from_bytes(b"rrnk")
_VERSION = 2
_WITHOUT_CHECKSUMS = 1
# A score is the eight bytes of a double, then those of its best window, if it has one, as two whole
# numbers of four, then eight of a checksum over digest and all that. `created` is in seconds since
# 1970.
_TABLE = """
    CREATE TABLE scores (digest BLOB PRIMARY KEY, score NOT NULL, created INTEGER NOT NULL)
    WITHOUT ROWID
"""
_FACTS = """
    SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)
    FROM pragma_application_id, pragma_user_version
"""
_SOUND = "SELECT sql, integrity_check FROM sqlite_master, pragma_integrity_check"
_TIMES = """
    SELECT min(created), max(created) FROM scores
    WHERE typeof(created) = 'integer' AND created BETWEEN 0 AND 253402300799
"""
_SCORE, _SCORE_AND_WINDOW = struct.Struct("<d"), struct.Struct("<dII")
_CHECKSUM = 8
_AT_ONCE = 500
"""Digests in one look-up; SQLite takes 999 parameters everywhere."""

_PATIENCE, _BETWEEN_TRIES = 5.0, 0.05
"""Seconds to wait for another process that writes, and between two tries, when Ctrl-C is seen."""

_CLEAR_HINT = "Remove it: rerank cache clear"
# Of SQLite: an error in the SQL, which is always the same (so the tables are not ours), a damaged
# file, another format, not a database.
_DAMAGED = frozenset({1, 11, 24, 26})
_LOCKED = frozenset({5, 6})
_BESIDE = ("", "-wal", "-shm", "-journal")

T = TypeVar("T")


class Stored(NamedTuple):
    """A score, with the best window of its passage where the engine says which one that is."""

    score: float
    best: Window | None = None


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

    dropped    how many scores were not as they had been stored, and are gone
    impatient  set from another thread: nobody waits for another process any more
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dropped = 0
        self.impatient = False
        self._connection: sqlite3.Connection | None = None

    def get(self, digests: Sequence[bytes]) -> dict[bytes, Stored]:
        """The scores of those digests that are known; what is not as it was stored is dropped."""
        found: dict[bytes, Stored] = {}
        bad: list[tuple[bytes]] = []

        def read(connection: sqlite3.Connection) -> None:
            for first in range(0, len(digests), _AT_ONCE):
                some = digests[first : first + _AT_ONCE]
                marks = ",".join("?" * len(some))
                # Only question marks go into the statement.
                query = f"SELECT digest, score FROM scores WHERE digest IN ({marks})"  # noqa: S608
                for digest, sealed in connection.execute(query, some):
                    stored = _unsealed(digest, sealed)
                    if stored is None:
                        bad.append((digest,))
                    else:
                        found[digest] = stored

        self._with(read)
        if bad:
            self.dropped += len(bad)
            with suppress(CacheError):  # read-only, or locked: they fail the next time too
                self._write("DELETE FROM scores WHERE digest = ?", bad)
        return found

    def put(self, scores: Mapping[bytes, Stored]) -> None:
        """Keep these, all or none. What another process has put there meanwhile stays."""
        now = int(time.time())
        rows = [(digest, _sealed(digest, stored), now) for digest, stored in scores.items()]
        self._write("INSERT OR IGNORE INTO scores VALUES (?, ?, ?)", rows)

    def _write(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(statement, rows)

        self._with(write)

    def info(self) -> Info:
        """What there is; makes no file."""
        if not self._is_there():
            return Info(self.path)

        def look(connection: sqlite3.Connection) -> Info:
            (entries,) = connection.execute("SELECT count(*) FROM scores").fetchone()
            oldest, newest = connection.execute(_TIMES).fetchone()
            size = sum(path.stat().st_size for path in self._files()[:2] if path.exists())
            return Info(self.path, entries, size, oldest, newest)

        return self._with(look)

    def clear(self) -> int | None:
        """Remove all scores. Returns how many, or None where a file that was none had to go."""
        if not self._is_there():
            return 0

        def clear(connection: sqlite3.Connection) -> int:
            # Not the file itself: a process that has it open would spoil the next one.
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                count = connection.execute("DELETE FROM scores").rowcount
            with suppress(sqlite3.OperationalError):  # another process reads: smaller next time
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if connection.execute(_SOUND).fetchall() != [(_TABLE.lstrip(), "ok")]:
                raise SettingsError(f"{self.path}: the cache is damaged", _CLEAR_HINT)
            return count

        try:
            return self._with(clear)
        except SettingsError as error:
            # Of SQLite, whatever it is, the cure is to remove the file.
            if error.__cause__ and _code(error.__cause__) in (*_LOCKED, 0):
                raise
            self.close()
            with self._border():
                for path in self._files():
                    path.unlink(missing_ok=True)
            return None

    def _is_there(self) -> bool:
        with self._border():
            return self.path.exists()

    def close(self) -> None:
        """Close the file; another use opens it again."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _files(self) -> list[Path]:
        """The file and its log, and what else SQLite may have beside it."""
        return [self.path.with_name(self.path.name + suffix) for suffix in _BESIDE]

    def _with(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work, again as long as another process has locked what it needs."""
        end = time.monotonic() + _PATIENCE
        with self._border():
            while True:
                try:
                    if self._connection is None:
                        self._connection = _connect(self.path)
                    return work(self._connection)
                except sqlite3.OperationalError as error:
                    if _code(error) not in _LOCKED or self.impatient or time.monotonic() > end:
                        raise
                time.sleep(_BETWEEN_TRIES)

    @contextmanager
    def _border(self) -> Iterator[None]:
        """SQLite's errors, and the system's, become ours."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if _code(error) in _DAMAGED:
                problem = f"{self.path}: the cache is damaged: {error}"
                raise SettingsError(problem, _CLEAR_HINT) from error
            raise CacheError(f"{self.path}: {error}") from error
        except OSError as error:
            raise CacheError(f"{self.path}: {error.strerror or error}") from error


def _code(error: BaseException | None) -> int:
    """SQLite's code for an error, 0 if it has none."""
    if isinstance(error, UnicodeDecodeError):  # its very message quotes what is damaged
        return 11
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _sealed(digest: bytes, stored: Stored) -> bytes:
    """A score as it is stored."""
    score, best = stored
    data = _SCORE_AND_WINDOW.pack(score, *best) if best else _SCORE.pack(score)
    return data + blake2b(digest + data, digest_size=_CHECKSUM).digest()


def _unsealed(digest: bytes, sealed: object) -> Stored | None:
    """The score that was stored for a digest, None if this is not as it was stored."""
    if not isinstance(sealed, bytes):
        return None
    layouts = (each for each in (_SCORE, _SCORE_AND_WINDOW) if each.size + _CHECKSUM == len(sealed))
    for layout in layouts:
        score, *window = layout.unpack_from(sealed)
        stored = Stored(score, Window(*window) if window else None)
        if isfinite(score) and sealed == _sealed(digest, stored):
            return stored
    return None


def _add_checksums(connection: sqlite3.Connection) -> None:
    """Seal the scores that an earlier version has stored; what is no score is removed."""

    def seal(digest: object, score: object) -> bytes | None:
        good = isinstance(digest, bytes) and isinstance(score, float | int) and isfinite(score)
        return _sealed(digest, Stored(score)) if good else None  # type: ignore[arg-type]

    connection.create_function("seal", 2, seal)
    connection.execute("DELETE FROM scores WHERE seal(digest, score) IS NULL")
    connection.execute("UPDATE scores SET score = seal(digest, score)")
    connection.execute(f"PRAGMA user_version = {_VERSION}")


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        # What SQLite makes beside it gets the same permissions.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(
        path, timeout=_BETWEEN_TRIES, isolation_level=None, check_same_thread=False
    )
    # What is not UTF-8 any more is found out as no score.
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
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
    if connection.execute("PRAGMA user_version").fetchone() == (_WITHOUT_CHECKSUMS,):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA user_version").fetchone() == (_WITHOUT_CHECKSUMS,):
                _add_checksums(connection)
    # A power failure may cost the last scores, not the file.
    connection.execute("PRAGMA synchronous = NORMAL")


def _is_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the tables are there; False for an empty file, SettingsError for any other."""
    application, version, tables = connection.execute(_FACTS).fetchone()
    if (application, version, tables) == (0, 0, 0):
        return False
    if application != _APPLICATION:
        raise SettingsError(f"{path}: not a cache of rerank", _CLEAR_HINT)
    if version not in (_VERSION, _WITHOUT_CHECKSUMS):
        problem = f"{path}: the cache is of another version of rerank"
        raise SettingsError(problem, _CLEAR_HINT)
    return True
