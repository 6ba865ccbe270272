"""The file that holds the scores."""

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.engines.cache import store as module
from rerank_cli.engines.cache.store import Info, Store, Stored
from rerank_cli.errors import CacheError, RerankError, SettingsError
from rerank_cli.model import Window
from rerank_cli.rendering.cache_info import render_cache_info

_posix = pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store is going to be."""
    return tmp_path / "caches" / "rerank" / "scores.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An empty store, of which there is no file yet."""
    made = Store(path)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.05)


def _digest(number: int) -> bytes:
    return number.to_bytes(16)


def _filled(path: Path, scores: int = 3) -> Path:
    store = Store(path)
    put(store, {_digest(number): number / 7 for number in range(scores)})
    store.close()
    return path


def put(store: Store, scores: Mapping[bytes, float]) -> None:
    """Store scores without windows."""
    store.put({digest: Stored(score) for digest, score in scores.items()})


def get(store: Store, digests: Sequence[bytes]) -> dict[bytes, float]:
    """The scores that are known of these, without windows."""
    found = store.get(digests)
    assert all(each.best is None for each in found.values())
    return {digest: each.score for digest, each in found.items()}


def test_a_best_window_comes_back_with_its_score(path: Path) -> None:
    """The output with the cache would show another part of a passage, or none."""
    stored = {
        _digest(1): Stored(0.5, Window(0, 0)),
        _digest(2): Stored(0.25),
        _digest(3): Stored(0.5, Window(7, 2**32 - 1)),
    }
    with closing(Store(path)) as store:
        store.put(stored)
        assert store.get(list(stored)) == stored


def test_a_best_window_that_was_changed_is_not_believed(path: Path) -> None:
    """A flipped bit would emphasise what does not match, or cut a passage at the wrong place."""
    with closing(Store(path)) as store:
        store.put({_digest(1): Stored(0.5, Window(3, 9))})
    with closing(sqlite3.connect(path)) as file, file:
        ((sealed,),) = file.execute("SELECT score FROM scores").fetchall()
        changed = sealed[:8] + bytes([sealed[8] ^ 1]) + sealed[9:]
        file.execute("UPDATE scores SET score = ?", (changed,))
    with closing(Store(path)) as store:
        assert store.get([_digest(1)]) == {}
        assert store.dropped == 1


def test_what_is_put_is_there_for_the_next_run(path: Path) -> None:
    """Every run would pay again."""
    _filled(path)
    again = Store(path)
    assert get(again, [_digest(2), _digest(9), _digest(1)]) == {
        _digest(1): 1 / 7,
        _digest(2): 2 / 7,
    }
    again.close()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_scores_come_back_to_the_last_bit(scores: list[float]) -> None:
    """The output with the cache would differ from the one without: in a digit, or in -0.0."""
    store = Store(Path(":memory:"))
    kept = {_digest(number): score for number, score in enumerate(scores)}
    store._connection = sqlite3.connect(":memory:", isolation_level=None)
    module._prepare(store._connection, store.path)
    put(store, kept)
    found = get(store, list(kept))
    assert {digest: score.hex() for digest, score in found.items()} == {
        digest: score.hex() for digest, score in kept.items()
    }
    store.close()


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 40_000])
def test_any_number_of_scores(store: Store, count: int) -> None:
    """A long file would be beyond what one SQL statement may carry."""
    scores = {_digest(number): number / 3 for number in range(count)}
    put(store, scores)
    assert get(store, [*scores, _digest(count)]) == scores


def test_the_first_score_stays(store: Store, path: Path) -> None:
    """Two runs at once would swap scores under those who have read them."""
    get(store, [])
    _filled(path)
    put(store, {_digest(1): 9.0})
    assert get(store, [_digest(1)]) == {_digest(1): 1 / 7}


@_posix
def test_it_is_for_its_owner_alone(path: Path) -> None:
    """Others on the machine could look up whether somebody has asked this."""
    store = Store(path)
    put(store, {_digest(1): 0.5})
    modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    assert modes.pop("scores.sqlite") == 0o600
    assert set(modes.values()) <= {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    store.close()


def test_nothing_stays_beside_the_file(path: Path) -> None:
    """A copy of the file alone, or a read-only folder, would lack the last scores."""
    _filled(path)
    assert [each.name for each in path.parent.iterdir()] == ["scores.sqlite"]


# info and clear


def test_info_of_nothing_makes_nothing(store: Store, path: Path) -> None:
    """Somebody who only looks would get a cache."""
    assert (store.info().entries, store.info().oldest, store.clear()) == (0, None, 0)
    assert not path.parent.exists()


def test_info_tells_how_much_there_is_and_from_when(path: Path) -> None:
    """A cache that fills the disk, or is out of date, could not be told."""
    before = int(time.time())
    with closing(Store(_filled(path))) as store:
        found = store.info()
    assert (found.path, found.entries, found.bytes) == (path, 3, path.stat().st_size)
    assert found.oldest is not None
    assert found.newest is not None
    assert before <= found.oldest <= found.newest <= time.time()


def test_clear_leaves_nothing(path: Path) -> None:
    """Digests would stay in the file after its owner has removed them, and its size too."""
    store = Store(_filled(path, 5_000))
    assert path.stat().st_size > 100_000
    assert store.clear() == 5_000
    store.close()
    assert path.stat().st_size < 20_000
    assert _digest(4_321) not in path.read_bytes()
    assert get(store, [_digest(1)]) == {}
    store.close()


def test_clear_while_another_process_has_it_open(store: Store, path: Path) -> None:
    """The other process would write to a file that is gone, or spoil the next one."""
    put(store, {_digest(1): 0.5})
    other = Store(path)
    assert other.clear() == 1
    assert get(store, [_digest(1)]) == {}
    put(store, {_digest(2): 0.25})
    assert get(other, [_digest(2)]) == {_digest(2): 0.25}
    other.close()


# files that are no store


def _garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all\n" * 500)


def _cut(path: Path) -> None:
    _filled(path, 5_000)
    path.write_bytes(path.read_bytes()[: 4096 * 9])


def _scribbled(path: Path) -> None:
    _filled(path, 5_000)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


def _altered(*statements: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        connection = sqlite3.connect(_filled(path), isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()

    return make


def _foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE scores (player TEXT)")
    connection.commit()
    connection.close()


_BROKEN = {
    "garbage": (_garbage, "damaged"),
    "cut": (_cut, "damaged"),
    "scribbled": (_scribbled, "damaged"),
    "tableless": (_altered("DROP TABLE scores"), "damaged"),
    "foreign": (_foreign, "not a cache of rerank"),
    "newer": (_altered("PRAGMA user_version = 99"), "of another version"),
    "other": (_altered("PRAGMA application_id = 99"), "not a cache of rerank"),
}
_every_broken_one = pytest.mark.parametrize(
    ("make", "why"), list(_BROKEN.values()), ids=list(_BROKEN)
)


@_every_broken_one
def test_a_file_that_is_no_store_is_refused(
    path: Path, make: Callable[[Path], None], why: str
) -> None:
    """Wrong scores would be read, another program's file spoilt, or a user left without a cure."""
    path.parent.mkdir(parents=True)
    make(path)
    before = path.read_bytes()
    store = Store(path)
    with pytest.raises(SettingsError) as caught:
        get(store, [_digest(number) for number in range(5_000)])
    assert not isinstance(caught.value, CacheError)
    assert caught.value.exit_code == 3
    assert str(path) in caught.value.message
    assert why in caught.value.message
    assert "rerank cache clear" in (caught.value.hint or "")
    store.close()
    assert path.read_bytes() == before


@_every_broken_one
def test_clear_makes_room_for_a_new_one(path: Path, make: Callable[[Path], None], why: str) -> None:
    """The advice that the error gives would not help."""
    path.parent.mkdir(parents=True)
    make(path)
    store = Store(path)
    removed = store.clear()
    put(store, {_digest(1): 0.5})
    assert get(store, [_digest(1)]) == {_digest(1): 0.5}
    # Some damage is only seen where it is read.
    assert removed is None or why == "damaged"
    store.close()


def test_an_empty_file_is_a_new_store(store: Store, path: Path) -> None:
    """A disk that was full when the file was made would leave one that is refused for ever."""
    path.parent.mkdir(parents=True)
    path.touch()
    put(store, {_digest(1): 0.5})
    assert store.info().entries == 1


# what passes


def test_locked_by_a_writer_it_can_still_be_read(store: Store, path: Path) -> None:
    """A second run would wait for the first one, or fail."""
    other = sqlite3.connect(_filled(path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert get(store, [_digest(0)]) == {_digest(0): 0.0}
    with pytest.raises(CacheError, match="locked"):
        put(store, {_digest(9): 0.5})
    other.execute("ROLLBACK")
    put(store, {_digest(9): 0.5})
    assert store.info().entries == 4
    other.close()


def test_locked_before_it_was_made(store: Store, path: Path) -> None:
    """A bug report would be asked for, where another process only holds the file."""
    path.parent.mkdir(parents=True)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for use in (lambda: get(store, []), store.info, store.clear):
        with pytest.raises(CacheError, match="locked"):
            use()
    other.close()


def test_a_full_disk_spoils_nothing(store: Store, path: Path) -> None:
    """Half of the scores would be kept, or none be found any more."""
    put(store, {_digest(1): 0.5})
    assert store._connection is not None
    store._connection.execute("PRAGMA max_page_count = 3")
    with pytest.raises(CacheError, match="full"):
        put(store, {_digest(number): 0.25 for number in range(10_000)})
    assert get(store, [_digest(1), _digest(2)]) == {_digest(1): 0.5}
    store.close()
    assert store.info().entries == 1


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A read-only home would end with a bug report."""
    (tmp_path / "file").touch()
    store = Store(tmp_path / "file" / "rerank" / "scores.sqlite")
    with pytest.raises(CacheError, match=r"scores\.sqlite: "):
        put(store, {_digest(1): 0.5})


def test_a_folder_in_its_place(path: Path) -> None:
    """Something unexpected in its place would end with a bug report."""
    path.mkdir(parents=True)
    for use in (lambda: get(Store(path), []), Store(path).clear):
        with pytest.raises(CacheError, match=r"scores\.sqlite: "):
            use()


@_posix
def test_a_read_only_folder(path: Path) -> None:
    """A home that is mounted read-only would end with a bug report."""
    _filled(path).chmod(0o400)
    path.parent.chmod(0o500)
    try:
        if os.access(path.parent, os.W_OK):
            pytest.skip("may write everywhere")
        with closing(Store(path)) as store, pytest.raises(CacheError):
            put(store, {_digest(9): 0.5})
    finally:
        path.parent.chmod(0o700)


# several processes

_WRITER = """
import os, sys
from pathlib import Path
from rerank_cli.engines.cache.store import Store, Stored
sys.stdin.readline()
own = bytes([int(sys.argv[2])])
for run in range(int(sys.argv[3])):
    store = Store(Path(sys.argv[1]))
    scores = {own * 12 + (run * 20 + n).to_bytes(4): Stored(n / 7) for n in range(20)}
    assert store.get(list(scores)) == {}
    store.put({**scores, b"common": Stored(0.5)})
    assert store.get(list(scores)) == scores
    store.close()
"""


def _writers(path: Path, count: int, runs: int) -> list[subprocess.Popen[bytes]]:
    """Processes that write to the store; all begin at the same moment."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path), str(number), str(runs)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number in range(count)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    return writers


@pytest.mark.process
def test_several_processes_make_and_fill_it_at_once(path: Path) -> None:
    """A loop that runs rerank in parallel would fail now and then, or lose scores."""
    for writer in _writers(path, 4, 25):
        assert writer.communicate(timeout=60)[1] == b""
        assert writer.returncode == 0
    store = Store(path)
    assert store.info().entries == 4 * 25 * 20 + 1
    store.close()


@pytest.mark.process
def test_a_process_that_is_killed_leaves_a_store(path: Path) -> None:
    """A run that is killed while it writes would take the cache with it."""
    writers = _writers(path, 2, 10_000)
    deadline = time.monotonic() + 30
    while not path.exists() or path.stat().st_size < 100_000:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for writer in writers:
        writer.kill()
        writer.communicate()
    store = Store(path)
    assert store.info().entries % 20 == 1
    put(store, {b"new": 0.5})
    assert get(store, [b"new"]) == {b"new": 0.5}
    assert store._connection is not None
    assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store.close()


def test_errors_are_all_ours(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of SQLite that nobody thought of would end with a bug report."""

    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("something new")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    store = Store(path)
    for use in (lambda: get(store, []), lambda: put(store, {}), store.clear):
        with pytest.raises(RerankError, match="something new"):
            use()


# scores that are not as they were stored


def _set(path: Path, assignment: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"UPDATE scores SET {assignment} WHERE digest = ?", (_digest(1),))
    connection.close()


@pytest.mark.parametrize(
    "value",
    ["'high'", "9e999", "0.5", "1", "x'00'", "zeroblob(16)", "CAST(x'ff' AS TEXT)", "-9e999"],
)
def test_what_is_no_score_any_more_is_dropped(path: Path, value: str) -> None:
    """Text, infinity or somebody's number would come out as a score."""
    _set(_filled(path), f"score = {value}")
    with closing(Store(path)) as store:
        assert get(store, [_digest(1), _digest(2)]) == {_digest(2): 2 / 7}
        assert store.dropped == 1
        put(store, {_digest(1): 0.25})
        assert get(store, [_digest(1)]) == {_digest(1): 0.25}


def test_a_score_of_another_text_is_dropped(path: Path) -> None:
    """A score that is swapped with another's would pass as this one's."""
    _set(_filled(path), f"score = (SELECT score FROM scores WHERE digest = x'{_digest(2).hex()}')")
    with closing(Store(path)) as store:
        assert get(store, [_digest(1), _digest(2)]) == {_digest(2): 2 / 7}


@pytest.mark.parametrize("times", [40, pytest.param(400, marks=pytest.mark.long)])
def test_any_flipped_bit_is_a_score_that_is_missing_or_an_error(path: Path, times: int) -> None:
    """A disk that flips bits would change a ranking, or leave a file that cannot be cleared."""
    whole = bytearray(_filled(path, 30).read_bytes())
    right = {_digest(number): number / 7 for number in range(30)}
    chance = random.Random(5)
    for _ in range(times):
        broken = bytearray(whole)
        for at in random.Random(chance.random()).sample(range(len(broken)), k=3):
            broken[at] ^= 1 << chance.randrange(8)
        path.write_bytes(broken)
        store = Store(path)
        try:
            found = get(store, list(right))
            assert found.items() <= right.items()
            put(store, right)
        except SettingsError:
            pass
        render_cache_info(_info_of(store), as_json=False)
        store.close()
        store.clear()
        put(store, {_digest(1): 0.5})
        assert get(store, [_digest(1)]) == {_digest(1): 0.5}
        store.clear()
        store.close()


def _info_of(store: Store) -> Info:
    try:
        return store.info()
    except SettingsError:
        return Info(store.path)


@pytest.mark.parametrize("created", ["'now'", "9e15", "-5", "99999999999999", "NULL || 'x'"])
def test_info_of_a_moment_that_is_none(path: Path, created: str) -> None:
    """Looking at a damaged cache would end with a bug report."""
    connection = sqlite3.connect(_filled(path), isolation_level=None)
    with contextlib.suppress(sqlite3.IntegrityError):
        connection.execute(f"UPDATE scores SET created = {created}")
    connection.close()
    with closing(Store(path)) as store:
        assert store.info().entries == 3
        render_cache_info(store.info(), as_json=True)


def test_a_file_of_the_version_before_keeps_its_scores(path: Path) -> None:
    """A new version of rerank would have every score paid for again."""
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(module._TABLE)
    connection.execute(f"PRAGMA application_id = {module._APPLICATION}")
    connection.execute("PRAGMA user_version = 1")
    rows = [(_digest(1), -0.0, 5), (_digest(2), 0.5, 5), (_digest(3), "x", 5), (b"", 9e999, 5)]
    connection.executemany("INSERT INTO scores VALUES (?, ?, ?)", rows)
    connection.close()
    with closing(Store(path)) as store:
        found = get(store, [_digest(number) for number in range(5)])
        assert {key: score.hex() for key, score in found.items()} == {
            _digest(1): "-0x0.0p+0",
            _digest(2): "0x1.0000000000000p-1",
        }
        assert (store.info().entries, store.dropped) == (2, 0)


def test_a_disk_that_is_full_can_be_cleared(store: Store, path: Path) -> None:
    """The cure for a full disk would need room on it."""
    put(store, {_digest(number): 0.5 for number in range(1000)})
    assert store._connection is not None
    store._connection.execute("PRAGMA query_only = 1")
    assert store.clear() is None
    assert store.info().entries == 0


def test_nobody_waits_for_a_lock_after_ctrl_c(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C would do nothing for as long as another process holds the cache."""
    monkeypatch.setattr(module, "_PATIENCE", 30)
    other = sqlite3.connect(_filled(path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    threading.Timer(0.2, setattr, (store, "impatient", True)).start()
    with pytest.raises(CacheError, match="locked"):
        put(store, {_digest(9): 0.5})
    assert time.monotonic() - began < 5
    other.close()
