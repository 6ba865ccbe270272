"""`rerank doctor` where nothing can be ranked: each cause told from the others, with its fix."""

import pytest

from rerank_cli.errors import ExitCode
from rerank_cli.providers import PROVIDERS
from tests.doctor import servers
from tests.doctor.diagnosis import WITH_KEY, Canned, check, visit
from tests.running import KEY
from tests.serving import Received, Respond, http

PAGE = b"<!DOCTYPE html><html><title>Sign in</title><form>Password</form></html>"
UNAUTHORIZED = http({"error": "Unauthorized"}, 401)


@pytest.mark.parametrize(
    ("respond", "path"),
    [
        (servers.guarded(servers.vllm, KEY, UNAUTHORIZED), "/v1"),
        (servers.guarded(servers.infinity, KEY, http({"detail": "Unauthorized"}, 401)), ""),
        (servers.guarded(servers.tei, KEY, http(b"", 401)), ""),
    ],
)
def test_no_key(respond: Respond, path: str) -> None:
    """A user would not learn which variable takes the key."""
    checked, received = visit(respond, path)
    assert (checked.code, checked.bad) == (ExitCode.REFUSED, ["key"])
    assert checked["key"].text.startswith("a key is needed, and none was sent (HTTP 401)")
    assert checked["key"].fix == "Set RERANK_API_KEY."
    assert len(received) == 1
    assert visit(respond, path, "vllm")[0]["key"].fix == "Set RERANK_API_KEY or VLLM_API_KEY."


def test_no_key_at_the_right_path() -> None:
    """A user who wrote the wrong path would set a key, and then be told of the path."""

    def answer(asked: Received) -> bytes:
        return UNAUTHORIZED if asked.path == "/rerank" else http({"detail": "Not Found"}, 404)

    checked, _ = visit(answer)
    assert checked.bad == ["key"]
    assert checked.found.url.endswith("/rerank")
    assert "Give --base-url http://127.0.0.1" in str(checked["path"].fix)


def test_no_key_for_a_hosted_endpoint() -> None:
    """A user would not learn which variable takes the key, nor a script that it is a setting."""
    respond = servers.guarded(servers.vllm, KEY, http("Invalid token", 401))
    checked, _ = visit(respond, provider="siliconflow")
    assert (checked.code, checked.bad) == (ExitCode.SETTINGS, ["key"])
    assert "SILICONFLOW_API_KEY" in str(checked["key"].fix)


@pytest.mark.parametrize("provider", [None, "vllm", "litellm"])
def test_bad_key(provider: str | None) -> None:
    """A user with several keys would not know which one was refused."""
    respond = servers.guarded(servers.vllm, "another", UNAUTHORIZED)
    checked, received = visit(respond, provider=provider, environ=WITH_KEY)
    assert (checked.code, checked.bad) == (ExitCode.REFUSED, ["key"])
    assert "RERANK_API_KEY (environment)" in str(checked["key"].fix)
    assert len(received) == 1


@pytest.mark.parametrize("host", ["api.siliconflow.cn", "api.siliconflow.com"])
def test_key_of_the_other_siliconflow(host: str) -> None:
    """A user would buy a new key, though the old one opens the other host."""
    network = Canned(lambda _: http("Invalid token", 401))
    checked = check(f"https://{host}/v1", environ={"SILICONFLOW_API_KEY": KEY}, connect=network)
    assert "a .com key needs -p siliconflow-com" in checked.text("key")
    assert network.urls == [f"https://{host}/v1/rerank"]


def test_no_money() -> None:
    """A user would check a key that is right."""
    said = {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": None}
    checked, _ = visit(lambda _: http(said, 403), provider="siliconflow", environ=WITH_KEY)
    assert "Top up" in checked.text("key")
    assert checked.code == ExitCode.REFUSED


def test_wrong_path_of_a_known_host() -> None:
    """A user who left out the path of a hosted API would search its documentation."""
    network = Canned(lambda _: http(b"404 page not found", 404))
    checked = check("https://api.jina.ai", environ={"JINA_API_KEY": KEY}, connect=network)
    assert str(checked["wire form"].fix).endswith("The base URL of jina is https://api.jina.ai/v1")
    assert network.urls == ["https://api.jina.ai/rerank"]
    assert network.closed


@pytest.mark.parametrize(
    ("respond", "provider"),
    [(servers.vllm, None), (servers.xinference, None), (servers.litellm, "litellm")],
)
def test_unknown_model(respond: Respond, provider: str | None) -> None:
    """A user would have to find out by other means which models the server has."""
    checked, _ = visit(respond, provider=provider, model="nope")
    assert (checked.code, checked.bad) == (ExitCode.REFUSED, ["model"])
    assert "nope" in checked["model"].text
    assert "It has: mini." in str(checked["model"].fix)


@pytest.mark.parametrize(
    ("provider", "respond"),
    [
        ("litellm", servers.litellm),
        ("xinference", servers.xinference),
        ("litellm", lambda _: http({"error": {"message": "Internal server error"}}, 500)),
    ],
)
def test_model_that_must_be_named(provider: str, respond: Respond) -> None:
    """A user would be told of a wrong request, not of the option that is missing."""

    def answer(asked: Received) -> bytes:
        return http(b"", 404) if asked.line.startswith("GET ") else respond(asked)

    checked, _ = visit(answer, provider=provider)
    assert (checked.code, checked.bad) == (ExitCode.SETTINGS, ["model"])
    assert checked["model"].text == f"{provider} has no default model"
    assert "--model" in str(checked["model"].fix)


def _embeddings(asked: Received) -> bytes:
    """A server for embeddings, in which reranking is no path at all."""
    if asked.line.startswith("GET /v1/models "):
        return http({"data": [{"id": "bge-m3"}]})
    return http({"detail": "Not Found"}, 404)


def _tei_embeddings(asked: Received) -> bytes:
    reply = servers.tei(asked)
    said = {"error": "model is not a re-ranker model", "error_type": "Backend"}
    return http(said, 424) if reply.startswith(b"HTTP/1.1 200") else reply


def _llamacpp_chat(_: Received) -> bytes:
    text = "This server does not support reranking. Start it with `--reranking`"
    return servers.openai(501, text, "not_supported_error")


@pytest.mark.parametrize(
    ("respond", "path", "words"),
    [
        (_llamacpp_chat, "/v1", "--reranking"),
        (_tei_embeddings, "", "Serve a reranking model there"),
        (_tei_embeddings, "/v1", "Serve a reranking model there"),
        (_embeddings, "/v1", "It has: bge-m3. Is it a reranker?"),
        (_embeddings, "", "the model must be a reranker"),
    ],
)
def test_not_a_reranker(respond: Respond, path: str, words: str) -> None:
    """A user would look for the fault in the URL while the server runs another kind of model."""
    checked, received = visit(respond, path)
    assert checked.bad == ["wire form"]
    assert words in checked.text("wire form")
    assert ("No wire form" in checked.text("wire form")) == (respond is _embeddings)
    assert checked.code in (ExitCode.REFUSED, ExitCode.ENDPOINT)
    assert len(received) <= 15


def _to(place: str) -> Respond:
    return lambda _: http(b"", 302, {"Location": place})


@pytest.mark.parametrize(
    "respond",
    [
        lambda _: http(PAGE, headers={"Content-Type": "text/html"}),
        lambda _: http(PAGE, 404),
        _to("https://sso.example/login?next=%2Fv1"),
        _to("/oauth2/start"),
    ],
)
def test_login_page(respond: Respond) -> None:
    """A user behind a company's login would be told that JSON is broken."""
    checked, received = visit(respond)
    assert checked.bad == ["wire form"]
    assert "a login or a proxy before the endpoint" in str(checked["wire form"].fix)
    assert checked.code in (ExitCode.REFUSED, ExitCode.ENDPOINT)
    assert len(received) <= 15
    assert "next=" not in checked.text("wire form")


def test_redirect_to_the_same_thing_elsewhere() -> None:
    """A user would be told of a login where only the URL has moved."""
    checked, _ = visit(_to("https://reranker.example/v1/rerank"))
    assert "If the target is right, give it with --base-url" in str(checked["wire form"].fix)


def test_no_key_where_the_wire_form_is_a_guess() -> None:
    """A user of a server of one's own would be told to buy a key of a company."""

    def answer(asked: Received) -> bytes:
        guessed = asked.path == "/v1/reranking"
        return UNAUTHORIZED if guessed else http({"detail": "Not Found"}, 404)

    checked, _ = visit(answer)
    assert (checked.code, checked.bad) == (ExitCode.REFUSED, ["key"])
    assert checked["key"].fix == "Set RERANK_API_KEY."


@pytest.mark.parametrize(
    ("path", "model", "status", "most"),
    [("/v1", None, 404, 12), ("", None, 404, 12), ("/a/b/c", "m", 404, 20), ("/v1", None, 400, 18)],
)
def test_dead_end(path: str, model: str | None, status: int, most: int) -> None:
    """A user would hammer somebody's website with guesses."""
    checked, received = visit(lambda _: http({"detail": "no model"}, status), path, model=model)
    assert checked.bad == ["wire form"]
    assert len(received) <= most
    looks = [each.line for each in received if not each.body]
    assert len(set(looks)) == len(looks)


def test_proxy_without_a_reranker() -> None:
    """A user of a proxy for chat would have each of its models asked in each wire form."""

    def answer(asked: Received) -> bytes:
        if asked.line.startswith("GET "):
            return http({"data": [{"id": f"gpt-{number}"} for number in range(20)]})
        return http({"error": {"message": "this model does not rerank"}}, 400)

    checked, received = visit(answer)
    assert checked.bad == ["wire form"]
    assert "It has: gpt-0, gpt-1" in str(checked["wire form"].fix)
    assert len(received) <= 22


def test_every_provider_has_a_wire_form_that_is_tried() -> None:
    """A user of a new wire form would be told that nothing answers."""
    tried = visit(lambda _: http(b"", 404), model="m")[0].text("wire form")
    assert all(row.dialect in tried for row in PROVIDERS.values() if row.dialect)
