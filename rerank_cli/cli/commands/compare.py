"""`rerank compare QUERY [FILE]... -m A -m B`: its options; `comparing` does the work."""

import typer

from rerank_cli.cli.options import shared as options


def compare(
    ctx: typer.Context,
    query: options.Query,
    files: options.Files = None,
    models: options.Models = None,
    top_n: options.TopN = None,
    as_json: options.AsJson = False,
    full: options.Full = False,
    input_format: options.InputFormat = "auto",
    text_field: options.TextField = None,
    id_field: options.IdField = None,
    encoding: options.Encoding = None,
    provider: options.Provider = None,
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
    cache: options.Cache = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Rank the same passages under several models, side by side.

    The models are asked at the same time. Scores of different models do not compare; ranks do.
    """
    streams = options.streams_of(ctx, quiet=quiet, verbose=verbose or debug)
    from rerank_cli.reading.fields import FieldNames
    from rerank_cli.workflows import compare as comparing
    from rerank_cli.workflows import rank as pipeline
    from rerank_cli.workflows.scoring import scoring_of

    scoring = scoring_of({**ctx.params, "model": None, "price_per_million": None})
    given = pipeline.Input(files or (), input_format, FieldNames(text_field, id_field), encoding)
    shown = comparing.Shown(top_n, as_json, full)
    return comparing.run(query, given, models or (), scoring, shown, streams)
