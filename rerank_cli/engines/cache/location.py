"""Where the cache is, and when an engine gets one."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rerank_cli import __version__
from rerank_cli.console.streams import Streams
from rerank_cli.engines import Engine, Events, Keeping
from rerank_cli.engines.cache.engine import CachedEngine, Scope
from rerank_cli.engines.cache.store import Store
from rerank_cli.errors import CacheError
from rerank_cli.settings import Settings

if TYPE_CHECKING:
    from rerank_cli.workflows.wiring import Target

_NAME = "rerank"


def cache_file(environ: Mapping[str, str]) -> Path:
    """The file of the cache. Raises CacheError where no folder for caches is known."""
    named = Path(environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute() and os.name != "nt":
        folder = named / _NAME
    else:
        from platformdirs import user_cache_path

        folder = user_cache_path(_NAME, appauthor=False)
    if not folder.is_absolute():
        raise CacheError("no folder for caches is known", "Name one: XDG_CACHE_HOME")
    return folder / "scores.sqlite"


def cached(
    engine: Keeping,
    settings: Settings,
    target: "Target | None",
    events: Events,
    streams: Streams,
) -> Engine:
    """The engine behind the cache; or as it is, with a warning, where scores cannot be kept.

    `target` says where requests go, and with what; None for the embedded engine.
    """
    model = settings.model
    if model is None:
        streams.warn("the cache is not used: the server may change its model; name one with -m")
        return engine
    if settings.listwise:
        streams.warn(f"the cache is not used: {model} scores a passage beside the others")
        return engine
    try:
        store = Store(cache_file(streams.environ))
    except CacheError as error:
        streams.warn(f"the cache is not used: {error}")
        return engine
    streams.note(f"cache: {store.path}")
    scope = _scope(settings, model, target)
    return CachedEngine(engine, store, scope, events.note, streams.warn)


def _scope(settings: Settings, model: str, target: "Target | None") -> Scope:
    row = settings.provider
    if target is None:
        # Another version may have other weights under the same name.
        return Scope("local", __version__, model)
    extras = {"fields": target.fields, "headers": dict(row.headers)}
    return Scope(target.url, row.dialect, model, extras)
