"""How long the command takes from start to end, beside the same work done another way.

    python tests/benchmarks/startup.py [ROUNDS [PYTHON]]

Three pairs, each run in turn (A B A B …) under this interpreter, so that both sides meet the same
load; the ratio of each round is taken, and the median of the ratios is what counts. The endpoint
is a loopback server in a process of its own that answers at once.

The second and third pair need aiohttp, which is no dependency of the project. PYTHON is another
interpreter, with another version of rerank installed, which is then compared with too.
"""

import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUERY = "什么是人工智能？"
PASSAGES = ROOT / "samples" / "passages.txt"
ROUNDS = 21
WARM_UP = 2

SMALLEST_TYPER_APP = """
import typer

def main():
    print("0.1.0")

typer.run(main)
"""

# As the tutorials have it: load .env, post, print the list.
TUTORIAL = """
import asyncio
import os
import sys

import aiohttp
from dotenv import load_dotenv

load_dotenv()


async def rerank(query, documents):
    payload = {
        "model": "BAAI/bge-reranker-v2-m3",
        "query": query,
        "documents": documents,
        "return_documents": False,
    }
    headers = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}
    async with aiohttp.ClientSession() as session:
        url = os.environ["OPENAI_BASE_URL"] + "/rerank"
        async with session.post(url, json=payload, headers=headers) as response:
            response.raise_for_status()
            return await response.json()


with open(sys.argv[2], encoding="utf-8") as file:
    documents = file.read().splitlines()
reply = asyncio.run(rerank(sys.argv[1], documents))
for rank, result in enumerate(reply["results"], start=1):
    print(rank, f"{result['relevance_score']:.4f}", documents[result["index"]])
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two commands, and what the ratio of their times should not exceed."""

    name: str
    ours: Sequence[str]
    other: Sequence[str]
    target: float


class _Endpoint(BaseHTTPRequestHandler):
    """Scores the documents 0.9, 0.8, … in the order they came."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = [
            {"index": index, "relevance_score": round(0.9 - index / 10, 4)}
            for index in range(len(request["documents"]))
        ]
        tokens = {"input_tokens": 123, "output_tokens": 0}
        body = json.dumps({"id": "x", "results": results, "meta": {"tokens": tokens}}).encode()
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        # Head and body in one packet: two would wait for each other.
        self.wfile.write(head.encode() + body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve() -> None:
    """Print the port and answer until killed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    print(server.server_port, flush=True)
    server.serve_forever()


@contextmanager
def endpoint() -> Iterator[str]:
    """The base URL of a server in another process."""
    with subprocess.Popen(
        [sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        finally:
            server.terminate()


def rerank() -> list[str]:
    """The installed console script, under this interpreter."""
    script = Path(sys.executable).with_name("rerank")
    return [sys.executable, *([str(script)] if script.is_file() else ["-m", "rerank_cli"])]


def pairs(folder: Path, other: str | None) -> Iterator[Pair]:
    """The pairs whose other side can run here; `other` is the interpreter of another version."""
    if other is not None:
        for rest in (["--version"], [QUERY, str(PASSAGES)], [QUERY, str(PASSAGES), "--json"]):
            name = " ".join(["rerank", *("q" if word == QUERY else word for word in rest)])
            name = name.replace(str(PASSAGES), "FILE")
            command = ["-m", "rerank_cli", *rest]
            yield Pair(f"{name} : other version", [sys.executable, *command], [other, *command], 1)
    typer_app, tutorial = folder / "typer_app.py", folder / "tutorial.py"
    typer_app.write_text(SMALLEST_TYPER_APP)
    tutorial.write_text(TUTORIAL)
    smallest = [sys.executable, str(typer_app)]
    yield Pair("rerank --version : smallest Typer app", [*rerank(), "--version"], smallest, 1.3)
    if importlib.util.find_spec("aiohttp") is None:
        print("aiohttp is not installed here, so the tutorial's script is left out")
        return
    arguments = [QUERY, str(PASSAGES)]
    script = [sys.executable, str(tutorial), *arguments]
    ours = [*rerank(), *arguments]
    yield Pair("rerank q FILE : aiohttp script", ours, script, 0.9)
    yield Pair("rerank q FILE --json : aiohttp script", [*ours, "--json"], script, 0.9)


def environment() -> dict[str, str]:
    """The environment without what would lead either side elsewhere."""
    return {
        name: value
        for name, value in os.environ.items()
        # PYTHONDONTWRITEBYTECODE would have one side compiled anew at every start.
        if not name.upper().startswith(("RERANK_", "COVERAGE_", "PYTHON"))
        and not name.upper().endswith(("_API_KEY", "_PROXY"))
    }


def seconds(command: Sequence[str], folder: Path) -> float:
    """The wall time of one run."""
    started = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - started


def measure(pair: Pair, folder: Path, rounds: int) -> None:
    """Print one line for a pair."""
    for _ in range(WARM_UP):
        seconds(pair.ours, folder)
        seconds(pair.other, folder)
    times = [(seconds(pair.ours, folder), seconds(pair.other, folder)) for _ in range(rounds)]
    ours, other = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
    ratios = sorted(a / b for a, b in times)
    low, ratio, high = ratios[rounds // 4], statistics.median(ratios), ratios[-1 - rounds // 4]
    print(
        f"{pair.name:<40} {ours:6.0f} ms {other:6.0f} ms   {ratio:5.2f} "
        f"({low:.2f}-{high:.2f})   <= {pair.target}",
        flush=True,
    )


def main(arguments: Sequence[str]) -> None:
    """Measure all pairs, or serve for the process that does."""
    if arguments == ["serve"]:
        serve()
        return
    rounds = int(arguments[0]) if arguments else ROUNDS
    other = arguments[1] if len(arguments) > 1 else None
    folder = Path(tempfile.mkdtemp(prefix="startup-"))
    try:
        with endpoint() as url:
            (folder / ".env").write_text(
                f"OPENAI_API_KEY=sk-benchmark\nOPENAI_BASE_URL={url}\n"
                f"RERANK_PROVIDER=siliconflow\nRERANK_BASE_URL={url}\n"
            )
            print(f"Python {sys.version.split()[0]}, typer {version('typer')}, {rounds} rounds")
            print(f"{'A : B':<40} {'A':>9} {'B':>9}   median of A/B (quartiles)   target")
            for pair in pairs(folder, other):
                measure(pair, folder, rounds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
