"""Which file of a model is used, and which back end runs it."""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rerank_cli.engines.cross_encoder import files
from rerank_cli.engines.cross_encoder.configuration import (
    CONFIGURATION_FILES,
    Configuration,
    read_configuration,
)
from rerank_cli.engines.cross_encoder.files import FP32, INT8, OnnxFile
from rerank_cli.engines.cross_encoder.machine import Machine
from rerank_cli.errors import SettingsError

AUTO = "auto"
PRECISIONS = (AUTO, FP32, INT8)
ONNX, TORCH = "onnx", "torch"
PACKAGES: Mapping[str, Sequence[str]] = {
    ONNX: ("onnxruntime", "tokenizers"),
    TORCH: ("sentence_transformers", "torch"),
}
_FREE_SHARE = 0.6
"""The part of the free memory that fp32 weights may take."""
_FP32_NAMES = ("model", "model_optimized", "model_O3", "model_O2", "model_O1")
_VNNI = ("model_qint8_avx512_vnni", "model_qint8_avx512")
_AVX512 = ("model_qint8_avx512",)
_AVX2 = ("model_quint8_avx2", "model_uint8")
_ARM = ("model_qint8_arm64",)
_ANY = ("model_quantized", "model_int8", "model_uint8")


@dataclass(frozen=True, slots=True)
class Served:
    """A model as it is going to be used: its folder, files, back end and facts.

    `paths` are all files that a score depends on, first of them the weights.
    """

    root: Path
    backend: str
    precision: str
    paths: tuple[Path, ...]
    size: int
    configuration: Configuration

    @property
    def weights(self) -> Path:
        """The file with the weights, or the first of them."""
        return self.paths[0]

    @property
    def file(self) -> str:
        """Its name within the folder."""
        return self.weights.relative_to(self.root).as_posix()

    @property
    def detail(self) -> str:
        """File, precision and back end, in words."""
        library = "ONNX Runtime" if self.backend == ONNX else "sentence-transformers"
        return f"{self.file}, {self.precision}, {library}"

    def identity(self) -> Mapping[str, object]:
        """What a score depends on beside query and passage, as the cache needs it."""
        kept = [self.backend, self.precision]
        return {"files": files.identity(self.paths), "by": kept}


def is_installed(backend: str) -> bool:
    """Whether the packages of a back end are here."""
    return all(importlib.util.find_spec(name) is not None for name in PACKAGES[backend])


def choose(
    root: Path,
    file: Path | None,
    precision: str,
    machine: Machine,
    installed: Callable[[str], bool] | None = None,
) -> Served:
    """The file and back end for a model's folder; `file` is an ONNX file that was named.

    Raises SettingsError where nothing in the folder can be used, and says why.
    """
    installed = installed or is_installed
    found = [files.onnx_file(file)] if file else files.onnx_files(root)
    tensors = [] if file else files.safetensors(root)
    if not found and not tensors:
        raise files.without_weights(root)
    folders = [file.parent, root] if file else [root / files.ONNX_FOLDER, root]
    configuration = read_configuration(folders if found else [root])
    by_torch = bool(tensors) and precision != INT8 and installed(TORCH)
    if found and not configuration.causal and installed(ONNX) and not (by_torch and machine.gpu):
        return _served_onnx(root, found, precision, machine, configuration, named=bool(file))
    if by_torch:
        return _served_torch(root, tensors, configuration)
    raise _unusable(root, found, tensors, precision, configuration)


def _served_onnx(
    root: Path,
    found: Sequence[OnnxFile],
    precision: str,
    machine: Machine,
    configuration: Configuration,
    *,
    named: bool,
) -> Served:
    chosen = found[0] if named else best_file(found, precision, machine, root)
    if named and precision not in (AUTO, chosen.precision):
        raise SettingsError(
            f"{chosen.path} is {chosen.precision}, not {precision}",
            "Leave --precision out, or name the folder.",
        )
    folders = (chosen.path.parent, root)
    tokenizer = next((f / files.TOKENIZER for f in folders if (f / files.TOKENIZER).exists()), None)
    if tokenizer is None:
        raise SettingsError(
            f"{root}: no {files.TOKENIZER}", "The folder is not complete: download it again."
        )
    beside = [folder / name for name in CONFIGURATION_FILES for folder in dict.fromkeys(folders)]
    weights = [chosen.path, *files.external_data(chosen.path)]
    paths = files.readable([*weights, tokenizer, *beside])
    return Served(root, ONNX, chosen.precision, tuple(paths), chosen.size, configuration)


def best_file(found: Sequence[OnnxFile], precision: str, machine: Machine, root: Path) -> OnnxFile:
    """The ONNX file for a precision and a machine; with `auto`, fp32 where memory allows."""
    fp32 = _ordered([each for each in found if each.precision == FP32], _FP32_NAMES)
    int8 = _ordered([each for each in found if each.precision == INT8], _int8_names(machine))
    wanted = {FP32: fp32, INT8: int8}.get(precision)
    if wanted is None:
        fits = not fp32 or machine.free is None or fp32[0].size <= _FREE_SHARE * machine.free
        wanted = fp32 if fp32 and (fits or not int8) else int8
    if wanted:
        return wanted[0]
    names = ", ".join(each.path.name for each in found)
    raise SettingsError(
        f"{root}: no {precision if precision != AUTO else 'fp32 or int8'} weights, only {names}",
        "Name a file that is there: -m FOLDER/onnx/NAME.onnx; a processor runs fp32 and int8 best.",
    )


def _ordered(found: Sequence[OnnxFile], names: Sequence[str]) -> list[OnnxFile]:
    """Files by the place of their names; those that are not named come last, but for the rest."""
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    return sorted(found, key=lambda each: places.get(each.path.stem, len(places)))


def _int8_names(machine: Machine) -> Sequence[str]:
    if machine.arm:
        return (*_ARM, *_ANY)
    if machine.vnni:
        return (*_VNNI, *_ANY)
    return (*_AVX512, *_AVX2, *_ANY) if machine.avx512 else (*_AVX2, *_ANY)


def _served_torch(root: Path, tensors: Sequence[Path], configuration: Configuration) -> Served:
    if configuration.remote_code:
        raise SettingsError(
            f"{root}: the model wants Python code of its own to be run, which is refused",
            "Use its ONNX export, if there is one: that holds no code.",
        )
    if not configuration.architecture:
        raise SettingsError(
            f"{root}: no config.json that names the model's architecture",
            "The folder is not complete: download it again.",
        )
    if not configuration.scores_pairs:
        raise SettingsError(
            f"{root}: no reranker: its architecture is {configuration.architecture}",
            "Expected one for sequence classification, or a language model that reranks.",
        )
    others = [root / name for name in (files.TOKENIZER, *CONFIGURATION_FILES)]
    paths = tuple(files.readable([*tensors, *others]))
    size = sum(map(files.size_of, tensors))
    return Served(root, TORCH, FP32, paths, size, configuration)


def _unusable(
    root: Path,
    found: Sequence[OnnxFile],
    tensors: Sequence[Path],
    precision: str,
    configuration: Configuration,
) -> SettingsError:
    """Why nothing in a folder can be used here, and both ways out."""
    torch = 'pip install "rerank-cli[torch]"'
    if configuration.causal and not tensors:
        return SettingsError(
            f"{root}: a language model ({configuration.architecture}), and as ONNX that is no "
            "cross-encoder",
            f"Take its safetensors, with {torch}.",
        )
    if found and not configuration.causal:
        hint = f'pip install "rerank-cli[onnx]", or for safetensors {torch}'
        return SettingsError(f"{root}: ONNX Runtime and tokenizers are not installed", hint)
    if precision == INT8:
        return SettingsError(
            f"{root}: no int8 weights, only {tensors[0].name}",
            "Leave --precision out, or take the model's ONNX export.",
        )
    return SettingsError(
        f"{root}: {tensors[0].name} needs sentence-transformers, which is not installed",
        f"{torch}, or take the model's ONNX export{_export_of(root)}",
    )


def _export_of(root: Path) -> str:
    from rerank_cli.engines.cross_encoder.recommended import export_of

    known = export_of(root.as_posix())
    return f": rerank models pull {known}" if known else " (onnx/model.onnx)"
