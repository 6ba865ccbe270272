"""`rerank cache info|clear`."""

import typer

from rerank_cli.cli.groups import HelpAlone
from rerank_cli.cli.options import general, output
from rerank_cli.cli.options.groups import with_groups
from rerank_cli.console.streams import Streams

_SAID = ("quiet", "verbose", "debug")

app = typer.Typer(cls=HelpAlone, rich_markup_mode=None, add_completion=False)


@app.callback()
def _group() -> None:
    """The scores that --cache keeps: info, clear."""


@app.command()
@with_groups(streams=general.streams, without=_SAID)
def info(*, as_json: output.AsJson = False, streams: Streams) -> int:
    """Where the scores are, how many, from when."""
    from rerank_cli.workflows import cache

    return cache.info(streams, as_json=as_json)


@app.command()
@with_groups(streams=general.streams, without=_SAID)
def clear(*, streams: Streams) -> int:
    """Remove all scores."""
    from rerank_cli.workflows import cache

    return cache.clear(streams)
