"""Progress of a batch on standard error, from the figures of a Tally; a summary at the end."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rerank_cli.console.events import StreamEvents
from rerank_cli.console.progress import shown
from rerank_cli.console.streams import Streams, sane_environ
from rerank_cli.errors import ExitCode
from rerank_cli.model import Usage
from rerank_cli.rendering.numbers import counted, format_cost
from rerank_cli.settings import Settings
from rerank_cli.transport.waits import Wait

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_BETWEEN_LINES = 30.0
"""Seconds between two lines where nobody watches a terminal."""


@dataclass(slots=True)
class Tally:
    """What has become of the jobs so far.

    queries, failed   jobs that were ranked in this run, and that were not
    before            jobs that an earlier run has finished
    passages, blank   passages of the ranked ones, and those that were left out
    seen, skipped     size of the input that was dealt with, and of that what was done before
    """

    queries: int = 0
    failed: int = 0
    before: int = 0
    passages: int = 0
    blank: int = 0
    seen: int = 0
    skipped: int = 0
    usage: Usage = field(default_factory=Usage)


class BatchProgress(StreamEvents):
    """Shows how far a tally is. `total` is the size of all jobs, None if that is unknown.

    `alone` says whether nothing else goes to the terminal meanwhile.
    """

    def __init__(
        self,
        streams: Streams,
        tally: Tally,
        now: Callable[[], float] = time.monotonic,
        *,
        total: int | None = None,
        alone: bool = True,
    ) -> None:
        super().__init__(streams)
        # A bar among results that scroll by would only leave its remains there.
        self._watched = alone and streams.stderr_is_terminal and not streams.verbose
        self._tally = tally
        self._now = now
        self._began = self._last_line = now()
        self._bar: Bar | None = None
        self._retries = 0
        self._settings: Settings | None = None
        self.total = total

    def settled(self, settings: Settings) -> None:
        super().settled(settings)
        self._settings = settings

    def retried(self, why: str) -> None:
        with self._lock:
            self._retries += 1
        super().retried(why)

    def waiting(self, wait: Wait) -> None:
        with self._lock:
            self._remove_bar()
            super().waiting(wait)

    def warn(self, text: str) -> None:
        with self._lock:
            self._remove_bar()  # or the line would be written over; `show` makes another bar
            super().warn(text)

    def show(self) -> None:
        """Bring the bar up to date; without a terminal, write a line now and then."""
        with self._lock:
            if not self._streams.quiet and not self._countdown.is_shown:
                self._show()

    def _show(self) -> None:
        left = self._left()
        if self._watched and self._bar is None:
            self._bar = self._made_bar()
            self._watched = shown(self._bar)
        if self._watched and (bar := self._bar):
            summary = self._summary(short=True) + (f" · {left} left" if left else "")
            bar.update(
                bar.task_ids[0], completed=self._tally.seen, total=self.total, summary=summary
            )
        elif self._now() - self._last_line >= _BETWEEN_LINES:
            self._last_line = self._now()
            left = f" · about {left} left" if left else ""
            self._streams.report(f"rerank: {self._summary()}{left}")

    def close(self) -> None:
        super().close()
        self._remove_bar()

    def _remove_bar(self) -> None:
        if self._bar is not None:
            with suppress(OSError):
                self._bar.stop()
            self._bar = None

    def report(self, errors_file: Path | None, *, gave_up: bool) -> None:
        """Sum up what was done, at the end."""
        tally = self._tally
        parts = [self._summary()]
        cost = self._settings.cost(tally.usage.input_tokens) if self._settings else None
        if cost is not None:
            parts.append(format_cost(cost))
        if tally.usage.cached:
            parts.append(f"{tally.usage.cached} from the cache")
        if tally.before:
            parts.append(f"{tally.before} done before")
        if tally.blank:
            parts.append(f"{counted(tally.blank, 'blank passage')} left out")
        parts.append(f"{self._now() - self._began:.2f} s")
        if tally.queries or tally.failed or tally.before:
            self._streams.report(" · ".join(parts))
        if tally.failed:
            where = f": see {errors_file}" if errors_file else ""
            failed = counted(tally.failed, "query", "queries")
            stopped = "; gave up (--max-errors)" * gave_up
            facts = {"exit_code": int(ExitCode.PARTLY)}
            self._streams.error(f"{failed} failed{stopped}{where}", None, facts)

    def _summary(self, *, short: bool = False) -> str:
        tally, seconds = self._tally, self._now() - self._began
        parts = [counted(tally.queries, "query", "queries"), counted(tally.passages, "passage")]
        if tally.queries and seconds > 0:
            parts.append(f"{tally.queries / seconds:.1f}{'' if short else ' queries'}/s")
        if tally.usage.input_tokens is not None:
            parts.append(f"{tally.usage.input_tokens} tokens")
        parts += [f"{tally.failed} failed"] * bool(tally.failed)
        parts += [f"{self._retries} retries"] * bool(self._retries)
        return " · ".join(parts)

    def _left(self) -> str | None:
        """The time that the rest will take at the pace so far."""
        fresh, seconds = self._tally.seen - self._tally.skipped, self._now() - self._began
        if not self.total or fresh <= 0:
            return None
        left = int(max(self.total - self._tally.seen, 0) * seconds / fresh)
        hours, minutes = divmod(left // 60, 60)
        return f"{hours}:{minutes:02}:{left % 60:02}" if hours else f"{minutes}:{left % 60:02}"

    def _made_bar(self) -> "Bar":
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        bar = Progress(
            BarColumn(8),
            TaskProgressColumn(),
            TextColumn("{task.fields[summary]}"),
            console=Console(file=self._streams.stderr, _environ=sane_environ()),
            transient=True,
        )
        bar.add_task("", total=self.total, summary="")
        return bar
