"""`rerank cache`: shows what the cache holds, or clears it."""

from contextlib import closing

from rerank_cli.console.streams import Streams
from rerank_cli.engines.cache.location import cache_file
from rerank_cli.engines.cache.store import Store
from rerank_cli.errors import ExitCode
from rerank_cli.rendering.cache_info import render_cache_info
from rerank_cli.rendering.numbers import counted


def info(streams: Streams, *, as_json: bool) -> int:
    """Show where the scores are, how many, and from when."""
    with closing(Store(cache_file(streams.environ))) as store:
        found = store.info()
    streams.write([render_cache_info(found, as_json=as_json)])
    return ExitCode.OK


def clear(streams: Streams) -> int:
    """Remove all scores."""
    with closing(Store(cache_file(streams.environ))) as store:
        removed = store.clear()
    if removed is None:
        streams.write([f"removed {store.path}, which could not be used\n"])
    else:
        streams.write([f"removed {counted(removed, 'score')}\n"])
    return ExitCode.OK
