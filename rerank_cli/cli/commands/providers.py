"""`rerank providers`."""

from rerank_cli.cli.options import general, output
from rerank_cli.cli.options.groups import with_groups
from rerank_cli.console.streams import Streams


@with_groups(streams=general.streams, without=("quiet", "verbose", "debug"))
def providers(*, as_json: output.AsJson = False, streams: Streams) -> int:
    """The endpoints it knows, and which have a key here (never the key)."""
    from rerank_cli.workflows import providers as workflow

    return workflow.run(streams, as_json=as_json)
