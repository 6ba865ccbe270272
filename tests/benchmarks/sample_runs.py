"""Makes the first-stage run of `samples/beir`, by BM25.

    python tests/benchmarks/sample_runs.py FOLDER

reads `corpus.jsonl` and `queries.jsonl` of the folder, and writes `bm25.trec` (the best 20 a query)
there.

The BM25 is Lucene's formula with its defaults (k1 1.2, b 0.75) over title and text; words are runs
of letters and digits in small letters; in Chinese, single characters and pairs of neighbours.
"""

import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

DEPTH = 20
_K1, _B = 1.2, 0.75
_WORD = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")

Run = Mapping[str, Mapping[str, float]]
"""Query id to document id to score."""


def words(text: str) -> list[str]:
    """The terms of a text, in order."""
    found: list[str] = []
    for run in _WORD.findall(text.lower()):
        if run[0] < "\u3400":
            found.append(run)
        else:
            found += [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
    return found


class BM25:
    """An index of texts by id."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._counts = {name: Counter(words(text)) for name, text in texts.items()}
        self._lengths = {name: counts.total() for name, counts in self._counts.items()}
        self._mean = sum(self._lengths.values()) / len(texts)
        self._documents = Counter(term for counts in self._counts.values() for term in counts)

    def search(self, query: str) -> dict[str, float]:
        """The best `DEPTH` ids that share a term with the query, best first."""
        scores = {name: self._score(words(query), name) for name in self._counts}
        found = sorted((name for name, score in scores.items() if score), reverse=True)
        found.sort(key=scores.__getitem__, reverse=True)
        return {name: scores[name] for name in found[:DEPTH]}

    def _score(self, terms: Iterable[str], name: str) -> float:
        counts, length = self._counts[name], self._lengths[name] / self._mean
        total = 0.0
        for term in terms:
            if count := counts[term]:
                n = self._documents[term]
                idf = math.log(1 + (len(self._counts) - n + 0.5) / (n + 0.5))
                total += idf * count / (count + _K1 * (1 - _B + _B * length))
        return total


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, run: Run, tag: str) -> None:
    """A TREC run, six decimals a score."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for query_id, scores in run.items():
            rounded = {name: round(score, 6) for name, score in scores.items()}
            ranked = sorted(rounded, key=lambda name: (rounded[name], name), reverse=True)
            for rank, name in enumerate(ranked, 1):
                file.write(f"{query_id} Q0 {name} {rank} {rounded[name]:.6f} {tag}\n")


def main(folder: Path) -> None:
    """Write the run."""
    corpus = rows(folder / "corpus.jsonl")
    queries = {row["_id"]: row["text"] for row in rows(folder / "queries.jsonl")}
    index = BM25({row["_id"]: f"{row['title']} {row['text']}" for row in corpus})
    first = {query_id: index.search(query) for query_id, query in queries.items()}
    write(folder / "bm25.trec", first, "bm25")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tests/benchmarks/sample_runs.py FOLDER")
    main(Path(sys.argv[1]))
