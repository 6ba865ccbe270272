"""`rerank help`: the pages of the manual, and the list of them."""

from rerank_cli import manual
from rerank_cli.console.streams import Streams
from rerank_cli.errors import ExitCode, UsageError
from rerank_cli.rendering.manual import render_page, render_topics


def run(topic: str | None, streams: Streams) -> int:
    """Show the page of a topic; without one, all topics. Returns the exit code."""
    if topic is None:
        streams.write([render_topics(manual.summaries())])
        return ExitCode.OK
    text = manual.page(topic.lower())
    if text is None:
        raise UsageError(
            f"no page of the manual is called {topic!r}",
            f"Topics: {', '.join(manual.TOPICS)}. A query that is the word help goes after --: "
            "rerank -- help FILE",
        )
    streams.write([render_page(text, streams.view(to_file=False, full=True))])
    return ExitCode.OK
