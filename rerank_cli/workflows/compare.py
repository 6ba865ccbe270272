"""The data path of a comparison: one query, the same passages, several engines at once."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from rerank_cli.console.progress import Reporter
from rerank_cli.console.streams import Streams
from rerank_cli.engines import Engine
from rerank_cli.errors import ExitCode, SettingsError, UsageError
from rerank_cli.evaluation.agreement import agreement
from rerank_cli.model import Candidates, Ranking
from rerank_cli.planning import plan
from rerank_cli.providers import Provider
from rerank_cli.ranking import rank
from rerank_cli.rendering.comparison import (
    MAX_RANKINGS,
    render_comparison,
    render_comparison_json,
)
from rerank_cli.settings import Flags, Settings
from rerank_cli.workflows import rank as pipeline
from rerank_cli.workflows import wiring
from rerank_cli.workflows.scoring import Scoring, check_text

_DEPTH = 10
_LONGEST_END = 1.0
"""Seconds that requests get to end after an error or Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the comparison is shown, and how."""

    top_n: int | None
    as_json: bool
    full: bool


def run(
    query: str,
    given: pipeline.Input,
    models: Sequence[str],
    scoring: Scoring,
    shown: Shown,
    streams: Streams,
) -> int:
    """Rank the passages under each model, and show the rankings. Returns the exit code."""
    pipeline.check(query, given, scoring, streams)
    asked = _asked(models, scoring, streams)
    with closing(Reporter(streams)) as events:
        engines = []
        for settings in asked:
            policy = wiring.policy_of(settings, scoring.policy)
            engines.append(wiring.engine_of(settings, scoring.extras, policy, events, streams))
        candidates = pipeline.candidates_of(query, given, streams)
        rankings = _at_once(asked, engines, candidates, scoring)
    for settings, ranking in zip(asked, rankings, strict=True):
        wiring.warn_if_split(settings, ranking.usage, streams)
    depth = min(shown.top_n or _DEPTH, len(candidates.passages))
    agreements = [agreement(rankings[0], other, depth) for other in rankings[1:]]
    if shown.as_json:
        streams.write([render_comparison_json(rankings, agreements, shown.top_n)])
    else:
        look = streams.look(to_file=False, full=shown.full)
        streams.write([render_comparison(rankings, agreements, shown.top_n, look)])
    return ExitCode.OK


def _asked(models: Sequence[str], scoring: Scoring, streams: Streams) -> list[Settings]:
    """The settings for each model, of which there must be two at least, all different."""
    if not 2 <= len(models) <= MAX_RANKINGS:
        raise UsageError(
            f"expected 2 to {MAX_RANKINGS} models to compare, not {len(models)}",
            "Name each with -m MODEL, -m PROVIDER:MODEL, or -m PROVIDER for its default.",
        )
    files = wiring.files_of(streams)
    asked: list[Settings] = []
    for name in models:
        check_text(name, "--model")
        row = files.config.providers.get(name.partition(":")[0].lower())
        settings = wiring.settings_of(_flags(name, row, scoring.flags), streams, files)
        settings.require()
        if row:
            _check_url(settings)
        if any(_same(settings, other) for other in asked):
            raise UsageError(f"--model {name} is compared with itself", "Name another model.")
        asked.append(settings)
    url = scoring.flags.base_url
    if url is not None and url.strip() not in {settings.base_url for settings in asked}:
        raise UsageError(
            "--base-url goes with none of the models",
            "Asked there: -m MODEL, -m custom:MODEL, -m custom.",
        )
    return asked


def _flags(name: str, row: Provider | None, flags: Flags) -> Flags:
    """What a name asks for: a model where the other flags say, PROVIDER:MODEL, or PROVIDER."""
    if row is None:
        return replace(flags, model=name)
    model = name.partition(":")[2] or row.model
    # A URL is not that of all providers; but what has none of its own needs it.
    base_url = None if row.base_url or row.is_embedded else flags.base_url
    return replace(flags, provider=row.name, model=model, base_url=base_url, general_key=False)


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


def _at_once(
    asked: Sequence[Settings],
    engines: Sequence[Engine],
    candidates: Candidates,
    scoring: Scoring,
) -> list[Ranking]:
    """A ranking for each, in order. Raises the error of the first that fails."""
    rankings: list[Future[Ranking]] = [Future() for _ in asked]
    here: list[Callable[[], None]] = []
    try:
        for settings, engine, ranking in zip(asked, engines, rankings, strict=True):
            work = partial(_ranking, settings, engine, candidates, scoring)
            if settings.provider.is_embedded:
                here.append(partial(_fulfil, ranking, work))
            else:
                # Unlike a thread of a pool, it does not hold up the end of the process.
                threading.Thread(target=_fulfil, args=(ranking, work), daemon=True).start()
        for fulfil in here:
            # The embedded engine computes, and cannot be stopped but by Ctrl-C in this thread.
            fulfil()
        left = set(rankings)
        while left:
            # Waits are short so that Ctrl-C is seen on systems where a lock hides it.
            done, left = wait(left, 0.5, FIRST_COMPLETED)
            for each in done:
                each.result()
        return [each.result() for each in rankings]
    finally:
        for engine in engines:
            engine.close()
        wait(rankings, _LONGEST_END)


def _fulfil(ranking: "Future[Ranking]", work: Callable[[], Ranking]) -> None:
    try:
        ranking.set_result(work())
    except BaseException as error:  # noqa: BLE001 - carried to the thread that waits
        ranking.set_exception(error)


def _ranking(
    settings: Settings, engine: Engine, candidates: Candidates, scoring: Scoring
) -> Ranking:
    policy = wiring.policy_of(settings, scoring.policy)
    scores = engine.score(plan(candidates, wiring.limits_of(engine, policy, scoring.max_passages)))
    ranked = rank(candidates, scores.values)
    return pipeline.ranking_of(candidates, ranked, settings, scores.usage)
