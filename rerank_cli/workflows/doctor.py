"""`rerank doctor`: probes an endpoint, and shows what was found."""

from rerank_cli.console.events import StreamEvents
from rerank_cli.console.streams import Streams
from rerank_cli.doctor import Diagnosis, diagnose
from rerank_cli.engines.in_process import in_process
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
    engine = None
    if settings.provider.is_embedded:
        engine, settings, _ = in_process(settings, None, events, streams.environ)
    found = diagnose(settings, files.config.providers, timeout, events.note, engine=engine)
    _redact(found, streams)
    width = streams.view(to_file=False, full=True).width
    text = render_diagnosis_json(found) if as_json else render_diagnosis(found, width)
    streams.write([text])
    return found.exit_code


def _redact(found: Diagnosis, streams: Streams) -> None:
    """Redact what an endpoint may have echoed: before it is wrapped, or escaped as JSON."""
    found.url = streams.redacted(found.url)
    found.findings = [
        each._replace(text=streams.redacted(each.text), fix=each.fix and streams.redacted(each.fix))
        for each in found.findings
    ]
