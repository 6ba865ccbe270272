"""`rerank -p local -m FOLDER_OR_ID`, as users run it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.models import PASSAGES, QUERY, link_cache, minilm, toy, toy_tokenizer, write_json
from tests.running import rerank

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
    toy_tokenizer([*"[PAD] [UNK] [CLS] [SEP]".split(), *map(str, range(90))]).save(
        str(folder / "tokenizer.json")
    )


def _language_model(folder: Path) -> None:
    write_json(folder / "config.json", {"architectures": ["Qwen3ForCausalLM"]})


def _entailment(folder: Path) -> None:
    toy(folder, labels=3)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no weights": (lambda f: _without(f, "model.onnx"), "no weights"),
    "weights cut short": (lambda f: _cut(f / "model.onnx"), "cannot be loaded"),
    "empty weights": (lambda f: _empty(f / "model.onnx"), "is empty"),
    "no tokenizer": (lambda f: _without(f, "tokenizer.json"), "no tokenizer.json"),
    "tokenizer cut short": (lambda f: _cut(f / "tokenizer.json"), "not a tokenizer"),
    "empty tokenizer": (lambda f: _empty(f / "tokenizer.json"), "is empty"),
    "another model's tokenizer": (_wrong_tokenizer, "another model's"),
    "another's, unknown size": (
        lambda f: (_wrong_tokenizer(f), _without(f, "config.json")),
        "cannot read what its tokenizer makes",
    ),
    "configuration cut short": (lambda f: _cut(f / "config.json"), "not JSON"),
    "configuration is a list": (
        lambda f: (f / "config.json").write_text("[1]"),
        "not a JSON object",
    ),
    "no external data": (
        lambda f: (toy(f, external=True), _without(f, "model.onnx_data")),
        "model.onnx_data: cannot be read: No such file",
    ),
    "empty external data": (
        lambda f: (toy(f, external=True), _empty(f / "model.onnx_data")),
        "model.onnx_data: is empty",
    ),
    "a pickle": (_pickle, "a pickle, which can run any code"),
    "a language model": (_language_model, "a language model"),
    "entailment": (_entailment, "3 labels"),
    "unknown activation": (
        lambda f: write_json(
            f / "config.json", {"sbert_ce_default_activation_function": "os.system"}
        ),
        "only Sigmoid and Identity",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_folder_that_cannot_be_used_is_one_clear_line(tmp_path: Path, fault: str) -> None:
    """A traceback, or scores of half a model, would be all that a user gets."""
    spoil, said = FAULTS[fault]
    folder = toy(tmp_path / "model")
    spoil(folder)
    done = rerank("good", "-p", "local", "-m", "./model", stdin=TEXT)
    assert (done.code, done.stdout) == (3, "")
    problem, *hint = done.stderr.splitlines()
    assert problem.startswith("rerank: model")
    assert said in problem
    assert len(hint) <= 1


@pytest.mark.parametrize("spoil", [_remote_code, _own_modules])
def test_code_of_a_folder_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    """A model that was downloaded could do to this machine whatever it likes."""
    monkeypatch.setattr("rerank_cli.engines.cross_encoder.choice.is_installed", lambda _: True)
    monkeypatch.setattr(
        "rerank_cli.engines.cross_encoder.choice.choose.__defaults__", (lambda _: True,)
    )
    spoil(toy(tmp_path / "model"))
    done = rerank("good", "-m", "./model", stdin=TEXT)
    assert done.code == 3
    assert "refused" in done.stderr
