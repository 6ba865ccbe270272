"""The thresholds of `rerank eval --thresholds`: a chart, CSV, and the facts for JSON."""

from collections.abc import Sequence

from rerank_cli.evaluation.thresholds import Kept, ThresholdReport
from rerank_cli.rendering.columns import aligned_facts, aligned_table
from rerank_cli.rendering.numbers import format_measure, score_bars
from rerank_cli.rendering.rows import delimited
from rerank_cli.rendering.visible import visible

_SHOWN = ("threshold", "kept", "precision", "recall", "f1")
"""What CSV and JSON have of a threshold."""


def render_thresholds(reports: Sequence[ThresholdReport]) -> str:
    """A chart a run: what each threshold keeps, and which one to choose."""
    return "\n".join(_chart(each, named=len(reports) > 1) for each in reports)


def _chart(report: ThresholdReport, *, named: bool) -> str:
    rows = [["threshold", "kept", "precision", "", "recall", ""]]
    rows += [
        [_number(row.threshold), str(row.kept), *_share(row.precision), *_share(row.recall)]
        for row in report.rows
    ]
    text = (visible(report.name) + "\n") * named + aligned_table(rows, right=(0, 1, 2, 4))
    choices = {"best F1": _choice(report, report.best) or "no threshold keeps a relevant passage"}
    if report.wanted is not None:
        none = "no threshold reaches it"
        if report.nearest:
            none += f"; the highest precision: {_choice(report, report.nearest)}"
        choices[f"precision {report.wanted:g}"] = _choice(report, report.reaching) or none
    return text + aligned_facts(choices)


def _choice(report: ThresholdReport, kept: Kept | None) -> str:
    if kept is None:
        return ""
    return (
        f"--threshold {_number(kept.threshold)} keeps {kept.kept} of {report.passages}: "
        f"precision {format_measure(kept.precision)}, "
        f"recall {format_measure(kept.recall)}, F1 {kept.f1:.4f}"
    )


def _number(threshold: float) -> str:
    """In full, so that it keeps the same passages where it is copied."""
    return repr(threshold).removesuffix(".0")


def _share(share: float | None) -> tuple[str, str]:
    return format_measure(share), "" if share is None else score_bars([share])[0]


def render_thresholds_csv(reports: Sequence[ThresholdReport]) -> str:
    """A threshold a row; `choice` says which ones were looked for."""
    rows: list[list[object]] = [["run", "choice", *_SHOWN]]
    for report in reports:
        named = (("best_f1", report.best), ("precision", report.reaching))
        for choice, kept in (*(("", row) for row in report.rows), *named):
            if kept:
                rows.append([report.name, choice, *_facts(kept).values()])
    return "".join(delimited(rows))


def _facts(kept: Kept) -> dict[str, object]:
    return {name: getattr(kept, name) for name in _SHOWN}


def report_facts(report: ThresholdReport) -> dict[str, object]:
    """What JSON has of a run's thresholds (`evaluate.md` of the manual has the keys)."""
    row: dict[str, object] = {
        "passages": report.passages,
        "unjudged": report.unjudged,
        "relevant": report.relevant,
        "rows": [_facts(each) for each in report.rows],
        "best_f1": report.best and _facts(report.best),
    }
    if report.wanted is not None:
        row["precision"] = report.wanted
        row["for_precision"] = report.reaching and _facts(report.reaching)
    return row
