"""Providers of one's own: the user's configuration file, and [tool.rerank] of a project."""

from pathlib import Path

import pytest

from rerank_cli.providers import PROVIDERS
from tests.running import ONE_LINE, PASSAGES, rerank
from tests.serving import Loopback
from tests.settings.provider_files import MINE, TOOL, listed, on, project


def refused(*arguments: str) -> str:
    """What is said about a file that is wrong: exit 3, one line."""
    done = rerank("q", PASSAGES, *arguments)
    assert done.code == 3
    assert done.out == ""
    assert ONE_LINE.fullmatch(done.err), done.err
    return done.err


# Where it is looked for


def test_users_file_in_the_usual_folder(config: Path) -> None:
    """A provider of one's own would be unknown."""
    config.write_text(MINE)
    assert "mine" in listed()


def test_users_file_in_the_folder_of_xdg(tmp_path: Path, config: Path) -> None:
    """A user who keeps configuration elsewhere would have two places, or none."""
    config.write_text(MINE.replace("mine", "other"))
    (tmp_path / "xdg" / "rerank").mkdir(parents=True)
    (tmp_path / "xdg" / "rerank" / "config.toml").write_text(MINE)
    table = listed(env={"XDG_CONFIG_HOME": str(tmp_path / "xdg")})
    assert "mine" in table
    assert "other" not in table


@pytest.mark.parametrize("folder", ["", "xdg", "./xdg"])
def test_folder_of_xdg_that_is_not_absolute(config: Path, folder: str) -> None:
    """A cloned folder could stand for the user's own configuration, and get keys."""
    Path("xdg/rerank").mkdir(parents=True)
    Path("xdg/rerank/config.toml").write_text(MINE.replace("mine", "forged"))
    config.write_text(MINE)
    table = listed(env={"XDG_CONFIG_HOME": folder})
    assert "mine" in table
    assert "forged" not in table


def test_env_file_cannot_name_the_folder() -> None:
    """A cloned folder could stand for the user's own configuration, and get keys."""
    folder = Path("xdg/rerank").resolve()
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(MINE)
    Path(".env").write_text(f"XDG_CONFIG_HOME={folder.parent}\nHOME={folder.parent}\n")
    assert "mine" not in listed()


def test_no_file_no_change() -> None:
    """A machine without any such file would have another table."""
    names = [line.split()[0] for line in listed().splitlines()[1:]]
    assert names == list(PROVIDERS)


def test_nearest_project_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project in a project would be ranked by its neighbour's server."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    project(f'{TOOL}base_url = "http://outer:1"\n')
    monkeypatch.chdir(inner)
    assert "outer:1" in listed()
    project(f'{TOOL}base_url = "http://inner:2"\n', inner)
    assert "inner:2" in listed()
    assert "outer:1" not in listed()


def test_users_row_wins(config: Path, server: Loopback) -> None:
    """A cloned folder could put its own server in the place of the user's."""
    config.write_text(f'[providers.mine]\nbase_url = "{server.url}"\n')
    project(f'{TOOL}base_url = "http://127.0.0.1:9/v1"\nmodel = "forged"\n')
    on(server)
    assert "model" not in server.received[0].json


def test_other_rows_of_the_project_stay(config: Path) -> None:
    """One name in common would hide all that the project defines."""
    config.write_text(MINE)
    project(f'{TOOL}base_url = "http://x:1"\n[tool.rerank.providers.ours]\nbase_url="http://y:2"\n')
    table = listed()
    assert "y:2" in table
    assert "x:1" not in table


# Other people's parts of a pyproject.toml


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[project]\nname = "x"\n',
        "[project\nbroken",
        "[tool.ruff]\nline-length = 100\n[tool.ruff]\n",
        "[tool.rerankers]\nbase_url = 7\n[broken",
        "# [tool.rerank]\n[broken",
        "tool = 7\n",
        "rerank = 7\n",
    ],
)
def test_project_without_a_word_for_us(text: str) -> None:
    """A file that is for other tools, and perhaps broken, would stop every run below it."""
    project(text)
    assert listed()


def test_project_that_is_not_utf8() -> None:
    """An old file in Latin-1 that is for other tools would stop every run below it."""
    Path("pyproject.toml").write_bytes("# café\n[project]\n".encode("latin-1"))
    assert listed()


def test_folder_of_that_name() -> None:
    """A folder named pyproject.toml would be a traceback."""
    Path("pyproject.toml").mkdir()
    assert listed()


def test_empty_tables(config: Path) -> None:
    """A file that says nothing yet would be an error."""
    config.write_text("")
    project("[tool.rerank]\n")
    assert listed()


# What is wrong


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[providers.mine\n", "not TOML"),
        ("model = 'x'\n", "unknown key 'model'"),
        ("providers = 7\n", "providers is not a table"),
        (f"[{MINE[:-1].splitlines()[0]}]\n", "providers.mine: not a table"),
        ("[providers]\nmine = 'http://x'\n", "providers.mine: not a table"),
        ("[providers.mine]\n", "providers.mine: no base_url"),
        (
            "[providers.mine]\nbase_url = 'localhost:80'\n",
            "base_url is 'localhost:80', not an http",
        ),
        ("[providers.mine]\nbase_url = ''\n", "base_url is '', not an http"),
        ("[providers.mine]\nbase_url = 7\n", "base_url is 7, not an http"),
        (f"{MINE}bass_url = 'x'\n", "unknown key 'bass_url'"),
        (f"{MINE}dialect = 'coherent'\n", "dialect is 'coherent', not a wire form"),
        (f"{MINE}dialect = ['tei']\n", "dialect is ['tei'], not a text"),
        (f"{MINE}model = ''\n", "model is '', not a text"),
        (f"{MINE}path = 'rerank'\n", "path is 'rerank', not a path that begins with /"),
        (
            f"{MINE}key_variable = 'MY KEY'\n",
            "key_variable is 'MY KEY', not the name of a variable",
        ),
        (f"{MINE}key_variable = ['K']\n", "not the name of a variable"),
        (f"{MINE}key_header = 'X Key:'\n", "not the name of a header"),
        (f"{MINE}key_scheme = 'Api Key'\n", "not a word such as Bearer"),
        (f"{MINE}needs_key = 'yes'\n", "needs_key is 'yes', not true or false"),
        (f"{MINE}fields = 7\n", "fields is 7, not a table of request fields"),
        (f"{MINE}max_passages = 0\n", "max_passages is 0, not a whole number above 0"),
        (f"{MINE}rpm = 1.5\n", "rpm is 1.5, not a whole number above 0"),
        (f"{MINE}tpm = true\n", "tpm is True, not a whole number above 0"),
        (f"{MINE}concurrency = '8'\n", "concurrency is '8', not a whole number above 0"),
        (f"{MINE}max_bytes = -1\n", "max_bytes is -1"),
        ("[providers.Mine]\nbase_url = 'http://x'\n", "providers.Mine: not a name"),
        ("[providers.'my own']\nbase_url = 'http://x'\n", "not a name"),
        ("[providers.\"a\\nb\"]\nbase_url = 'http://x'\n", "not a name"),
        ("[providers.siliconflow]\nbase_url = 'http://x'\n", "siliconflow is taken"),
        ("[providers.custom]\nbase_url = 'http://x'\n", "custom is taken"),
        ("[providers.local]\nbase_url = 'http://x'\n", "local is taken"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(config: Path, text: str, told: str) -> None:
    """A slip in the file would be ignored, or an error that does not name the file."""
    config.write_text(text)
    line = refused("-p", "local")
    assert f"{config}: " in line
    assert told in line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.rerank]\nmodel = 'x'\n", "unknown key 'model'"),
        (f"{TOOL}dialect = 'tei'\n", "providers.mine: no base_url"),
        (f"{TOOL}base_url = 'x'\n", "not an http or https URL"),
        ("[tool.rerank.providers.jina]\nbase_url = 'http://x'\n", "jina is taken"),
        ("[[tool.rerank]]\nx = 1\n", "tool.rerank is not a table"),
        ("[[tool.rerank.providers]]\nname = 'mine'\n", "providers is not a table"),
        (f"{TOOL}base_url = \n", "not TOML"),
    ],
)
def test_what_is_wrong_in_a_project_is_said_too(text: str, told: str) -> None:
    """A slip in the file would be ignored, or an error that does not name the file."""
    path = project(text)
    line = refused("-p", "local")
    assert f"{path.resolve()}: " in line
    assert told in line


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "https://[::1/v1",
        "https://two words/v1",
        "https://me:hunter2@host/v1",
        "http://h:x",
    ],
)
def test_url_that_no_request_can_go_to(config: Path, url: str) -> None:
    """A typing mistake would be a traceback, or a password end in the log of a CI system."""
    config.write_text(f'[providers.mine]\nbase_url = "{url}"\n')
    line = refused("-p", "mine")
    assert "hunter2" not in line


@pytest.mark.parametrize("value", ["1979-05-27", "07:32:00", "nan", "[1979-05-27T07:32:00Z]"])
def test_field_that_json_cannot_hold(config: Path, value: str) -> None:
    """A date in the file would be a traceback when the request is written."""
    config.write_text(f"{MINE}fields = {{ since = {value} }}\n")
    assert "fields" in refused("-p", "mine")


def test_file_that_is_not_utf8(config: Path) -> None:
    """A file saved by an old editor would be a traceback."""
    config.write_bytes(b"# caf\xe9\n")
    assert f"{config}: not UTF-8 text at byte 5" in refused("-p", "local")


def test_file_with_a_byte_order_mark(config: Path) -> None:
    """A file saved by the Windows Notepad would be an error."""
    config.write_text(MINE, encoding="utf-8-sig")
    assert "mine" in listed()


def test_file_that_may_not_be_read(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of another user would be a traceback."""

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    config.touch()
    # Root may read anything, so that permissions alone would not do.
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert f"{config}: cannot be read: Permission denied" in refused("-p", "local")


def test_unknown_provider_names_the_users_own(config: Path) -> None:
    """A slip in the name of one's own provider would be answered with other people's."""
    config.write_text(MINE)
    assert "mine" in refused("-p", "mime")
