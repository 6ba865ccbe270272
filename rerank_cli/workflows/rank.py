"""The data path of one query: reading → planning → engine → ranking → rendering."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rerank_cli import rendering
from rerank_cli.console import output_file as output
from rerank_cli.console.progress import Reporter
from rerank_cli.console.streams import Streams
from rerank_cli.errors import ExitCode, UsageError
from rerank_cli.model import Candidates, Ranked, Ranking, Scores, Usage
from rerank_cli.planning import plan
from rerank_cli.ranking import rank
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.reader import Reading, read
from rerank_cli.reading.source import check_encoding
from rerank_cli.rendering.footer import footer
from rerank_cli.rendering.plan import render_plan
from rerank_cli.scaling import NATIVE, scaled
from rerank_cli.settings import Settings
from rerank_cli.workflows import wiring
from rerank_cli.workflows.scoring import Scoring, check_text, check_texts


@dataclass(frozen=True, slots=True)
class Input:
    """Where the passages come from; no files is standard input."""

    files: Sequence[str]
    format: str
    names: FieldNames
    encoding: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the ranking is shown, how, and where; no file is standard output."""

    format: str
    file: str | None
    full: bool
    top_n: int | None
    threshold: float | None
    scale: str
    exit_status: bool

    @property
    def target(self) -> str | None:
        """The file to write, or None for standard output, by whatever name."""
        return output.target_of(self.file)


def run(query: str, given: Input, scoring: Scoring, shown: Shown, streams: Streams) -> int:
    """Rank the passages and show them. Returns the exit code."""
    _check(query, given, scoring, shown, streams)
    settings = wiring.settings_of(scoring.flags, streams)
    settings.require()
    wiring.check_scores(shown.scale, shown.threshold, settings, streams)
    policy = wiring.policy_of(settings, scoring.policy)
    with (
        closing(Reporter(streams)) as events,
        closing(wiring.engine_of(settings, scoring.extras, policy, events, streams)) as engine,
    ):
        times = _Times()
        with times.of("reading"):
            candidates = candidates_of(query, given, streams)
        wiring.tell_default(settings, streams)
        with times.of("planning"):
            planned = plan(candidates, wiring.limits_of(engine, policy, scoring.max_passages))
        with times.of("scoring"):
            scores = engine.score(planned)
    wiring.warn_if_split(settings, scores.usage, streams)
    return _show(candidates, scores, settings, shown, times, streams)


class _Times:
    """Seconds that each stage took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[stage] = time.monotonic() - started

    def __str__(self) -> str:
        return ", ".join(f"{stage} {seconds:.3f} s" for stage, seconds in self.seconds.items())


def dry_run(
    query: str,
    given: Input,
    scoring: Scoring,
    shown: Shown,
    streams: Streams,
) -> int:
    """Show what `run` would send, and what it would cost."""
    _check(query, given, scoring, shown, streams)
    settings = wiring.settings_of(scoring.flags, streams)
    policy = wiring.policy_of(settings, scoring.policy)
    engine = wiring.engine_of(settings, scoring.extras, policy, Reporter(streams), streams)
    limits = wiring.limits_of(engine, policy, scoring.max_passages)
    planned = plan(candidates_of(query, given, streams), limits)
    _emit([render_plan(planned, settings, engine, shown.format)], shown, streams)
    return ExitCode.OK


def _check(query: str, given: Input, scoring: Scoring, shown: Shown, streams: Streams) -> None:
    check(query, given, scoring, streams)
    if shown.target is not None:
        output.check_writable(shown.target)


def check(query: str, given: Input, scoring: Scoring, streams: Streams) -> None:
    """Refuse what can be refused before any input is read."""
    if not query.strip():
        raise UsageError("the query is empty", 'Usage: rerank "what to rank by" FILE')
    check_text(query, "the query")
    check_texts(scoring)
    if not given.files and streams.stdin_is_terminal:
        raise UsageError("no FILE, and standard input is a terminal", "Name a file of passages.")
    if given.encoding is not None:
        check_encoding(given.encoding)


def candidates_of(query: str, given: Input, streams: Streams) -> Candidates:
    """The query with the passages of the input; the user is told what is odd about either."""
    if Path(query).is_file():
        streams.tell(f"rerank: {query} is a file, but taken as the query, which comes first")
    reading = read(
        given.files or ["-"],
        stdin=streams.stdin,
        input_format=given.format,
        names=given.names,
        encoding=given.encoding,
    )
    _report(reading, streams)
    return Candidates(query, reading.passages)


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
    shown: Shown,
    times: _Times,
    streams: Streams,
) -> int:
    with times.of("ranking"):
        results = rank(
            candidates,
            scores.values,
            top_n=shown.top_n,
            threshold=shown.threshold,
            shown=scaled(scores.values, shown.scale, settings.score_range),
        )
    ranking = ranking_of(candidates, results, settings, scores.usage, shown.scale)
    look = streams.look(to_file=shown.target is not None, full=shown.full)
    with times.of("rendering"):
        _emit(rendering.render_ranking(ranking, shown.format, look), shown, streams)
    if shown.format == "table":
        streams.tell(footer(ranking, times.seconds["scoring"]))
    streams.note(f"times: {times}")
    return ExitCode.NOTHING_LEFT if shown.exit_status and not results else ExitCode.OK


def ranking_of(
    candidates: Candidates,
    results: tuple[Ranked, ...],
    settings: Settings,
    usage: Usage,
    scale: str = NATIVE,
) -> Ranking:
    """The results with what they were chosen from, and by whom."""
    return Ranking(
        candidates.query,
        results,
        total=len(candidates.passages),
        files=len({passage.source for passage in candidates.passages}),
        provider=settings.provider.name,
        model=settings.model,
        usage=usage,
        scale=scale,
    )


def _emit(pieces: Iterable[str], shown: Shown, streams: Streams) -> None:
    if shown.target is None:
        streams.write(pieces)
    else:
        output.write_whole(shown.target, pieces)
