"""nDCG@10 of the embedded engine on candidate lists with judgments.

    python tests/benchmarks/relevance.py FILE...

A file holds one query a line (JSON, gzipped where it ends in .gz): `{"query_id", "query",
"documents": [{"id", "text"}], "qrels": {"id": grade}}`. The measure is trec_eval's `ndcg_cut_10`:
linear gain, log2 discount, mean over the queries; equal scores are ranked by id, descending.
"""

import gzip
import json
import math
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rerank_cli.engines.local import LocalEngine
from rerank_cli.model import Candidates, Passage
from rerank_cli.planning import plan

DEPTH = 10


def ndcg(scores: Mapping[str, float], grades: Mapping[str, int]) -> float:
    """nDCG@10 of one query, from the score and the grade of each document id."""
    ranked = sorted(scores, key=lambda name: (scores[name], name), reverse=True)
    ideal = dcg(sorted(grades.values(), reverse=True))
    return dcg([grades.get(name, 0) for name in ranked]) / ideal if ideal else 0.0


def dcg(grades: list[int]) -> float:
    """Discounted cumulative gain of the first ten."""
    return sum(max(g, 0) / math.log2(rank + 1) for rank, g in enumerate(grades[:DEPTH], 1))


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The queries of a file."""
    data = path.read_bytes()
    for line in (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines():
        yield json.loads(line)


def score(engine: LocalEngine, job: dict[str, Any]) -> dict[str, float]:
    """The relevance score of each document id of a query."""
    documents = job["documents"]
    passages = tuple(Passage(d["text"], "", i, d["id"]) for i, d in enumerate(documents, 1))
    scores = engine.score(plan(Candidates(job["query"], passages), engine.limits))
    return {str(d["id"]): value for d, value in zip(documents, scores.values, strict=True)}


def main(paths: list[str]) -> None:
    """Print one line a file."""
    if not paths:
        sys.exit("usage: python tests/benchmarks/relevance.py FILE...")
    engine = LocalEngine()
    print(f"{'nDCG@10':>8} {'queries':>8} {'seconds':>8}  file")
    for path in map(Path, paths):
        start = time.perf_counter()
        values = [ndcg(score(engine, job), job["qrels"]) for job in read(path)]
        seconds = time.perf_counter() - start
        mean = sum(values) / len(values)
        print(f"{mean:8.4f} {len(values):8} {seconds:8.1f}  {path.name}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
