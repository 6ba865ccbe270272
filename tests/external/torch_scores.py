"""Scores of models by rerank and by sentence-transformers, as JSON; run where torch is installed.

    python -m tests.external.torch_scores minilm|xlmr|qwen FOLDER

FOLDER gets the model. Prints a list of rows: by sentence-transformers, by each back end of rerank.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rerank_cli.engines.cross_encoder.choice import ONNX, choose
from rerank_cli.engines.cross_encoder.machine import Machine
from tests.dequantised import to_fp32
from tests.models import minilm, write_json

ROOT = Path(__file__).parents[2]
_PAIRS = 200
_YES_NO = ("yes", "no")


def pairs(count: int = _PAIRS) -> list[tuple[str, str]]:
    """Queries and passages of the sample collection; each twentieth is too long for the model."""
    corpus, queries = (
        [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
        for path in (ROOT / "samples/beir/corpus.jsonl", ROOT / "samples/beir/queries.jsonl")
    )
    found = []
    for number in range(count):
        text = corpus[number % len(corpus)]
        if number % 20 == 0:
            text = " ".join(corpus[number % len(corpus) :] + corpus)[:20_000]
        found.append((queries[number % len(queries)], text))
    return found


def make_minilm(folder: Path) -> None:
    """MiniLM with its int8 weights as fp32, as ONNX and as safetensors."""
    minilm(folder)
    to_fp32(folder / "model.onnx", folder / "onnx" / "model.onnx", folder / "model.safetensors")
    (folder / "model.onnx").unlink()


def _tokenizer(special: Sequence[str], template: str = "") -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = sorted({word for pair in pairs() for text in pair for word in text.split()})
    known = {word: at for at, word in enumerate(dict.fromkeys([*special, *_YES_NO, *words]))}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token=special[2]))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    begin, _, _, end = special
    if not template:
        ids = ((end, known[end]), (begin, known[begin]))
        tokenizer.post_processor = processors.RobertaProcessing(*ids)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=begin,
        cls_token=begin,
        pad_token=special[1],
        unk_token=special[2],
        eos_token=end,
        sep_token=end,
        model_max_length=10**30,
        padding_side="left" if template else "right",
    )
    if template:
        fast.chat_template = template
    return fast


def make_xlmr(folder: Path) -> None:
    """A small XLM-R with random weights, whose positions begin at two."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

    torch.manual_seed(1)
    tokenizer = _tokenizer(("<s>", "<pad>", "<unk>", "</s>"))
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=130,
        type_vocab_size=1,
        num_labels=1,
        initializer_range=0.3,
    )
    XLMRobertaForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def make_qwen(folder: Path) -> None:
    """A small language model with random weights, made as Qwen3-Reranker is."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(1)
    template = "{% for m in messages %}{{ m['role'] + ' ' + m['content'] + ' ' }}{% endfor %}"
    tokenizer = _tokenizer(("<s>", "<pad>", "<unk>", "</s>"), template)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=16,
        intermediate_size=64,
        max_position_embeddings=512,
        initializer_range=0.3,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


MODELS: dict[str, Callable[[Path], None]] = {
    "minilm": make_minilm,
    "xlmr": make_xlmr,
    "qwen": make_qwen,
}


def main(name: str, folder: Path) -> None:
    """Make a model, score with it, and print the scores."""
    from sentence_transformers import CrossEncoder

    from rerank_cli.engines.cross_encoder.torch_model import TorchModel

    MODELS[name](folder)
    reference = CrossEncoder(str(folder), device="cpu")
    by_torch = TorchModel(choose(folder, None, "auto", Machine(), lambda each: each != ONNX))
    # Its tokenizer names no length, and the positions decide.
    reference.max_seq_length = by_torch.max_length
    asked = pairs()
    rows = {"reference": [float(each) for each in reference.predict(asked, batch_size=1)]}
    rows["torch"] = [by_torch.score(by_torch.prepared(q), [t])[0].score for q, t in asked]
    rows["whole"] = [by_torch.score(by_torch.prepared(q), [t])[0].best is None for q, t in asked]
    if (folder / "onnx").exists():
        rows["onnx"] = _by_onnx(folder, asked)
    write_json(folder / "scores.json", rows)


def _by_onnx(folder: Path, asked: Sequence[tuple[str, str]]) -> list[float]:
    """The scores of what the model reads of each passage, as sentence-transformers cuts it."""
    from rerank_cli.engines.cross_encoder.onnx_model import OnnxModel
    from rerank_cli.engines.cross_encoder.pairs import shares

    model = OnnxModel(choose(folder, None, "auto", Machine(), lambda each: each == ONNX))
    scores = []
    for query, text in asked:
        tokens = model.prepared(query).tokens
        passage = model._tokenizer.encode("", text, add_special_tokens=False)
        _, room = shares(len(tokens), len(passage), model.max_length - model._special)
        passage.truncate(room)
        scores.append(model._run(tokens, passage)[0])
    return scores


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
