"""How far a batch is: counted, shown on standard error, and summed up at the end."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rerank_cli.console.streams import Streams
from rerank_cli.model import Usage
from rerank_cli.rendering.numbers import counted
from rerank_cli.workflows.batch.intake import Entry
from rerank_cli.workflows.batch.job import Outcome
from rerank_cli.workflows.batch.sinks import Sink

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_BETWEEN_LINES = 30.0
"""Seconds between two lines where nobody watches a terminal."""


class Progress:
    """Counts outcomes; see `engines.Events` too. `total` is the size of all jobs, if known.

    `alone` says whether nothing else goes to the terminal meanwhile.
    """

    def __init__(
        self,
        streams: Streams,
        total: int | None,
        now: Callable[[], float] = time.monotonic,
        *,
        alone: bool = True,
    ) -> None:
        self._streams = streams
        # A bar among results that scroll by would only leave its remains there.
        self._watched = alone and streams.stderr_is_terminal and not streams.verbose
        self._total = total
        self._now = now
        self._lock = threading.Lock()
        self._began = self._last_line = now()
        self._bar: Bar | None = None
        self._seen = self._skipped_size = 0
        self.gave_up = False
        self.queries = self.passages = self.failed = self.retries = self.before = self.blank = 0
        self.usage = Usage()

    # engines.Events

    def planned(self, requests: int, passages: int) -> None:
        """Nothing: queries are counted here."""

    def scored(self, passages: int) -> None:
        """Nothing: passages are counted when their query is done."""

    def retried(self, why: str) -> None:
        with self._lock:
            self.retries += 1
            self._streams.note(why)

    def paced(self, concurrency: int, *, slower: bool) -> None:
        if slower:
            self.note(f"overloaded: at most {concurrency} requests at once now")

    def note(self, text: str) -> None:
        if self._streams.verbose:
            with self._lock:
                self._streams.note(text)

    # Jobs

    def passed(self, entry: Entry) -> None:
        """A job was finished in an earlier run."""
        self.before += 1
        self._seen += entry.size
        self._skipped_size += entry.size

    def put_down(self, outcome: Outcome, sink: Sink, max_errors: int | None) -> bool:
        """Hand an outcome on, and count it; whether more are wanted."""
        if outcome.output is not None:
            sink.finished(outcome, outcome.output)
            self.queries += 1
            self.passages += outcome.passages
            self.blank += outcome.blank
        elif outcome.error is not None:
            sink.failed(outcome, outcome.error.message, outcome.error.hint)
            self.failed += 1
        self.usage += outcome.usage
        self._seen += outcome.entry.size
        self.gave_up = max_errors is not None and self.failed >= max_errors
        return not self.gave_up

    @property
    def any_seen(self) -> bool:
        """Whether there was any job at all."""
        return self._seen > 0

    # Showing

    def show(self) -> None:
        """Bring the bar up to date; without a terminal, say how far things are now and then."""
        streams = self._streams
        if streams.quiet:
            return
        left = self._left()
        if self._watched:
            said = self._said(short=True) + (f" · {left} left" if left else "")
            bar = self._bar or self._made_bar()
            bar.update(bar.task_ids[0], completed=self._seen, total=self._total, said=said)
        elif self._now() - self._last_line >= _BETWEEN_LINES:
            self._last_line = self._now()
            streams.tell(f"rerank: {self._said()}" + (f" · about {left} left" if left else ""))

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            with suppress(OSError):
                self._bar.stop()
            self._bar = None

    def summary(self, errors_file: Path | None) -> None:
        """Say what was done."""
        parts = [self._said()]
        if self.usage.cached:
            parts.append(f"{self.usage.cached} from the cache")
        if self.before:
            parts.append(f"{self.before} done before")
        if self.blank:
            parts.append(f"{counted(self.blank, 'blank passage')} left out")
        parts.append(f"{self._now() - self._began:.2f} s")
        if self.queries or self.failed or self.before:
            self._streams.tell(" · ".join(parts))
        if self.failed:
            where = f": see {errors_file}" if errors_file else ""
            gave_up = "; gave up (--max-errors)" if self.gave_up else ""
            failed = counted(self.failed, "query", "queries")
            self._streams.error(f"{failed} failed{gave_up}{where}")

    def _said(self, *, short: bool = False) -> str:
        seconds = self._now() - self._began
        parts = [counted(self.queries, "query", "queries"), counted(self.passages, "passage")]
        if self.queries and seconds > 0:
            parts.append(f"{self.queries / seconds:.1f}{'' if short else ' queries'}/s")
        if self.usage.input_tokens is not None:
            parts.append(f"{self.usage.input_tokens} tokens")
        parts += [f"{self.failed} failed"] * bool(self.failed)
        parts += [f"{self.retries} retries"] * bool(self.retries)
        return " · ".join(parts)

    def _left(self) -> str | None:
        """The time that the rest will take, if it goes on like this."""
        fresh, seconds = self._seen - self._skipped_size, self._now() - self._began
        if not self._total or fresh <= 0:
            return None
        left = int(max(self._total - self._seen, 0) * seconds / fresh)
        hours, minutes = divmod(left // 60, 60)
        return f"{hours}:{minutes:02}:{left % 60:02}" if hours else f"{minutes}:{left % 60:02}"

    def _made_bar(self) -> "Bar":
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self._bar = Progress(
            BarColumn(8),
            TaskProgressColumn(),
            TextColumn("{task.fields[said]}"),
            console=Console(file=self._streams.stderr),
            transient=True,
        )
        self._bar.add_task("", total=self._total, said="")
        self._bar.start()
        return self._bar
