"""`rerank batch`: reads, plans, scores, ranks and records jobs, many at once."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from rerank_cli.console import output_file
from rerank_cli.console.batch_progress import BatchProgress, Tally
from rerank_cli.console.interrupts import Interrupts
from rerank_cli.console.streams import Streams
from rerank_cli.errors import ExitCode, InputError, RerankError, SettingsError, UsageError
from rerank_cli.model import Job, Ranked
from rerank_cli.planning import Plan
from rerank_cli.rendering import render_job
from rerank_cli.rendering.numbers import counted
from rerank_cli.rendering.plan import render_plans
from rerank_cli.reranker import Reranker, ScoringOptions
from rerank_cli.scaling import Scaler
from rerank_cli.settings import Files, shown_url
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.cpu_affinity import one_core
from rerank_cli.workflows.batch.intake import Entry, ToScore, finished_id, intake
from rerank_cli.workflows.batch.job import JobScorer, Outcome
from rerank_cli.workflows.batch.judgments import QRELS_OUT, write_judgments
from rerank_cli.workflows.batch.ledger import Ledger, written_beside
from rerank_cli.workflows.batch.record import Recorder
from rerank_cli.workflows.batch.source import JobInput, Source, check, source_of
from rerank_cli.workflows.batch.workers import Workers
from rerank_cli.workflows.passages import check_texts

_SECONDS_TO_END = 0.5
"""Seconds that interrupted jobs get to end."""
_TAG = "rerank"
"""The last column of a run that was given no other."""
_BETWEEN_UPDATES = 0.2
"""Seconds between two updates of the progress."""


@dataclass(frozen=True, slots=True)
class BatchOutput:
    """What of each ranking is written, how, and where; no file is standard output.

    `qrels` is the file for the judgments that the jobs imply, if they are wanted.
    """

    format: str
    tag: str | None
    file: str | None
    qrels: str | None
    fresh: bool
    ordered: bool
    top_n: int | None
    threshold: float | None
    scale: str
    max_errors: int | None

    def line(self, job: Job, results: Sequence[Ranked]) -> str:
        """The output of one job."""
        return render_job(job, results, self.format, self.tag or _TAG)


def run(given: JobInput, scoring: ScoringOptions, output: BatchOutput, streams: Streams) -> int:
    """Rank all jobs that are not done yet, and record what comes of them. Returns the exit code."""
    _check(given, scoring, output, streams)
    tally = Tally()
    alone = output.file is not None or not streams.stdout_is_terminal
    progress = BatchProgress(streams, tally, alone=alone)
    files = Files.here(streams.environ)
    began = Clock().now()
    opened = Reranker.open(scoring, streams.environ, files, {"events": progress}, began=began)
    with opened as reranker, ExitStack() as stack:
        reranker.check_scores(output.scale, output.threshold)
        source = source_of(given, streams, stack)
        progress.total = source.total
        ledger = _ledger(output, _identity(reranker, given, output), source, streams, stack)
        if output.qrels:
            write_judgments(output.qrels, source, streams)
        progress.report_default(reranker.settings)
        recorder = Recorder(tally, ledger, streams, output.max_errors)
        workers = _workers(reranker, source, output, recorder, ledger)
        if not reranker.settings.provider.is_embedded:
            # Not for the embedded engine, whose arithmetic uses all cores at once.
            stack.enter_context(one_core())

        def finish() -> None:
            workers.stop()
            reranker.stop()

        with Interrupts(finish, streams) as interrupts:
            try:
                _watch(workers, recorder, progress, ledger)
                if ledger and not interrupts.count and not recorder.gave_up:
                    ledger.completed()
            finally:
                progress.close()
                workers.abandon()
                reranker.close()
                workers.join(_SECONDS_TO_END)
                progress.report(ledger.errors_file if ledger else None, gave_up=recorder.gave_up)
    if interrupts.count and ledger:
        streams.report(_resumes(tally, source))
    if interrupts.count:
        return ExitCode.INTERRUPTED
    if not tally.seen:
        streams.warn("no jobs in the input")
    return ExitCode.PARTLY if tally.failed else ExitCode.OK


def _resumes(tally: Tally, source: Source) -> str:
    """What is said after Ctrl-C: how many jobs are done, of how many if that is soon counted."""
    of_all, end = "", time.monotonic() + _SECONDS_TO_END
    for count, _ in enumerate(source.entries() if not source.once else (), start=1):
        of_all = f" of {count}"
        if time.monotonic() > end:
            of_all = ""
            break
    return f"rerank: {tally.before + tally.queries}{of_all} done; the same command resumes"


def dry_run(given: JobInput, scoring: ScoringOptions, output: BatchOutput, streams: Streams) -> int:
    """Show what `run` would send in all, were nothing done yet. Returns the exit code."""
    _check(given, scoring, output, streams)
    bad: list[InputError] = []
    files = Files.here(streams.environ)
    events = BatchProgress(streams, Tally())

    def plans(reranker: Reranker, entries: Iterator[Entry]) -> Iterator[Plan]:
        for each in intake(entries, {}):
            if each.job:
                yield reranker.plan(each.job.candidates)
            elif each.error:
                bad.append(each.error)
                streams.error(each.error.message, each.error.hint, each.error.facts)

    with (
        Reranker.open(scoring, streams.environ, files, {"events": events}, dry=True) as reranker,
        ExitStack() as stack,
    ):
        entries = source_of(given, streams, stack).entries()
        text = render_plans(plans(reranker, entries), reranker.settings, reranker.engine)
        streams.write([text])
    return ExitCode.PARTLY if bad else ExitCode.OK


def _check(given: JobInput, scoring: ScoringOptions, output: BatchOutput, streams: Streams) -> None:
    """Refuse what can be refused before any input is read."""
    check_texts(scoring)
    check(given, streams)
    tag = output.tag
    if tag is not None and output.format != "trec":
        raise UsageError("--tag needs -f trec", "It is a column of a TREC run.")
    if tag is not None and (not tag or any(c.isspace() or not c.isprintable() for c in tag)):
        raise UsageError(f"--tag {tag!r} is not one word")
    if output.fresh and output.file is None:
        raise UsageError("--fresh needs -o FILE", "Standard output always starts over.")
    if output.file is not None:
        _check_output(output.file, given.files)
    if output.qrels is not None:
        _check_qrels(output.qrels, given, output.file)


def _check_output(path: str, inputs: Sequence[str]) -> None:
    output_file.check_writable(path)
    file = Path(path)
    if os.path.exists(file) and not os.path.isfile(file):
        raise UsageError(f"--output {path}: not a regular file")
    written = {os.path.realpath(each) for each in written_beside(file)}
    for name in inputs:
        if os.path.realpath(name) in written:
            raise UsageError(f"--output {path}: {name} would be written over")


def _check_qrels(path: str, given: JobInput, output: str | None) -> None:
    if given.jobs is None or not os.path.isfile(given.jobs):
        raise UsageError(f"{QRELS_OUT} needs a file of JOBS", "It is read twice.")
    output_file.check_writable(path, QRELS_OUT)
    others = [given.jobs, *(written_beside(Path(output)) if output else ())]
    if os.path.realpath(path) in map(os.path.realpath, others):
        raise UsageError(f"{QRELS_OUT} {path}: that file is the input, or the batch's own")


def _identity(reranker: Reranker, given: JobInput, output: BatchOutput) -> dict[str, object]:
    """What decides the output: a batch resumes only with the settings that it was begun with."""
    settings = reranker.settings
    return {
        "provider": settings.provider.name,
        "url": shown_url(reranker.url) if reranker.url else None,
        "model": settings.model,
        **reranker.extras,
        "text_field": _alone(given.names.texts),
        "id_field": given.names.id,
        "encoding": given.encoding,
        "top_n": output.top_n,
        "threshold": output.threshold,
        "scores": output.scale,
        "format": output.format,
        "tag": (output.tag or _TAG) if output.format == "trec" else None,
        **({"ordered": True} if output.ordered else {}),
    }


def _alone(names: Sequence[str]) -> Sequence[str] | str | None:
    """Several names; one or none as journals had it when there were never more."""
    return names if len(names) > 1 else next(iter(names), None)


def _ledger(
    output: BatchOutput,
    identity: dict[str, object],
    source: Source,
    streams: Streams,
    stack: ExitStack,
) -> Ledger | None:
    """The output file, ready to be resumed, which the stack closes; None for standard output."""
    if output.file is None:
        return None
    ledger = stack.enter_context(closing(Ledger(Path(output.file), identity, fresh=output.fresh)))
    if not ledger.is_locked:
        streams.warn(f"{ledger.file} cannot be locked here: let no other batch write to it")
    if ledger.lost:
        streams.warn(
            f"{output.file} was cut short: {counted(ledger.lost, 'query', 'queries')} that had "
            "been written to it will be scored again"
        )
    _check_same(ledger, source)
    ledger.begin()
    return ledger


def _check_same(ledger: Ledger, source: Source) -> None:
    """Refuse to resume with other jobs. Input that can be read only once is taken on trust."""
    if source.once or not ledger.done:
        return
    missing = {(digest, job_id) for digest, ids in ledger.done.items() for job_id in ids}
    finished = len(missing)
    for entry in source.entries():
        job_id = finished_id(entry, ledger.done)
        if job_id is not None:
            missing.discard((entry.digest, job_id))
    if missing:
        _, job_id = min(missing, key=str)
        raise SettingsError(
            f"{ledger.file} was begun with other jobs: {len(missing)} of {finished} finished ones "
            f"are not in the input as they were, such as {job_id!r}",
            "--fresh starts over; another -o leaves it as it is. (Without ids, lines must stay "
            "where they are.)",
        )


def _workers(
    reranker: Reranker,
    source: Source,
    output: BatchOutput,
    recorder: Recorder,
    ledger: Ledger | None,
) -> Workers[ToScore, Outcome]:
    """The threads that score the jobs which are not done yet."""
    done = dict(ledger.done) if ledger else {}
    scored = ledger.scored if ledger else {}
    reranker.succeeded = bool(done or scored)
    scale = Scaler(output.scale, reranker.settings.score_range, known=bool(done or scored))
    scorer = JobScorer(reranker, scale, output.top_n, output.threshold, output.line, scored)
    return Workers(
        intake(source.entries(), done, recorder.already_done),
        scorer.outcome,
        recorder.record,
        reranker.policy.concurrency,
        ordered=output.ordered,
        hold=recorder.hold,
    )


def _watch(
    workers: Workers[ToScore, Outcome],
    recorder: Recorder,
    progress: BatchProgress,
    ledger: Ledger | None,
) -> None:
    """Run to the end and show how far it is. Raises what ended it, unless it gave up before."""
    workers.start()
    try:
        while not workers.wait(_BETWEEN_UPDATES):
            progress.show()
            if ledger:
                ledger.sync_sometimes()
    except RerankError:
        if not recorder.gave_up:
            raise
