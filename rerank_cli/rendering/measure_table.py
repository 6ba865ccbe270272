"""What `rerank eval` prints: the measures as a table or CSV, or everything as one JSON object."""

from collections.abc import Iterator, Sequence
from itertools import cycle, product
from pathlib import PurePath
from string import ascii_uppercase

from rerank_cli.evaluation.measured_runs import Difference, Evaluation, MeasuredRun
from rerank_cli.evaluation.significance import LEVEL, PERMUTATIONS
from rerank_cli.evaluation.thresholds import ThresholdReport
from rerank_cli.rendering.columns import aligned_table, cells_of
from rerank_cli.rendering.json import dumps, json_object
from rerank_cli.rendering.numbers import counted, format_measure
from rerank_cli.rendering.rows import delimited
from rerank_cli.rendering.threshold_chart import report_facts
from rerank_cli.rendering.visible import visible

ALL = "all"
"""What stands for a query where the figure is that of all queries, as in trec_eval."""

_LEAST_P = 0.0001


def render_measures(evaluation: Evaluation, *, by_query: bool, width: int | None = None) -> str:
    """Aligned columns: measure, then each run, from the second with its difference and p.

    Where that is wider than `width`, letters stand for the runs.
    """
    names = short_names(evaluation)
    table = _table(evaluation, names, by_query=by_query)
    if width is None or cells_of(table.splitlines()) <= width:
        return table
    letters = [letter for letter, _ in zip(cycle(ascii_uppercase), names, strict=False)]
    legend = "".join(f"{letters[at]}  {visible(name)}\n" for at, name in enumerate(names))
    return f"{legend}\n{_table(evaluation, letters, by_query=by_query)}"


def _table(evaluation: Evaluation, names: Sequence[str], *, by_query: bool) -> str:
    header = ["query", "measure"] if by_query else ["measure"]
    left = len(header)
    for run, name in zip(evaluation.runs, names, strict=True):
        header += [visible(name), *(["diff", "p", ""] if run.differences else [])]
    rows = [header]
    for query_id, name in _lines(evaluation, by_query=by_query):
        cells = [ALL if query_id is None else visible(query_id)] if by_query else []
        cells.append(name)
        for run in evaluation.runs:
            value, found = _figures(evaluation, run, name, query_id)
            cells.append(format_measure(value))
            if found:
                # A single query has no p.
                p = _p(found.p) if query_id is None else ""
                cells += [_difference(found.value), p, "*" * found.significant]
        rows.append(cells)
    return aligned_table(rows, [at for at, name in enumerate(header) if at >= left and name])


def _lines(evaluation: Evaluation, *, by_query: bool) -> Iterator[tuple[str | None, str]]:
    """Query and measure of each line; None for all queries together, which come last."""
    return product((*evaluation.queries, None) if by_query else (None,), evaluation.measures)


def _figures(
    evaluation: Evaluation, run: MeasuredRun, name: str, query_id: str | None
) -> tuple[float | None, Difference | None]:
    """A measure of a run, and its difference to the first run unless it is that."""
    if query_id is None:
        return run.values[name], run.differences.get(name)
    value = run.by_query[query_id].get(name)
    base = evaluation.runs[0].by_query[query_id].get(name)
    difference = None if value is None or base is None else value - base
    return value, Difference(difference, None) if run.differences else None


def short_names(evaluation: Evaluation) -> list[str]:
    """What stands above the runs: the file names alone, where these tell them apart."""
    names = [run.name for run in evaluation.runs]
    short = [PurePath(name).name for name in names]
    return short if len(set(short)) == len(set(names)) else names


def _difference(value: float | None) -> str:
    text = "-" if value is None else f"{value:+.4f}"
    return text[1:] if text in ("+0.0000", "-0.0000") else text


def _p(p: float | None) -> str:
    return format_measure(p) if p is None or p >= _LEAST_P else f"<{_LEAST_P}"


def measures_footer(evaluation: Evaluation) -> str:
    """The line under the table, for standard error: how many queries, and what the star means."""
    text = counted(len(evaluation.queries), "query", "queries")
    if len(evaluation.runs) > 1:
        text += (
            f" · diff: to {short_names(evaluation)[0]} · * p < {LEVEL}, paired randomisation "
            f"test, {PERMUTATIONS:,} permutations, seed {evaluation.seed}"
        )
    return text


def render_measures_csv(evaluation: Evaluation, *, by_query: bool) -> str:
    """A figure a row; cells without a value are empty."""
    columns = ["query_id", "measure", "run", "value", "difference", "p", "significant"]
    rows: list[list[object]] = [[*columns]]
    for query_id, name in _lines(evaluation, by_query=by_query):
        for run in evaluation.runs:
            value, found = _figures(evaluation, run, name, query_id)
            row: list[object] = [ALL if query_id is None else query_id, name, run.name, value]
            row += (found.value, found.p) if found else (None, None)
            row.append(str(found.significant).lower() if found and query_id is None else None)
            rows.append(row)
    return "".join(delimited(rows if by_query else (row[1:] for row in rows)))


def render_evaluation_json(
    evaluation: Evaluation, reports: Sequence[ThresholdReport] | None, qrels: str, *, by_query: bool
) -> str:
    """One object (`evaluate.md` of the manual has its keys), a run a line.

    `qrels` names the judgments; `reports` are the runs' thresholds, in their order.
    """
    head = {
        "qrels": qrels,
        "queries": len(evaluation.queries),
        "measures": evaluation.measures,
        "permutations": PERMUTATIONS,
        "seed": evaluation.seed,
    }
    lines = []
    for at, run in enumerate(evaluation.runs):
        row: dict[str, object] = {"run": run.name, "values": run.values}
        if run.differences:
            row["differences"] = {
                name: {"difference": each.value, "p": each.p, "significant": each.significant}
                for name, each in run.differences.items()
            }
        row |= {"unjudged_queries": run.unjudged, "unranked_queries": run.unranked}
        if by_query:
            row["by_query"] = run.by_query
        if reports is not None:
            row["thresholds"] = report_facts(reports[at])
        lines.append(dumps(row))
    return "".join(json_object(head, "runs", lines)) + "\n"
