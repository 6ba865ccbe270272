"""`--output FILE`: written whole or not at all, and never at somebody's cost."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.running import ONE_LINE, PASSAGES, SAMPLES, process, rerank
from tests.serving import Loopback, http

JOBS = str(SAMPLES / "jobs.jsonl")


@pytest.fixture
def failing() -> Loopback:
    """A server that fails (not yet started)."""
    return Loopback(lambda _: http(b"no", 500))


def test_file_holds_what_would_be_printed(server: Loopback) -> None:
    """The file must be what a pipe would have got, and standard output stays free."""
    given = ("q", PASSAGES, "--base-url", server.url, "--json")
    done = rerank(*given, "-o", "out.json")

    assert (done.code, done.out) == (0, "")
    assert Path("out.json").read_bytes() == rerank(*given).out.encode()


def test_table_in_a_file_is_plain(server: Loopback) -> None:
    """A table written while colours are forced would be full of escape codes."""
    rerank("q", PASSAGES, "--base-url", server.url, "-o", "t.txt", env={"FORCE_COLOR": "1"})

    text = Path("t.txt").read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert all(line in text for line in Path(PASSAGES).read_text("utf-8").split())


def test_failure_leaves_no_file(failing: Loopback) -> None:
    """A script that looks for the file would take an empty one for a result."""
    with failing:
        done = rerank("q", PASSAGES, "--base-url", failing.url, "-o", "out.json")

    assert done.code == 5
    assert list(Path().iterdir()) == []


def test_failure_leaves_the_old_file(failing: Loopback) -> None:
    """Yesterday's result would be lost to today's outage."""
    old = Path("out.json")
    old.write_text("yesterday's")
    before = old.stat()
    with failing:
        done = rerank("q", PASSAGES, "--base-url", failing.url, "-o", "out.json")

    assert done.code == 5
    assert old.read_text() == "yesterday's"
    assert (old.stat().st_mtime_ns, old.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_link_stays_a_link(server: Loopback, tmp_path: Path) -> None:
    """A link into another folder would be replaced, and the file behind it grow stale."""
    (tmp_path / "far").mkdir()
    target = tmp_path / "far" / "real.txt"
    target.write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to(target)
    rerank("q", PASSAGES, "--base-url", server.url, "-f", "text", "-o", "link.txt")

    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("人工智能")
    assert [path.name for path in target.parent.iterdir()] == ["real.txt"]


def test_link_to_nothing_makes_its_target(server: Loopback, tmp_path: Path) -> None:
    """A link that waits for its file would be refused or replaced."""
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "later.txt")
    done = rerank("q", PASSAGES, "--base-url", server.url, "-o", "link.txt")

    assert done.code == 0
    assert link.is_symlink()
    assert (tmp_path / "later.txt").stat().st_size > 0


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755])
def test_permissions_are_kept(server: Loopback, mode: int) -> None:
    """A private file would become readable, or a shared one private."""
    old = Path("out.txt")
    old.write_text("old")
    old.chmod(mode)
    rerank("q", PASSAGES, "--base-url", server.url, "-o", "out.txt")

    assert old.read_text(encoding="utf-8") != "old"
    assert stat.S_IMODE(old.stat().st_mode) == mode


def test_new_file_gets_the_usual_permissions(server: Loopback) -> None:
    """A new file that only its writer may read is of no use to the web server beside it."""
    Path("usual").touch()
    rerank("q", PASSAGES, "--base-url", server.url, "-o", "out.txt")

    assert Path("out.txt").stat().st_mode == Path("usual").stat().st_mode


@pytest.mark.parametrize(
    ("name", "told"),
    [("none/out.txt", "none"), ("folder", "directory"), ("", "--output"), ("loop", "loop")],
)
def test_impossible_file_is_refused_before_anything_is_sent(
    server: Loopback, tmp_path: Path, name: str, told: str
) -> None:
    """The answer would be paid for, and then lost."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    done = rerank("q", PASSAGES, "--base-url", server.url, "-o", name)

    assert done.code == 2
    assert ONE_LINE.fullmatch(done.err)
    assert told in done.err
    assert server.received == []


def test_long_name_is_written(server: Loopback) -> None:
    """A name that the file system takes would be refused, after the answer is paid for."""
    name = "n" * os.pathconf(".", "PC_NAME_MAX")
    done = rerank("q", PASSAGES, "--base-url", server.url, "-o", name)

    assert (done.code, done.err.count("too long")) == (0, 0)
    assert Path(name).exists()


def test_input_may_be_the_output(server: Loopback) -> None:
    """`rerank q f -f text -o f` would read an emptied file."""
    Path("f.txt").write_bytes(Path(PASSAGES).read_bytes())
    done = rerank("q", "f.txt", "--base-url", server.url, "-f", "text", "-n", "1", "-o", "f.txt")

    assert done.code == 0
    assert len(Path("f.txt").read_text(encoding="utf-8").splitlines()) == 1


def test_source_with_an_odd_name_is_written(server: Loopback) -> None:
    """A file whose name is no UTF-8 would be ranked, paid for, and then lost."""
    odd = os.fsdecode(b"caf\xe9.txt")
    try:
        Path(odd).write_text("x\n")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    done = rerank("q", odd, "--base-url", server.url, "--json", "-o", "out.json")

    assert done.code == 0
    assert json.loads(Path("out.json").read_text("utf-8"))["results"][0]["text"] == "x"


@pytest.mark.process
@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="there is no /dev/stdout")
def test_standard_output_by_name_in_a_pipe(server: Loopback) -> None:
    """`-o /dev/stdout`, which scripts pass on, would replace the device by a file."""
    given = ("q", PASSAGES, "--base-url", server.url, "-f", "text")
    done = process(*given, "-o", "/dev/stdout")

    assert (done.code, done.out) == (0, rerank(*given).out)


@pytest.mark.process
@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="there is no /dev/stdout")
def test_standard_output_by_name_in_a_file(server: Loopback) -> None:
    """`{ date; rerank … -o /dev/stdout; date; } > log` would lose the rest of the log."""
    given = ("q", PASSAGES, "--base-url", server.url, "-f", "text")
    with Path("log").open("wb") as log:
        log.write(b"before\n")
        log.flush()
        done = process(*given, "-o", "/dev/stdout", stdout=log)
        log.seek(0, os.SEEK_END)
        log.write(b"after\n")

    assert done.code == 0
    assert Path("log").read_text(encoding="utf-8") == f"before\n{rerank(*given).out}after\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_full_device_is_told(server: Loopback) -> None:
    """A result that was not written would be taken for written."""
    done = rerank("q", PASSAGES, "--base-url", server.url, "-o", "/dev/full")

    assert done.code == 2
    assert ONE_LINE.fullmatch(done.err)
    assert "/dev/full" in done.err


@pytest.mark.process
def test_named_pipe_is_written_to(server: Loopback, tmp_path: Path) -> None:
    """`-o >(next)` and named pipes would be replaced by a file, and the reader wait for ever."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        done = rerank("q", PASSAGES, "--base-url", server.url, "-f", "text", "-o", "pipe")
        out, _ = reader.communicate(timeout=10)

    assert done.code == 0
    assert out.decode().startswith("人工智能")
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    ("name", "output_format"),
    [
        ("o.json", "json"),
        ("o.JSONL", "jsonl"),
        ("o.ndjson", "jsonl"),
        ("o.csv", "csv"),
        ("o.tsv", "tsv"),
        ("o.txt", "text"),
        ("o.md", "markdown"),
        ("o", "table"),
        ("o.log", "table"),
        ("o.json.bak", "table"),
    ],
)
def test_the_suffix_says_what_is_written(server: Loopback, name: str, output_format: str) -> None:
    """`-o hits.csv` would hold a table that no spreadsheet reads."""
    given = ("q", PASSAGES, "--base-url", server.url)
    assert rerank(*given, "-o", name, "-q").code == 0
    written = rerank(*given, "-f", output_format, "-q").out
    assert Path(name).read_text(encoding="utf-8") == written


@pytest.mark.parametrize("chosen", [["-f", "jsonl"], ["--json"]])
def test_what_is_asked_for_counts_more_than_the_suffix(server: Loopback, chosen: list[str]) -> None:
    """A script that names its own format would get another one."""
    given = ("q", PASSAGES, "--base-url", server.url, *chosen)
    rerank(*given, "-o", "o.csv")
    assert Path("o.csv").read_text(encoding="utf-8") == rerank(*given).out


@pytest.mark.parametrize(
    ("command", "name", "written"),
    [(("q", PASSAGES), "o.trec", "markdown"), (("batch", JOBS), "o.csv", "jsonl, trec")],
)
def test_a_suffix_of_what_is_not_written_here_is_refused(
    server: Loopback, command: tuple[str, ...], name: str, written: str
) -> None:
    """A file of JSON lines would be called a CSV."""
    done = rerank(*command, "--base-url", server.url, "-o", name)
    assert done.code == 2
    assert name in done.error
    assert written in done.hint
    assert server.received == []
    assert not Path(name).exists()


@pytest.mark.parametrize(
    ("name", "given", "starts"),
    [
        ("o.trec", (), "ai Q0 "),
        ("o.run", (), "ai Q0 "),
        ("o.jsonl", (), '{"id": "ai"'),
        ("o.txt", (), '{"id": "ai"'),
        ("o.txt", ("-f", "trec"), "ai Q0 "),
        ("o.csv", ("-f", "jsonl"), '{"id": "ai"'),
    ],
)
def test_the_suffix_says_what_a_batch_writes(
    server: Loopback, name: str, given: tuple[str, ...], starts: str
) -> None:
    """`-o first.trec` would hold JSON lines, which trec_eval cannot read."""
    done = rerank("batch", JOBS, "--base-url", server.url, "--ordered", "-o", name, *given)
    assert done.code == 0, done.err
    assert Path(name).read_text(encoding="utf-8").startswith(starts)


@pytest.mark.parametrize("name", ["o.txt", "o.json", "o.csv"])
def test_with_exit_status_nothing_left_is_no_file(server: Loopback, name: str) -> None:
    """`[ -s hits.txt ]` and the exit code would say different things, or a stale copy be lost."""
    given = ("q", PASSAGES, "--base-url", server.url, "-t", "2", "-o", name)
    assert rerank(*given, "--exit-status").code == 1
    assert not Path(name).exists()
    assert rerank(*given).code == 0
    assert Path(name).exists()
