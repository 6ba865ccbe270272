"""Settings that somebody else could have written, and what of them is said."""

import os
import time
from pathlib import Path

import pytest

from rerank_cli.errors import SettingsError
from rerank_cli.settings import Files, Flags, resolve, shown_url
from rerank_cli.settings.user_providers import _user_file
from tests.running import KEY, PASSAGES, rerank
from tests.serving import Loopback

FAR = "http://192.0.2.7:8000"
_posix = pytest.mark.skipif(os.name == "nt", reason="owners of POSIX")
PROVIDER = f'[tool.rerank.providers.mine]\nbase_url = "{FAR}"\nmodel = "m"\n'


def warnings(flags: Flags | None = None, **environ: str) -> str:
    """What is said of the settings of the working directory."""
    return "\n".join(resolve(flags or Flags(), environ, *Files.here(environ)).warnings)


@pytest.fixture
def owned_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of settings belong to user 4321, whom nobody trusts."""
    stat = Path.stat

    def owned(path: Path, **kwargs: bool) -> os.stat_result:
        found = stat(path, **kwargs)
        if path.name not in (".env", "pyproject.toml"):
            return found
        return os.stat_result([*found[:4], 4321, *found[5:]])

    monkeypatch.setattr(Path, "stat", owned)


def test_a_host_that_only_a_file_names_is_told() -> None:
    """A cloned folder could have passages sent anywhere, and nobody would know."""
    Path(".env").write_text(f"RERANK_BASE_URL={FAR}\n")
    assert f"passages go to {FAR}, which only {Path.cwd() / '.env'} names" in warnings()
    assert FAR not in warnings(Flags(base_url="http://192.0.2.8"))
    assert "passages go" not in warnings(RERANK_BASE_URL=FAR)
    Path(".env").write_text("RERANK_BASE_URL=http://localhost:8000\n")
    assert warnings() == ""


def test_a_host_that_only_a_project_names_is_told() -> None:
    """As with `.env`; but who asks for the provider has named it."""
    Path("pyproject.toml").write_text(PROVIDER)
    Path(".env").write_text("RERANK_PROVIDER=mine\n")
    assert f"passages go to {FAR}, which only {Path.cwd() / 'pyproject.toml'}" in warnings()
    assert "passages go" not in warnings(Flags(provider="mine"))


@_posix
def test_a_file_of_another_user_is_left_out(owned_by_another: None) -> None:
    """Who may write to a folder above, as to /tmp, would say where passages go."""
    Path(".env").write_text(f"RERANK_BASE_URL={FAR}\n")
    Path("pyproject.toml").write_text(PROVIDER)
    files = Files.here({})
    settings = resolve(Flags(), {}, *files)
    assert settings.base_url == ""
    assert "mine" not in files.config.providers
    assert len(settings.warnings) == 2
    for warning in settings.warnings:
        assert "left out, because it belongs to another user (number 4321)" in warning


@_posix
def test_the_caller_of_sudo_is_no_other_user(
    owned_by_another: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sudo rerank` would leave out the caller's own settings."""
    Path(".env").write_text(f"RERANK_BASE_URL={FAR}\n")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", "4321")
    assert resolve(Flags(), {}, *Files.here({})).base_url == FAR
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    assert resolve(Flags(), {}, *Files.here({})).base_url == ""


@pytest.mark.parametrize("home", ["", "relative", "."])
def test_a_relative_folder_is_never_the_users_own(
    monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    """A cloned folder could stand for the user's own configuration, which gets keys."""

    def nowhere() -> Path:
        if home:
            return Path(home)
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    for named in ({"XDG_CONFIG_HOME": "conf"}, {"XDG_CONFIG_HOME": "."}, {}):
        assert _user_file(named) is None


# proxies


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_key_through_a_proxy_elsewhere_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The key for a server on this machine would travel in clear through another one."""
    monkeypatch.setenv(variable, "http://192.0.2.9:3128")
    flags = Flags(base_url="http://127.0.0.1:7997", api_key=KEY)
    (warning,) = resolve(flags).warnings
    assert "unencrypted through the proxy 192.0.2.9: set NO_PROXY=127.0.0.1" in warning
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert resolve(flags).warnings == ()
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv(variable, "http://localhost:3128")
    assert resolve(flags).warnings == ()
    assert resolve(Flags(base_url="https://host.example", api_key=KEY)).warnings == ()


# passwords in URLs

PASSWORDS = [
    "http://user:hunter2/x@host",
    "http://user:hunter2＠host",
    "http://user:hunter2﹫host/v1",
    "http://user:hunter2%40host",
    "http://user:hunter2@host:99999",
    "http://user:hunter2@[::1",
    "http://user:@hunter2@host",
    "htp://user:hunter2@host",
    "user:hunter2@host",
    "http:user:hunter2@host",
    "http://[user:hunter2@host",
    "http://user:hunter2",
]


@pytest.mark.parametrize("url", PASSWORDS)
def test_a_password_in_a_malformed_url_is_not_printed(url: str) -> None:
    """A password from a URL would end in the scrollback or the log of a CI system."""
    Path("pyproject.toml").write_text(PROVIDER.replace(FAR, url))
    for done in (
        rerank("q", PASSAGES, "-p", "mine"),
        rerank("q", PASSAGES, "--base-url", url),
        rerank("doctor", "--base-url", url, "--debug"),
        rerank("q", PASSAGES, env={"RERANK_BASE_URL": url}),
        rerank("q", PASSAGES, "-p", url if "@" in url else "x"),
    ):
        assert done.code == 3, done.err
        assert "hunter2" not in done.out + done.err
        Path("pyproject.toml").unlink(missing_ok=True)
    with pytest.raises(SettingsError) as caught:
        resolve(Flags(base_url=url))
    assert "hunter2" not in str(caught.value)


def test_a_usable_url_is_shown_without_what_may_be_a_password(server: Loopback) -> None:
    """A password that is taken for a port and a path would be printed with each error."""
    assert shown_url("http://user:12345/x@host/v1?key=secret") == "…@host/v1"
    assert shown_url("http://token@host/v1") == "…@host/v1"
    assert shown_url("https://host/run/@cf/baai/m") == "https://host/run/@cf/baai/m"
    assert shown_url("https://host/models/m@v2") == "https://host/models/m@v2"


# files that would take long


@pytest.mark.parametrize(
    "content",
    [
        "\n" * 40_000,
        "[tool.rerank]\na" + ".a" * 10_000 + " = 1\n",
        "[tool.rerank]\n[a" + ".a" * 10_000 + "]\n",
        "[tool.rerank]\na = " + "[" * 40_000,
        "[tool.rerank]\na = " + "1" * 5_000,
        "rerank" + " " * 40_000 + "\n" * 40_000,
    ],
)
def test_a_strange_project_file_takes_no_time(content: str) -> None:
    """Ranking in the folder would hang for seconds, or end with a bug report."""
    Path("pyproject.toml").write_text(content)
    began = time.process_time()
    done = rerank("providers")
    assert done.code in (0, 3), done.err
    assert time.process_time() - began < 2


@pytest.mark.parametrize("content", ["A=b" + " " * 40_000 + "x", "A='" * 10_000, "\n" * 40_000])
def test_a_strange_env_file_takes_no_time(content: str) -> None:
    """As with a project's file."""
    Path(".env").write_text(content)
    began = time.process_time()
    warnings()
    assert time.process_time() - began < 2


@pytest.mark.parametrize("text", [":", "a@b/", "/", "http://", "@"])
def test_a_long_url_takes_no_time(text: str) -> None:
    """A redirect of an endpoint, or a paste, would hold a run up."""
    began = time.process_time()
    shown_url("http://a" + text * 40_000)
    rerank("q", PASSAGES, "--base-url", "http://a" + text * 40_000, "-p", text * 40_000)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("url", [each for each in PASSWORDS if "://" in each])
def test_a_password_of_a_malformed_proxy_is_not_printed(url: str, server: Loopback) -> None:
    """As with the URL of an endpoint."""
    where = ("--base-url", server.url, "--retries", "0", "-v")
    done = rerank("q", PASSAGES, *where, env={"HTTP_PROXY": url, "RERANK_API_KEY": KEY})
    assert done.code in (3, 5), done.err
    assert "hunter2" not in done.out + done.err
