"""Where the time and the memory of one large ranking go.

    python tests/benchmarks/stages.py [--passages 100000]

Writes a JSONL file of so many passages (about 200 bytes each), ranks it with -f jsonl on a loopback
server that answers at once, and prints each stage's share of the whole process and the peak memory
as a multiple of the input. Scoring is waiting for the endpoint, with what it takes to write the
requests and to check the replies.
"""

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TRANSPORT = Path(__file__).with_name("transport.py")
WORDS = ("passage", "search", "vector", "query", "score", "answer", "refund", "人工智能", "学习")


def write(path: Path, passages: int) -> int:
    """Write the passages; returns the size of the file in bytes."""
    words = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for i in range(passages):
            text = f"{' '.join(words.choices(WORDS, k=20))} {i}"
            row = {"id": f"doc-{i}", "title": f"title {i}", "text": text}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path.stat().st_size


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--passages", type=int, default=100_000)
    passages = parser.parse_args().passages
    server = subprocess.Popen(
        [sys.executable, str(TRANSPORT), "--serve", "0"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "passages.jsonl")
            size = write(file, passages)
            command = [sys.executable, "-m", "rerank_cli", "q", str(file), "--base-url", url]
            started = time.perf_counter()
            done = subprocess.run(
                [*command, "-f", "jsonl", "-v"],
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            whole = time.perf_counter() - started
    finally:
        server.kill()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"{passages} passages, {size / 1e6:.1f} MB, {whole:.2f} s")
    for stage, seconds in re.findall(r"(\w+) ([\d.]+) s", done.stderr.rpartition("times: ")[2]):
        print(f"{stage:10} {float(seconds) / whole:5.1%}")
    print(f"peak memory {peak / 1e6:.0f} MB, {peak / size:.1f} times the input")


if __name__ == "__main__":
    main()
