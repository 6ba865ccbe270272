"""`rerank QUERY [FILE]...`: read, plan, score, rank, show."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from rerank_cli.console import output_file
from rerank_cli.console.interrupts import Interrupts
from rerank_cli.console.progress import Progress
from rerank_cli.console.streams import Streams
from rerank_cli.errors import ExitCode
from rerank_cli.model import Candidates, Ranked, Ranking, Usage
from rerank_cli.ranking import rank
from rerank_cli.rendering import render_ranking
from rerank_cli.reranker import Reranker, ScoringOptions
from rerank_cli.scaling import NATIVE, scaled
from rerank_cli.settings import Files, Settings
from rerank_cli.workflows.passages import PassageInput, check_input, read_candidates


@dataclass(frozen=True, slots=True)
class RankOutput:
    """What of the ranking is shown, how, and where; no file is standard output."""

    format: str
    file: str | None
    full: bool
    top_n: int | None
    threshold: float | None
    scale: str
    exit_status: bool


def run(
    query: str,
    given: PassageInput,
    scoring: ScoringOptions,
    output: RankOutput,
    streams: Streams,
) -> int:
    """Rank the passages and show them. Returns the exit code."""
    _check(query, given, scoring, output, streams)
    times = _Times()
    files = Files.here(streams.environ)
    with (
        closing(Progress(streams)) as progress,
        Reranker.open(scoring, streams.environ, files, {"events": progress}) as reranker,
    ):
        reranker.check_scores(output.scale, output.threshold)
        with times.of("reading"):
            candidates = read_candidates(query, given, streams)
        progress.report_default(reranker.settings)
        with times.of("planning"):
            plan = reranker.plan(candidates)
        with times.of("scoring"), Interrupts(reranker.stop, streams, at_once=True):
            scores = reranker.score_plan(plan)
    settings = reranker.settings
    with times.of("ranking"):
        results = rank(
            candidates,
            scores.values,
            top_n=output.top_n,
            threshold=output.threshold,
            shown=scaled(scores.values, output.scale, settings.score_range),
            best=scores.best,
        )
    ranking = ranking_of(candidates, results, settings, scores.usage, output.scale)
    with times.of("rendering"):
        view = streams.view(to_file=output.file is not None, full=output.full)
        # A script that asks for the exit code would find a file that holds nothing.
        if results or not output.exit_status or output.file is None:
            _write(render_ranking(ranking, output.format, view), output, streams)
    if output.format == "table":
        from rerank_cli.rendering.table import footer

        streams.report(footer(ranking, times["scoring"]))
    streams.note(f"times: {times}")
    return ExitCode.NOTHING_LEFT if output.exit_status and not results else ExitCode.OK


def dry_run(
    query: str,
    given: PassageInput,
    scoring: ScoringOptions,
    output: RankOutput,
    streams: Streams,
) -> int:
    """Show what `run` would send, and what it would cost. Returns the exit code."""
    from rerank_cli.rendering.plan import render_plan

    _check(query, given, scoring, output, streams)
    files = Files.here(streams.environ)
    events = Progress(streams)
    with Reranker.open(scoring, streams.environ, files, {"events": events}, dry=True) as reranker:
        plan = reranker.plan(read_candidates(query, given, streams))
        text = render_plan(plan, reranker.settings, reranker.engine, output.format)
        _write([text], output, streams)
    return ExitCode.OK


def ranking_of(
    candidates: Candidates,
    results: tuple[Ranked, ...],
    settings: Settings,
    usage: Usage,
    scale: str = NATIVE,
) -> Ranking:
    """The results with the facts that outputs show beside them."""
    return Ranking(
        candidates.query,
        results,
        total=len(candidates.passages),
        files=len({passage.source for passage in candidates.passages}),
        provider=settings.provider.name,
        model=settings.model,
        usage=usage,
        scale=scale,
        detail=settings.detail,
        cost=settings.cost(usage.input_tokens),
    )


def _check(
    query: str,
    given: PassageInput,
    scoring: ScoringOptions,
    output: RankOutput,
    streams: Streams,
) -> None:
    check_input(query, given, scoring, streams)
    if output.file is not None:
        output_file.check_writable(output.file)


def _write(pieces: Iterable[str], output: RankOutput, streams: Streams) -> None:
    if output.file is None:
        streams.write(pieces)
    else:
        output_file.write_whole(output.file, pieces)


class _Times(dict[str, float]):
    """Seconds that each stage took."""

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self[stage] = time.monotonic() - started

    def __str__(self) -> str:
        return ", ".join(f"{stage} {seconds:.3f} s" for stage, seconds in self.items())
