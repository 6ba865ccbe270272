"""rerank compare: several models at once on the same passages."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import respx

from tests.answers import flagship_score, scoring
from tests.cli.compare.runs import ACME_KEY, KEYS, acme, compare, failed, listed, models
from tests.running import PASSAGES, PATIENCE, QUERY, rerank
from tests.serving import Loopback, Received, http


@pytest.fixture
def other() -> Iterator[Loopback]:
    """A server that finds the shortest passages best."""
    with Loopback(scoring(lambda text: 1 / len(text))) as running:
        yield running


# what is asked, of whom


def test_all_models_are_asked_at_the_same_time() -> None:
    """Three slow models would take as long as all three together."""
    all_here = threading.Barrier(3)

    def respond(received: Received) -> bytes:
        try:
            all_here.wait(PATIENCE)
        except threading.BrokenBarrierError:
            return http({"message": "the others have not come"}, 400)
        return scoring(flagship_score)(received)

    with Loopback(respond) as server:
        done = compare("-m", "a", "-m", "b", "-m", "c", "--json", url=server.url)

    assert [row["model"] for row in listed(done)] == ["a", "b", "c"]
    assert len(server.received) == 3


def test_order_is_that_of_the_command_line_whoever_answers_first() -> None:
    """Scores of one model would stand under the letter of another."""
    b_answered = threading.Event()

    def respond(received: Received) -> bytes:
        if received.json["model"] == "a":
            b_answered.wait(PATIENCE)
            return scoring(flagship_score)(received)
        b_answered.set()
        return scoring(lambda text: 1 / len(text))(received)

    with Loopback(respond) as server:
        first, second = listed(compare("-m", "a", "-m", "b", "--json", url=server.url))

    assert (first["model"], second["model"]) == ("a", "b")
    assert first["results"][0]["score"] == 0.9974
    assert second["results"][0]["score"] < 0.1


def test_provider_and_model_may_stand_in_one(
    server: Loopback, other: Loopback, tmp_path: Path
) -> None:
    """Models of different providers could not be compared, which is what most would like to."""
    names = ("-m", "acme:big/one:free", "-m", "custom:small:v2", "-m", "Acme", "-m", "plain:v1")
    done = compare(*names, "--json", url=server.url, env=acme(other, tmp_path))

    assert [(row["provider"], row["model"]) for row in listed(done)] == [
        ("acme", "big/one:free"),
        ("custom", "small:v2"),
        ("acme", "acme-1"),
        ("custom", "plain:v1"),
    ]
    assert models(other) == {"big/one:free", "acme-1"}
    assert models(server) == {"small:v2", "plain:v1"}


def test_a_provider_alone_means_its_default_model(other: Loopback, tmp_path: Path) -> None:
    """RERANK_MODEL, set for another provider, would be asked of one that does not have it."""
    env = acme(other, tmp_path) | {"RERANK_MODEL": "bge"}
    names = ("-m", "acme", "-m", "acme:x")
    done = rerank("compare", QUERY, PASSAGES, *names, "--json", env=env)

    assert [row["model"] for row in listed(done)] == ["acme-1", "x"]
    assert models(other) == {"acme-1", "x"}


@pytest.mark.usefixtures("shared_model")
def test_a_server_without_a_model_name_can_be_compared(server: Loopback) -> None:
    """A server of one's own, which has but one model, could not be set against another."""
    first, second = listed(compare("-m", "local", "-m", "custom", "--json", url=server.url))

    assert (first["provider"], second["provider"]) == ("local", "custom")
    assert second["model"] is None
    assert second["results"][0]["text"].startswith("人工智能是")
    assert models(server) == {None}


def test_models_go_to_the_provider_that_is_named(server: Loopback) -> None:
    """-p would count for nothing beside -m."""
    env = {"SILICONFLOW_API_KEY": KEYS["SILICONFLOW_API_KEY"]}
    done = compare("-p", "siliconflow", "-m", "a", "-m", "b", "--json", url=server.url, env=env)

    assert [row["provider"] for row in listed(done)] == ["siliconflow"] * 2
    assert models(server) == {"a", "b"}


# keys


def _scored(request: httpx.Request) -> httpx.Response:
    count = len(json.loads(request.content)["documents"])
    results = [{"index": at, "relevance_score": at / count} for at in range(count)]
    return httpx.Response(200, json={"results": results})


def test_each_key_goes_to_the_host_of_its_provider_alone() -> None:
    """One company would be handed the key of another."""
    names = ("-m", "siliconflow", "-m", "jina", "-m", "cohere")
    with respx.mock(assert_all_called=False) as router:
        router.post().mock(side_effect=_scored)
        done = rerank("compare", QUERY, PASSAGES, *names, "--json", env=KEYS)
        sent = {
            call.request.url.host: call.request.headers["authorization"] for call in router.calls
        }

    assert len(listed(done)) == 3
    assert sent == {
        "api.siliconflow.cn": f"Bearer {KEYS['SILICONFLOW_API_KEY']}",
        "api.jina.ai": f"Bearer {KEYS['JINA_API_KEY']}",
        "api.cohere.com": f"Bearer {KEYS['CO_API_KEY']}",
    }


def test_a_url_gets_no_key_of_the_providers_beside_it(
    server: Loopback, other: Loopback, tmp_path: Path
) -> None:
    """--base-url, meant for one of the models, would be given the key of another."""
    env = acme(other, tmp_path) | KEYS | ACME_KEY
    listed(compare("-m", "custom", "-m", "acme", "--json", url=server.url, env=env))

    assert "authorization" not in server.received[0].headers
    assert other.received[0].headers["authorization"] == f"Bearer {ACME_KEY['ACME_API_KEY']}"
    assert not any(KEYS[name].encode() in server.received[0].body for name in KEYS)


def test_a_url_of_the_environment_does_not_take_the_place_of_a_provider(server: Loopback) -> None:
    """One server would be compared with itself under two names, and get the key of the second."""
    env = KEYS | {"RERANK_BASE_URL": server.url}
    done = rerank("compare", QUERY, PASSAGES, "-m", "custom", "-m", "jina", env=env)

    assert "RERANK_BASE_URL" in failed(done, 3)
    assert server.received == []


@pytest.mark.parametrize("names", [("custom", "jina"), ("jina", "custom")])
def test_a_missing_key_is_told_before_anything_is_asked(
    server: Loopback, names: tuple[str, str]
) -> None:
    """The other model would be paid for, and the result thrown away."""
    done = compare("-m", names[0], "-m", names[1], url=server.url)

    assert "no key for jina" in failed(done, 3)
    assert server.received == []


# options


def test_the_table_tells_ranks_moves_and_agreement(server: Loopback, other: Loopback) -> None:
    """The command would show anything else than what it is for."""
    sides = {"a": server, "b": other}
    with Loopback(lambda received: sides[received.json["model"]].respond(received)) as both:
        done = compare("-m", "a", "-m", "b", url=both.url)

    lines = done.out.splitlines()
    assert lines[:2] == ["A  custom a", "B  custom b"]
    assert lines[3].split() == ["rank", "A", "score", "rank", "B", "score", "line", "passage"]
    assert lines[4].split()[:4] == ["1", "0.9974", "5", "▼4"]
    assert lines[-1] == "B and A  Kendall's tau -1.0000"
    assert done.err == ""


def test_top_n_sends_all_and_shows_the_best_of_any(server: Loopback) -> None:
    """The agreement would be that of a few passages, or one passage missing from a ranking."""
    done = compare("-m", "a", "-m", "b", "-n", "2", "--json", url=server.url)
    for row in listed(done):
        assert [each["rank"] for each in row["results"]] == [1, 2]
    assert listed(done)[1]["agreement"] == {"kendall_tau": 1.0, "overlap": 1.0, "depth": 2}
    assert {len(received.json["documents"]) for received in server.received} == {5}


def test_agreement_is_of_the_best_ten_unless_n_says(server: Loopback) -> None:
    """The overlap of a long ranking would be that of all passages, which says nothing."""
    stdin = "".join(f"{at}\n" for at in range(12)).encode()
    done = compare("-m", "a", "-m", "b", "--json", url=server.url, stdin=stdin)
    assert listed(done)[1]["agreement"]["depth"] == 10


def test_standard_input_is_read_once_for_all(server: Loopback) -> None:
    """In a pipe, the second model would find nothing left to rank."""
    done = compare("-m", "a", "-m", "b", "--json", url=server.url, stdin=b"One\nTwo\n")
    assert [len(row["results"]) for row in listed(done)] == [2, 2]
    assert [received.json["documents"] for received in server.received] == [["One", "Two"]] * 2


def test_instruction_goes_only_to_the_model_that_takes_it(server: Loopback) -> None:
    """The other would refuse the request, or seem to have followed the instruction."""
    env = {"SILICONFLOW_API_KEY": KEYS["SILICONFLOW_API_KEY"]}
    names = ("-p", "siliconflow", "-m", "Qwen/Qwen3-Reranker-8B", "-m", "netease/bce")
    done = compare(*names, "--instruction", "by date", "--json", url=server.url, env=env)

    listed(done)
    sent = {each.json["model"]: each.json.get("instruction") for each in server.received}
    assert sent == {"Qwen/Qwen3-Reranker-8B": "by date", "netease/bce": None}
    assert done.err.count("warning") == 1
    assert "--instruction is not sent: netease/bce on siliconflow" in done.err


def test_each_models_scores_are_kept_apart_in_the_cache(server: Loopback, tmp_path: Path) -> None:
    """A second comparison would be paid for again, or show one model's scores for another's."""
    scores = {"a": 0.25, "b": 0.5}
    env = {"XDG_CACHE_HOME": str(tmp_path / "caches")}
    server.respond = lambda received: scoring(lambda _: scores[received.json["model"]])(received)
    names = ("-m", "a", "-m", "b", "--cache", "--json")
    first = compare(*names, url=server.url, env=env)
    again = compare(*names, url=server.url, env=env)

    assert first.out == again.out
    assert [row["results"][0]["score"] for row in listed(again)] == [0.25, 0.5]
    assert len(server.received) == 2
    assert first.err == again.err == ""
