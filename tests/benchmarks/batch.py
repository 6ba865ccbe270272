"""How near a batch comes to raw sockets, and whether it stays as fast and small on a long input.

    python tests/benchmarks/batch.py ratio [--runs 5] [--jobs 2500] [--in-flight 64]
    python tests/benchmarks/batch.py growth [--few 1000] [--many 100000]

`ratio`: jobs of 100 passages on a server that answers after 50 ms. The figure is the time of the
raw-socket client of transport.py, which sends as many requests and neither reads jobs nor writes
results, divided by that of the command. `growth`: jobs of 50 passages (10 KB each) on a server that
answers at once; peak memory and jobs a second for few and for many. What other processes do to the
machine meanwhile does both figures no good.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import transport

_LONG = "what matters in a search, told at such a length as passages usually have; " * 3


def write_jobs(file: Path, jobs: int, passages: int, text: str) -> None:
    """A file of jobs, each with passages of its own."""
    with file.open("w") as out:
        for job in range(jobs):
            documents = [f"passage {job} {i} {text}" for i in range(passages)]
            out.write(json.dumps({"id": job, "query": f"q{job}", "documents": documents}) + "\n")


def peak_and_seconds(command: list[str]) -> tuple[float, float]:
    """Megabytes at the most, and seconds, of a process that must succeed."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} ended with {status}")
    return usage.ru_maxrss / 1024, time.perf_counter() - began


def command(url: str, jobs: Path, in_flight: int, *, core: bool = False) -> list[str]:
    """The command that ranks the jobs of a file into another."""
    python = [sys.executable, *(("-c", transport.CORE) if core else ("-m", "rerank_cli"))]
    where = ["--base-url", url, "--concurrency", str(in_flight)]
    return [*python, "batch", str(jobs), *where, "-n", "10", "-q", "--fresh", "-o", f"{jobs}.out"]


def ratio(runs: int, jobs: int, in_flight: int) -> None:
    """Print paired ratios to raw sockets."""
    with tempfile.TemporaryDirectory() as folder, server("0.05", transport.PASSAGES) as port:
        file = Path(folder, "jobs.jsonl")
        write_jobs(file, jobs, transport.PASSAGES, "about what matters in a search")
        sized = ["--requests", str(jobs), "--in-flight", str(in_flight), "--port", port]
        raw = [sys.executable, transport.__file__, "--client", "raw", *sized]
        url = f"http://127.0.0.1:{port}"
        rows = {
            "raw sockets": raw,
            "batch, core packages": command(url, file, in_flight, core=True),
            "batch, extra fast": command(url, file, in_flight),
        }
        times: dict[str, list[float]] = {name: [] for name in rows}
        for _ in range(runs):
            for name, row in rows.items():
                times[name].append(transport.timed(row))
    print(f"{jobs} jobs of {transport.PASSAGES} passages, {in_flight} in flight, {runs} runs")
    for name, seconds in times.items():
        ratios = [r / s for r, s in zip(times["raw sockets"], seconds, strict=True)]
        print(f"{name:24} {statistics.median(ratios):5.2f}   {statistics.median(seconds):6.2f} s")


def growth(few: int, many: int) -> None:
    """Print memory and speed for few jobs and for many."""
    with tempfile.TemporaryDirectory() as folder, server("0", 50) as port:
        figures = []
        for jobs in (few, many, few):
            file = Path(folder, "jobs.jsonl")
            write_jobs(file, jobs, 50, _LONG)
            megabytes, seconds = peak_and_seconds(command(f"http://127.0.0.1:{port}", file, 8))
            figures.append((jobs, file.stat().st_size / 2**20, megabytes, jobs / seconds))
            print("{:7} jobs, {:6.0f} MB: peak {:5.0f} MB, {:6.0f} jobs/s".format(*figures[-1]))


class server:  # noqa: N801 - used as a statement
    """The server of transport.py as a process of its own; gives its port."""

    def __init__(self, delay: str, passages: int) -> None:
        code = f"import transport; transport.PASSAGES = {passages}; transport.serve({delay})"
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environ
        )

    def __enter__(self) -> str:
        return self._process.stdout.readline().strip()  # type: ignore[union-attr]

    def __exit__(self, *_: object) -> None:
        self._process.kill()


def main() -> None:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("ratio", "growth"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2500)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--few", type=int, default=1000)
    parser.add_argument("--many", type=int, default=100_000)
    options = parser.parse_args()
    if options.what == "ratio":
        ratio(options.runs, options.jobs, options.in_flight)
    else:
        growth(options.few, options.many)


if __name__ == "__main__":
    main()
