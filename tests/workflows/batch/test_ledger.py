"""The account of a batch: whatever ends the process, nothing is missing, torn, or there twice."""

import contextlib
import errno
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.errors import ExitCode, SettingsError, UsageError
from rerank_cli.model import Scores, Usage, Window
from rerank_cli.workflows.batch.journal import Journal
from rerank_cli.workflows.batch.ledger import Ledger
from tests.properties import tried

SETTINGS = {"model": "m", "top_n": None}
OUTPUTS = st.lists(st.binary(max_size=40).map(lambda each: each.hex().encode() + b"\n"), max_size=8)


def digest(number: int) -> bytes:
    """What stands for a job."""
    return number.to_bytes(16, "big")


def begun(folder: str | Path, *, fresh: bool = False, **changed: object) -> Ledger:
    """The ledger of a file in a folder, begun or gone on with."""
    ledger = Ledger(Path(folder, "out"), {**SETTINGS, **changed}, fresh=fresh)
    ledger.begin()
    return ledger


def complete(folder: str, outputs: list[bytes], *, fresh: bool = False) -> int:
    """Put down what is not done yet, as the same command would; how many that were."""
    ledger = begun(folder, fresh=fresh)
    left = [number for number in range(len(outputs)) if digest(number) not in ledger.done]
    for number in left:
        ledger.finished(digest(number), number, outputs[number])
    ledger.close()
    return len(left)


def whole(number: int, outputs: list[bytes]) -> tuple[bytes, bytes]:
    """Output and account of a process that put down all of the outputs but the last `number`."""
    with tempfile.TemporaryDirectory() as folder:
        complete(folder, outputs[: len(outputs) - number])
        return Path(folder, "out").read_bytes(), Path(folder, "out.progress").read_bytes()


@tried(25, 80)
@given(OUTPUTS, st.data())
def test_any_end_of_the_process_loses_and_doubles_nothing(
    outputs: list[bytes], data: st.DataObject
) -> None:
    """After `kill -9` at a bad moment a paid query would be missing, torn, or there twice."""
    expected, account = whole(0, outputs)
    kept = data.draw(st.integers(0, len(account)), "bytes of the account")
    noted = max(account[:kept].count(b"\n") - 1, 0)
    least = sum(map(len, outputs[:noted]))
    # Nothing is written before the first line of account.
    most = len(expected) if account[:kept].count(b"\n") else 0
    size = data.draw(st.integers(least, most), "bytes of the output")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "out").write_bytes(expected[:size])
        Path(folder, "out.progress").write_bytes(account[:kept])
        assert complete(folder, outputs) == len(outputs) - noted
        assert Path(folder, "out").read_bytes() == expected
        assert complete(folder, outputs) == 0
        assert Path(folder, "out").read_bytes() == expected


def test_a_file_of_other_settings_is_refused_and_kept(tmp_path: Path) -> None:
    """Scores of two models would stand in one file, and nothing would tell which is which."""
    complete(str(tmp_path), [b"one\n"])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(SettingsError, match=r'begun with model "m", now it is "other"') as caught:
        begun(tmp_path, model="other")
    assert "--fresh" in (caught.value.hint or "")
    with pytest.raises(SettingsError, match="begun with instruction null, now it is 1"):
        begun(tmp_path, instruction=1)
    assert {path: path.read_bytes() for path in before} == before


def test_settings_that_json_changes_are_still_the_same(tmp_path: Path) -> None:
    """The same command would be refused for a setting that is a tuple."""
    begun(tmp_path, files=("a", "b")).close()
    begun(tmp_path, files=("a", "b")).close()


def test_a_second_process_is_refused_until_the_first_is_done(tmp_path: Path) -> None:
    """Two processes would write into each other's lines, and --fresh cut off the first's."""
    first = begun(tmp_path)
    first.finished(digest(1), 1, b"one\n")
    for fresh in (False, True):
        with pytest.raises(SettingsError, match="being written by another process") as caught:
            begun(tmp_path, fresh=fresh)
        assert caught.value.exit_code is ExitCode.SETTINGS
        assert int(caught.value.exit_code) == 3
    assert first.file.read_bytes() == b"one\n"
    first.close()
    begun(tmp_path).close()


def test_a_refused_file_can_be_opened_again(tmp_path: Path) -> None:
    """After a refusal the file would stay locked for as long as the process lives."""
    complete(str(tmp_path), [b"one\n"])
    with pytest.raises(SettingsError):
        begun(tmp_path, model="other")
    begun(tmp_path).close()


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """A mistyped -o would cut off a file that has nothing to do with it."""
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(SettingsError, match="was not begun by rerank batch"):
        begun(tmp_path)
    assert (tmp_path / "out").read_bytes() == b"mine"
    begun(tmp_path, fresh=True).close()
    assert (tmp_path / "out").read_bytes() == b""


@pytest.mark.parametrize("account", [b"", b"\x00\xff", b'{"version":1,"sett'])
def test_an_output_without_an_account_is_left_alone(tmp_path: Path, account: bytes) -> None:
    """After a power cut that emptied the account, all that was paid for would be cut off."""
    complete(str(tmp_path), [b"one\n"])
    (tmp_path / "out.progress").write_bytes(account)
    with pytest.raises(SettingsError, match="has no whole line"):
        begun(tmp_path)
    assert (tmp_path / "out").read_bytes() == b"one\n"


def test_a_new_start_forgets_what_was_done_and_what_it_was_begun_with(tmp_path: Path) -> None:
    """--fresh would leave out the queries of the run that it is to replace."""
    complete(str(tmp_path), [b"one\n", b"two\n"])
    ledger = begun(tmp_path, fresh=True, model="other")
    assert not ledger.done
    ledger.finished(digest(1), 1, b"new\n")
    ledger.close()
    assert (tmp_path / "out").read_bytes() == b"new\n"
    ledger = begun(tmp_path, model="other")
    ledger.close()
    assert ledger.done == {digest(1): [1]}


def test_an_output_that_was_removed_is_begun_anew(tmp_path: Path) -> None:
    """Whoever removes the output to start over would get an empty file that is called done."""
    complete(str(tmp_path), [b"one\n", b"two\n"])
    (tmp_path / "out").unlink()
    assert complete(str(tmp_path), [b"one\n", b"two\n"]) == 2
    assert (tmp_path / "out").read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize(
    "damage",
    [
        b"no json\n",
        b"[]\n",
        b'{"id":1,"job":"zz","end":4}\n',
        b'{"id":1,"job":"00","end":-1}\n',
        b'{"id":null,"job":"00","end":9}\n',
        b'{"id":1,"end":9}\n',
        b'{"id":' + b"[" * 100_000 + b"\n",
        b"\n",
    ],
)
def test_a_damaged_account_is_told_and_nothing_is_touched(tmp_path: Path, damage: bytes) -> None:
    """An account that an editor has spoilt would be believed, and queries go missing."""
    complete(str(tmp_path), [b"one\n"])
    with (tmp_path / "out.progress").open("ab") as account:
        account.write(damage)
    with pytest.raises(SettingsError, match=r"out\.progress:3: not as it") as caught:
        begun(tmp_path)
    assert "Without this line and those after it" in (caught.value.hint or "")
    assert (tmp_path / "out").read_bytes() == b"one\n"


@pytest.mark.parametrize(
    "entry",
    [
        b'{"id":1,"job":"00"',
        b'{"id":1,"job":"zz","end":9,"output":""',
        b'{"id":1,"job":"00","end":-9,"output":""',
        b'{"id":1,"job":7,"end":true,"output":[]',
        b'{"id":1,"job":"00","end":' + b"9" * 40 + b',"output":""',
        b'{"id":1,"job":"00","end":' + b"9" * 5000 + b',"output":""',
        b'{"id":1,"job":' + b"[" * 100_000,
        b'{"id":"\xff"',
    ],
)
def test_a_line_that_only_its_check_speaks_for_is_told(tmp_path: Path, entry: bytes) -> None:
    """A journal of another program, or of an attacker, would end in a traceback."""
    complete(str(tmp_path), [b"one\n"])
    journal = Journal(tmp_path / "out.progress")
    list(journal.entries())
    with journal.file.open("ab") as lines:
        lines.write(journal._sealed(entry))
    with pytest.raises(SettingsError, match=r"out\.progress"):
        begun(tmp_path)
    assert (tmp_path / "out").read_bytes() == b"one\n"


def test_a_journal_of_an_older_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """Whoever updates in the middle of a batch would be told that the file is damaged."""
    (tmp_path / "out").write_bytes(b"one\n")
    (tmp_path / "out.progress").write_bytes(
        b'{"version":1,"settings":{"model":"m","top_n":null}}\n'
        b'{"id":1,"job":"00000000000000000000000000000001","end":4}\n'
    )
    with pytest.raises(SettingsError, match=r"is of version 1, .* only version 2") as caught:
        begun(tmp_path)
    assert "The rerank that began it" in (caught.value.hint or "")
    assert "--fresh" in (caught.value.hint or "")
    assert (tmp_path / "out").read_bytes() == b"one\n"


@pytest.mark.parametrize(
    ("left", "lost"),
    [(b"one\ntwo\nthr", 1), (b"one\ntwo\n", 1), (b"one\nt", 2), (b"one\nthree\n", 2), (b"on", 3)],
)
def test_an_output_that_was_cut_short_is_completed(tmp_path: Path, left: bytes, lost: int) -> None:
    """A disk that was repaired, or a line that was deleted, would cost all that was paid."""
    outputs = [b"one\n", b"two\n", b"three\n"]
    complete(str(tmp_path), outputs)
    (tmp_path / "out").write_bytes(left)
    ledger = begun(tmp_path)
    ledger.close()
    assert ledger.lost == lost
    assert complete(str(tmp_path), outputs) == lost
    assert (tmp_path / "out").read_bytes() == b"".join(outputs)


@pytest.mark.parametrize(
    ("edited", "line"),
    [
        (b"one\nTWO\nthree\n", 2),
        (b"one\ntwo\nthreeX", 3),
        (b"one\ntwo!\nthree\n", 2),
        (b"1\n2\n3\n....", 1),
        (b"1\n2\n3\n", 1),
    ],
)
def test_an_output_that_was_edited_is_told_and_kept(
    tmp_path: Path, edited: bytes, line: int
) -> None:
    """Lines would be torn or glued together where an edit has moved them, or an edit be lost."""
    complete(str(tmp_path), [b"one\n", b"two\n", b"three\n"])
    (tmp_path / "out").write_bytes(edited)
    with pytest.raises(SettingsError, match=rf"out:{line}: not as it was written") as caught:
        begun(tmp_path)
    assert "cut the file off before that line" in (caught.value.hint or "")
    assert (tmp_path / "out").read_bytes() == edited
    # What the hint says works.
    (tmp_path / "out").write_bytes(b"".join(edited.splitlines(keepends=True)[: line - 1]))
    complete(str(tmp_path), [b"one\n", b"two\n", b"three\n"])
    assert (tmp_path / "out").read_bytes() == b"one\ntwo\nthree\n"


def edited(text: bytes, data: st.DataObject) -> bytes:
    """The text with some bytes, anywhere, taken out or put in."""
    at = data.draw(st.integers(0, len(text)))
    gone = data.draw(st.integers(0, 3) | st.integers(0, len(text)))
    put_in = data.draw(st.binary(max_size=3) | st.sampled_from([b"\n", b"0", b'"', b"{}\n", text]))
    return text[:at] + put_in + text[at + gone :]


@tried(40, 300)
@given(OUTPUTS, st.data())
def test_any_edit_is_repaired_or_refused(outputs: list[bytes], data: st.DataObject) -> None:
    """A slip in an editor would put torn, doubled or missing lines into a file that looks whole."""
    outputs = [b"%d %s" % (number, output) for number, output in enumerate(outputs)]
    output, journal = whole(data.draw(st.integers(0, 2)), outputs)
    if data.draw(st.booleans(), "output"):
        output = edited(output, data)
    if data.draw(st.booleans(), "journal"):
        journal = edited(journal, data)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "out").write_bytes(output)
        Path(folder, "out.progress").write_bytes(journal)
        try:
            complete(folder, outputs)
            refused = None
        except SettingsError as error:
            refused = error
        if refused:
            assert "--fresh starts over" in (refused.hint or "")
            assert Path(folder, "out").read_bytes() == output
            assert Path(folder, "out.progress").read_bytes() == journal
            complete(folder, outputs, fresh=True)
        done = Path(folder, "out").read_bytes().splitlines(keepends=True)
        assert sorted(done) == sorted(outputs)
        assert complete(folder, outputs) == 0


def held(number: int) -> Scores:
    """The scores of a job, with a best window where the number is odd."""
    best = (Window(number, number + 2), None) if number % 2 else ()
    return Scores((float(number), 0.5), Usage(), best)


@tried(25, 100)
@given(st.permutations(range(6)), st.data())
def test_scores_behind_a_slow_job_outlive_any_end(order: list[int], data: st.DataObject) -> None:
    """--ordered would pay again for what was finished behind a slow job, once for each crash."""
    outputs = [b"%d\n" % number for number in range(6)]
    with tempfile.TemporaryDirectory() as folder:
        ledger = begun(folder)
        waiting: set[int] = set()
        known = [(0, frozenset[int]())]
        for number in order:
            waiting.add(number)
            ready = len(ledger.done)
            if number != ready:
                ledger.hold(digest(number), held(number))
            while ready in waiting:
                ledger.finished(digest(ready), ready, outputs[ready])
                ready += 1
            size = Path(folder, "out.progress").stat().st_size
            known.append((size, frozenset(waiting)))
        ledger.close()
        journal, output = Path(folder, "out.progress"), Path(folder, "out")
        kept = data.draw(st.integers(0, journal.stat().st_size))
        journal.write_bytes(journal.read_bytes()[:kept])
        if b"\n" not in journal.read_bytes():
            output.write_bytes(b"")
        least = max((jobs for size, jobs in known if size <= kept), key=len)
        ledger = begun(folder)
        assert {int.from_bytes(job) for job in (*ledger.done, *ledger.scored)} >= least
        assert all(scores == held(int.from_bytes(job)) for job, scores in ledger.scored.items())
        for number in range(len(ledger.done), 6):
            ledger.hold(digest(number), held(number))
            ledger.finished(digest(number), number, outputs[number])
        assert not ledger.scored
        ledger.close()
        assert output.read_bytes() == b"".join(outputs)


def test_failures_stand_in_a_file_of_their_own_until_the_next_run(tmp_path: Path) -> None:
    """Old failures would be taken for those of a run in which all went well."""
    ledger = begun(tmp_path)
    assert not ledger.errors_file.exists()
    ledger.failed(b"first\n")
    ledger.failed(b"second\n")
    assert ledger.errors_file.read_bytes() == b"first\nsecond\n"
    ledger.close()
    ledger = begun(tmp_path)
    assert ledger.errors_file.exists()
    ledger.completed()
    ledger.close()
    assert not ledger.errors_file.exists()
    assert not ledger.done


def test_failures_of_the_last_run_survive_a_command_that_is_refused(tmp_path: Path) -> None:
    """One mistyped option would remove the list of what failed, and do nothing else."""
    ledger = begun(tmp_path)
    ledger.failed(b"first\n")
    ledger.close()
    with pytest.raises(SettingsError):
        begun(tmp_path, model="other")
    assert ledger.errors_file.read_bytes() == b"first\n"


class NearlyFull:
    """A file on a disk that has room for some bytes, then for none, and then for all again."""

    def __init__(self, stream: Any, room: int) -> None:
        self._stream = stream
        self._room: int | None = room

    def write(self, data: memoryview) -> int:
        if self._room is None:
            return int(self._stream.write(data))
        if not self._room:
            self._room = None
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = self._stream.write(data[: self._room])
        self._room -= taken
        return int(taken)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@pytest.mark.parametrize("room", [0, 1, 5])
@pytest.mark.parametrize("which", ["_output", "_journal_stream"])
def test_room_that_comes_back_after_a_full_disk_does_no_harm(
    tmp_path: Path, which: str, room: int
) -> None:
    """A query that ends just after one that found no room would follow its torn half."""
    outputs = [b"first\n", b"a longer second\n", b"third\n"]
    ledger = begun(tmp_path)
    ledger.finished(digest(0), 0, outputs[0])
    setattr(ledger, which, NearlyFull(getattr(ledger, which), room))
    with pytest.raises(UsageError, match="cannot be written: No space left") as caught:
        ledger.finished(digest(1), 1, outputs[1])
    assert "resumes there" in (caught.value.hint or "")
    # Others were under way; what they do now is their business, as long as nothing is spoilt.
    with contextlib.suppress(UsageError):
        ledger.finished(digest(2), 2, outputs[2])
    ledger.close()
    complete(str(tmp_path), outputs)
    assert sorted((tmp_path / "out").read_bytes().splitlines(keepends=True)) == sorted(outputs)


def test_what_is_finished_reaches_the_disk_itself_every_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut would take hours of paid work; or each of a million queries wait for the disk."""
    now, synced = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.fstat(number).st_ino))
    ledger = begun(tmp_path)
    for moment, syncs in ((100.0, 0), (100.9, 0), (101.0, 1), (101.5, 1), (102.5, 2)):
        now[0] = moment
        ledger.sync_sometimes()
        assert len(synced) == 2 * syncs
    ledger.close()
    # The output first: the account must never be ahead of it.
    files = [(tmp_path / name).stat().st_ino for name in ("out", "out.progress")]
    assert synced == files * 3
