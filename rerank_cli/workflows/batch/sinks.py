"""Where the outcomes of a batch go: a file with its account, or standard output."""

from typing import Protocol

from rerank_cli.console.streams import Streams
from rerank_cli.errors import InputError
from rerank_cli.rendering.json import dumps
from rerank_cli.workflows.batch.job import Outcome
from rerank_cli.workflows.batch.ledger import Ledger


class Sink(Protocol):
    """Takes outcomes, one at a time."""

    def finished(self, outcome: Outcome, output: str) -> None:
        """A job's output."""

    def failed(self, outcome: Outcome, message: str, hint: str | None) -> None:
        """A job that failed."""


class FileSink:
    """Outputs to FILE, failures to FILE.errors.jsonl."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def finished(self, outcome: Outcome, output: str) -> None:
        job_id = outcome.entry.line if outcome.id is None else outcome.id
        self._ledger.finished(outcome.entry.digest, job_id, output.encode())

    def failed(self, outcome: Outcome, message: str, hint: str | None) -> None:
        entry = outcome.entry
        row = {
            "id": outcome.id,
            "source": entry.source,
            "line": entry.line,
            "error": message,
            "hint": hint,
        }
        self._ledger.failed((dumps(row) + "\n").encode())


class StreamSink:
    """Outputs to standard output, failures to standard error."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def finished(self, outcome: Outcome, output: str) -> None:
        self._streams.write([output])

    def failed(self, outcome: Outcome, message: str, hint: str | None) -> None:
        entry, error = outcome.entry, outcome.error
        located = isinstance(error, InputError) and (error.source, error.line) == (
            entry.source,
            entry.line,
        )
        place = "" if located else f"{entry.source}:{entry.line}: "
        self._streams.error(place + message, hint)
