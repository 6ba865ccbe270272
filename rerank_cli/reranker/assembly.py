"""Builds the engine, limits and policy that settings and options describe."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from rerank_cli.engines import Engine, Events
from rerank_cli.engines.cache.location import cache_file
from rerank_cli.errors import CacheError, SettingsError
from rerank_cli.planning import Limits
from rerank_cli.reranker.options import OPTION_OF_EXTRA, ScoringOptions
from rerank_cli.settings import Settings
from rerank_cli.transport import Policy


def assembled(
    settings: Settings,
    options: ScoringOptions,
    policy: Policy,
    events: Events,
    cache: bool | str | os.PathLike[str],
    environ: Mapping[str, str],
) -> tuple[Engine, str, Settings]:
    """The engine, the URL that it posts to (empty if none), and the settings as a model has them.

    It connects, or loads its model, only when it scores. A warning says which request fields are
    not sent, because the model takes none such. `cache` is the file for scores, if it is a path.
    Raises SettingsError where the engine's packages are not installed, or a model is not here.
    """
    row = settings.provider
    fields = _fields(settings, options.extras, events)
    scope: tuple[str, str, Mapping[str, object]]
    if not settings.is_cross_encoder:
        _check_only_local(settings, options)
    if row.is_embedded:
        from rerank_cli.engines.in_process import in_process

        here = in_process(settings, options.precision, events, environ, pull=options.pull)
        engine, settings = here.engine, here.settings
        url, scope = "", ("local", *here.scope)
    else:
        from rerank_cli.engines.endpoint.engine import EndpointEngine

        engine = endpoint = EndpointEngine(settings, fields, policy, events)
        url = endpoint.exchange.url
        sent = {"fields": endpoint.exchange.fields, "headers": dict(row.headers)}
        scope = (url, row.dialect, sent)
    if settings.cache:
        file = partial(cache_file, environ) if isinstance(cache, bool) else partial(Path, cache)
        engine = _cached(engine, scope, settings, events, file)
    return engine, url, settings


def _check_only_local(settings: Settings, options: ScoringOptions) -> None:
    """Refuse options of models in this process where another engine scores."""
    asked = {"--precision": options.precision, "--pull": options.pull}
    for name in (name for name, value in asked.items() if value):
        raise SettingsError(
            f"{name} does not go with {settings.provider.name} {settings.model or ''}".rstrip(),
            "It is for a model in this process: -p local -m FOLDER_OR_ID.",
        )


def _fields(settings: Settings, extras: Mapping[str, object], events: Events) -> dict[str, object]:
    """The options that the model takes, by the endpoint's names for them."""
    fields: dict[str, object] = {}
    for name, value in extras.items():
        field = settings.provider.field_of(name, settings.model)
        if field:
            fields[field] = value
            continue
        model = settings.model or "a model that is not named (-m)"
        served = f"{model} on {settings.provider.name}" if settings.model else model
        events.warn(f"{OPTION_OF_EXTRA[name]} is not sent: {served} is not known to take it")
    return fields


def _cached(
    engine: Engine,
    scope: tuple[str, str, Mapping[str, object]],
    settings: Settings,
    events: Events,
    cache_file: Callable[[], Path],
) -> Engine:
    """The engine behind the cache; or as it is, with a warning, where scores cannot be stored.

    `scope` is what a score depends on beside query, passage and model: URL, wire form, and what
    else is sent.
    """
    from rerank_cli.engines.cache.engine import CachedEngine, Scope
    from rerank_cli.engines.cache.store import Store

    model = settings.model
    if model is None:
        events.warn("the cache is not used: the server may change its model; name one with -m")
        return engine
    if settings.listwise:
        events.warn(f"the cache is not used: {model} scores a passage beside the others")
        return engine
    try:
        store = Store(cache_file())
    except CacheError as error:
        events.warn(f"the cache is not used: {error}")
        return engine
    events.note(f"cache: {store.path}")
    url, dialect, sent = scope
    return CachedEngine(engine, store, Scope(url, dialect, model, sent), events)


def limits_for(engine: Engine, policy: Policy, max_passages: int | None) -> Limits:
    """What a request may carry; never more tokens than a minute allows."""
    limits = engine.limits
    tokens = [most for most in (limits.tokens, policy.tpm) if most]
    return Limits(max_passages or limits.passages, limits.bytes, min(tokens, default=None))
