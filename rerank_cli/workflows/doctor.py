"""`rerank doctor`: an endpoint is probed, and what was found is shown."""

from rerank_cli.console.events import StreamEvents
from rerank_cli.console.streams import Streams
from rerank_cli.doctor import diagnose
from rerank_cli.rendering.diagnosis import render_diagnosis, render_diagnosis_json
from rerank_cli.settings import Files, Flags, resolve


def run(flags: Flags, timeout: float, streams: Streams, *, as_json: bool) -> int:
    """Diagnose the endpoint that the flags select; `timeout` is seconds a probe.

    Returns the exit code that ranking there would have.
    """
    files = Files.here(streams.environ)
    settings = resolve(flags, streams.environ, *files)
    events = StreamEvents(streams)
    events.settled(settings)
    found = diagnose(settings, files.config.providers, timeout, events.note)
    width = streams.view(to_file=False, full=True).width
    text = render_diagnosis_json(found) if as_json else render_diagnosis(found, width)
    streams.write([streams.redacted(text)])
    return found.exit_code
