"""`rerank doctor`."""

from rerank_cli.cli.options import general, output, scoring
from rerank_cli.cli.options.groups import with_groups
from rerank_cli.console.streams import Streams


@with_groups(streams=general.streams, without=("quiet",))
def doctor(
    *,
    provider: scoring.Provider = None,
    model: scoring.Model = None,
    base_url: scoring.BaseUrl = None,
    timeout: scoring.Timeout = 10.0,
    as_json: output.AsJson = False,
    streams: Streams,
) -> int:
    """Ask an endpoint a few tiny questions, and say what is wrong and what to do.

    Without options the endpoint is the one that ranks here. If a URL is not a known provider's,
    all wire forms are tried, and the one that it speaks is named.
    """
    from rerank_cli.settings import Flags
    from rerank_cli.workflows import doctor as workflow

    flags = Flags(provider=provider, model=model, base_url=base_url)
    return workflow.run(flags, timeout, streams, as_json=as_json)
