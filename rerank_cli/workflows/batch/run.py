"""The data path of a batch: jobs → planning → engine → ranking → rendering, many at once."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from rerank_cli.console import output_file as output
from rerank_cli.console.batch_progress import Progress
from rerank_cli.console.interrupts import Interrupts
from rerank_cli.console.streams import Streams
from rerank_cli.errors import ExitCode, InputError, RerankError, SettingsError, UsageError
from rerank_cli.planning import Plan, plan
from rerank_cli.rendering import render_job
from rerank_cli.rendering.plan import render_plans
from rerank_cli.scaling import Scaler
from rerank_cli.settings import Settings, shown_url
from rerank_cli.transport.cpu_affinity import one_core
from rerank_cli.workers import Runner
from rerank_cli.workflows import wiring
from rerank_cli.workflows.batch.intake import Entry, Taken, finished_id, intake
from rerank_cli.workflows.batch.job import JobScorer, Outcome
from rerank_cli.workflows.batch.ledger import Ledger, written_beside
from rerank_cli.workflows.batch.sinks import FileSink, StreamSink
from rerank_cli.workflows.batch.source import Input, Source, check, source_of
from rerank_cli.workflows.scoring import Scoring, check_texts

_LONGEST_END = 0.5
"""Seconds that what is interrupted gets to end."""
_GLANCE = 0.2
"""Seconds between two looks at how far things are."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of each ranking is written, how, and where; no file is standard output."""

    format: str
    tag: str
    file: str | None
    fresh: bool
    ordered: bool
    top_n: int | None
    threshold: float | None
    scale: str
    max_errors: int | None

    @property
    def target(self) -> str | None:
        """The file to write, or None for standard output, by whatever name."""
        return output.target_of(self.file)


def run(given: Input, scoring: Scoring, shown: Shown, streams: Streams) -> int:
    """Rank all jobs that are not done yet, and write what comes of them. Returns the exit code."""
    _check(given, scoring, shown, streams)
    settings = wiring.settings_of(scoring.flags, streams)
    settings.require()
    wiring.check_scores(shown.scale, shown.threshold, settings, streams)
    policy = wiring.policy_of(settings, scoring.policy)
    with ExitStack() as stack:
        source = source_of(given, streams, stack)
        progress = Progress(streams, source.total, alone=_alone(shown, streams))
        engine = wiring.engine_of(settings, scoring.extras, policy, progress, streams, many=True)
        stack.callback(engine.close)
        identity = _identity(settings, scoring, given, shown)
        ledger = _ledger(shown, identity, source, stack) if shown.target else None
        wiring.tell_default(settings, streams)
        begun = bool(ledger and ledger.done)
        work = JobScorer(
            engine,
            wiring.limits_of(engine, policy, scoring.max_passages),
            Scaler(shown.scale, settings.score_range, known=begun),
            shown.top_n,
            shown.threshold,
            lambda job, results: render_job(job, results, shown.format, shown.tag),
            _putting_down(settings, shown, progress, ledger, streams),
            succeeded=begun,
        )
        jobs = intake(source.entries(), dict(ledger.done) if ledger else {}, progress.passed)
        runner = Runner(jobs, work, policy.concurrency, ordered=shown.ordered)
        if not settings.provider.is_embedded:
            # Not for the embedded engine, whose arithmetic uses all cores at once.
            stack.enter_context(one_core())
        with Interrupts(runner.stop, streams) as interrupts:
            try:
                _watch(runner, progress, ledger)
                if ledger and not interrupts.count and not progress.gave_up:
                    ledger.completed()
            finally:
                progress.close()
                engine.close()
                runner.join(_LONGEST_END)
                progress.summary(ledger.errors_file if ledger else None)
    if interrupts.count:
        return ExitCode.INTERRUPTED
    if not progress.any_seen:
        streams.warn("no jobs in the input")
    return ExitCode.PARTLY if progress.failed else ExitCode.OK


def _alone(shown: Shown, streams: Streams) -> bool:
    return shown.target is not None or not streams.stdout_is_terminal


def _ledger(
    shown: Shown, identity: Mapping[str, object], source: Source, stack: ExitStack
) -> Ledger:
    """The output file, ready to be gone on with; the stack closes it."""
    ledger = Ledger(Path(shown.target or ""), identity, fresh=shown.fresh)
    stack.enter_context(closing(ledger))
    _check_same(ledger, source)
    ledger.begin()
    return ledger


def _putting_down(
    settings: Settings, shown: Shown, progress: Progress, ledger: Ledger | None, streams: Streams
) -> Callable[[Outcome], bool]:
    sink = FileSink(ledger) if ledger else StreamSink(streams)

    def put_down(outcome: Outcome) -> bool:
        wiring.warn_if_split(settings, outcome.usage, streams)
        return progress.put_down(outcome, sink, shown.max_errors)

    return put_down


def _watch(runner: "Runner[Taken, Outcome]", progress: Progress, ledger: Ledger | None) -> None:
    """Run to the end, telling how far it is."""
    runner.start()
    while not _ended(runner, progress):
        progress.show()
        if ledger:
            ledger.sync_now_and_then()


def _ended(runner: "Runner[Taken, Outcome]", progress: Progress) -> bool:
    """Whether all is over; raises what ended it, unless it had been given up before."""
    try:
        return runner.wait(_GLANCE)
    except RerankError:
        if progress.gave_up:
            return True
        raise


def dry_run(given: Input, scoring: Scoring, shown: Shown, streams: Streams) -> int:
    """Show what `run` would send in all, were nothing done yet."""
    _check(given, scoring, shown, streams)
    settings = wiring.settings_of(scoring.flags, streams)
    policy = wiring.policy_of(settings, scoring.policy)
    progress = Progress(streams, None)
    engine = wiring.engine_of(settings, scoring.extras, policy, progress, streams, many=True)
    limits = wiring.limits_of(engine, policy, scoring.max_passages)
    bad: list[InputError] = []

    def plans(entries: Iterator[Entry]) -> Iterator[Plan]:
        for taken in intake(entries, {}, progress.passed):
            if taken.job:
                yield plan(taken.job.candidates, limits)
            elif taken.error:
                bad.append(taken.error)
                streams.error(taken.error.message, taken.error.hint)

    with ExitStack() as stack:
        entries = source_of(given, streams, stack).entries()
        streams.write([render_plans(plans(entries), settings, engine)])
    return ExitCode.PARTLY if bad else ExitCode.OK


def _check(given: Input, scoring: Scoring, shown: Shown, streams: Streams) -> None:
    """What can be refused before any input is read."""
    check_texts(scoring)
    check(given, streams)
    if not shown.tag or any(each.isspace() or not each.isprintable() for each in shown.tag):
        raise UsageError(f"--tag {shown.tag!r} is not one word")
    if shown.fresh and shown.target is None:
        raise UsageError("--fresh needs -o FILE", "Standard output always starts over.")
    if shown.target is not None:
        _check_output(shown.target, given.files)


def _check_output(target: str, inputs: Sequence[str]) -> None:
    output.check_writable(target)
    path = Path(target)
    if path.exists() and not path.is_file():
        raise UsageError(f"--output {target}: not a regular file")
    written = {os.path.realpath(each) for each in written_beside(path)}
    for file in inputs:
        if os.path.realpath(file) in written:
            raise UsageError(f"--output {target}: {file} would be written over")


def _identity(
    settings: Settings, scoring: Scoring, given: Input, shown: Shown
) -> dict[str, object]:
    """What decides the output: a file is gone on with only as it was begun."""
    target = wiring.target_of(settings)
    return {
        "provider": settings.provider.name,
        "url": shown_url(target.url) if target else None,
        "model": settings.model,
        **{name: value for name, value in scoring.extras.items() if value is not None},
        "text_field": given.names.text,
        "id_field": given.names.id,
        "encoding": given.encoding,
        "top_n": shown.top_n,
        "threshold": shown.threshold,
        "scores": shown.scale,
        "format": shown.format,
        "tag": shown.tag if shown.format == "trec" else None,
        **({"ordered": True} if shown.ordered else {}),
    }


def _check_same(ledger: Ledger, source: Source) -> None:
    """Refuse to go on with other jobs. Input that can be read only once is taken on trust."""
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
