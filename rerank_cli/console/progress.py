"""Progress of one query: a bar in a terminal, or plain notes."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from rerank_cli.console.events import StreamEvents
from rerank_cli.console.streams import Streams, sane_environ
from rerank_cli.transport.waits import Wait

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_FEW = 4
"""Show no bar at once for at most this many requests: they are done before it could be read."""
_A_WHILE = 1.0
"""Seconds after which there is one for whatever has not been scored by then."""


def shown(bar: "Bar") -> bool:
    """Show a bar. Returns whether it is shown: it needs a thread, which the system may refuse."""
    try:
        bar.start()
    except RuntimeError:
        bar.stop()
        return False
    return True


class Progress(StreamEvents):
    """Events of one query, of one or several models. The bar is gone when it is closed."""

    def __init__(self, streams: Streams, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(streams)
        self._now = now
        self._began: float | None = None
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._requests = self._passages = self._scored = self._retries = self._at_once = 0
        self._reported = False

    def planned(self, requests: int, passages: int) -> None:
        with self._lock:
            self._requests += requests
            self._passages += passages
            self._began = self._now() if self._began is None else self._began
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, total=self._passages)
            elif self._requests > _FEW:
                self._show()

    def _show(self) -> None:
        streams = self._streams
        if streams.quiet or streams.verbose or not streams.stderr_is_terminal:
            return
        from rich import progress
        from rich.console import Console

        self._bar = progress.Progress(
            progress.SpinnerColumn(),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("passages · {task.fields[rate]}"),
            progress.TimeRemainingColumn(),
            progress.TextColumn("{task.fields[pace]}"),
            console=Console(file=self._streams.stderr, _environ=sane_environ()),
            transient=True,
        )
        self._task = self._bar.add_task(
            "", total=self._passages, completed=self._scored, rate="", pace=""
        )
        self._restart()

    def _restart(self) -> None:
        """Show the bar again, unless a countdown has its place."""
        if self._bar is not None and not self._countdown.is_shown and not shown(self._bar):
            self._bar = None

    def scored(self, passages: int) -> None:
        with self._lock:
            self._scored += passages
            self._restart()
            if self._bar is not None and self._task is not None:
                self._bar.advance(self._task, passages)
                speed = self._bar.tasks[0].speed
                self._bar.update(self._task, rate=f"{speed:.0f}/s" if speed else "")
            elif self._is_slow and self._scored < self._passages:
                self._show()

    @property
    def _is_slow(self) -> bool:
        return self._began is not None and self._now() - self._began > _A_WHILE

    def retried(self, why: str) -> None:
        with self._lock:
            self._retries += 1
            first, self._reported = not self._reported, True
        self._show_pace()
        super().retried(why)
        quiet = self._streams.verbose or self._bar is not None
        if first and not quiet and self._streams.stderr_is_terminal:
            # Somebody is waiting and sees nothing: one line says why.
            self._streams.report(f"rerank: {why}")

    def paced(self, concurrency: int, *, slower: bool) -> None:
        super().paced(concurrency, slower=slower)
        self._at_once = concurrency
        self._show_pace()

    def _show_pace(self) -> None:
        if self._bar is not None and self._task is not None:
            parts = [f"{self._at_once} at once"] * bool(self._at_once)
            parts += [f"{self._retries} retries"] * bool(self._retries)
            self._bar.update(self._task, pace=" · ".join(parts))

    def waiting(self, wait: Wait) -> None:
        with self._lock:
            if self._bar is not None:
                self._bar.stop()
            super().waiting(wait)

    def warn(self, text: str) -> None:
        with self._lock:
            if self._bar is not None:
                self._bar.stop()  # or the line would be written over
            super().warn(text)
            self._restart()

    def close(self) -> None:
        super().close()
        if self._bar is not None:
            with suppress(OSError):
                self._bar.stop()
            self._bar = None
