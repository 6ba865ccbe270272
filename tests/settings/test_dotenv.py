"""The `.env` file: where it is found, what of it counts, what is said about the rest."""

from pathlib import Path

import pytest

from rerank_cli.errors import SettingsError
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


@pytest.mark.parametrize("content", ["A=é\n".encode("latin-1"), "A=1\n".encode("utf-16")])
def test_not_utf8_is_an_error_that_names_the_file(content: bytes) -> None:
    """Settings would silently be other ones than what the editor shows."""
    Path(".env").write_bytes(content)
    with pytest.raises(SettingsError, match=r"\.env: not UTF-8") as caught:
        dotenv.find(Path.cwd())

    assert caught.value.exit_code == 3


def test_values_are_not_in_its_repr() -> None:
    """A traceback or a debugger's log that shows the object would show the keys."""
    Path(".env").write_text("RERANK_API_KEY=sk-secret\n")

    assert "sk-secret" not in repr(dotenv.find(Path.cwd()))
