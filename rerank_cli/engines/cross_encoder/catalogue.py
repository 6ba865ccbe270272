"""Lists the rerankers that are on this machine."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rerank_cli.engines.cross_encoder import files, hub
from rerank_cli.engines.cross_encoder.configuration import read_configuration
from rerank_cli.errors import SettingsError
from rerank_cli.model import Range


class Installed(NamedTuple):
    """A reranker in the hub's cache: precisions and bytes of its weights, and its facts.

    `problem` says why it cannot be used as it is, None if it can.
    """

    id: str
    precisions: tuple[str, ...]
    size: int
    max_length: int | None
    score_range: Range
    problem: str | None = None


def installed(environ: Mapping[str, str]) -> Iterator[Installed]:
    """The rerankers in the hub's cache, by id."""
    for model_id, folder in hub.snapshots(environ):
        found = []
        problem = None
        try:
            configuration = read_configuration([folder / files.ONNX_FOLDER, folder])
        except SettingsError:
            continue
        if not configuration.scores_pairs or not _is_reranker(model_id, configuration.causal):
            continue
        try:
            found = files.onnx_files(folder)
            tensors = files.safetensors(folder)
            if not found and not tensors:
                raise files.without_weights(folder)
        except SettingsError as error:
            problem, tensors = error.problem, []
        precisions = dict.fromkeys(each.precision for each in found)
        if tensors:
            precisions[files.FP32] = None
        size = sum(each.size for each in found) + sum(map(files.size_of, tensors))
        yield Installed(
            model_id,
            tuple(precisions),
            size,
            configuration.max_length,
            configuration.score_range,
            problem,
        )


def _is_reranker(model_id: str, causal: bool) -> bool:
    """Whether a language model is meant to rerank, which only its name says."""
    return not causal or "rerank" in model_id.lower()
