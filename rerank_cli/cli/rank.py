"""`rerank QUERY [FILE]...`, the whole path: reading → planning → engine → ranking → rendering."""

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

import typer

from rerank_cli import rendering
from rerank_cli.cli import options, output, wiring
from rerank_cli.cli.events import Reporter
from rerank_cli.cli.streams import Streams
from rerank_cli.errors import ExitCode, UsageError
from rerank_cli.model import Candidates, Ranking, Scores
from rerank_cli.planning import plan
from rerank_cli.ranking import rank as ranked
from rerank_cli.reading import FieldNames, Reading, read
from rerank_cli.reading.source import check_encoding
from rerank_cli.rendering.footer import footer
from rerank_cli.rendering.plan import render_plan
from rerank_cli.settings import Flags, Settings
from rerank_cli.transport import Policy

EXAMPLES = """
Examples:
  rerank "什么是人工智能？" passages.txt
  cat hits.jsonl | rerank "$q" --input-format jsonl -n 5 -f text | llm "answer from these"
  rerank "$q" hits.csv --threshold 0.3 --json | jq '.results[].id'
  rerank -- "$q" passages.txt      always ranks, even if $q begins with - or names a command

Exit codes:
  0 done   1 nothing left (with --exit-status)   2 usage or input   3 settings
  4 the endpoint refused   5 the endpoint failed   130 interrupted
"""


def rank(
    ctx: typer.Context,
    query: options.Query,
    files: options.Files = None,
    top_n: options.TopN = None,
    threshold: options.Threshold = None,
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
    retries: options.Retries = 8,
    deadline: options.Deadline = None,
    rpm: options.Rpm = None,
    tpm: options.Tpm = None,
    price_per_million: options.Price = None,
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
    if output_file is not None and output.is_stdout(output_file):
        output_file = None
    streams = options.streams_of(ctx, quiet=quiet, verbose=verbose or debug)
    shown = _Shown(
        _output_format(as_json, output_format), output_file, full, top_n, threshold, exit_status
    )
    _check(query, encoding, output_file)
    if not files and streams.stdin_is_terminal:
        typer.echo(ctx.get_help(), err=True)
        raise UsageError("no FILE, and standard input is a terminal", "Name a file of passages.")
    settings = wiring.settings_of(Flags(provider, model, base_url), streams)
    if not dry_run:
        settings.require_key()
    extras = {
        "instruction": instruction,
        "max_chunks_per_doc": max_chunks_per_doc,
        "overlap_tokens": overlap_tokens,
    }
    policy = wiring.policy_of(
        settings, Policy(concurrency or 0, timeout, retries, deadline, rpm, tpm)
    )
    with (
        closing(Reporter(streams)) as events,
        closing(wiring.engine_of(settings, extras, policy, events, streams)) as engine,
    ):
        reading = read(
            files or ["-"],
            stdin=streams.stdin,
            input_format=input_format,
            names=FieldNames(text_field, id_field),
            encoding=encoding,
        )
        _report(reading, streams)
        limits = wiring.limits_of(engine, policy, max_passages)
        planned = plan(Candidates(query, reading.passages), limits)
        if dry_run:
            price = wiring.price_of(price_per_million, streams)
            text = render_plan(planned, settings, engine, shown.format, price)
            return _emit([text], shown, streams)
        started = time.monotonic()
        scores = engine.score(planned)
        seconds = time.monotonic() - started
    return _show(planned.candidates, scores, settings, shown, seconds, streams)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What of the ranking is shown, how, and where."""

    format: str
    file: str | None
    full: bool
    top_n: int | None
    threshold: float | None
    exit_status: bool


def _output_format(as_json: bool, chosen: str | None) -> str:
    if as_json and chosen not in (None, "json"):
        raise UsageError(f"--json and --format {chosen} contradict each other", "Leave one out.")
    return "json" if as_json else chosen or "table"


def _check(query: str, encoding: str | None, output_file: str | None) -> None:
    """What can be refused before any input is read."""
    if not query.strip():
        raise UsageError("the query is empty", 'Usage: rerank "what to rank by" FILE')
    try:
        query.encode()
    except UnicodeEncodeError:
        raise UsageError(
            "the query is not UTF-8 text", "Check the terminal's encoding (locale)."
        ) from None
    if encoding is not None:
        check_encoding(encoding)
    if output_file is not None:
        output.check_writable(output_file)


def _report(reading: Reading, streams: Streams) -> None:
    for warning in reading.warnings:
        streams.warn(warning)
    blank = reading.blank
    if blank:
        places = ", ".join(blank[:5]) + (", …" if len(blank) > 5 else "")
        streams.warn(f"left out, because blank: {places} ({len(blank)} in all)")


def _show(
    candidates: Candidates,
    scores: Scores,
    settings: Settings,
    shown: _Shown,
    seconds: float,
    streams: Streams,
) -> int:
    results = ranked(candidates, scores.values, top_n=shown.top_n, threshold=shown.threshold)
    ranking = Ranking(
        candidates.query,
        results,
        total=len(candidates.passages),
        provider=settings.provider.name,
        model=settings.model,
        usage=scores.usage,
    )
    look = streams.look(to_file=shown.file is not None, full=shown.full)
    _emit(rendering.pieces(ranking, shown.format, look), shown, streams)
    if shown.format == "table":
        streams.tell(footer(ranking, seconds))
    return ExitCode.NOTHING_LEFT if shown.exit_status and not results else ExitCode.OK


def _emit(pieces: Iterable[str], shown: _Shown, streams: Streams) -> int:
    if shown.file is None:
        streams.write(pieces)
    else:
        output.write_whole(shown.file, pieces)
    return ExitCode.OK
