"""`rerank batch [JOBS]`: its options; `batching` does the work."""

import typer

from rerank_cli.cli.options import batch as batch_options
from rerank_cli.cli.options import shared as options
from rerank_cli.scaling import NATIVE


def batch(
    ctx: typer.Context,
    jobs: batch_options.Jobs = None,
    queries: batch_options.Queries = None,
    corpus: batch_options.Corpus = None,
    run: batch_options.FirstStage = None,
    depth: batch_options.Depth = None,
    text_field: options.TextField = None,
    id_field: options.IdField = None,
    encoding: options.Encoding = None,
    top_n: options.TopN = None,
    threshold: options.Threshold = None,
    scores: options.Scale = NATIVE,
    output_format: batch_options.BatchFormat = "jsonl",
    tag: batch_options.Tag = "rerank",
    output_file: batch_options.BatchOutput = None,
    fresh: batch_options.Fresh = False,
    ordered: batch_options.Ordered = False,
    provider: options.Provider = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    instruction: options.Instruction = None,
    max_chunks_per_doc: options.MaxChunks = None,
    overlap_tokens: options.Overlap = None,
    max_passages: options.MaxPassages = None,
    concurrency: options.Concurrency = None,
    timeout: options.Timeout = 60.0,
    retries: options.Retries = None,
    deadline: options.Deadline = None,
    rpm: options.Rpm = None,
    tpm: options.Tpm = None,
    price_per_million: options.Price = None,
    cache: options.Cache = False,
    max_errors: batch_options.MaxErrors = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Rank many queries, each with its own candidates.

    Jobs are read, scored and written as they come, several at once; each line of output has its
    query's id. With -o FILE nothing that is finished is lost or scored again: the same command
    goes on where it stopped, by FILE.progress and FILE.lock. Queries that fail go to
    FILE.errors.jsonl, and the exit code is 6.
    """
    streams = options.streams_of(ctx, quiet=quiet, verbose=verbose or debug)
    from rerank_cli.reading.fields import FieldNames
    from rerank_cli.workflows.batch import run as batching
    from rerank_cli.workflows.batch.source import Input
    from rerank_cli.workflows.scoring import scoring_of

    given = Input(jobs, queries, corpus, run, depth, FieldNames(text_field, id_field), encoding)
    shown = batching.Shown(
        output_format, tag, output_file, fresh, ordered, top_n, threshold, scores, max_errors
    )
    scoring = scoring_of(ctx.params)
    if dry_run:
        return batching.dry_run(given, scoring, shown, streams)
    return batching.run(given, scoring, shown, streams)
