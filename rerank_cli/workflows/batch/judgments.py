"""The judgments that jobs imply (rows with `positive` and `negative`), as TREC's qrels."""

from collections.abc import Iterator
from dataclasses import replace

from rerank_cli.console.output_file import write_whole
from rerank_cli.console.streams import Streams
from rerank_cli.errors import InputError, UsageError
from rerank_cli.rendering.batch_lines import render_judgments
from rerank_cli.rendering.numbers import counted
from rerank_cli.workflows.batch.intake import intake
from rerank_cli.workflows.batch.source import Source

QRELS_OUT = "--qrels-out"


def write_judgments(file: str, source: Source, streams: Streams) -> None:
    """Write the judgments of all jobs, whole or not at all.

    Raises UsageError where no job has any, InputError for an id that such a file cannot have.
    """
    write_whole(file, _judgments(source, streams), QRELS_OUT)


def _judgments(source: Source, streams: Streams) -> Iterator[str]:
    written = one_sided = 0
    for _, job, _ in intake(source.entries(), {}):
        if job is None or job.judgments is None:
            continue
        # Its average precision is 1 or 0 whatever the ranking: benchmarks leave it out as well.
        if len(set(job.judgments)) == 1:
            one_sided += 1
            continue
        try:
            yield render_judgments(job)
        except InputError as error:
            raise replace(error, hint=f"Without {QRELS_OUT} any id will do.") from None
        written += 1
    if not written:
        raise UsageError(
            f"{QRELS_OUT}: no job has both positive and negative documents",
            'It takes jobs like {"query": "…", "positive": ["…"], "negative": ["…"]}.',
        )
    if one_sided:
        streams.warn(
            f"{QRELS_OUT}: no judgments of {counted(one_sided, 'query', 'queries')} that have only "
            "positive or only negative documents"
        )
