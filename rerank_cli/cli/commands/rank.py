"""`rerank QUERY [FILE]...`."""

from typing import TYPE_CHECKING

import typer

from rerank_cli.cli.options import general, output, passages, scoring
from rerank_cli.cli.options.groups import with_groups
from rerank_cli.console.streams import Streams
from rerank_cli.errors import UsageError
from rerank_cli.rendering import FORMATS, format_for
from rerank_cli.scaling import NATIVE

if TYPE_CHECKING:
    from rerank_cli.reranker import ScoringOptions
    from rerank_cli.workflows.passages import PassageInput

EXAMPLES = """
Examples:
  rerank "什么是人工智能？" passages.txt
  cat hits.jsonl | rerank "$q" --input-format jsonl -n 5 -f text | llm "sum up"
  rerank "$q" hits.csv --threshold 0.3 --json | jq '.results[].id'
  rerank -- "$q" passages.txt      even if $q begins with - or names a command

Exit codes:
  0 done   1 nothing left (with --exit-status)   2 usage or input   3 settings
  4 the endpoint refused   5 it failed   6 some queries of a batch failed
  70 a bug in rerank   130 interrupted
"""


@with_groups(given=passages.passages, scoring=scoring.scoring, streams=general.streams)
def rank(
    ctx: typer.Context,
    query: passages.Query,
    *,
    given: "PassageInput",
    top_n: output.TopN = None,
    threshold: output.Threshold = None,
    scores: output.Scale = NATIVE,
    as_json: output.AsJson = False,
    output_format: output.Format = None,
    output_file: output.Output = None,
    full: output.Full = False,
    exit_status: output.ExitStatus = False,
    scoring: "ScoringOptions",
    dry_run: scoring.DryRun = False,
    streams: Streams,
    version: general.Version = False,
) -> int:
    """Rank passages against a query with a reranking model.

    Each passage is scored together with the query; the best come first. With no FILE, passages
    are read from standard input.
    """
    if not given.files and streams.stdin_is_terminal:
        typer.echo(ctx.get_help(), err=True)
    from rerank_cli.console.output_file import output_path
    from rerank_cli.workflows import rank as workflow

    file = output_path(output_file)
    shown = workflow.RankOutput(
        format=_output_format(as_json, output_format, file),
        file=file,
        full=full,
        top_n=top_n,
        threshold=threshold,
        scale=scores,
        exit_status=exit_status,
    )
    work = workflow.dry_run if dry_run else workflow.run
    return work(query, given, scoring, shown, streams)


def _output_format(as_json: bool, chosen: str | None, file: str | None) -> str:
    if as_json and chosen not in (None, "json"):
        raise UsageError(f"--json and --format {chosen} contradict each other", "Leave one out.")
    return "json" if as_json else chosen or format_for(file, FORMATS, "table")
