"""`rerank providers`: the endpoints it knows, and which have a key here."""

import typer

from rerank_cli.cli.options import shared as options
from rerank_cli.errors import ExitCode


def providers(ctx: typer.Context, as_json: options.AsJson = False) -> int:
    """The endpoints it knows, and which have a key here (never the key)."""
    from rerank_cli.rendering.provider_table import render_providers, render_providers_json
    from rerank_cli.workflows import wiring

    streams = options.streams_of(ctx)
    rows = wiring.keys_here(streams)
    streams.write(
        [
            render_providers_json(rows)
            if as_json
            else render_providers(rows, streams.look(to_file=False, full=True).width)
        ]
    )
    return ExitCode.OK
