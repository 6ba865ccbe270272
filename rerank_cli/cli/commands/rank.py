"""`rerank QUERY [FILE]...`: its options; `pipeline` does the work."""

import typer

from rerank_cli.cli.options import shared as options
from rerank_cli.errors import UsageError
from rerank_cli.scaling import NATIVE

EXAMPLES = """
Examples:
  rerank "什么是人工智能？" passages.txt
  cat hits.jsonl | rerank "$q" --input-format jsonl -n 5 -f text | llm "answer from these"
  rerank "$q" hits.csv --threshold 0.3 --json | jq '.results[].id'
  rerank -- "$q" passages.txt      always ranks, even if $q begins with - or names a command

Exit codes:
  0 done   1 nothing left (with --exit-status)   2 usage or input   3 settings
  4 the endpoint refused   5 the endpoint failed   6 some queries of a batch failed
  70 a bug in rerank   130 interrupted
"""


def rank(
    ctx: typer.Context,
    query: options.Query,
    files: options.Files = None,
    top_n: options.TopN = None,
    threshold: options.Threshold = None,
    scores: options.Scale = NATIVE,
    as_json: options.AsJson = False,
    output_format: options.Format = None,
    output_file: options.Output = None,
    full: options.Full = False,
    exit_status: options.ExitStatus = False,
    input_format: options.InputFormat = "auto",
    text_field: options.TextField = None,
    id_field: options.IdField = None,
    encoding: options.Encoding = None,
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
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
    version: options.Version = False,
) -> int:
    """Rank passages against a query with a reranking model.

    Each passage is scored together with the query; the best come first. With no FILE, passages
    are read from standard input.
    """
    streams = options.streams_of(ctx, quiet=quiet, verbose=verbose or debug)
    if not files and streams.stdin_is_terminal:
        typer.echo(ctx.get_help(), err=True)
    # Here, so that --version and --help do not wait for it.
    from rerank_cli.reading.fields import FieldNames
    from rerank_cli.workflows import rank as pipeline
    from rerank_cli.workflows.scoring import scoring_of

    scoring = scoring_of(ctx.params)
    given = pipeline.Input(files or (), input_format, FieldNames(text_field, id_field), encoding)
    chosen = _output_format(as_json, output_format)
    shown = pipeline.Shown(chosen, output_file, full, top_n, threshold, scores, exit_status)
    if dry_run:
        return pipeline.dry_run(query, given, scoring, shown, streams)
    return pipeline.run(query, given, scoring, shown, streams)


def _output_format(as_json: bool, chosen: str | None) -> str:
    if as_json and chosen not in (None, "json"):
        raise UsageError(f"--json and --format {chosen} contradict each other", "Leave one out.")
    return "json" if as_json else chosen or "table"
