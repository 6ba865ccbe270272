"""`rerank help [TOPIC]`."""

from typing import Annotated

import typer

from rerank_cli.cli.options import general
from rerank_cli.cli.options.groups import with_groups
from rerank_cli.console.streams import Streams


def _topics() -> list[str]:
    from rerank_cli.manual import TOPICS

    return list(TOPICS)


Topic = Annotated[
    str | None,
    typer.Argument(
        metavar="[TOPIC]",
        autocompletion=_topics,
        help="Whose page to show; without it, all topics are listed.",
    ),
]


@with_groups(streams=general.streams, without=("quiet", "verbose", "debug"))
def manual(*, topic: Topic = None, streams: Streams) -> int:
    """The manual, by topic: rerank help lists them."""
    from rerank_cli.workflows import manual as workflow

    return workflow.run(topic, streams)
