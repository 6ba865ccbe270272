"""Rerankers of the hub that are worth a try, with what matters for a choice."""

from typing import NamedTuple


class Recommended(NamedTuple):
    """A model of the hub: its id, languages, download sizes in MB, and licence.

    `fp32` and `int8` are ONNX files, `tensors` safetensors; None where there are none. `export` is
    the id of its ONNX export, where another repository holds that.
    """

    id: str
    languages: str
    licence: str
    fp32: int | None = None
    int8: int | None = None
    tensors: int | None = None
    export: str | None = None


# Sizes are rounded; the download says the exact ones.
RECOMMENDED = (
    Recommended("cross-encoder/ms-marco-MiniLM-L6-v2", "English", "Apache-2.0", 91, 23, 91),
    Recommended("cross-encoder/ms-marco-MiniLM-L12-v2", "English", "Apache-2.0", 134, 34, 134),
    Recommended(
        "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1",
        "14, Chinese too",
        "Apache-2.0",
        471,
        119,
        471,
    ),
    Recommended(
        "onnx-community/bge-reranker-v2-m3-ONNX", "100, Chinese too", "Apache-2.0", 2270, 571
    ),
    Recommended(
        "BAAI/bge-reranker-v2-m3",
        "100, Chinese too",
        "Apache-2.0",
        tensors=2270,
        export="onnx-community/bge-reranker-v2-m3-ONNX",
    ),
    Recommended("BAAI/bge-reranker-base", "Chinese, English", "MIT", 1110, None, 1110),
    Recommended(
        "jinaai/jina-reranker-v2-base-multilingual", "100, Chinese too", "CC-BY-NC-4.0", 1110, 279
    ),
    Recommended("Alibaba-NLP/gte-reranker-modernbert-base", "English", "Apache-2.0", 599, 151, 299),
    Recommended("Qwen/Qwen3-Reranker-0.6B", "100, Chinese too", "Apache-2.0", tensors=1190),
)


def export_of(name: str) -> str | None:
    """The id of the ONNX export of a model, which is named by its id, or a path that ends so."""
    parts = name.rstrip("/").split("/")
    # A snapshot of the hub's cache is in a folder such as models--BAAI--bge-reranker-v2-m3.
    names = {part.rpartition("--")[2] for part in parts}
    rows = (row for row in RECOMMENDED if row.id.partition("/")[2] in names)
    return next((row.export for row in rows), None)


def size_of(model_id: str) -> str | None:
    """How much a download of a known model is, in words; None of one that is not known."""
    row = next((each for each in RECOMMENDED if each.id == model_id), None)
    return row and sizes(row)


def sizes(row: Recommended) -> str:
    """The sizes of a model's files, by precision."""
    both = {"fp32": row.fp32 or row.tensors, "int8": row.int8}
    return ", ".join(f"{name} {_megabytes(size)}" for name, size in both.items() if size)


def _megabytes(size: int) -> str:
    return f"{size / 1000:.1f} GB" if size >= 1000 else f"{size} MB"
