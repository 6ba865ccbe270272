"""Cross-encoders in this process : FlashRank and fastembed, with the same weights (int8 MiniLM).

    python tests/benchmarks/cross_encoders.py CANDIDATES.jsonl[.gz] RIVALS_PYTHON

CANDIDATES has lines with `query` and `documents`, such as those of `relevance.py`; RIVALS_PYTHON is
an interpreter with FlashRank==0.2.10 and fastembed==0.9.1. Each side is a process that scores the
same lists of 50 passages in turns. Then the whole process on one list, and the peak memory of
10,000 passages.
"""

import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.models import minilm

if TYPE_CHECKING:
    from collections.abc import Callable

_LISTS, _PASSAGES, _STARTS, _MANY = 12, 50, 5, 10_000

_LOOP = """
import json, sys, time
for line in sys.stdin:
    job = json.loads(line)
    began = time.perf_counter()
    score(job["query"], job["documents"])
    print(time.perf_counter() - began, flush=True)
"""
_OURS = """
import sys
from rerank_cli import Reranker
reranker = Reranker("local:" + sys.argv[1])
score = reranker.score
"""
_FLASHRANK = """
import sys
from flashrank import Ranker, RerankRequest
ranker = Ranker("ms-marco-MiniLM-L-12-v2", cache_dir=sys.argv[2], max_length=512)
def score(query, documents):
    passages = [{"id": i, "text": text} for i, text in enumerate(documents)]
    return ranker.rerank(RerankRequest(query=query, passages=passages))
"""
_FASTEMBED = """
import sys
from fastembed.common.model_description import ModelSource
from fastembed.rerank.cross_encoder import TextCrossEncoder
TextCrossEncoder.add_custom_model("own/minilm", sources=ModelSource(hf="own/minilm"))
encoder = TextCrossEncoder("own/minilm", specific_model_path=sys.argv[1])
def score(query, documents):
    return list(encoder.rerank(query, documents))
"""
_PEAK = """
import resource
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)
"""


def main(candidates: str, rivals: str) -> None:
    """Print the three figures for each rival."""
    lists = _lists(candidates)
    with tempfile.TemporaryDirectory() as temporary:
        folder = minilm(Path(temporary) / "minilm")
        _lay_out_for_rivals(folder, Path(temporary))
        arguments = [str(folder), temporary]
        sides = {
            "rerank": [sys.executable, "-c", _OURS + _LOOP, *arguments],
            "FlashRank": [rivals, "-c", _FLASHRANK + _LOOP, *arguments],
            "fastembed": [rivals, "-c", _FASTEMBED + _LOOP, *arguments],
        }
        times = _in_turns(sides, lists)
        for name, seconds in times.items():
            ratio = statistics.median(
                theirs / ours for theirs, ours in zip(seconds, times["rerank"], strict=True)
            )
            speed = _PASSAGES / statistics.median(seconds)
            print(f"{name}: {speed:.0f} passages/s; rerank is {ratio:.2f} times as fast")
        _print_starts(folder, rivals, temporary, lists[0])
        _print_peak(folder, lists)


def _lists(path: str) -> list[dict[str, Any]]:
    reader: Callable[..., Any] = gzip.open if path.endswith(".gz") else open
    with reader(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    lists = []
    for row in rows:
        texts = [each if isinstance(each, str) else each["text"] for each in row["documents"]]
        lists.append({"query": row["query"], "documents": texts[:_PASSAGES]})
    return lists


def _lay_out_for_rivals(folder: Path, cache: Path) -> None:
    """The names under which FlashRank and fastembed look for what the folder has."""
    special = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]"}
    special |= {"unk_token": "[UNK]", "mask_token": "[MASK]"}
    (folder / "special_tokens_map.json").write_text(json.dumps(special))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"pad_token_id": 0}))
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").symlink_to(folder / "model.onnx")
    named = cache / "ms-marco-MiniLM-L-12-v2"
    named.mkdir()
    for path in folder.iterdir():
        if path.is_file():
            name = "flashrank-MiniLM-L-12-v2_Q.onnx" if path.suffix == ".onnx" else path.name
            (named / name).symlink_to(path)


def _in_turns(sides: dict[str, list[str]], lists: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Seconds a list, of each side; the first list of each only warms up."""
    running = {
        name: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name, command in sides.items()
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for job in [lists[0], *lists[:_LISTS]]:
        for name, process in running.items():
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            times[name].append(float(process.stdout.readline()))
    for process in running.values():
        assert process.stdin
        process.stdin.close()
        process.wait()
    return {name: seconds[1:] for name, seconds in times.items()}


def _print_starts(folder: Path, rivals: str, cache: str, job: dict[str, Any]) -> None:
    """The whole process on one list : that of a script with FlashRank."""
    ours = [sys.executable, "-m", "rerank_cli", job["query"], "-", "-m", str(folder), "--json"]
    theirs = [rivals, "-c", _FLASHRANK + _LOOP, str(folder), cache]
    lines = "".join(" ".join(text.split()) + "\n" for text in job["documents"])
    ratios = []
    for _ in range(_STARTS):
        seconds = []
        for command, given in ((ours, lines), (theirs, json.dumps(job) + "\n")):
            began = time.perf_counter()
            subprocess.run(command, input=given, text=True, check=True, capture_output=True)
            seconds.append(time.perf_counter() - began)
        ratios.append(seconds[0] / seconds[1])
    print(f"whole process on one list: {statistics.median(ratios):.2f} of the FlashRank script's")


def _print_peak(folder: Path, lists: list[dict[str, Any]]) -> None:
    """The peak memory of 10,000 different passages."""
    texts = [text for job in lists for text in job["documents"]]
    documents = [f"{number} {texts[number % len(texts)]}"[:300] for number in range(_MANY)]
    job = json.dumps({"query": lists[0]["query"], "documents": documents})
    command = [sys.executable, "-c", _OURS + _LOOP + _PEAK, str(folder)]
    done = subprocess.run(command, input=f"{job}\n", text=True, check=True, capture_output=True)
    print(f"peak memory of {_MANY} passages: {float(done.stderr.split()[-1]):.0f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
