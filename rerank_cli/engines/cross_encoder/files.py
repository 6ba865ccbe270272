"""The weights in a model's folder: ONNX files of all layouts, safetensors; what is refused."""

import hashlib
import json
import mmap
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rerank_cli.engines.cross_encoder.configuration import read_object
from rerank_cli.errors import SettingsError

TOKENIZER = "tokenizer.json"
SAFETENSORS, _SHARDS = "model.safetensors", "model.safetensors.index.json"
ONNX_FOLDER = "onnx"
FP32, INT8 = "fp32", "int8"

# A tensor whose data are in another file names it by this entry: the key "location", the length
# of the name, the name.
_EXTERNAL = re.compile(rb"\x0a\x08location\x12([\x01-\x7f])")
_MOST_WITH_EXTERNAL = 256_000_000
# Nodes stand before the weights in the file, each with its kind.
_NODES = 16_000_000
_QUANTISED = (b"MatMulInteger", b"DynamicQuantizeMatMul", b"QLinearMatMul", b"DequantizeLinear")
_NAMED_PRECISION = re.compile(
    r"(fp16|float16|_O4\b|bf16)|(q4f16|q4|bnb4|int4|uint4)|(q?u?int8|quantized|_Q\b)", re.IGNORECASE
)
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
_BLOCKS, _BLOCK = 1024, 4096


class OnnxFile(NamedTuple):
    """An ONNX file, its precision, and its bytes with those of its external data."""

    path: Path
    precision: str
    size: int


def onnx_files(root: Path) -> list[OnnxFile]:
    """The ONNX files of a folder, in its root and in `onnx/`, by name."""
    found = [path for folder in (root, root / ONNX_FOLDER) for path in listed(folder, "*.onnx")]
    return [onnx_file(path) for path in found]


def onnx_file(path: Path) -> OnnxFile:
    """One ONNX file. Raises SettingsError where it, or what it needs, cannot be read."""
    size = sum(size_of(each) for each in (path, *external_data(path)))
    return OnnxFile(path, _precision(path), size)


def listed(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder whose names match; none if there is no such folder."""
    try:
        return sorted(path for path in folder.iterdir() if path.match(pattern))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be read: {error.strerror}") from error


def size_of(path: Path) -> int:
    """The bytes of a file that must be there and hold something."""
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        raise _incomplete(path, f"cannot be read: {error.strerror}") from error
    if not size:
        raise _incomplete(path, "is empty")
    return size


def external_data(path: Path) -> list[Path]:
    """The files beside an ONNX file that hold its weights, none if it holds them itself."""
    if not 0 < size_of(path) <= _MOST_WITH_EXTERNAL:
        return []
    names = set()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for match in _EXTERNAL.finditer(data):
            names.add(data[match.end() : match.end() + match[1][0]].decode("utf-8", "replace"))
    for name in names:
        if name != Path(name).name:
            raise SettingsError(f"{path}: wants data from outside of its folder ({name!r})")
    return [path.with_name(name) for name in sorted(names)]


def safetensors(root: Path) -> list[Path]:
    """The files of safetensors of a folder, all of them. Raises SettingsError if one is missing."""
    index = root / _SHARDS
    if (root / SAFETENSORS).exists() or not index.exists():
        return [each for each in (root / SAFETENSORS,) if each.exists() and size_of(each)]
    shards = read_object(index).get("weight_map")
    names = set(map(str, shards.values())) if isinstance(shards, dict) else set()
    if not names or any(name != Path(name).name for name in names):
        raise SettingsError(f"{index}: not an index of safetensors")
    paths = [root / name for name in sorted(names)]
    return [path for path in paths if size_of(path)]


def without_weights(root: Path) -> SettingsError:
    """The error for a folder with no weights that may be loaded."""
    pickles = [path.name for pattern in _PICKLES for path in listed(root, pattern)]
    if pickles:
        return SettingsError(
            f"{root}: its only weights are {pickles[0]}, a pickle, which can run any code when "
            "it is loaded, and so is not",
            "Take a copy of the model that has model.safetensors, or onnx/model.onnx.",
        )
    return SettingsError(
        f"{root}: no weights (neither *.onnx, onnx/*.onnx nor model.safetensors)",
        "Expected the folder of a reranker as the hub has it: config.json, tokenizer.json and "
        "weights.",
    )


def identity(paths: Iterable[Path]) -> str:
    """A digest of files: of small ones whole, of large ones size, time of change and samples."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            digest.update(json.dumps([path.name, stat.st_size]).encode())
            step = max(stat.st_size // _BLOCKS, _BLOCK)
            if step > _BLOCK:
                digest.update(str(stat.st_mtime_ns).encode())
            for start in range(0, stat.st_size, step):
                file.seek(start)
                digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def named_precision(stem: str) -> str | None:
    """The precision that a file's name says, None if it says none."""
    named = _NAMED_PRECISION.search(stem)
    if named is None:
        return None
    return "fp16" if named[1] else named[2].lower() if named[2] else INT8


def _precision(path: Path) -> str:
    """The precision of the weights: by the file's name, else by the kinds of its nodes."""
    if named := named_precision(path.stem):
        return named
    with path.open("rb") as file:
        head = file.read(_NODES)
    return INT8 if any(kind in head for kind in _QUANTISED) else FP32


def _incomplete(path: Path, problem: str) -> SettingsError:
    return SettingsError(f"{path}: {problem}", "The folder is not complete: download it again.")


def readable(paths: Sequence[Path]) -> Iterator[Path]:
    """Those of the paths that are there, each checked to be no empty file."""
    for path in paths:
        if path.exists() and size_of(path):
            yield path
