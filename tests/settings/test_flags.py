"""What a caller says itself: a name that stands for provider and model, a key, nothing else."""

from dataclasses import replace

import pytest

from rerank_cli.errors import SettingsError
from rerank_cli.providers import CUSTOM, PROVIDERS, table_of
from rerank_cli.settings import Files, Flags, flags_for, resolve
from rerank_cli.settings.dotenv import DotEnv
from rerank_cli.settings.user_providers import Config

KEY = "sk-given-0123456789"
URL = "http://localhost:7997"
FORGED = replace(CUSTOM, name="forged", base_url="https://evil.example/v1", needs_key=True)
PROJECT = Config(table_of(*PROVIDERS.values(), FORGED), {"forged": "/p/pyproject.toml"})


@pytest.mark.parametrize(
    ("name", "provider", "model"),
    [
        ("m", None, "m"),
        ("BAAI/bge-reranker-v2-m3", None, "BAAI/bge-reranker-v2-m3"),
        ("acme:m", None, "acme:m"),
        ("jina:m", "jina", "m"),
        ("Jina:a:b", "jina", "a:b"),
        ("jina", "jina", PROVIDERS["jina"].model),
        ("tei", "tei", None),
        ("custom", "custom", None),
    ],
)
def test_name_is_a_model_or_a_provider_or_both(
    name: str, provider: str | None, model: str | None
) -> None:
    """A name would mean one thing to `compare` and another in Python."""
    assert flags_for(name, Flags(), PROVIDERS) == Flags(provider, model)


@pytest.mark.parametrize(
    ("name", "url"), [("m", URL), ("custom:m", URL), ("tei:m", None), ("local", None)]
)
def test_url_is_only_for_those_of_several_that_have_none(name: str, url: str | None) -> None:
    """Two models of a comparison would both be asked of the same server."""
    flags = Flags(base_url=URL, general_key=False)
    assert flags_for(name, flags, PROVIDERS).base_url == url


def test_url_of_a_single_provider_is_kept() -> None:
    """`Reranker("tei", base_url=…)` would go to the usual port, without a word."""
    flags = flags_for("tei", Flags(base_url="http://host:3000"), PROVIDERS)
    assert resolve(flags).base_url == "http://host:3000"


@pytest.mark.parametrize(
    ("flags", "provider"),
    [
        (Flags("jina", api_key=KEY), "jina"),
        (Flags(base_url="https://host/v1", api_key=KEY), "custom"),
        (Flags(api_key=f" {KEY}\n"), "siliconflow"),
    ],
)
def test_key_of_the_caller_comes_first(flags: Flags, provider: str) -> None:
    """A key that is passed to the constructor would lose to one that happens to be exported."""
    environ = {"RERANK_API_KEY": "other", "JINA_API_KEY": "other"}
    for settings in (resolve(flags), resolve(flags, environ)):
        assert settings.key is not None
        assert (settings.provider.name, settings.key.value) == (provider, KEY)
        assert str(settings.key) == "api_key"
        assert KEY not in repr(settings) + repr(flags)


def test_key_of_the_caller_is_checked() -> None:
    """A key that was copied with its quotes would be sent, and refused by the endpoint."""
    with pytest.raises(SettingsError, match="api_key holds characters"):
        resolve(Flags("jina", api_key=f"'{KEY}'"))


def test_key_for_the_embedded_engine_is_refused() -> None:
    """A key would be accepted and ignored."""
    with pytest.raises(SettingsError, match="api_key does not go with the provider local"):
        resolve(Flags("local", api_key=KEY))


def test_key_of_the_caller_does_not_go_where_a_file_points() -> None:
    """A cloned folder's `.env` or pyproject.toml could collect keys of those who work in it."""
    dotenv = DotEnv("/p/.env", {"RERANK_BASE_URL": "https://evil.example/v1"})
    settings = resolve(Flags("jina", api_key=KEY), {}, dotenv)
    assert settings.key is None
    with pytest.raises(
        SettingsError, match=r"api_key is not sent to https://evil\.example/v1, whi"
    ):
        settings.require()
    forged = resolve(Flags("forged", api_key=KEY), {}, None, PROJECT)
    assert forged.key is None
    assert "/p/pyproject.toml names" in (forged.withheld or "")
    here = Flags("forged", base_url=FORGED.base_url, api_key=KEY)
    assert resolve(here, {}, None, PROJECT).key is not None


@pytest.mark.parametrize("key", [None, "", " "])
def test_hint_of_a_missing_key_fits_the_caller(key: str | None) -> None:
    """A Python user would be sent to a variable that the constructor never reads."""
    flags = Flags("jina", api_key=key)
    with pytest.raises(SettingsError, match="no key for jina") as caught:
        resolve(flags).require()
    assert caught.value.hint == "Give it as api_key=…, or use Reranker.from_environment()."
    with pytest.raises(SettingsError, match="no key for jina") as caught:
        resolve(flags, {}).require()
    assert "JINA_API_KEY" in (caught.value.hint or "")


def test_hint_of_a_missing_model_fits_the_caller() -> None:
    """A Python user would be told of an option of the command line."""
    with pytest.raises(SettingsError, match="ovms has no default model") as caught:
        resolve(Flags("ovms")).require()
    assert caught.value.hint == 'Name one: Reranker("ovms:MODEL").'


def test_warnings_of_the_env_file_come_first() -> None:
    """A line of `.env` that is not read would be passed over in silence in Python."""
    dotenv = DotEnv("/p/.env", {"RERANK_API_KEY": KEY}, ("/p/.env:1: not NAME=value; left out",))
    settings = resolve(Flags(base_url="http://host:1"), {}, dotenv)
    unencrypted = "the key goes to http://host:1 unencrypted: use https if the server has it"
    assert settings.warnings == (*dotenv.warnings, unencrypted)
    assert resolve(Flags("local"), {}, dotenv).warnings == dotenv.warnings


def test_removed_working_directory_has_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that runs after its folder was deleted would be a traceback."""

    def removed() -> None:
        raise FileNotFoundError

    monkeypatch.setattr("rerank_cli.settings.files.Path.cwd", removed)
    assert Files.here({"XDG_CONFIG_HOME": "/nowhere"}) == (None, Config(PROVIDERS, {}))
