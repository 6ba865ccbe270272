"""The data path of a comparison: one query, the same passages, several engines at once."""

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

from rerank_cli.agreement import agreement
from rerank_cli.cli import pipeline, wiring
from rerank_cli.cli.events import Reporter
from rerank_cli.cli.scoring import Scoring, check_text
from rerank_cli.cli.streams import Streams
from rerank_cli.engines import Engine
from rerank_cli.errors import ExitCode, UsageError
from rerank_cli.model import Candidates, Ranking
from rerank_cli.planning import plan
from rerank_cli.providers import Provider
from rerank_cli.ranking import rank
from rerank_cli.rendering.comparison import MOST, render_json, render_table
from rerank_cli.settings import Flags, Settings

_DEPTH = 10


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
    with ExitStack() as stack:
        events = stack.enter_context(closing(Reporter(streams)))
        engines = []
        for settings in asked:
            policy = wiring.policy_of(settings, scoring.policy)
            engine = wiring.engine_of(settings, scoring.extras, policy, events, streams)
            engines.append(stack.enter_context(closing(engine)))
        candidates = pipeline.candidates_of(query, given, streams)
        rankings = _at_once(asked, engines, candidates, scoring)
    for settings, ranking in zip(asked, rankings, strict=True):
        wiring.warn_if_split(settings, ranking.usage, streams)
    depth = min(shown.top_n or _DEPTH, len(candidates.passages))
    agreements = [agreement(rankings[0], other, depth) for other in rankings[1:]]
    if shown.as_json:
        streams.write([render_json(rankings, agreements, shown.top_n)])
    else:
        look = streams.look(to_file=False, full=shown.full)
        streams.write([render_table(rankings, agreements, shown.top_n, look)])
    return ExitCode.OK


def _asked(models: Sequence[str], scoring: Scoring, streams: Streams) -> list[Settings]:
    """The settings for each model, of which there must be two at least, all different."""
    if not 2 <= len(models) <= MOST:
        raise UsageError(
            f"{len(models)} models to compare, expected 2 to {MOST}",
            "Name each with -m MODEL, -m PROVIDER:MODEL, or -m PROVIDER for its default.",
        )
    known = wiring.config_of(streams).providers
    asked: list[Settings] = []
    for name in models:
        check_text(name, "--model")
        settings = wiring.settings_of(_flags(name, known, scoring.flags), streams)
        settings.require()
        if any(_same(settings, other) for other in asked):
            raise UsageError(f"--model {name} is compared with itself", "Name another model.")
        asked.append(settings)
    return asked


def _flags(name: str, known: Mapping[str, Provider], flags: Flags) -> Flags:
    """What a name asks for: a model where the other flags say, PROVIDER:MODEL, or PROVIDER."""
    provider, _, model = name.partition(":")
    row = known.get(provider.lower())
    if row:
        # A URL is not that of all providers; but what has none of its own needs it.
        base_url = None if row.base_url or row.dialect is None else flags.base_url
        return replace(flags, provider=provider, model=model or None, base_url=base_url)
    return replace(flags, model=name)


def _same(one: Settings, other: Settings) -> bool:
    return (one.provider, one.model, one.base_url) == (other.provider, other.model, other.base_url)


def _at_once(
    asked: Sequence[Settings],
    engines: Sequence[Engine],
    candidates: Candidates,
    scoring: Scoring,
) -> list[Ranking]:
    """A ranking for each, in order. Raises the error of the first that fails."""
    pool = ThreadPoolExecutor(len(asked))
    try:
        futures = [
            pool.submit(_ranking, settings, engine, candidates, scoring)
            for settings, engine in zip(asked, engines, strict=True)
        ]
        wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            if future.done():
                future.result()
        return [future.result() for future in futures]
    except BaseException:
        for engine in engines:
            engine.close()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _ranking(
    settings: Settings, engine: Engine, candidates: Candidates, scoring: Scoring
) -> Ranking:
    policy = wiring.policy_of(settings, scoring.policy)
    scores = engine.score(plan(candidates, wiring.limits_of(engine, policy, scoring.max_passages)))
    return Ranking(
        candidates.query,
        rank(candidates, scores.values),
        total=len(candidates.passages),
        files=len({passage.source for passage in candidates.passages}),
        provider=settings.provider.name,
        model=settings.model,
        usage=scores.usage,
    )
