"""Records each outcome: writes and counts it; stops the batch after too many failures."""

from rerank_cli.console.batch_progress import Tally
from rerank_cli.console.streams import Streams
from rerank_cli.errors import InputError, RerankError
from rerank_cli.rendering.json import dumps
from rerank_cli.workflows.batch.intake import Entry
from rerank_cli.workflows.batch.job import Outcome
from rerank_cli.workflows.batch.ledger import Ledger


class Recorder:
    """Records each outcome once, from one thread at a time.

    With a ledger outputs go to FILE and failures to FILE.errors.jsonl; without, to standard output
    and standard error. `max_errors` failures are enough to give up.
    """

    def __init__(
        self, tally: Tally, ledger: Ledger | None, streams: Streams, max_errors: int | None
    ) -> None:
        self.tally = tally
        self._ledger = ledger
        self._streams = streams
        self._max_errors = max_errors

    @property
    def gave_up(self) -> bool:
        """Whether so many jobs have failed that no more are wanted."""
        return self._max_errors is not None and self.tally.failed >= self._max_errors

    def already_done(self, entry: Entry) -> None:
        """Count a job that an earlier run has finished."""
        self.tally.before += 1
        self.tally.seen += entry.size
        self.tally.skipped += entry.size

    def record(self, outcome: Outcome) -> bool:
        """Write an outcome and count it. Returns whether more are wanted."""
        tally = self.tally
        if outcome.output is not None:
            self._write(outcome, outcome.output)
            tally.queries += 1
            tally.passages += outcome.passages
            tally.blank += outcome.blank
        elif outcome.error is not None:
            self._write_failure(outcome, outcome.error)
            tally.failed += 1
        tally.usage += outcome.usage
        tally.seen += outcome.entry.size
        return not self.gave_up

    def hold(self, outcome: Outcome) -> None:
        """Keep what was paid for an output that waits for its turn."""
        if self._ledger is not None and outcome.scores is not None:
            self._ledger.hold(outcome.entry.digest, outcome.scores)

    def _write(self, outcome: Outcome, output: str) -> None:
        if self._ledger is None:
            self._streams.write([output])
        else:
            job_id = outcome.entry.line if outcome.id is None else outcome.id
            self._ledger.finished(outcome.entry.digest, job_id, output.encode())

    def _write_failure(self, outcome: Outcome, error: RerankError) -> None:
        entry = outcome.entry
        if self._ledger is None:
            names_it = isinstance(error, InputError) and (error.source, error.line) == (
                entry.source,
                entry.line,
            )
            locator = "" if names_it else f"{entry.source}:{entry.line}: "
            facts = {**error.facts, "file": entry.source, "line": entry.line}
            self._streams.error(locator + error.message, error.hint, facts)
            return
        row = {
            "id": outcome.id,
            "source": entry.source,
            "line": entry.line,
            "error": self._streams.redacted(error.message),
            "hint": error.hint and self._streams.redacted(error.hint),
        }
        self._ledger.failed((dumps(row) + "\n").encode())
