"""Builds the engine, limits and policy that settings and options describe."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rerank_cli.engines import Engine, Events
from rerank_cli.errors import CacheError
from rerank_cli.planning import Limits
from rerank_cli.reranker.options import OPTION_OF_EXTRA
from rerank_cli.settings import Settings
from rerank_cli.transport import Policy
from rerank_cli.version import __version__


def assembled(
    settings: Settings,
    extras: Mapping[str, object],
    policy: Policy,
    events: Events,
    cache_file: Callable[[], Path],
) -> tuple[Engine, str]:
    """The engine for the settings, and the URL that it posts to (empty where it sends nothing).

    It connects, or loads its model, only when it scores. `extras` are request fields that only some
    models take: a warning says which are not sent. `cache_file` is asked for where scores are to be
    stored. Raises SettingsError where the engine's packages are not installed.
    """
    row = settings.provider
    fields = _fields(settings, extras, events)
    scope: tuple[str, str, Mapping[str, object]]
    if row.is_embedded:
        from rerank_cli.engines.local import LocalEngine

        engine: Engine = LocalEngine(events)
        # Another version may have other weights under the same name; some before stored no windows.
        url, scope = "", ("local", __version__, {"windows": True})
    else:
        from rerank_cli.engines.endpoint.engine import EndpointEngine

        engine = endpoint = EndpointEngine(settings, fields, policy, events)
        url = endpoint.exchange.url
        sent = {"fields": endpoint.exchange.fields, "headers": dict(row.headers)}
        scope = (url, row.dialect, sent)
    if settings.cache:
        engine = _cached(engine, scope, settings, events, cache_file)
    return engine, url


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
