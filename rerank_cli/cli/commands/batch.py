"""`rerank batch [JOBS]`."""

from typing import TYPE_CHECKING

from rerank_cli.cli.options import batch as own
from rerank_cli.cli.options import general, output, scoring
from rerank_cli.cli.options.groups import with_groups
from rerank_cli.console.streams import Streams
from rerank_cli.rendering import BATCH_FORMATS, format_for
from rerank_cli.scaling import NATIVE

if TYPE_CHECKING:
    from rerank_cli.reranker import ScoringOptions
    from rerank_cli.workflows.batch.source import JobInput


@with_groups(given=own.jobs, scoring=scoring.scoring, streams=general.streams)
def batch(
    *,
    given: "JobInput",
    top_n: output.TopN = None,
    threshold: output.Threshold = None,
    scores: output.Scale = NATIVE,
    output_format: own.BatchFormat = None,
    tag: own.Tag = None,
    output_file: own.BatchOutput = None,
    qrels_out: own.QrelsOut = None,
    fresh: own.Fresh = False,
    ordered: own.Ordered = False,
    scoring: "ScoringOptions",
    max_errors: own.MaxErrors = None,
    dry_run: scoring.DryRun = False,
    streams: Streams,
) -> int:
    """Rank many queries, each with its own candidates.

    Jobs are read, scored and written as they come, several at once; each line of output has its
    query's id. With -o FILE nothing that is finished is lost or scored again: the same command
    goes on where it stopped, by FILE.progress and FILE.lock. Queries that fail go to
    FILE.errors.jsonl, and the exit code is 6.
    """
    from rerank_cli.console.output_file import output_path
    from rerank_cli.workflows.batch import run as workflow

    file = output_path(output_file)
    written = workflow.BatchOutput(
        format=output_format or format_for(file, BATCH_FORMATS, "jsonl"),
        tag=tag,
        file=file,
        qrels=qrels_out,
        fresh=fresh,
        ordered=ordered,
        top_n=top_n,
        threshold=threshold,
        scale=scores,
        max_errors=max_errors,
    )
    work = workflow.dry_run if dry_run else workflow.run
    return work(given, scoring, written, streams)
