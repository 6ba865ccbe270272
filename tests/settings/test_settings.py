"""Flags, then environment, then `.env`, then defaults."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rerank_cli.errors import SettingsError
from rerank_cli.settings import Flags, Settings, resolve, shown_url
from rerank_cli.settings.dotenv import DotEnv, find

URL = "http://localhost:7997"


def resolved(
    flags: Flags | None = None,
    env: dict[str, str] | None = None,
    file: dict[str, str] | None = None,
) -> Settings:
    """The settings from flags, environment and the values of a `.env` file."""
    return resolve(flags or Flags(), env or {}, DotEnv("/p/.env", file) if file else None)


def _provider(settings: Settings) -> str | None:
    return settings.provider.name


def _key(settings: Settings) -> str | None:
    return settings.key.value if settings.key else None


_FLAG: dict[str, Callable[[str], Flags]] = {
    "RERANK_PROVIDER": lambda value: Flags(provider=value),
    "RERANK_MODEL": lambda value: Flags(model=value),
    "RERANK_BASE_URL": lambda value: Flags(base_url=value),
}


@pytest.mark.parametrize(
    ("variable", "layers", "default", "read"),
    [
        (
            "RERANK_PROVIDER",
            ("siliconflow", "custom", "siliconflow"),
            "custom",
            _provider,
        ),
        ("RERANK_MODEL", ("flag/m", "environment/m", "file/m"), None, lambda s: s.model),
        (
            "RERANK_BASE_URL",
            ("http://flag:1", "http://environment:2", "http://file:3"),
            "https://api.siliconflow.cn/v1",
            lambda s: s.base_url,
        ),
    ],
    ids=["provider", "model", "base URL"],
)
def test_flag_then_environment_then_file_then_default(
    variable: str,
    layers: tuple[str, str, str],
    default: str | None,
    read: Callable[[Settings], str | None],
) -> None:
    """A flag that does not override, or a file that does, sends text where nobody meant it."""
    flag, environment, file = layers
    around = {"RERANK_API_KEY": "k"} if variable == "RERANK_BASE_URL" else {"RERANK_BASE_URL": URL}
    flags = _FLAG[variable](flag)
    in_env, in_file = {**around, variable: environment}, {variable: file}

    assert read(resolved(flags, in_env, in_file)) == flag
    assert read(resolved(None, in_env, in_file)) == environment
    assert read(resolved(None, around, in_file)) == file
    assert read(resolved(None, around)) == default


def test_key_of_the_environment_before_the_files() -> None:
    """A key exported for one session would be overruled by a file, or the other way about."""
    own, general = {"SILICONFLOW_API_KEY": "own"}, {"RERANK_API_KEY": "general"}

    assert _key(resolved(env={**own, **general})) == "general"
    assert _key(resolved(env=own, file=general)) == "own"
    assert _key(resolved(file={**own, **general})) == "general"
    assert _key(resolved(file=own)) == "own"


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
@pytest.mark.parametrize(
    "variable", ["RERANK_PROVIDER", "RERANK_MODEL", "RERANK_BASE_URL", "RERANK_API_KEY"]
)
def test_blank_is_unset(variable: str, blank: str) -> None:
    """`RERANK_MODEL= rerank …`, the way to switch a setting off, would be an error."""
    key = {"SILICONFLOW_API_KEY": "k"}

    assert resolved(env={**key, variable: blank}) == resolved(env=key)
    assert resolved(env=key, file={variable: blank}) == resolved(env=key)


def test_blank_in_the_environment_lets_the_file_through() -> None:
    """A variable that a CI system passes on empty would hide the file's."""
    settings = resolved(env={"RERANK_MODEL": ""}, file={"RERANK_MODEL": "m", "RERANK_API_KEY": "k"})

    assert (settings.model, _key(settings)) == ("m", "k")


@pytest.mark.parametrize("file", [None, {"OTHER": "x"}])
def test_nothing_set_is_local(file: dict[str, str] | None) -> None:
    """The first try, without any key, would fail."""
    settings = resolved(file=file)

    assert (settings.provider.name, settings.base_url, settings.key) == ("local", "", None)


def test_url_alone_is_custom_without_a_model() -> None:
    """A server of one's own would get the model name of another company."""
    settings = resolved(Flags(base_url=URL))

    assert (settings.provider.name, settings.model, settings.base_url) == ("custom", None, URL)


@pytest.mark.parametrize(
    ("url", "name", "model"),
    [
        ("https://API.SILICONFLOW.CN/v1/rerank", "siliconflow", "BAAI/bge-reranker-v2-m3"),
        ("https://api.siliconflow.com/v1", "siliconflow-com", "Qwen/Qwen3-Reranker-0.6B"),
    ],
)
def test_url_of_a_provider_is_that_provider(url: str, name: str, model: str) -> None:
    """Its own key would not be used at its address, nor a model that it has there."""
    settings = resolved(Flags(base_url=url), {"SILICONFLOW_API_KEY": "k"})

    assert (settings.provider.name, _key(settings)) == (name, "k")
    assert (settings.base_url, settings.model) == (url, model)


@pytest.mark.parametrize("name", ["SiliconFlow", " siliconflow "])
def test_provider_name_is_forgiving(name: str) -> None:
    """The name as the company writes it would be unknown."""
    assert resolved(env={"RERANK_PROVIDER": name}).provider.name == "siliconflow"


def test_unknown_provider_names_its_place() -> None:
    """A wrong name in a file three folders up could not be found."""
    with pytest.raises(SettingsError, match=r"'acme'.*RERANK_PROVIDER.*/p/\.env") as caught:
        resolved(file={"RERANK_PROVIDER": "acme"})

    assert "siliconflow" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "url",
    [
        "local:9000",
        "localhost",
        "//localhost/v1",
        "http:/localhost",
        "http://",
        "http://:80",
        "http://[::1",
        "http://[1.2.3",
        "http://h:port",
        "http://h:70000",
        "http://two words/v1",
        "ftp://h/v1",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_http_url_is_refused_with_its_place(url: str) -> None:
    """A typing mistake would be an obscure error of the network, after the input is read."""
    with pytest.raises(SettingsError, match=r"RERANK_BASE_URL \(environment\)"):
        resolved(env={"RERANK_BASE_URL": url})


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hunter2@host/v1",
        "http://:hunter2@host",
        "http://hunter2@host",
        "me:hunter2@host:9000/v1",
        "https//me:hunter2@host",
    ],
)
def test_password_in_a_url_is_refused_and_not_printed(url: str) -> None:
    """A password from a URL would end in the scrollback or the log of a CI system."""
    with pytest.raises(SettingsError) as caught:
        resolved(Flags(base_url=url))

    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:7997",
        "https://h/v1/rerank",
        "http://[::1]:80",
        "HTTP://H",
        "http://h/?a=b",
    ],
)
def test_usual_urls_are_taken_as_they_are(url: str) -> None:
    """A URL that a server's manual names would be refused or changed."""
    assert resolved(Flags(base_url=url)).base_url == url


def test_query_of_a_url_is_not_shown() -> None:
    """Some gateways take their key there."""
    assert shown_url("https://h/v1?key=hunter2#x") == "https://h/v1"


def test_local_takes_no_url_by_flag() -> None:
    """Somebody who names both would believe that the server scored."""
    with pytest.raises(SettingsError, match="--base-url"):
        resolved(Flags(provider="local", base_url=URL))


def test_local_has_the_model_that_is_named() -> None:
    """Somebody who asks for bge without a key would get another model's scores."""
    for flags in (Flags(provider="local", model="BAAI/bge"), Flags(model="BAAI/bge")):
        settings = resolved(flags)
        assert (settings.provider.name, settings.model) == ("local", "BAAI/bge")
        assert settings.is_cross_encoder
    assert resolved(env={"RERANK_MODEL": "BAAI/bge"}).is_cross_encoder
    assert not resolved(Flags(provider="local", model="use-multilingual-v3")).is_cross_encoder


@pytest.mark.parametrize("path", ["./m", "../m", "/m", "~/m", ".", "m.onnx", "C:\\m", "..\\m"])
def test_a_path_means_this_process(path: str) -> None:
    """With a key around, a hosted endpoint would be asked for the folder of a user."""
    assert resolved(Flags(model=path), env={"SILICONFLOW_API_KEY": "k"}).provider.is_embedded
    # A server of one's own may name its models by paths.
    assert not resolved(Flags(model=path, base_url=URL)).provider.is_embedded


@pytest.mark.parametrize("name", ["BAAI/bge-reranker-v2-m3", "rerank-v4.0-pro", "a:b"])
def test_a_name_is_no_path(name: str) -> None:
    """The hosted model that somebody has a key for would not be asked any more."""
    assert not resolved(Flags(model=name), env={"SILICONFLOW_API_KEY": "k"}).provider.is_embedded


@pytest.mark.parametrize("model", ["./model", "some/model"])
@pytest.mark.parametrize("asked", [Flags(), Flags(provider="local")], ids=["not", "local"])
def test_a_model_that_only_a_file_names_is_not_loaded(asked: Flags, model: str) -> None:
    """A cloned folder could have a file loaded that is made to do harm."""
    settings = resolved(asked, file={"RERANK_MODEL": model, "RERANK_PROVIDER": "local"})
    assert settings.provider.is_embedded
    assert not settings.is_cross_encoder
    assert any("RERANK_MODEL" in warning for warning in settings.warnings)


def test_key_is_not_in_a_repr() -> None:
    """A traceback or a debugger's log that shows the settings would show the key."""
    settings = resolved(env={"RERANK_API_KEY": "sk-secret"})

    assert _key(settings) == "sk-secret"
    assert "sk-secret" not in repr(settings) + str(settings) + str(settings.key)


def test_price_is_there_where_something_is_paid_for() -> None:
    """An estimate would have no cost for a server of one's own, or one for the embedded engine."""
    price = {"RERANK_PRICE_PER_MILLION": "0.5"}

    assert resolved(env=price).price is None
    assert resolved(Flags(base_url=URL), file=price).price == 0.5
    assert resolved(Flags(base_url=URL, price=0.0), price).price == 0.0


_UNREADABLE = SettingsError("/p/.env: cannot be read: Permission denied", "Cure it.")


def test_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `.env` of another user would be a traceback, or be passed over with the key in it."""

    def refuse(*_: object, **__: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / ".env").touch()
    # Root may read anything, so that permissions alone would not do.
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(SettingsError) as caught:
        resolve(Flags(), {}, find(tmp_path))

    assert caught.value.message == f"{tmp_path / '.env'}: cannot be read: Permission denied"


@pytest.mark.parametrize(
    ("flags", "env", "dry"),
    [
        (Flags(provider="local"), {}, False),
        (Flags(), {"RERANK_PROVIDER": "local"}, False),
        (Flags(), {"SILICONFLOW_API_KEY": "sk"}, False),
        (Flags(provider="siliconflow", api_key="sk"), {}, False),
        (Flags(), {}, True),
    ],
)
def test_a_file_that_is_not_needed_is_a_warning(
    flags: Flags, env: dict[str, str], dry: bool
) -> None:
    """A broken file of a folder above would end commands that want nothing of it."""
    settings = resolve(flags, env, DotEnv("/p/.env", problem=_UNREADABLE), dry=dry)
    assert settings.warnings == (_UNREADABLE.message,)


@pytest.mark.parametrize(
    "flags",
    [Flags(), Flags(provider="siliconflow"), Flags(base_url=URL), Flags(model="m")],
)
def test_a_file_that_may_have_the_key_is_an_error(flags: Flags) -> None:
    """The embedded engine would rank for somebody whose key nobody has seen."""
    for broken in (
        DotEnv("/p/.env", problem=_UNREADABLE),
        DotEnv("/p/.env", {"A": "1"}, unread={"RERANK_API_KEY": _UNREADABLE}),
    ):
        with pytest.raises(SettingsError) as caught:
            resolve(flags, {}, broken)
        assert (caught.value.problem, caught.value.hint) == (_UNREADABLE.problem, "Cure it.")


def test_a_value_that_nothing_asks_for_may_be_anything() -> None:
    """Another program's setting in the same file would end every command."""
    others = DotEnv("/p/.env", {"SILICONFLOW_API_KEY": "sk"}, unread={"DB_NAME": _UNREADABLE})
    settings = resolve(Flags(), {}, others)
    assert (_key(settings), settings.warnings) == ("sk", ())
