"""`rerank models`: lists models for this process, and downloads one."""

from rerank_cli.console.streams import Streams
from rerank_cli.engines.cross_encoder import hub
from rerank_cli.engines.cross_encoder.catalogue import installed
from rerank_cli.errors import ExitCode, UsageError
from rerank_cli.rendering.model_table import render_models, render_models_json
from rerank_cli.rendering.numbers import counted, size_in_words


def show(streams: Streams, *, as_json: bool) -> int:
    """Show the models that are here, and some that can be downloaded. Asks no host."""
    found = list(installed(streams.environ))
    streams.write([render_models_json(found) if as_json else render_models(found)])
    return ExitCode.OK


def pull(model_id: str, precision: str | None, streams: Streams) -> int:
    """Download a model into the hub's cache, after saying how much that is."""
    from rerank_cli.engines.cross_encoder.choice import AUTO
    from rerank_cli.engines.cross_encoder.pulling import download, plan_download

    if not hub.is_id(model_id):
        raise UsageError(f"{model_id!r} is not an id of the hub", "Expected ORG/NAME.")
    plan = plan_download(model_id, precision or AUTO, streams.environ)
    size = size_in_words(plan.size)
    streams.report(
        f"rerank: {model_id}: {counted(len(plan.files), 'file')}, {size}, from {plan.endpoint} "
        f"to {plan.folder}"
    )
    folder = download(plan, streams.environ)
    streams.write([f"{folder}\n"])
    streams.report(f"rerank: ready: rerank QUERY FILE -p local -m {model_id}")
    return ExitCode.OK
