"""What `rerank eval` prints: measures and thresholds, as tables, CSV, and one JSON object."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import PurePath
from string import ascii_uppercase

from rich.cells import cell_len

from rerank_cli.evaluation.measured_runs import Evaluation, Measured
from rerank_cli.evaluation.significance import LEVEL, PERMUTATIONS
from rerank_cli.evaluation.thresholds import Kept, Thresholds
from rerank_cli.rendering.json import dumps
from rerank_cli.rendering.numbers import Scale, counted
from rerank_cli.rendering.visible import visible

ALL = "all"
"""What stands for a query where the figure is that of all queries, as in trec_eval."""

_GAP = "  "
_LEAST_P = 0.0001
_SHARE = Scale([0.0, 1.0])


def render_table(evaluation: Evaluation, *, by_query: bool, width: int | None = None) -> str:
    """Aligned columns: measure, then each run, from the second with its difference and p.

    Where that is wider than `width`, letters stand for the runs.
    """
    names = short_names(evaluation)
    table = _table(evaluation, names, by_query=by_query)
    if width is None or max(map(cell_len, table.splitlines())) <= width:
        return table
    letters = list(islice(cycle(ascii_uppercase), len(names)))
    legend = "".join(
        f"{each}  {visible(name)}\n" for each, name in zip(letters, names, strict=True)
    )
    return f"{legend}\n{_table(evaluation, letters, by_query=by_query)}"


def _table(evaluation: Evaluation, names: Sequence[str], *, by_query: bool) -> str:
    header = ["measure"]
    for run, name in zip(evaluation.runs, names, strict=True):
        header += [visible(name)] if run.differences is None else [visible(name), "diff", "p", ""]
    rows = [
        [name, *(cell for run in evaluation.runs for cell in _overall(run, name))]
        for name in evaluation.measures
    ]
    if by_query:
        header = ["query", *header]
        rows = [*_query_rows(evaluation), *([ALL, *row] for row in rows)]
    return aligned([header, *rows], left=2 if by_query else 1)


def short_names(evaluation: Evaluation) -> list[str]:
    """What stands above the runs: the file names alone, where these tell them apart."""
    names = [run.name for run in evaluation.runs]
    short = [PurePath(name).name for name in names]
    return short if len(set(short)) == len(set(names)) else names


def _overall(run: Measured, name: str) -> list[str]:
    cells = [_value(run.values[name])]
    if run.differences is not None:
        found = run.differences[name]
        cells += [_difference(found.value), _p(found.p), "*" * found.significant]
    return cells


def _query_rows(evaluation: Evaluation) -> Iterator[list[str]]:
    first = evaluation.runs[0]
    for query_id in evaluation.queries:
        for name in evaluation.measures:
            cells = [visible(query_id), name]
            for run in evaluation.runs:
                value = run.by_query[query_id].get(name)
                cells.append(_value(value))
                if run.differences is not None:
                    base = first.by_query[query_id].get(name)
                    cells += [_difference(_minus(value, base)), "", ""]
            yield cells


def _minus(value: float | None, base: float | None) -> float | None:
    return None if value is None or base is None else value - base


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _difference(value: float | None) -> str:
    if value is None:
        return "-"
    text = f"{value:+.4f}"
    return text if float(text) else text[1:]


def _p(p: float | None) -> str:
    if p is None:
        return "-"
    return f"{p:.4f}" if p >= _LEAST_P else f"<{_LEAST_P}"


def aligned(rows: Sequence[Sequence[str]], *, left: int) -> str:
    """Columns of equal width, the first `left` of them and those without a header to the left."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell + " " * (width - cell_len(cell))
            if at < left or not rows[0][at]
            else " " * (width - cell_len(cell)) + cell
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(_GAP.join(cells).rstrip() + "\n")
    return "".join(lines)


def footer(evaluation: Evaluation) -> str:
    """The line under the table, for standard error: how many queries, and what the star means."""
    text = counted(len(evaluation.queries), "query", "queries")
    if len(evaluation.runs) > 1:
        text += (
            f" · diff: to {short_names(evaluation)[0]} · * p < {LEVEL}, paired randomisation "
            f"test, {PERMUTATIONS:,} permutations, seed {evaluation.seed}"
        )
    return text


def render_thresholds(all_runs: Sequence[Thresholds]) -> str:
    """A chart a run: what each threshold keeps, and which one to choose."""
    return "\n".join(_chart(each, named=len(all_runs) > 1) for each in all_runs)


def _chart(found: Thresholds, *, named: bool) -> str:
    rows = [["threshold", "kept", "precision", "", "recall", ""]]
    rows += [
        [
            _number(row.threshold),
            str(row.kept),
            *(_value(row.precision), _bar(row.precision)),
            *(_value(row.recall), _bar(row.recall)),
        ]
        for row in found.rows
    ]
    text = (visible(found.name) + "\n") * named + aligned(rows, left=0)
    choices = [("best F1", found.best, "no threshold keeps a relevant passage")]
    if found.wanted is not None:
        none = "no threshold reaches it"
        if found.nearest:
            none += f"; the highest precision: {_choice(found, found.nearest)}"
        choices.append((f"precision {found.wanted:g}", found.reaching, none))
    width = max(len(what) for what, _, _ in choices)
    for what, kept, otherwise in choices:
        text += f"{what:<{width}}  {_choice(found, kept) if kept else otherwise}\n"
    return text


def _choice(found: Thresholds, kept: Kept) -> str:
    return (
        f"--threshold {_number(kept.threshold)} keeps {kept.kept} of {found.passages}: "
        f"precision {_value(kept.precision)}, recall {_value(kept.recall)}, F1 {kept.f1:.4f}"
    )


def _number(threshold: float) -> str:
    """In full, so that it keeps the same passages where it is copied."""
    return repr(threshold).removesuffix(".0")


def _bar(share: float | None) -> str:
    return "" if share is None else _SHARE.bar(share)


def render_csv(evaluation: Evaluation, *, by_query: bool) -> str:
    """A figure a row; cells without a value are empty."""
    columns = ["measure", "run", "value", "difference", "p", "significant"]
    rows: list[list[object]] = []
    for query_id in (*evaluation.queries, None) if by_query else (None,):
        for name in evaluation.measures:
            for run in evaluation.runs:
                row = [name, run.name, *_figures(evaluation, run, name, query_id)]
                rows.append([ALL if query_id is None else query_id, *row] if by_query else row)
    return _csv([["query_id", *columns] if by_query else columns, *rows])


def _figures(
    evaluation: Evaluation, run: Measured, name: str, query_id: str | None
) -> list[object]:
    """Value, difference, p and significance; of all queries together, or of one."""
    if query_id is None:
        found = run.differences[name] if run.differences else None
        if found is None:
            return [run.values[name], None, None, None]
        return [run.values[name], found.value, found.p, str(found.significant).lower()]
    value = run.by_query[query_id].get(name)
    base = evaluation.runs[0].by_query[query_id].get(name)
    return [value, None if run.differences is None else _minus(value, base), None, None]


def render_thresholds_csv(all_runs: Sequence[Thresholds]) -> str:
    """A threshold a row; `choice` says which ones were looked for."""
    rows: list[list[object]] = [
        ["run", "choice", "threshold", "kept", "precision", "recall", "f1"],
    ]
    for found in all_runs:
        chosen = [("", row) for row in found.rows]
        chosen += [("best_f1", found.best)] if found.best else []
        chosen += [("precision", found.reaching)] if found.reaching else []
        rows += [[found.name, choice, *_row(kept).values()] for choice, kept in chosen]
    return _csv(rows)


def _csv(rows: Sequence[Sequence[object]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def _row(kept: Kept) -> dict[str, object]:
    return {
        "threshold": kept.threshold,
        "kept": kept.kept,
        "precision": kept.precision,
        "recall": kept.recall,
        "f1": kept.f1,
    }


def render_json(
    evaluation: Evaluation, all_runs: Sequence[Thresholds] | None, qrels: str, *, by_query: bool
) -> str:
    """One object (see the README for its keys), a run a line."""
    head: dict[str, object] = {"qrels": qrels, "queries": len(evaluation.queries)}
    head |= {"measures": evaluation.measures}
    head |= {"permutations": PERMUTATIONS, "seed": evaluation.seed}
    lines = []
    for at, run in enumerate(evaluation.runs):
        row: dict[str, object] = {"run": run.name, "values": run.values}
        if run.differences is not None:
            row["differences"] = {
                name: {"difference": each.value, "p": each.p, "significant": each.significant}
                for name, each in run.differences.items()
            }
        row |= {"unjudged_queries": run.unjudged, "unranked_queries": run.unranked}
        if by_query:
            row["by_query"] = run.by_query
        if all_runs is not None:
            row["thresholds"] = _thresholds(all_runs[at])
        lines.append(dumps(row))
    return f'{dumps(head)[:-1]}, "runs": [\n  ' + ",\n  ".join(lines) + "\n]}\n"


def _thresholds(found: Thresholds) -> dict[str, object]:
    row: dict[str, object] = {
        "passages": found.passages,
        "unjudged": found.unjudged,
        "relevant": found.relevant,
        "rows": [_row(each) for each in found.rows],
        "best_f1": found.best and _row(found.best),
    }
    if found.wanted is not None:
        row["precision"] = found.wanted
        row["for_precision"] = found.reaching and _row(found.reaching)
    return row
