"""The `.env` file: where it is found, what of it counts, what is said about the rest."""

from pathlib import Path

import pytest

from rerank_cli.settings import dotenv


def values_of(content: str | bytes) -> dict[str, str]:
    """What a `.env` of this content sets, without a warning."""
    Path(".env").write_bytes(content if isinstance(content, bytes) else content.encode())
    found = dotenv.find(Path.cwd())
    assert found is not None
    assert found.warnings == ()
    return dict(found.values)


def test_none_is_no_error(tmp_path: Path) -> None:
    """Most folders have no such file."""
    assert dotenv.find(tmp_path) is None


def test_found_in_a_folder_above(tmp_path: Path) -> None:
    """Settings of a project would be lost in its subfolders."""
    (tmp_path / ".env").write_text("RERANK_MODEL=m\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    found = dotenv.find(below)

    assert found is not None
    assert found.path == str(tmp_path / ".env")
    assert found.values == {"RERANK_MODEL": "m"}


def test_nearest_one_counts_alone(tmp_path: Path) -> None:
    """A key of the folder above would leak into a project that has its own file."""
    (tmp_path / ".env").write_text("RERANK_MODEL=far\nRERANK_API_KEY=far\n")
    below = tmp_path / "a"
    below.mkdir()
    (below / ".env").write_text("RERANK_MODEL=near\n")
    found = dotenv.find(below)

    assert found is not None
    assert found.values == {"RERANK_MODEL": "near"}


def test_folder_of_that_name_is_passed_over(tmp_path: Path) -> None:
    """A virtual environment that is called .env would hide the settings above it."""
    (tmp_path / ".env").write_text("RERANK_MODEL=m\n")
    (tmp_path / "a" / ".env").mkdir(parents=True)
    found = dotenv.find(tmp_path / "a")

    assert found is not None
    assert found.values == {"RERANK_MODEL": "m"}


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("A=1\n", "1"),
        ("A=1", "1"),
        ("A = 1\n", "1"),
        ("export A=1\n", "1"),
        ('A="1"\n', "1"),
        ("A='1'\n", "1"),
        ("A=1 # one\n", "1"),
        ("A='1 # one'\n", "1 # one"),
        ("A=sk-a#b=\n", "sk-a#b="),
        ("# A=2\n\nA=1\n", "1"),
        ("A=2\nA=1\n", "1"),
        ("A=1\r\nB=2\r\n", "1"),
        ("\ufeffA=1\n", "1"),
        ("A=\n", ""),
        ("A=键\n", "键"),
    ],
)
def test_usual_ways_to_write_it(content: str, value: str) -> None:
    """A file that other tools read, or an editor on Windows wrote, would set something else."""
    assert values_of(content)["A"] == value


@pytest.mark.parametrize("content", ["U=http://h/${SECRET}\n", 'U="http://h/${SECRET}"\n'])
def test_variables_are_not_expanded(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    """A cloned folder's file could copy the environment's secrets into a URL."""
    monkeypatch.setenv("SECRET", "sk-mine")

    assert values_of(content) == {"U": "http://h/${SECRET}"}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("RERANK_API_KEY sk-secret\n", 1),
        ("A=1\nRERANK_API_KEY: sk-secret\n", 2),
        ("A=1\r\nRERANK_API_KEY: sk-secret\r\n", 2),
        ("A=1\n\n# a comment\n\nRERANK_API_KEY: sk-secret\n", 5),
        ("A='sk-secret\nB=1\n", 1),
        ("=sk-secret\n", 1),
        ("A=1\nsk-secret\n", 2),
    ],
)
def test_odd_line_is_told_by_number(content: str, line: int) -> None:
    """A key that is not used because of a typing mistake could not be found, or was printed."""
    Path(".env").write_text(content)
    found = dotenv.find(Path.cwd())

    assert found is not None
    (warning,) = found.warnings
    assert warning.startswith(f"{found.path}:{line}: ")
    assert "sk-secret" not in warning


def test_lines_around_an_odd_one_count() -> None:
    """One mistake would switch off every setting."""
    Path(".env").write_text("A=1\nodd line\nB=2\n")
    found = dotenv.find(Path.cwd())

    assert found is not None
    assert found.values == {"A": "1", "B": "2"}


_TEXT = "# 我的密钥\nA=1\n\nB=键\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32"])
def test_utf16_and_marks_are_read_as_in_input(encoding: str, ends: str) -> None:
    """`echo KEY=… > .env` of PowerShell writes UTF-16: every command would refuse it."""
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b"\xff\xfe" * (encoding == "utf-16-le")
    content = mark + _TEXT.replace("\n", ends).encode(encoding)
    assert values_of(content) == {"A": "1", "B": "键"}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_read_where_it_is_certain(encoding: str) -> None:
    """A file that was appended to, or copied by a tool that cuts marks off, would be refused."""
    assert values_of("RERANK_MODEL=m\r\n# 键一\r\n".encode(encoding)) == {"RERANK_MODEL": "m"}


def test_a_mark_within_the_file_belongs_to_no_name() -> None:
    """Of two files that were joined, the first variable of the second would be lost."""
    assert values_of("\ufeffA=1\n\ufeffB=2\n") == {"A": "1", "B": "2"}


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "shift_jis", "latin-1"])
def test_a_comment_may_be_in_a_legacy_encoding(encoding: str) -> None:
    """A comment in Chinese, in a file of a folder above, would end every command."""
    comment = "é" if encoding == "latin-1" else "我表"
    assert values_of(f"A=1\n# {comment}\nB=2 # {comment}\n".encode(encoding)) == {
        "A": "1",
        "B": "2",
    }


@pytest.mark.parametrize(
    ("content", "line", "hint"),
    [
        ("A=é\n".encode("latin-1"), 1, "Save it as UTF-8"),
        ("\nB=1\nA=键\n".encode("gb18030"), 3, "It may be gb18030. Save it as UTF-8"),
        (b"\xff\xfe" + "B=1\nA=2".encode("utf-16-le")[:-1], 2, "Save it as UTF-8"),
    ],
)
def test_a_value_that_is_no_text_is_known_not_to_be(content: bytes, line: int, hint: str) -> None:
    """Settings would silently be other ones than what the editor shows."""
    Path(".env").write_bytes(content)
    found = dotenv.find(Path.cwd())
    assert found is not None
    assert "A" not in found.values
    assert found.unread["A"].message.startswith(f"{found.path}:{line}: A is not UTF-")
    assert (found.unread["A"].hint or "").startswith(hint)
    assert found.errors == [found.unread["A"]]


@pytest.mark.parametrize("content", [b"A=1\n" + "B=2\n".encode("utf-16-le"), b"\0A=1"])
def test_a_file_that_is_no_text_is_not_taken_for_one(content: bytes) -> None:
    """What PowerShell has appended to a file would be lost without a word."""
    Path(".env").write_bytes(content)
    found = dotenv.find(Path.cwd())
    assert found is not None
    assert found.values == {}
    assert found.problem is not None
    assert found.problem.message == f"{found.path}: no text: it holds NUL characters"


def test_values_are_not_in_its_repr() -> None:
    """A traceback or a debugger's log that shows the object would show the keys."""
    Path(".env").write_text("RERANK_API_KEY=sk-secret\n")

    assert "sk-secret" not in repr(dotenv.find(Path.cwd()))
