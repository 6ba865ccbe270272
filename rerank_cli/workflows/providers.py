"""`rerank providers`: the table of endpoints, with where each has its key."""

from rerank_cli.console.streams import Streams
from rerank_cli.errors import ExitCode
from rerank_cli.rendering.provider_table import render_providers, render_providers_json
from rerank_cli.settings import Files, Flags, resolve


def run(streams: Streams, *, as_json: bool) -> int:
    """Show all providers, each with the variable and place of its key here, never the key."""
    files = Files.here(streams.environ)
    for error in files.dotenv.errors if files.dotenv else ():
        streams.warn(error.message)
    rows = []
    for row in files.config.providers.values():
        key = None
        if row.base_url:
            key = resolve(Flags(provider=row.name), streams.environ, *files, dry=True).key
        rows.append((row, str(key) if key else None))
    width = streams.view(to_file=False, full=True).width
    streams.write([render_providers_json(rows) if as_json else render_providers(rows, width)])
    return ExitCode.OK
