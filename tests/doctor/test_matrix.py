"""`rerank doctor` on every kind of server, by every mistake in its URL, key and model.

What it says works: its command line ranks, and its fix puts right what it says is wrong.
"""

import shlex
from collections.abc import Mapping
from dataclasses import replace

import pytest

from rerank_cli.doctor.probe import FAR, RIGHT
from rerank_cli.providers import PROVIDERS, table_of
from tests.doctor import servers
from tests.doctor.diagnosis import WITH_KEY, Checked, check
from tests.doctor.servers import MODEL, logit, probability
from tests.running import KEY, rerank_once
from tests.serving import Loopback, Respond, free_port, http

# Provider, its server, its right path, and a wrong one.
KINDS = {
    "infinity": (servers.infinity, "", "/v1"),
    "vllm": (servers.vllm, "/v1", "/api"),
    "llamacpp": (servers.llamacpp, "/v1", "/v3"),
    "litellm": (servers.litellm, "/v1", "/api/v1"),
    "xinference": (servers.xinference, "/v1", ""),
    "tei": (servers.tei, "", "/v1/rerank"),
    "sglang": (servers.sglang, "/v1", ""),
    "nim": (servers.nim, "/v1", "/v1/rerank"),
    "mixedbread": (servers.mixedbread, "/v1", ""),
    "isaacus": (servers.isaacus, "/v1", ""),
    "openai": (servers.decisions, "/v1", ""),
    "typesafe": (servers.systemone, "/v1", ""),
}
NAMES_MODELS = ("vllm", "litellm", "xinference")
"""Those that refuse a model which they do not have."""

NONE = {"ollama": servers.ollama, "lm_studio": servers.lm_studio}
UNAUTHORIZED = http({"detail": "Unauthorized"}, 401)

_kinds = pytest.mark.parametrize("name", KINDS)
_wrong = pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong path"])
_keys = pytest.mark.parametrize("environ", [{}, WITH_KEY], ids=["no key", "key"])
_models = pytest.mark.parametrize("model", [None, MODEL], ids=["no model", "model"])
# Both or neither, and one of the two only in the long run: where the matrix has many dimensions.
_keys_and_models = pytest.mark.parametrize(
    ("environ", "model"),
    [
        pytest.param({}, None, id="neither"),
        pytest.param(WITH_KEY, MODEL, id="key and model"),
        pytest.param({}, MODEL, id="model", marks=pytest.mark.long),
        pytest.param(WITH_KEY, None, id="key", marks=pytest.mark.long),
    ],
)


def _ranks(checked: Checked, name: str, environ: Mapping[str, str]) -> None:
    """The command line that was named ranks."""
    assert (checked.code, checked.bad) == (0, [])
    words = shlex.split(checked["wire form"].text.partition("use it by: ")[2])
    assert words[:5] == ["rerank", "QUERY", "FILE", "-p", name]
    # The row of a hosted provider needs a key, whoever serves it.
    outcome = rerank_once(
        "q", "-", *words[3:], "--json", stdin=f"{FAR}\n{RIGHT}\n", env=environ or WITH_KEY
    )
    score = logit if name in ("nim", "llamacpp") else probability
    assert outcome.scores == [score(FAR), score(RIGHT)]


@_kinds
@_wrong
@_keys_and_models
def test_open_server(name: str, wrong: bool, environ: dict[str, str], model: str | None) -> None:
    """A user would try paths, wire forms and models one after the other."""
    respond, *paths = KINDS[name]
    with Loopback(servers.resetting(respond)) as server:
        checked = check(server.url_at(paths[wrong]), model=model, environ=environ)
        assert len(server.received) <= 20
        _ranks(checked, name, environ)


@_kinds
@_wrong
@_models
def test_guarded_server(name: str, wrong: bool, model: str | None) -> None:
    """A user would be told of a key that was not accepted, though none was sent."""
    respond, *paths = KINDS[name]
    with Loopback(servers.guarded(servers.resetting(respond), KEY, UNAUTHORIZED)) as server:
        url = server.url_at(paths[wrong])
        without = check(url, model=model)
        assert (without.code, without.bad) == (4, ["key"])
        assert without["key"].fix == "Set RERANK_API_KEY."
        assert "accepted" not in without["key"].text
        other = check(url, model=model, environ={"RERANK_API_KEY": f"not-{KEY}"})
        assert other.bad == ["key"]
        assert "the key was not accepted" in other["key"].text
        _ranks(check(url, model=model, environ=WITH_KEY), name, WITH_KEY)


@pytest.mark.parametrize("name", NAMES_MODELS)
@_wrong
@_keys
def test_unknown_model(name: str, wrong: bool, environ: dict[str, str]) -> None:
    """A user would not learn which models there are."""
    respond, *paths = KINDS[name]
    with Loopback(servers.resetting(respond)) as server:
        checked = check(server.url_at(paths[wrong]), model="nope", environ=environ)
    assert checked.bad == ["model"]
    assert f"It has: {MODEL}." in str(checked["model"].fix)
    assert wrong == ("path" in checked.names)


@_kinds
@_keys_and_models
def test_wrong_port(name: str, environ: dict[str, str], model: str | None) -> None:
    """A user would not learn where the server listens."""
    respond, path, _ = KINDS[name]
    with Loopback(servers.resetting(respond)) as server:
        mine = replace(PROVIDERS["tei"], name=name, base_url=server.url_at(path))
        url = f"http://127.0.0.1:{free_port()}{path}"
        checked = check(url, model=model, environ=environ, rows=table_of(mine))
    assert (checked.code, checked.bad) == (5, ["reachable"])
    assert f"port {server.port}, usual for {name}" in str(checked["reachable"].fix)


@pytest.mark.parametrize("name", NONE)
@pytest.mark.parametrize("path", ["", "/v1", "/api", "/v1/rerank"])
@pytest.mark.parametrize("provider", [None, "llamacpp", "xinference"])
@_keys_and_models
def test_server_without_reranking(
    name: str, path: str, provider: str | None, environ: dict[str, str], model: str | None
) -> None:
    """A user of Ollama or LM Studio would look for the path of what they do not have."""
    with Loopback(NONE[name]) as server:
        checked = check(server.url_at(path), provider, model, environ=environ)
        assert len(server.received) <= 20
    assert checked.bad == ["wire form"]
    assert checked.code != 0
    fix = str(checked["wire form"].fix)
    assert fix.startswith({"ollama": "Ollama", "lm_studio": "LM Studio"}[name] + " has no rerank")
    assert "llama-server --reranking" in fix
    assert "-p local" in fix


@pytest.mark.parametrize("path", ["", "/v1", "/v1/rerank"])
@pytest.mark.parametrize("provider", [None, "vllm", "siliconflow"])
@_keys_and_models
def test_challenge(
    path: str, provider: str | None, environ: dict[str, str], model: str | None
) -> None:
    """A user would buy a new key because of a page that asks for a browser."""
    with Loopback(servers.challenge) as server:
        checked = check(server.url_at(path), provider, model, environ=environ)
        assert len(server.received) == 1
    assert (checked.code, checked.bad) == (4, ["answer"])
    assert "no matter of the key" in str(checked["answer"].fix)


def _half(respond: Respond) -> Respond:
    """The server, without its list of models."""
    return lambda asked: (
        http({"detail": "Not Found"}, 404) if asked.line.startswith("GET ") else respond(asked)
    )


@pytest.mark.parametrize("name", ["litellm", "xinference"])
@_wrong
def test_model_that_must_be_named_where_none_are_listed(name: str, wrong: bool) -> None:
    """A user would be told of the default model of a company that has nothing to do with it."""
    respond, *paths = KINDS[name]
    with Loopback(servers.resetting(_half(respond))) as server:
        checked = check(server.url_at(paths[wrong]))
    assert checked.bad == ["model"]
    assert str(checked["model"].fix).startswith("Name one with --model.")
    assert "rerank-2.5" not in checked.text("model")
