"""Runs measured against the same judgments, the later ones compared with the first."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rerank_cli.evaluation.measures import ByQuery, by_query, other_ties, overall
from rerank_cli.evaluation.significance import LEVEL, p_value
from rerank_cli.model import Qrels, Run


class Difference(NamedTuple):
    """How far a figure is from the first run's, and the p of the randomisation test.

    Either is None where there is nothing to compare.
    """

    value: float | None
    p: float | None

    @property
    def significant(self) -> bool:
        """Whether chance is an unlikely explanation."""
        return self.p is not None and self.p < LEVEL


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: its figures by measure (None where there is none), and by query.

    `differences` are to the first run, None for the first itself. `unjudged` are queries that are
    ranked but have no judgments, `unranked` judged queries that are not ranked.
    """

    name: str
    values: Mapping[str, float | None]
    by_query: Mapping[str, Mapping[str, float]]
    differences: Mapping[str, Difference] | None
    unjudged: tuple[str, ...]
    unranked: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All runs: the names of the measures, and the judged queries, in the judgments' order."""

    measures: tuple[str, ...]
    queries: tuple[str, ...]
    runs: tuple[Measured, ...]
    seed: int


def evaluate(runs: Sequence[Run], qrels: Qrels, measures: Sequence[Any], seed: int) -> Evaluation:
    """Measure each run and compare it with the first. `measures` are from `measures.parse`."""
    measured: list[Measured] = []
    for run in runs:
        found = _finite(by_query(measures, qrels, run.scores))
        values = {
            str(m): overall(m, [row[str(m)] for row in found.values() if str(m) in row])
            for m in measures
        }
        differences = None
        if measured:
            names = map(str, measures)
            differences = {
                name: _difference(name, values, found, measured[0], seed) for name in names
            }
        unjudged, unranked = unmatched(run, qrels)
        notes = tuple(other_ties(measures, qrels, run))
        measured.append(Measured(run.name, values, found, differences, unjudged, unranked, notes))
    return Evaluation(tuple(map(str, measures)), tuple(qrels), tuple(measured), seed)


def unmatched(run: Run, qrels: Qrels) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The queries of a run without judgments, and the judged ones that it does not rank."""
    unjudged = tuple(query_id for query_id in run.scores if query_id not in qrels)
    unranked = tuple(query_id for query_id in qrels if query_id not in run.scores)
    return unjudged, unranked


def _finite(values: ByQuery) -> ByQuery:
    return {
        query_id: {name: value for name, value in row.items() if math.isfinite(value)}
        for query_id, row in values.items()
    }


def _difference(
    name: str,
    values: Mapping[str, float | None],
    found: Mapping[str, Mapping[str, float]],
    first: Measured,
    seed: int,
) -> Difference:
    here, there = values[name], first.values[name]
    if here is None or there is None:
        return Difference(None, None)
    pairs = [
        row[name] - first.by_query[query_id][name]
        for query_id, row in found.items()
        if name in row and name in first.by_query[query_id]
    ]
    return Difference(here - there, p_value(pairs, seed) if pairs else None)
