"""The back end ONNX Runtime: one pair a run, on one core; the engine's threads run several.

Measured: batches do not pay on a processor, and the scores of int8 models depend on what else is
in a batch, since its activations share one scale.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from rerank_cli.engines.cross_encoder.choice import Served
from rerank_cli.engines.cross_encoder.files import TOKENIZER, external_data
from rerank_cli.engines.cross_encoder.pairs import (
    OVERLAP,
    Scored,
    first_line,
    probability,
    shares,
)
from rerank_cli.errors import EndpointError, SettingsError
from rerank_cli.model import Window
from rerank_cli.transport.cpu_affinity import usable_cores

_USUAL_LENGTH = 512
_LEAST_VOCABULARY = 0.9
"""A tokenizer that knows a smaller part of the model's tokens than this is another model's."""
_AGAIN = "The folder may not be complete, or not hold a reranker: download it again."
_INPUTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}


class Query(NamedTuple):
    """A query, and its tokens without the special ones."""

    text: str
    tokens: Encoding


class OnnxModel:
    """See `pairs.PairModel`. Raises SettingsError where a file cannot be used."""

    batch = 1

    def __init__(self, served: Served) -> None:
        self.threads = usable_cores()
        self._served = served
        self._tokenizer, baked_length = _tokenizer(served)
        self.max_length = served.configuration.max_length or baked_length
        self._special = self._tokenizer.num_special_tokens_to_add(is_pair=True)
        self._session = _session(served.weights)
        self._options = onnxruntime.RunOptions()
        self._options.log_severity_level = 4
        self._inputs = _inputs(self._session, served)
        self._output, labels = _output(self._session, served)
        self._two = labels == 2
        self._sigmoid = served.configuration.applies_sigmoid(labels)

    def prepared(self, query: str) -> Query:
        return Query(query, self._tokenizer.encode(query, add_special_tokens=False))

    def score(self, query: Query, texts: Sequence[str]) -> list[Scored]:
        return [self._scored(query, text) for text in texts]

    def stop(self) -> None:
        self._options.terminate = True

    def _scored(self, query: Query, text: str) -> Scored:
        # As the second of a pair, which gives its tokens the type of one.
        passage = self._tokenizer.encode("", text, add_special_tokens=False)
        asked = query.tokens
        kept, room = shares(len(asked), len(passage), self.max_length - self._special)
        if cut := kept < len(asked):
            asked = self.prepared(query.text).tokens
            asked.truncate(kept)
        if len(passage) <= room:
            score, tokens = self._run(asked, passage)
            return Scored(score, None, tokens, cut)
        passage.truncate(room, stride=room // OVERLAP)
        windows = [passage, *passage.overflowing]
        runs = [self._run(asked, window) for window in windows]
        # The first of several that are as good.
        best = max(range(len(runs)), key=lambda at: runs[at][0])
        offsets = windows[best].offsets
        window = Window(offsets[0][0], offsets[-1][1])
        return Scored(runs[best][0], window, sum(tokens for _, tokens in runs), cut)

    def _run(self, query: Encoding, passage: Encoding) -> tuple[float, int]:
        """The score of a pair, and how many tokens it has."""
        pair = self._tokenizer.post_process(query, passage)
        feed = {name: np.array([getattr(pair, of)], np.int64) for name, of in self._inputs.items()}
        try:
            (found,) = self._session.run([self._output], feed, self._options)
        except Exception as error:
            if self._options.terminate:
                raise EndpointError("stopped before it was scored", stopped=True) from None
            # Its errors have no common class. What comes of a good file here is of the tokens.
            raise SettingsError(
                f"{self._served.root}: the model cannot read what its tokenizer makes: "
                f"{first_line(error)}",
                "The tokenizer may be another model's: download the folder again.",
            ) from error
        outputs = [float(each) for each in found.ravel()]
        if len(outputs) != 1 + self._two or not np.isfinite(outputs).all():
            problem = f"the model gave {outputs[:3]}, not one finite score"
            raise SettingsError(f"{self._served.weights}: {problem}", _AGAIN)
        if self._two:
            return probability(outputs[1] - outputs[0]), len(pair)
        return probability(outputs[0]) if self._sigmoid else outputs[0], len(pair)


def _tokenizer(served: Served) -> tuple[Tokenizer, int]:
    """The tokenizer, which neither pads nor cuts, and the length that its file has baked in."""
    path = next(each for each in served.paths if each.name == TOKENIZER)
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # it raises nothing narrower
        raise SettingsError(f"{path}: not a tokenizer: {first_line(error)}", _AGAIN) from error
    truncation: Any = tokenizer.truncation
    length = truncation["max_length"] if truncation else _USUAL_LENGTH
    # Set once, here: setting them while other threads use it is a race.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    known, size = served.configuration.vocabulary, tokenizer.get_vocab_size()
    if known and not _LEAST_VOCABULARY * known <= size <= known:
        raise SettingsError(
            f"{path}: it has {size} tokens, and the model {known}: it is another model's",
            "Download the folder again, tokenizer and weights from the same place.",
        )
    return tokenizer, length


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Memory is given back after each run, and no plan of it is kept for each length.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Without VNNI, products of signed int8 weights overflow: 8.91 where it should be 9.13. This
    # makes them unsigned there, which takes a fifth longer.
    options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        with _real_files(path) as real:
            return onnxruntime.InferenceSession(
                str(real), options, providers=["CPUExecutionProvider"]
            )
    except SettingsError:
        raise
    except Exception as error:  # its errors have no common class
        problem = f"{path}: cannot be loaded: {first_line(error)}"
        raise SettingsError(problem, _AGAIN) from error


@contextmanager
def _real_files(path: Path) -> Iterator[Path]:
    """The path of the file as one beside its data, and no link: links are refused there.

    The hub's cache is made of links. Hard links beside what they point to take no space.
    """
    data = external_data(path)
    if not any(each.is_symlink() for each in (path, *data)) or not data:
        yield path
        return
    try:
        with tempfile.TemporaryDirectory(dir=path.resolve().parent, prefix=".rerank-") as folder:
            for each in (path, *data):
                os.link(each.resolve(), Path(folder, each.name))
            yield Path(folder, path.name)
    except OSError as error:
        raise SettingsError(
            f"{path}: the model's files are links, and can only be loaded from a folder of files: "
            f"{error.strerror}",
            "Copy it with what the links point to (cp -rL), and name the copy.",
        ) from error


def _inputs(session: onnxruntime.InferenceSession, served: Served) -> dict[str, str]:
    names = [each.name for each in session.get_inputs()]
    unknown = [name for name in names if name not in _INPUTS]
    if unknown or "input_ids" not in names:
        raise SettingsError(
            f"{served.weights}: no reranker: it takes {', '.join(names)}, expected input_ids and "
            "attention_mask",
            "Name the folder of a cross-encoder.",
        )
    return {name: _INPUTS[name] for name in names}


def _output(session: onnxruntime.InferenceSession, served: Served) -> tuple[str, int]:
    """The output with the logits, and the number of labels."""
    outputs = {each.name: each.shape for each in session.get_outputs()}
    name = "logits" if "logits" in outputs else next(iter(outputs))
    shape = outputs[name]
    labels = shape[-1] if len(shape) == 2 and isinstance(shape[-1], int) else None
    labels = labels or (1 if len(shape) == 1 else served.configuration.labels or 1)
    if len(shape) > 2:
        problem = f"its output {name} has a place for each token, as a language model or encoder"
    elif labels > 2:
        problem = f"it has {labels} labels, as a classifier (of entailment, say)"
    else:
        return name, labels
    raise SettingsError(
        f"{served.weights}: no cross-encoder: {problem}",
        "A language model that reranks (Qwen3-Reranker) runs from its safetensors: "
        'pip install "rerank-cli[torch]"',
    )
