"""`rerank eval RUN... --qrels FILE`: rankings measured against judgments."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

from rerank_cli.cli.options import evaluate as eval_options
from rerank_cli.cli.options import shared as options
from rerank_cli.console.streams import Streams
from rerank_cli.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from rerank_cli.evaluation.measured_runs import Evaluation
    from rerank_cli.evaluation.thresholds import ThresholdReport
    from rerank_cli.model import Qrels, Run

_NAMED = 5
_MEASURE = re.compile(r"[A-Za-z_]+(\(.*\))?@\d+")


def evaluate(
    ctx: typer.Context,
    runs: eval_options.Runs,
    qrels: eval_options.Qrels,
    measure: eval_options.Measures = None,
    by_query: eval_options.ByQuery = False,
    thresholds: eval_options.Thresholds = False,
    precision: eval_options.Precision = None,
    seed: eval_options.Seed = 0,
    as_json: eval_options.EvalJson = False,
    as_csv: eval_options.EvalCsv = False,
    encoding: options.Encoding = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> int:
    """Measure rankings against judgments.

    A column a run; the later ones with their difference to the first, and whether it is
    significant.
    """
    from rerank_cli.evaluation import measured_runs as comparison
    from rerank_cli.evaluation import measures
    from rerank_cli.evaluation.thresholds import threshold_report
    from rerank_cli.reading.source import shown_name
    from rerank_cli.rendering import measure_table, threshold_chart

    streams = options.streams_of(ctx, quiet=quiet)
    thresholds = thresholds or precision is not None
    _check(runs, qrels, as_json=as_json, as_csv=as_csv, both=by_query and thresholds)
    measures.check_installed()
    wanted = measures.parse(measure or measures.DEFAULT)
    judgments, read = _read(runs, qrels, encoding, streams)
    evaluated = comparison.evaluate(read, judgments, wanted, seed)
    charts = [threshold_report(run, judgments, precision) for run in read] if thresholds else None
    _warn(evaluated, charts, streams)
    if as_json:
        text = measure_table.render_evaluation_json(
            evaluated, charts, shown_name(qrels), by_query=by_query
        )
        streams.write([text])
    elif as_csv:
        streams.write([_csv(evaluated, charts, streams, by_query=by_query)])
    else:
        width = streams.look(to_file=False, full=True).width
        text = measure_table.render_measures(evaluated, by_query=by_query, width=width)
        text += "\n" + threshold_chart.render_thresholds(charts) if charts else ""
        streams.write([text])
        streams.tell(measure_table.measures_footer(evaluated))
    return ExitCode.OK


def _csv(
    evaluated: "Evaluation",
    charts: "Sequence[ThresholdReport] | None",
    streams: Streams,
    *,
    by_query: bool,
) -> str:
    from rerank_cli.rendering import measure_table, threshold_chart
    from rerank_cli.rendering.visible import visible_block

    if charts is None:
        text = measure_table.render_measures_csv(evaluated, by_query=by_query)
    else:
        text = threshold_chart.render_thresholds_csv(charts)
    # JSON escapes control characters and the tables show them; CSV has them as they are.
    return visible_block(text) if streams.look(to_file=False, full=True).terminal else text


def _check(runs: Sequence[str], qrels: str, *, as_json: bool, as_csv: bool, both: bool) -> None:
    """Raise UsageError for what contradicts itself."""
    if as_json and as_csv:
        raise UsageError("--json and --csv contradict each other", "Leave one out.")
    if as_csv and both:
        raise UsageError(
            "--csv has one table: --by-query and --thresholds contradict each other there",
            "Leave one out, or use --json.",
        )
    if [*runs, qrels].count("-") > 1:
        raise UsageError("standard input (-) is named twice", "It can be read only once.")


def _read(
    files: Sequence[str], qrels: str, encoding: str | None, streams: Streams
) -> tuple["Qrels", list["Run"]]:
    from rerank_cli.reading.qrels import read_qrels
    from rerank_cli.reading.runs import read_run
    from rerank_cli.reading.source import check_encoding

    if encoding is not None:
        check_encoding(encoding)
    judgments = read_qrels(qrels, stdin=streams.stdin, encoding=encoding)
    runs = []
    for file in files:
        try:
            run = read_run(file, stdin=streams.stdin, encoding=encoding)
        except InputError as error:
            if _MEASURE.fullmatch(file):
                error.hint = "Each measure takes its own --measure: --measure nDCG@10 --measure AP"
            raise
        if not any(query_id in judgments for query_id in run.scores):
            raise InputError(
                f"none of its queries has judgments (queries {_some(run.scores)}; judged "
                f"{_some(judgments)})",
                source=run.name,
            )
        runs.append(run)
    return judgments, runs


def _warn(
    evaluated: "Evaluation", charts: "Sequence[ThresholdReport] | None", streams: Streams
) -> None:
    """Say what a reader of the figures must know of the queries they are of."""
    judged = len(evaluated.queries)
    for run in evaluated.runs:
        if run.unjudged:
            streams.warn(
                f"{run.name}: queries without judgments are left out: {_some(run.unjudged)}"
            )
        if run.unranked:
            streams.warn(
                f"{run.name}: ranks nothing for {len(run.unranked)} of {judged} judged queries, "
                f"which count as 0: {_some(run.unranked)}"
            )
        for note in run.notes:
            streams.warn(note)
    for chart in charts or ():
        if chart.unjudged:
            streams.warn(
                f"{chart.name}: {chart.unjudged} of {chart.passages} passages have no judgment of "
                "their own and count as not relevant"
            )


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    shown = ", ".join(map(repr, listed[:_NAMED]))
    more = len(listed) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown
