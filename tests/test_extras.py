"""Hints name an installation that exists, as no index has the package."""

import importlib.metadata
import importlib.util
import json
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from rerank_cli.errors import SettingsError
from rerank_cli.extras import install_command, require


class _Installed:
    """A distribution that was installed from somewhere."""

    def __init__(self, direct_url: object) -> None:
        self._text = direct_url if direct_url is None else json.dumps(direct_url)

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return self._text


def _from(monkeypatch: pytest.MonkeyPatch, direct_url: object) -> str:
    """The command, where this package was installed from there."""
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: _Installed(direct_url))
    return install_command("local")


@pytest.mark.parametrize("editable", [True, False])
def test_an_extra_comes_from_the_clone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, editable: bool
) -> None:
    """`pip install rerank-cli[local]` finds nothing, or what somebody else calls so."""
    origin = {"dir_info": {"editable": editable}, "url": tmp_path.as_uri()}
    assert _from(monkeypatch, origin) == f'pip install "{tmp_path}[local]"'


def test_an_extra_comes_from_the_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Who was given a wheel has no clone."""
    wheel = tmp_path / "rerank cli-1-py3-none-any.whl"
    wheel.touch()
    origin = {"archive_info": {}, "url": wheel.as_uri()}
    assert _from(monkeypatch, origin) == f'pip install "{wheel}[local]"'


@pytest.mark.parametrize("host", ["git.example", "me:secret@git.example"])
def test_an_extra_comes_from_the_repository(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Who installed by URL has no clone either; a password in it must not be shown."""
    origin = {"url": f"https://{host}/rerank", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}}
    wanted = 'pip install "rerank-cli[local] @ git+https://git.example/rerank"'
    assert _from(monkeypatch, origin) == wanted


@pytest.mark.parametrize(
    "origin", [None, {}, [], {"url": "file:///no/such/folder"}, {"url": 5}, "x", {"url": "x"}]
)
def test_an_origin_that_is_unknown_or_gone(monkeypatch: pytest.MonkeyPatch, origin: object) -> None:
    """The hint would fail, or be a traceback."""
    assert _from(monkeypatch, origin) == 'pip install ".[local]" in a clone of rerank'


def test_what_is_not_installed_at_all_has_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m rerank_cli` in a clone would end in a traceback."""

    def missing(_: str) -> None:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    assert install_command("eval") == 'pip install ".[eval]" in a clone of rerank'


def test_without_a_module_of_an_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A traceback about ir_measures would tell nobody what to do."""
    find = importlib.util.find_spec

    def without(name: str) -> ModuleSpec | None:
        return None if name == "ir_measures" else find(name)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(SettingsError, match="no ir_measures") as caught:
        require("eval", ["json", "ir_measures"], "what measures rankings", "leave it")
    assert caught.value.hint == f"{install_command('eval')}, or leave it"
