"""Measures runs against the same judgments, and compares the later ones with the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from rerank_cli.evaluation.measures import overall, tie_notes, values_by_query
from rerank_cli.evaluation.significance import LEVEL, p_value
from rerank_cli.model import Qrels, Run


class Difference(NamedTuple):
    """A measure of a run less that of the first run, and the p of the randomisation test.

    Either is None where there is nothing to compare.
    """

    value: float | None
    p: float | None

    @property
    def significant(self) -> bool:
        """Whether chance is an unlikely explanation."""
        return self.p is not None and self.p < LEVEL


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """The measures of one run, and how they differ from those of the first.

    name         the run's
    values       by measure, of all queries together; None where a measure has no value
    by_query     by query id and measure, without those that have no value
    differences  to the first run, by measure; empty for the first run itself
    unjudged     ids of queries that are ranked but have no judgments
    unranked     ids of judged queries that are not ranked
    notes        what a reader of the values should know of how ties were broken
    """

    name: str
    values: Mapping[str, float | None]
    by_query: Mapping[str, Mapping[str, float]]
    differences: Mapping[str, Difference]
    unjudged: tuple[str, ...]
    unranked: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All runs, with the names of the measures and the ids of the judged queries, in their order.

    `seed` is that of the randomisation test.
    """

    measures: tuple[str, ...]
    queries: tuple[str, ...]
    runs: tuple[MeasuredRun, ...]
    seed: int


def evaluate(runs: Sequence[Run], qrels: Qrels, measures: Sequence[Any], seed: int) -> Evaluation:
    """Measure each run and compare it with the first.

    `measures` are from `measures.parse`. Raises UsageError where one cannot be computed.
    """
    measured: list[MeasuredRun] = []
    for run in runs:
        by_query = values_by_query(measures, qrels, run.scores)
        this = MeasuredRun(
            name=run.name,
            values=overall(measures, by_query),
            by_query=by_query,
            differences={},
            unjudged=tuple(query_id for query_id in run.scores if query_id not in qrels),
            unranked=tuple(query_id for query_id in qrels if query_id not in run.scores),
            notes=tuple(tie_notes(measures, qrels, run)),
        )
        if measured:
            first = measured[0]
            differences = {name: _difference(name, this, first, seed) for name in this.values}
            this = replace(this, differences=differences)
        measured.append(this)
    return Evaluation(tuple(map(str, measures)), tuple(qrels), tuple(measured), seed)


def _difference(name: str, this: MeasuredRun, first: MeasuredRun, seed: int) -> Difference:
    here, there = this.values[name], first.values[name]
    if here is None or there is None:
        return Difference(None, None)
    pairs = [
        row[name] - first.by_query[query_id][name]
        for query_id, row in this.by_query.items()
        if name in row and name in first.by_query[query_id]
    ]
    return Difference(here - there, p_value(pairs, seed) if pairs else None)
