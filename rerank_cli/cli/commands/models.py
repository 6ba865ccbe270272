"""`rerank models [list]`, and `rerank models pull ID`."""

from typing import Any

import typer
from typer.core import TyperGroup

from rerank_cli.cli.options import general, output, scoring
from rerank_cli.cli.options import models as own
from rerank_cli.cli.options.groups import with_groups
from rerank_cli.console.streams import Streams

_SAID = ("quiet", "verbose", "debug")


class _ListByDefault(TyperGroup):
    """Without a command it lists."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = args and (not args[0].startswith("-") or args[0] in ("--help", "-h"))
        return super().parse_args(ctx, args if named else ["list", *args])


app = typer.Typer(cls=_ListByDefault, rich_markup_mode=None, add_completion=False)


@app.callback()
def _group() -> None:
    """The models that can rank in this process: list, pull."""


@app.command("list")
@with_groups(streams=general.streams, without=_SAID)
def show(*, as_json: output.AsJson = False, streams: Streams) -> int:
    """Which are here, and which are worth a download."""
    from rerank_cli.workflows import models

    return models.show(streams, as_json=as_json)


@app.command()
@with_groups(streams=general.streams, without=_SAID)
def pull(model: own.ModelId, *, precision: scoring.Precision = None, streams: Streams) -> int:
    """Download one into the cache of the hub, after saying how much that is.

    HF_ENDPOINT names a mirror, HF_HOME another folder, HF_TOKEN the key for a model that needs
    one; with HF_HUB_OFFLINE=1 nothing is downloaded.
    """
    from rerank_cli.workflows import models

    return models.pull(model, precision, streams)
