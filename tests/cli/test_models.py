"""`rerank models`: what is here, and downloads from a hub on this machine."""

from pathlib import Path

import pytest

from rerank_cli.engines.cross_encoder import hub as cache
from rerank_cli.engines.cross_encoder import pulling
from tests.hub import Hub, as_json, serving
from tests.models import link_cache, toy, write_json
from tests.running import rerank
from tests.serving import free_port

ID = "some/reranker"
TEXT = "a good a\nbad b c\nd\n"
CONFIG = {
    "architectures": ["BertForSequenceClassification"],
    "id2label": {"0": "x"},
    "max_position_embeddings": 512,
    "vocab_size": 10,
}


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    """A hub with a model in two precisions, and with files that nobody needs."""
    folder = toy(tmp_path / "source", file="onnx/model.onnx", external=True, config=CONFIG)
    toy(folder, file="onnx/model_int8.onnx", config=CONFIG)
    toy(folder, file="onnx/model_fp16.onnx", config=CONFIG)
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    (folder / "flax_model.msgpack").write_bytes(b"flax")
    return Hub(ID, folder)


def _here(folder: Path) -> set[str]:
    snapshot = cache.find(ID, {"HF_HUB_CACHE": str(folder)})
    found = snapshot.rglob("*") if snapshot else ()
    return {path.name for path in found if path.is_file()}


def test_a_pulled_model_ranks(hub: Hub) -> None:
    """All of the repository would be downloaded, or too little to rank with."""
    with serving(hub) as env:
        done = rerank("models", "pull", ID, env=env)
        assert done.code == 0, done.err
        assert "from http" in done.err
        assert "kB" in done.err
        assert _here(Path(env["HF_HUB_CACHE"])) == {
            *("config.json", "tokenizer.json", "tokenizer_config.json"),
            *("model.onnx", "model.onnx_data"),
        }
    ranked = rerank("good", "-m", ID, "--json", stdin=TEXT, env=env)
    assert [row["line"] for row in ranked.json["results"]] == [1, 3, 2]


def test_the_precision_that_is_asked_for_is_pulled(hub: Hub) -> None:
    """Somebody with little memory would get 2 GB."""
    with serving(hub) as env:
        assert rerank("models", "pull", ID, "--precision", "int8", env=env).code == 0
        here = _here(Path(env["HF_HUB_CACHE"]))
        assert "model_int8.onnx" in here
        assert "model.onnx" not in here
        # The other one is fetched where it is wanted, and only then.
        assert rerank("good", "-m", ID, "--precision=fp32", stdin=TEXT, env=env).code == 3
        done = rerank("good", "-m", ID, "--precision=fp32", "--pull", stdin=TEXT, env=env)
        assert done.code == 0, done.err


def test_ranking_asks_the_hub_only_with_pull(hub: Hub) -> None:
    """A firewall's owner would see requests that nobody asked for; or nothing would be fetched."""
    with serving(hub) as env:
        assert rerank("good", "-p", "local", "-m", ID, stdin=TEXT, env=env).code == 3
        assert not hub.tokens
        assert rerank("good", "-p", "local", "-m", ID, "--pull", stdin=TEXT, env=env).code == 0
        assert hub.tokens
        hub.tokens.clear()
        # It is here now.
        assert rerank("good", "-p", "local", "-m", ID, "--pull", stdin=TEXT, env=env).code == 0
        assert not hub.tokens


def test_a_download_that_breaks_off_is_not_there_and_resumes(hub: Hub) -> None:
    """Half a model would count as one, or 2 GB be downloaded from the beginning."""
    hub.broken = "onnx/model.onnx_data"
    with serving(hub) as env:
        assert rerank("models", "pull", ID, env=env).code == 5
        assert _here(Path(env["HF_HUB_CACHE"])) == set()
        done = rerank("good", "-p", "local", "-m", ID, stdin=TEXT, env=env)
        assert done.code == 3
        assert f"rerank models pull {ID}" in done.err
        hub.broken = ""
        hub.ranges.clear()
        assert rerank("models", "pull", ID, env=env).code == 0
        assert rerank("good", "-m", ID, "-plocal", stdin=TEXT, env=env).code == 0


@pytest.mark.parametrize(("status", "code", "said"), [(401, 4, "no model"), (403, 4, "terms")])
def test_a_refusal_of_the_hub_says_what_to_do(hub: Hub, status: int, code: int, said: str) -> None:
    """A typo and a licence that is to be accepted would look the same."""
    hub.status = status
    with serving(hub) as env:
        done = rerank("models", "pull", ID, env=env)
    assert done.code == code
    assert said in done.err
    assert "HF_TOKEN" in done.err


def test_a_hub_that_fails_says_so(hub: Hub) -> None:
    """A traceback of another library would be all."""
    hub.status = 500
    with serving(hub) as env:
        done = rerank("models", "pull", ID, env=env)
    assert done.code == 5
    assert "HTTP 500" in done.err


def test_a_hub_that_is_out_of_reach_says_how_to_do_without() -> None:
    """In China the hub cannot be reached, and a traceback of its library does not help."""
    env = {"HF_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    done = rerank("models", "pull", ID, env=env)
    assert done.code == 5
    assert "HF_ENDPOINT=" in done.err
    assert "modelscope" in done.err


def test_offline_is_offline(hub: Hub) -> None:
    """HF_HUB_OFFLINE, which other tools obey, would be ignored."""
    with serving(hub) as env:
        done = rerank("models", "pull", ID, env=env | {"HF_HUB_OFFLINE": "1"})
    assert done.code == 3
    assert "HF_HUB_OFFLINE" in done.err
    assert not hub.tokens


def test_a_mirror_gets_no_stored_token(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the hub would go to another host."""
    monkeypatch.setattr("huggingface_hub.utils._headers.get_token", lambda: "hf_stored")
    with serving(hub) as env:
        assert rerank("models", "pull", ID, env=env).code == 0
        assert hub.tokens == {""}
        rerank("models", "pull", ID, env=env | {"HF_TOKEN": "hf_given"})
    assert "Bearer hf_given" in hub.tokens


def test_a_model_of_pickles_alone_is_not_downloaded(hub: Hub) -> None:
    """Gigabytes would come that are then refused."""
    for path in hub.folder.glob("onnx/*"):
        path.unlink()
    with serving(hub) as env:
        done = rerank("models", "pull", ID, env=env)
    assert done.code == 3
    assert "pickle" in done.err


def test_a_full_disk_is_seen_before(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk would be full after an hour."""
    monkeypatch.setattr(pulling, "_SPARE", 10**18)
    with serving(hub) as env:
        done = rerank("models", "pull", ID, env=env)
    assert done.code == 3
    assert "GB free" in done.err


def test_what_is_no_id_is_not_asked_for() -> None:
    """A path would be asked of the hub."""
    assert rerank("models", "pull", "../x").code == 2


def test_the_list_shows_what_is_here_and_what_could_be(tmp_path: Path, hub: Hub) -> None:
    """Nobody would know which models are here, how large they are, or which to take."""
    link_cache(hub.folder, tmp_path / "hub", ID)
    logits = {"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}
    link_cache(toy(tmp_path / "b", config=CONFIG | logits), tmp_path / "hub", "a/logits")
    encoder = toy(tmp_path / "c", config={"architectures": ["BertModel"]})
    link_cache(encoder, tmp_path / "hub", "some/encoder")
    (tmp_path / "hub" / "models--not--downloaded").mkdir()
    env = {"HF_HUB_CACHE": str(tmp_path / "hub")}
    text = rerank("models", env=env).out
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    assert "embedded" in lines["use-multilingual-v3"]
    assert "fp32, fp16, int8" in lines[ID]
    assert "16" in lines[ID]
    assert "logits" in lines["a/logits"]
    assert "some/encoder" not in lines
    assert "Apache-2.0" in lines["BAAI/bge-reranker-v2-m3"]
    rows = {str(row["id"]): row for row in as_json(rerank("models", "--json", env=env).out)}
    assert rows[ID]["here"] is True
    assert rows["a/logits"]["score_range"] == [None, None]
    assert rows["BAAI/bge-reranker-base"]["licence"] == "MIT"


def test_an_incomplete_model_is_listed_as_such(tmp_path: Path) -> None:
    """It would look as if it were ready."""
    folder = toy(tmp_path / "m", config=CONFIG)
    (folder / "model.onnx").unlink()
    write_json(folder / "other.json", {})
    link_cache(folder, tmp_path / "hub", ID)
    done = rerank("models", env={"HF_HUB_CACHE": str(tmp_path / "hub")})
    assert "incomplete" in done.out
