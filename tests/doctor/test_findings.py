"""`rerank doctor` where passages can be ranked: what it says of the endpoint, and how to use it."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from rerank_cli.doctor import diagnose
from rerank_cli.doctor.probe import FAR, RIGHT
from rerank_cli.errors import ExitCode, SettingsError
from rerank_cli.providers import PROVIDERS
from rerank_cli.settings import Flags, resolve
from tests.doctor import servers
from tests.doctor.diagnosis import WITH_KEY, Canned, check, visit
from tests.doctor.servers import MODEL, logit, probability
from tests.running import KEY, rerank_once
from tests.serving import Loopback, Received, Respond, http

_DASHSCOPE = "dashscope-native"

# Provider, its server, the path its own documentation gives, and wrong ones that people try.
SERVERS = [
    ("infinity", servers.infinity, "", ["/v1", "/rerank", "/v1/rerank"]),
    ("vllm", servers.vllm, "/v1", ["", "/v1/rerank", "/api"]),
    ("llamacpp", servers.llamacpp, "/v1", ["", "/v3"]),
    ("litellm", servers.litellm, "/v1", ["", "/v1/rerank"]),
    ("xinference", servers.xinference, "/v1", ["", "/v1/rerank"]),
    ("tei", servers.tei, "", ["/v1", "/v1/rerank"]),
    ("sglang", servers.sglang, "/v1", ["", "/rerank"]),
    ("nim", servers.nim, "/v1", ["", "/v1/rerank"]),
    ("voyage", servers.voyage, "/v1", [""]),
    ("mixedbread", servers.mixedbread, "/v1", [""]),
    ("pinecone", servers.pinecone, "", ["/v1"]),
    (_DASHSCOPE, servers.dashscope, "/api/v1", ["", "/v1"]),
    ("deepinfra", servers.deepinfra, "/v1/inference", ["", "/v1"]),
    ("elasticsearch", servers.elasticsearch, "", ["/v1", "/rerank"]),
    ("cloudflare", servers.cloudflare, "/client/v4/accounts/0123", []),
    ("isaacus", servers.isaacus, "/v1", [""]),
    ("openai", servers.decisions, "/v1", [""]),
    ("typesafe", servers.systemone, "/v1", [""]),
]
PLACES = [
    pytest.param(name, respond, path, id=f"{name}{path}")
    for name, respond, right, wrong in SERVERS
    for path in (right, *wrong)
]
# Its model stands in the URL, and none could be guessed.
_NAMED = {"deepinfra": MODEL, "cloudflare": MODEL}


@pytest.mark.parametrize(("name", "respond", "path"), PLACES)
def test_command_line_that_it_names_ranks(name: str, respond: Respond, path: str) -> None:
    """A user with a URL alone would try wire forms, paths and models one after the other."""
    with Loopback(respond) as server:
        url = f"http://127.0.0.1:{server.port}{path}"
        checked = check(url, model=_NAMED.get(name))
        assert (checked.code, checked.bad) == (0, [])
        asked = len(server.received)
        words = shlex.split(checked["wire form"].text.partition("use it by: ")[2])
        assert words[:5] == ["rerank", "QUERY", "FILE", "-p", name]
        outcome = rerank_once(
            "q", "-", *words[3:], "--json", stdin=f"{FAR}\n{RIGHT}\n", env=WITH_KEY
        )
    score = logit if name in ("nim", "llamacpp") else probability
    assert outcome.scores == [score(FAR), score(RIGHT)]
    assert asked <= 15


_WRONG = [
    *[("infinity", "/v1"), ("infinity", "/v1/rerank"), ("vllm", "/api"), ("llamacpp", "/v3")],
    *[("xinference", ""), ("tei", "/v1"), ("tei", "/v1/rerank"), ("sglang", ""), ("nim", "")],
    *[("sglang", "/rerank"), ("nim", "/v1/rerank"), ("voyage", ""), ("mixedbread", "")],
    *[("pinecone", "/v1"), (_DASHSCOPE, ""), (_DASHSCOPE, "/v1"), ("deepinfra", "/v1")],
]


@pytest.mark.parametrize(("name", "path"), _WRONG)
def test_wrong_path_is_put_right(name: str, path: str) -> None:
    """A user who left out /v1, or wrote it where there is none, would not learn what to write."""
    ((respond, right),) = ((respond, right) for each, respond, right, _ in SERVERS if each == name)
    with Loopback(respond) as server:
        here = f"http://127.0.0.1:{server.port}"
        checked = check(here + path, model=_NAMED.get(name))
    assert checked["path"].text == f"not that of {here}{path}"
    assert checked["path"].fix == f"Give --base-url {here}{right}"


def test_path_behind_a_prefix() -> None:
    """A user of a gateway, which has its servers below paths, would be told that none is there."""

    def answer(asked: Received) -> bytes:
        if not asked.path.startswith("/team"):
            return http(b"no such team", 404)
        return servers.vllm(replace(asked, line=asked.line.replace("/team", "")))

    checked, _ = visit(servers.guarded(answer, KEY, http(b"", 401)), "/team/v3", environ=WITH_KEY)
    assert str(checked["path"].fix).endswith("/team/v1")
    assert visit(answer, "/team/v1")[0].names.count("path") == 0


@pytest.mark.parametrize(
    ("name", "respond", "path"), [(name, respond, path) for name, respond, path, _ in SERVERS]
)
def test_known_endpoint_is_asked_little(name: str, respond: Respond, path: str) -> None:
    """A user with a budget, or a limit of ten a minute, would pay for being curious."""
    row = PROVIDERS[name]
    header = row.key_header.lower()
    guarded = servers.guarded(respond, KEY, http({"detail": "Unauthorized"}, 401), header)
    if row.key_scheme == "ApiKey":
        guarded = servers.secured(respond, KEY)
    model = MODEL if row.needs_model or name == "deepinfra" else None
    checked, received = visit(guarded, path, name, model, WITH_KEY)
    assert (checked.code, checked.bad) == (0, [])
    assert checked["wire form"].text.startswith(f"{row.dialect}; ")
    assert f" -p {name} " in checked["wire form"].text
    assert len(received) == 3
    assert all(len(each.body) < 600 for each in received)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("", None),
        ("", MODEL),
        ("/v1", None),
        ("/v1", MODEL),
        (f"/_inference/rerank/{MODEL}", MODEL),
    ],
)
def test_elasticsearch_that_is_guarded(path: str, model: str | None) -> None:
    """A user would be told that a key is wrong which was only sent in the form of others."""
    respond = servers.secured(servers.elasticsearch, KEY)
    checked, received = visit(respond, path, None, model, WITH_KEY)
    assert (checked.code, checked.bad) == (0, [])
    assert " -p elasticsearch" in checked["wire form"].text
    assert "needed, and that of RERANK_API_KEY" in checked["key"].text
    assert len(received) <= 6
    wrong = visit(respond, path, None, model, {"RERANK_API_KEY": f"not-{KEY}"})[0]
    assert wrong.bad == ["key"]
    assert "the key was not accepted" in wrong["key"].text
    assert visit(respond, path, None, model)[0]["key"].fix == "Set RERANK_API_KEY."


def test_elasticsearch_without_the_model() -> None:
    """A user would be told that nothing answers there, and not which name to give."""
    checked, _ = visit(servers.elasticsearch, "", None, "nope")
    assert checked.bad == ["model"]
    assert "_inference/rerank/_all" in checked.text("model")


def test_account_that_is_missing() -> None:
    """A user would read of a URL that is not found, and has braces in it."""
    settings = resolve(Flags(provider="cloudflare"), {"CLOUDFLARE_API_TOKEN": KEY}, None)
    network = Canned(servers.cloudflare)
    with pytest.raises(SettingsError, match="no account"):
        diagnose(settings, PROVIDERS, 1.0, lambda _: None, connect=lambda: network)
    assert network.urls == []


def test_key_that_is_needed() -> None:
    """A user could not tell whether it is the key that opens the endpoint."""
    refusal = http({"error": "Unauthorized"}, 401)
    checked, _ = visit(servers.guarded(servers.vllm, KEY, refusal), environ=WITH_KEY)
    assert checked["key"].text == "needed, and that of RERANK_API_KEY (environment) is accepted"
    assert checked["key"].ok


def test_key_of_a_variable_that_the_named_command_line_does_not_read() -> None:
    """A user who copies the command line would be told that a key is needed."""
    respond = servers.guarded(servers.tei, KEY, http({"error": "Unauthorized"}, 401))
    checked, _ = visit(respond, "", "vllm", environ={"VLLM_API_KEY": KEY})
    assert " -p tei " in checked["wire form"].text
    assert "takes it from RERANK_API_KEY" in str(checked["key"].fix)
    assert visit(respond, "", "vllm", environ=WITH_KEY)[0]["key"].fix is None


def test_key_that_is_not_needed() -> None:
    """A user would believe an open server to be guarded, and leave it on the network."""
    checked, _ = visit(servers.vllm, environ=WITH_KEY)
    assert checked["key"].text.startswith("not needed")
    assert visit(servers.vllm)[0]["key"].text == "none sent, and none needed"


def test_key_where_asking_without_it_tells_nothing() -> None:
    """A user would be told that no key is needed because the server was busy for a moment."""
    busy = http({"error": "busy"}, 503)
    checked, _ = visit(servers.guarded(servers.vllm, KEY, busy), environ=WITH_KEY)
    assert checked["key"].text == "that of RERANK_API_KEY (environment) is accepted"
    assert checked.code == 0


def test_key_never_shows() -> None:
    """A user who pastes the answer into an issue would publish the key."""
    checked, _ = visit(servers.guarded(servers.vllm, KEY, http(b"", 401)), environ=WITH_KEY)
    assert KEY not in repr(checked.found)


@pytest.mark.parametrize(
    ("respond", "model", "text"),
    [
        (servers.vllm, None, "not named: the server takes the one it has, which it calls mini"),
        (servers.vllm, MODEL, "mini answers"),
        (servers.infinity, "any", "any answers, which it calls mini"),
        (servers.litellm, None, "mini answers; none was named"),
        (servers.tei, None, "not named: the server takes the one it has"),
    ],
)
def test_model_that_answers(respond: Respond, model: str | None, text: str) -> None:
    """A user would rank with another model than the one meant, unawares."""
    assert visit(respond, "", model=model)[0]["model"].text == text


@pytest.mark.parametrize(
    "refusal",
    [
        http({"error": {"message": "Invalid model name passed"}}, 400),
        http({"error": {"message": "Internal server error"}}, 500),
    ],
)
def test_reranker_is_chosen_among_many_models(refusal: bytes) -> None:
    """A user of a proxy for chat models would be told that nothing there ranks."""

    def answer(asked: Received) -> bytes:
        if asked.line.startswith("GET "):
            names = [*(f"gpt-{number}" for number in range(20)), "bge-reranker"]
            return http({"data": [{"id": name} for name in names]})
        return servers.infinity(asked) if asked.json.get("model") == "bge-reranker" else refusal

    checked, received = visit(answer, "")
    assert checked["wire form"].text.endswith(" -m bge-reranker")
    assert len(received) == 4


def _in_order(scores: Sequence[float]) -> Respond:
    return servers.scoring(lambda texts: scores[: len(texts)])


def _each(score: Callable[[str], float]) -> Respond:
    return servers.scoring(lambda texts: [score(text) for text in texts])


@pytest.mark.parametrize(
    "scores", [(0.9, 0.1, 0.5), (0.5, 0.5, 0.5), (0.9, 0.8, 0.7), (-1.0, -2.0, 3.0)]
)
def test_wrong_order(scores: Sequence[float]) -> None:
    """A user would rank by a model that was converted badly, or that is no reranker."""
    checked, _ = visit(_in_order(scores))
    assert checked["order"].ok is False
    assert "Is the model a reranker" in str(checked["order"].fix)
    assert checked.code == ExitCode.ENDPOINT


def test_results_in_input_order() -> None:
    """A server that does not sort, which is no fault, would be called broken."""
    checked, _ = visit(_each(probability))
    assert (checked.code, checked.bad) == (0, [])
    assert checked["order"].ok
    assert checked["scores"].text == "3e-05 to 0.9986: in 0..1"
    assert "alone" not in checked.names


@pytest.mark.parametrize("above", [0.0, 20.0, -20.0])
def test_logits(above: float) -> None:
    """A user would set a threshold between 0 and 1 for scores that are none."""
    checked, _ = visit(_each(lambda text: logit(text) + above))
    assert checked["scores"].ok is None
    assert checked["scores"].text == f"{above - 11.2:.4g} to {above + 9.14:.4g}: logits"
    assert "--scores sigmoid" in str(checked["scores"].fix)
    assert checked.code == 0


def test_logits_where_none_were_expected() -> None:
    """A user of an endpoint that changed would not learn that thresholds mean nothing any more."""
    checked, _ = visit(_each(logit), provider="siliconflow", environ=WITH_KEY)
    assert checked.bad == ["scores"]
    assert "0..1 was expected" in checked["scores"].text


def test_probabilities_where_logits_were_expected() -> None:
    """A user who maps scores by the sigmoid out of habit would flatten them."""
    checked, _ = visit(_each(probability), provider="llamacpp")
    assert checked["scores"].ok is None
    assert "logits were expected" in checked["scores"].text


def test_listwise_scores() -> None:
    """A user would compare scores of different requests, which do not compare."""
    checked, _ = visit(
        servers.scoring(lambda texts: [probability(text) / len(texts) for text in texts])
    )
    assert "0.9986 alone, 0.3329 among others" in checked["alone"].text
    assert (checked["alone"].ok, checked.code) == (None, 0)


@pytest.mark.parametrize("score", [probability, logit])
def test_scores_that_differ_by_their_batch(score: Callable[[str], float]) -> None:
    """A user would be warned of any server that pads its batches."""

    def scores(texts: Sequence[str]) -> list[float]:
        return [score(text) * (1 + len(texts) / 1000) for text in texts]

    assert "alone" not in visit(servers.scoring(scores))[0].names


def test_one_passage_alone_is_refused() -> None:
    """A user would find out in the last request of a long run, which may hold a single passage."""

    def answer(asked: Received) -> bytes:
        if len(asked.json["documents"]) == 1:
            return http({"detail": "documents: at least 2"}, 422)
        return servers.vllm(asked)

    checked, _ = visit(answer)
    assert checked.bad == ["alone"]
    assert "at least 2" in checked["alone"].text
    assert checked.code == ExitCode.REFUSED


def test_latency() -> None:
    """A user could not tell a slow endpoint from a slow program."""
    checked, _ = visit(servers.vllm)
    assert "ms for 3 passages, with connecting; " in checked["latency"].text
    assert checked["latency"].text.endswith(" ms for one")
    assert "connecting" not in visit(servers.tei)[0]["latency"].text


def test_plain_http_to_another_machine() -> None:
    """A user would not learn that others can read the passages."""
    connect = Canned(servers.vllm)
    checked = check("http://reranker.example/v1", connect=connect)
    assert checked["TLS"].text == "none: plain http, which others can read"
    assert check("https://reranker.example/v1", connect=connect)["TLS"].ok


@pytest.mark.parametrize(
    ("provider", "name", "respond", "path"),
    [("tei", "infinity", servers.infinity, ""), ("vllm", "sglang", servers.sglang, "/v1")],
)
def test_wrong_provider(provider: str, name: str, respond: Respond, path: str) -> None:
    """A user who mistook one server for another would be told that the reply is nonsense."""
    checked, _ = visit(respond, path, provider)
    # Ranking with that name would fail.
    assert checked.code in (4, 5)
    assert checked.bad == []
    assert f" -p {name} " in checked["wire form"].text
