"""`rerank eval`: reads runs, measures them against judgments, compares and shows them."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rerank_cli.console.streams import Streams
from rerank_cli.errors import ExitCode, InputError, UsageError
from rerank_cli.evaluation import measures
from rerank_cli.evaluation.matching import likely_same, matching
from rerank_cli.evaluation.measured_runs import Evaluation, evaluate
from rerank_cli.evaluation.thresholds import ThresholdReport, threshold_report
from rerank_cli.extras import require
from rerank_cli.model import Qrels, Run
from rerank_cli.reading.encoding import check_encoding
from rerank_cli.reading.qrels import read_qrels
from rerank_cli.reading.runs import read_run
from rerank_cli.reading.source import check_stdin_once, shown_name
from rerank_cli.rendering import measure_table, threshold_chart
from rerank_cli.rendering.visible import visible_block

_NAMED = 5
_COLUMNS = (
    "A run has the columns query-id Q0 doc-id rank score tag, judgments query-id iteration doc-id "
    "relevance."
)
_MEASURE = re.compile(r"[A-Za-z_]+(\(.*\))?@\d+")


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """Files of runs and of judgments (`-` is standard input), and what of them is shown.

    measures    their names, None for the usual ones
    thresholds  whether to show what thresholds keep; `precision` is one to look for
    seed        of the randomisation test
    """

    runs: Sequence[str]
    qrels: str
    encoding: str | None
    max_bytes: int
    measures: Sequence[str] | None
    by_query: bool
    thresholds: bool
    precision: float | None
    seed: int
    as_json: bool
    as_csv: bool


def run(options: EvaluationOptions, streams: Streams) -> int:
    """Measure the runs and show the figures. Returns the exit code."""
    _check(options)
    require("eval", measures.REQUIRED, "what measures rankings")
    wanted = measures.parse(options.measures or measures.DEFAULT)
    judgments, runs = _read(options, streams)
    evaluation = evaluate(runs, judgments, wanted, options.seed)
    charts = None
    if options.thresholds:
        charts = [threshold_report(each, judgments, options.precision) for each in runs]
    _warn(evaluation, charts, streams)
    by_query = options.by_query
    if options.as_json:
        qrels = shown_name(options.qrels)
        streams.write(
            [measure_table.render_evaluation_json(evaluation, charts, qrels, by_query=by_query)]
        )
    elif options.as_csv:
        text = measure_table.render_measures_csv(evaluation, by_query=by_query)
        if charts is not None:
            text = threshold_chart.render_thresholds_csv(charts)
        # JSON escapes control characters and the tables show them; CSV has them as they are.
        terminal = streams.view(to_file=False, full=True).terminal
        streams.write([visible_block(text) if terminal else text])
    else:
        width = streams.view(to_file=False, full=True).width
        text = measure_table.render_measures(evaluation, by_query=by_query, width=width)
        text += "\n" + threshold_chart.render_thresholds(charts) if charts else ""
        streams.write([text])
        streams.report(measure_table.measures_footer(evaluation))
    return ExitCode.OK


def _check(options: EvaluationOptions) -> None:
    """Raise UsageError for what contradicts itself."""
    if options.as_json and options.as_csv:
        raise UsageError("--json and --csv contradict each other", "Leave one out.")
    if options.as_csv and options.by_query and options.thresholds:
        raise UsageError(
            "--csv has one table: --by-query and --thresholds contradict each other there",
            "Leave one out, or use --json.",
        )
    check_stdin_once([*options.runs, options.qrels])
    if options.encoding is not None:
        check_encoding(options.encoding)


def _read(options: EvaluationOptions, streams: Streams) -> tuple[Qrels, list[Run]]:
    how: Any = {
        "stdin": streams.stdin,
        "encoding": options.encoding,
        "max_bytes": options.max_bytes,
    }
    judgments = read_qrels(options.qrels, **how)
    runs = []
    for file in options.runs:
        _check_no_measure(file)
        run = read_run(file, **how)
        _check_ids(run, judgments, streams)
        runs.append(run)
    return judgments, runs


def _check_ids(run: Run, judgments: Qrels, streams: Streams) -> None:
    """Refuse a run whose ids are not those of the judgments, and warn where they may not be."""
    if not any(query_id in judgments for query_id in run.scores):
        hint = _same_id(likely_same(list(run.scores), list(judgments)))
        doc_ids = {doc_id for ranked in run.scores.values() for doc_id in ranked}
        if not doc_ids.isdisjoint(judgments):
            hint = f"Its documents are queries there. {_COLUMNS}"
        problem = "none of its queries has judgments"
        found = f"queries {_some(run.scores)}; judged {_some(judgments)}"
        raise InputError(f"{problem} ({found})", source=run.name, hint=hint)
    match = matching(run, judgments)
    if not match.doubtful:
        return
    problem = f"only {match.judged} of its {match.documents} documents have judgments"
    if not match.judged:
        problem = f"none of its {match.documents} documents has a judgment"
    query_id = next(query_id for query_id in judgments if query_id in run.scores)
    found = f"{_some(run.scores[query_id])}; judged {_some(judgments[query_id])}"
    problem += f" (for query {query_id!r} it has {found})"
    if match.alike and not match.judged:
        raise InputError(problem, source=run.name, hint=_same_id(match.alike))
    streams.warn(f"{run.name}: {problem}. {_same_id(match.alike) or _COLUMNS}")


def _same_id(alike: tuple[str, str] | None) -> str | None:
    return alike and f"If {alike[0]!r} is {alike[1]!r} there: ids must be equal, to the letter."


def _check_no_measure(file: str) -> None:
    """Refuse a measure that stands where a run should, since --measure takes one name."""
    if _MEASURE.fullmatch(file) and not os.path.exists(file):
        hint = "Each measure takes its own --measure: --measure nDCG@10 --measure AP"
        raise InputError("no such file", source=file, hint=hint)


def _warn(
    evaluation: Evaluation, charts: Sequence[ThresholdReport] | None, streams: Streams
) -> None:
    """Say what a reader of the figures must know of the queries they are of."""
    judged = len(evaluation.queries)
    for run in evaluation.runs:
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
