"""`rerank doctor`: what is right and what is wrong with an endpoint."""

import typer

from rerank_cli.cli.options import shared as options


def doctor(
    ctx: typer.Context,
    provider: options.Provider = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    timeout: options.Timeout = 10.0,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Ask an endpoint a few tiny questions, and say what is wrong and what to do.

    Without options the endpoint is the one that ranks here. If a URL is not a known provider's,
    all wire forms are tried, and the one that it speaks is named.
    """
    from rerank_cli.rendering.diagnosis import render_diagnosis, render_json
    from rerank_cli.settings import Flags
    from rerank_cli.workflows import wiring

    streams = options.streams_of(ctx, verbose=verbose or debug)
    found = wiring.diagnosis_of(Flags(provider, model, base_url), timeout, streams)
    look = streams.look(to_file=False, full=True)
    text = render_json(found) if as_json else render_diagnosis(found, look.width)
    streams.write([streams.struck(text)])
    return found.exit_code
