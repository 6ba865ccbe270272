"""`rerank compare`: ranks the same passages with several models, side by side."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing
from dataclasses import replace
from functools import partial

from rerank_cli.console.interrupts import Interrupts
from rerank_cli.console.progress import Progress
from rerank_cli.console.streams import Streams
from rerank_cli.errors import ExitCode, SettingsError, UsageError
from rerank_cli.evaluation.agreement import agreement
from rerank_cli.model import Candidates, Ranking
from rerank_cli.ranking import rank
from rerank_cli.rendering.comparison import MAX_RANKINGS, render_comparison, render_comparison_json
from rerank_cli.reranker import Reranker, ScoringOptions
from rerank_cli.settings import Files, Settings, flags_for
from rerank_cli.transport.pool import fulfil
from rerank_cli.transport.threads import started
from rerank_cli.workflows.passages import PassageInput, check_input, check_text, read_candidates
from rerank_cli.workflows.rank import ranking_of

_DEPTH = 10
_SECONDS_TO_END = 1.0
"""Seconds that requests get to end after an error or Ctrl-C."""


def run(
    query: str,
    given: PassageInput,
    models: Sequence[str],
    scoring: ScoringOptions,
    streams: Streams,
    *,
    top_n: int | None,
    as_json: bool,
    full: bool,
) -> int:
    """Rank the passages under each model, and show the rankings. Returns the exit code."""
    check_input(query, given, scoring, streams)
    with closing(Progress(streams)) as progress:
        rerankers = _opened(models, scoring, progress, streams)
        candidates = read_candidates(query, given, streams)

        def stop() -> None:
            for reranker in rerankers:
                reranker.stop()

        with Interrupts(stop, streams, at_once=True):
            rankings = _rank_at_once(rerankers, candidates)
    depth = min(top_n or _DEPTH, len(candidates.passages))
    agreements = [agreement(rankings[0], other, depth) for other in rankings[1:]]
    if as_json:
        text = render_comparison_json(rankings, agreements, top_n)
    else:
        view = streams.view(to_file=False, full=full)
        text = render_comparison(rankings, agreements, top_n, view)
    streams.write([text])
    return ExitCode.OK


def _opened(
    models: Sequence[str], scoring: ScoringOptions, progress: Progress, streams: Streams
) -> list[Reranker]:
    """A reranker for each model, of which there must be two at least, all different."""
    if not 2 <= len(models) <= MAX_RANKINGS:
        raise UsageError(
            f"expected 2 to {MAX_RANKINGS} models to compare, not {len(models)}",
            "Name each with -m MODEL, -m PROVIDER:MODEL, or -m PROVIDER for its default.",
        )
    files = Files.here(streams.environ)
    providers = files.config.providers
    # Several are asked: a key for whatever is asked is not for each of them.
    scoring = replace(scoring, general_key=False)
    rerankers: list[Reranker] = []
    for name in models:
        check_text(name, "--model")
        options = flags_for(name, scoring, providers)
        reranker = Reranker.open(options, streams.environ, files, {"events": progress})
        if name.partition(":")[0].lower() in providers:
            _check_url(reranker.settings)
        if any(_same(reranker.settings, other.settings) for other in rerankers):
            raise UsageError(f"--model {name} is compared with itself", "Name another model.")
        rerankers.append(reranker)
    url = scoring.base_url
    if url is not None and url.strip() not in {each.settings.base_url for each in rerankers}:
        raise UsageError(
            "--base-url goes with none of the models",
            "Asked there: -m MODEL, -m custom:MODEL, -m custom.",
        )
    return rerankers


def _check_url(settings: Settings) -> None:
    """Refuse a URL for all that would make another server of a provider that was named."""
    own = settings.provider.url_for(settings.key.value if settings.key else None)
    if own and settings.base_url != own:
        raise SettingsError(
            f"RERANK_BASE_URL is set, and is not the URL of {settings.provider.name}",
            "Unset it; a server of your own is -m custom with --base-url URL.",
        )


def _same(one: Settings, other: Settings) -> bool:
    return (one.provider, one.model, one.base_url) == (other.provider, other.model, other.base_url)


def _rank_at_once(rerankers: Sequence[Reranker], candidates: Candidates) -> list[Ranking]:
    """A ranking of each, in order. Raises the error of the first that fails."""
    rankings: list[Future[Ranking]] = [Future() for _ in rerankers]
    here: list[Callable[[], None]] = []
    try:
        for reranker, ranking in zip(rerankers, rankings, strict=True):
            work = partial(fulfil, ranking, partial(_ranking, reranker, candidates))
            if reranker.settings.provider.is_embedded or not started(work):
                here.append(work)
        for rank_here in here:
            # The embedded engine computes, and cannot be stopped but by Ctrl-C in this thread.
            rank_here()
        left = set(rankings)
        while left:
            # Waits are short so that Ctrl-C is seen on systems where a lock hides it.
            done, left = wait(left, 0.5, FIRST_COMPLETED)
            for each in done:
                each.result()
        return [each.result() for each in rankings]
    finally:
        _close(rerankers)
        wait(rankings, _SECONDS_TO_END)


def _close(rerankers: Sequence[Reranker]) -> None:
    """Close all, but wait for none longer than a second.

    What they wait for may be held by what Ctrl-C broke into.
    """
    closing = []
    for reranker in rerankers:
        threads = started(reranker.close)
        if not threads:
            reranker.close()
        closing += threads
    for thread in closing:
        thread.join(_SECONDS_TO_END)


def _ranking(reranker: Reranker, candidates: Candidates) -> Ranking:
    scores = reranker.score_plan(reranker.plan(candidates))
    ranked = rank(candidates, scores.values, best=scores.best)
    return ranking_of(candidates, ranked, reranker.settings, scores.usage)
