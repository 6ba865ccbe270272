"""`rerank cache info|clear`: what the cache holds, and an end to it."""

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import typer

from rerank_cli.cli.groups import HelpAlone
from rerank_cli.cli.options import shared as options
from rerank_cli.console.streams import Streams
from rerank_cli.errors import ExitCode
from rerank_cli.rendering.numbers import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rerank_cli.engines.cache.store import Store


app = typer.Typer(cls=HelpAlone, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """The scores that --cache keeps: info, clear."""


@app.command()
def info(ctx: typer.Context, as_json: options.AsJson = False) -> int:
    """Where the scores are, how many, from when."""
    from rerank_cli.rendering.cache_info import render_cache_info, render_cache_info_json

    streams = options.streams_of(ctx)
    with _store(streams) as store:
        found = store.info()
    streams.write([render_cache_info_json(found) if as_json else render_cache_info(found)])
    return ExitCode.OK


@app.command()
def clear(ctx: typer.Context) -> int:
    """Remove all scores."""
    streams = options.streams_of(ctx)
    with _store(streams) as store:
        removed = store.clear()
    if removed is None:
        streams.write([f"removed {store.path}, which could not be used\n"])
    else:
        streams.write([f"removed {counted(removed, 'score')}\n"])
    return ExitCode.OK


@contextmanager
def _store(streams: Streams) -> "Iterator[Store]":
    from rerank_cli.engines.cache.location import cache_file
    from rerank_cli.engines.cache.store import Store

    with closing(Store(cache_file(streams.environ))) as store:
        yield store
