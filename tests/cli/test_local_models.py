"""`rerank -p local -m FOLDER_OR_ID`, as users run it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rerank_cli import Reranker
from tests.models import PASSAGES, QUERY, link_cache, minilm, toy, toy_tokenizer, write_json
from tests.running import COMMAND, rerank

ID = "some/reranker"
TEXT = "a good a\nbad b c\nd\n"


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _without(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).unlink()


def _pickle(folder: Path) -> None:
    (folder / "model.onnx").rename(folder / "pytorch_model.bin")


def _remote_code(folder: Path) -> None:
    (folder / "model.onnx").rename(folder / "model.safetensors")
    write_json(folder / "config.json", {"auto_map": {"AutoModel": "own.Model"}})


def _own_modules(folder: Path) -> None:
    (folder / "model.onnx").rename(folder / "model.safetensors")
    (folder / "modules.json").write_text('[{"type": "subprocess.Popen"}]')


def _wrong_tokenizer(folder: Path) -> None:
    toy_tokenizer([*["[PAD]", "[UNK]", "[CLS]", "[SEP]"], *map(str, range(90))]).save(
        str(folder / "tokenizer.json")
    )


def _language_model(folder: Path) -> None:
    write_json(folder / "config.json", {"architectures": ["Qwen3ForCausalLM"]})


def _entailment(folder: Path) -> None:
    toy(folder, labels=3)


def _unknown_size(folder: Path) -> None:
    _wrong_tokenizer(folder)
    _without(folder, "config.json")


def _no_data(folder: Path) -> None:
    _without(toy(folder, external=True), "model.onnx_data")


def _empty_data(folder: Path) -> None:
    _empty(toy(folder, external=True) / "model.onnx_data")


def _activation(folder: Path) -> None:
    write_json(folder / "config.json", {"sbert_ce_default_activation_function": "os.system"})


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no weights": (lambda f: _without(f, "model.onnx"), "no weights"),
    "weights cut short": (lambda f: _cut(f / "model.onnx"), "cannot be loaded"),
    "empty weights": (lambda f: _empty(f / "model.onnx"), "is empty"),
    "no tokenizer": (lambda f: _without(f, "tokenizer.json"), "no tokenizer.json"),
    "tokenizer cut short": (lambda f: _cut(f / "tokenizer.json"), "not a tokenizer"),
    "empty tokenizer": (lambda f: _empty(f / "tokenizer.json"), "is empty"),
    "another model's tokenizer": (_wrong_tokenizer, "another model's"),
    "another's, unknown size": (_unknown_size, "cannot read what its tokenizer makes"),
    "configuration cut short": (lambda f: _cut(f / "config.json"), "not JSON"),
    "configuration is empty": (lambda f: _empty(f / "config.json"), "not JSON"),
    "no external data": (_no_data, "model.onnx_data: cannot be read: No such file"),
    "empty external data": (_empty_data, "model.onnx_data: is empty"),
    "a pickle": (_pickle, "a pickle, which can run any code"),
    "a language model": (_language_model, "a language model"),
    "entailment": (_entailment, "3 labels"),
    "unknown activation": (_activation, "only Sigmoid and Identity"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_folder_that_cannot_be_used_is_one_clear_line(tmp_path: Path, fault: str) -> None:
    """A traceback, or scores of half a model, would be all that a user gets."""
    spoil, said = FAULTS[fault]
    folder = toy(tmp_path / "model")
    spoil(folder)
    done = rerank("good", "-p", "local", "-m", "./model", stdin=f"{TEXT}88\n")
    assert (done.code, done.out) == (3, "")
    problem, *hint = done.err.splitlines()
    assert problem.startswith("rerank: model")
    assert said in problem
    assert len(hint) <= 1


@pytest.mark.parametrize("spoil", [_remote_code, _own_modules])
def test_code_of_a_folder_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    """A model that was downloaded could do to this machine whatever it likes."""
    monkeypatch.setattr("rerank_cli.engines.cross_encoder.choice.is_installed", lambda _: True)
    spoil(toy(tmp_path / "model"))
    done = rerank("good", "-m", "./model", stdin=TEXT)
    assert done.code == 3
    assert "refused" in done.err


def test_a_folder_ranks(tmp_path: Path) -> None:
    """The model that was downloaded could not be used."""
    toy(tmp_path / "model")
    done = rerank("good", "-m", "./model", "--json", stdin=TEXT)
    assert [row["line"] for row in done.json["results"]] == [1, 3, 2]
    assert (done.json["provider"], done.json["model"]) == ("local", "./model")


def test_the_footer_and_verbose_name_file_and_precision(tmp_path: Path) -> None:
    """Scores of int8 and fp32 differ, and nobody would know which they have."""
    toy(tmp_path / "model", file="onnx/model.onnx")
    named = "onnx/model.onnx, fp32, ONNX Runtime"
    assert named in rerank("good", "-m", "./model", stdin=TEXT).err
    assert named in rerank("good", "-m", "./model", "--json", "-v", stdin=TEXT).err


def test_a_file_in_the_folder_can_be_named(tmp_path: Path) -> None:
    """Of several files, the one that somebody wants could not be had."""
    folder = toy(tmp_path / "model", file="onnx/model.onnx")
    toy(folder, file="onnx/model_int8.onnx", weights=[0, 0, 0, 0, -1, 1, 0, 0, 0, 0])
    best = [
        rerank("good", "-m", f"model/onnx/{name}.onnx", "-n1", "--json", stdin=TEXT).json
        for name in ("model", "model_int8")
    ]
    assert [each["results"][0]["line"] for each in best] == [1, 2]
    by_precision = rerank("good", "-m./model", "-n1", "--precision=int8", "--json", stdin=TEXT)
    assert by_precision.json["results"] == best[1]["results"]


def test_scores_are_checked_against_the_range_of_the_model(tmp_path: Path) -> None:
    """--threshold 30 of probabilities leaves nothing; --scores sigmoid would be taken twice."""
    toy(tmp_path / "unit")
    identity = {"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}
    toy(tmp_path / "logits", config={"id2label": {"0": "x"}, **identity})
    assert rerank("good", "-m", "./unit", "--scores", "sigmoid", stdin=TEXT).code == 2
    assert rerank("good", "-m", "./logits", "--scores", "sigmoid", stdin=TEXT).code == 0
    assert "threshold" in rerank("good", "-m", "./unit", "-t", "30", stdin=TEXT).err
    assert "threshold" not in rerank("good", "-m", "./logits", "-t", "30", stdin=TEXT).err


@pytest.mark.parametrize("option", ["--precision=int8", "--pull"])
@pytest.mark.parametrize("where", ["-plocal", "--base-url=http://127.0.0.1:9"])
def test_options_of_such_models_are_refused_elsewhere(option: str, where: str) -> None:
    """They would be accepted and do nothing."""
    done = rerank("good", where, option, stdin=TEXT)
    assert done.code == 3
    assert option.partition("=")[0] in done.err


def test_a_model_of_the_hubs_cache_is_found_by_its_id(tmp_path: Path) -> None:
    """What another tool downloaded would have to be downloaded again; links hold no weights."""
    source = toy(tmp_path / "source", file="onnx/model.onnx", external=True)
    link_cache(source, tmp_path / "hub", ID)
    env = {"HF_HUB_CACHE": str(tmp_path / "hub")}
    done = rerank("good", "-m", ID, "--json", stdin=TEXT, env=env)
    assert [row["line"] for row in done.json["results"]] == [1, 3, 2]
    kept = sorted(each.name for each in (tmp_path / "hub").rglob("*") if ".rerank" in each.name)
    assert kept == []


def test_an_id_that_is_not_here_says_how_to_get_it() -> None:
    """It would be downloaded in silence, or fail without a way on."""
    done = rerank("good", "-p", "local", "-m", "BAAI/bge-reranker-v2-m3", stdin=TEXT)
    assert done.code == 3
    assert "rerank models pull BAAI/bge-reranker-v2-m3" in done.err
    assert "2.3 GB" in done.err
    assert "onnx-community/bge-reranker-v2-m3-ONNX" in done.err


def test_compare_takes_such_models(tmp_path: Path) -> None:
    """Two models of one's own could not be seen side by side."""
    toy(tmp_path / "one")
    toy(tmp_path / "two", weights=[0, 0, 0, 0, -2, 2, 0, 0, 0, 0])
    done = rerank("compare", "good", "-m", "./one", "-m", "local:./two", "--json", stdin=TEXT)
    assert done.code == 0, done.err
    assert "./two" in done.out


def test_doctor_tries_such_a_model(tmp_path: Path) -> None:
    """Whether a folder holds a reranker that ranks rightly would be seen only later."""
    minilm(tmp_path / "minilm")
    done = rerank("doctor", "-m", "./minilm")
    assert done.code == 0, done.out
    assert "model.onnx, int8" in done.out
    assert rerank("doctor", "-m", "./nowhere").code == 3


def test_the_cache_knows_the_weights(tmp_path: Path) -> None:
    """Scores of the weights before would be shown as those of the new ones."""

    def scored() -> tuple[float, int]:
        done = rerank("good", "-m", "./model", "--cache", "--json", stdin=TEXT).json
        return done["results"][0]["score"], done["usage"].get("cached", 0)

    toy(tmp_path / "model")
    first, none = scored()
    assert none == 0
    assert scored() == (first, 3)
    toy(tmp_path / "model", weights=[0, 0, 0, 0, 3, -2, 0, 0, 0, 0])
    second, none = scored()
    assert none == 0
    assert second != first


def test_batch_takes_such_a_model(tmp_path: Path) -> None:
    """Queries by the thousand could not be ranked by it."""
    toy(tmp_path / "model")
    jobs = [{"id": i, "query": "good", "documents": TEXT.splitlines()} for i in range(20)]
    lines = "".join(json.dumps(job) + "\n" for job in jobs)
    done = rerank("batch", "-", "-m", "./model", stdin=lines)
    assert done.code == 0, done.err
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert len(rows) == 20
    assert len({tuple(hit["score"] for hit in row["results"]) for row in rows}) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_folder_that_may_not_be_read_is_one_clear_line(tmp_path: Path) -> None:
    """It would look as if there were no weights."""
    folder = toy(tmp_path / "model")
    folder.chmod(0)
    done = rerank("good", "-m", "./model", stdin=TEXT)
    folder.chmod(0o700)
    assert done.code == 3
    assert "Permission denied" in done.err


def test_a_refusal_of_the_system_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the test before, where the tests run as root, whom nothing is refused."""
    toy(tmp_path / "model")

    def refused(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refused)
    done = rerank("good", "-m", "./model", stdin=TEXT)
    assert done.code == 3
    assert done.err.startswith("rerank: model: cannot be read: Permission denied")


def test_python_programs_name_a_folder(tmp_path: Path) -> None:
    """The library could not use what the command can."""
    minilm(tmp_path / "minilm")
    with Reranker("local:./minilm") as reranker:
        hits = reranker.rank(QUERY, PASSAGES)
    assert [hit.index for hit in hits] == [0, 2, 1]


@pytest.mark.process
def test_ctrl_c_ends_a_long_ranking_at_once(tmp_path: Path) -> None:
    """A model of seconds a passage could not be stopped but by killing the terminal."""
    minilm(tmp_path / "minilm")
    lines = "".join(f"{number} Paris is the capital of France.\n" for number in range(20_000))
    (tmp_path / "many.txt").write_text(lines)
    command = [*COMMAND, "q", "many.txt", "-m", "./minilm", "-v"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert running.stderr
    said = b""
    while b"file:" not in said:
        said = running.stderr.readline()
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 130
    assert b"Traceback" not in running.stderr.read()
    running.stderr.close()
