"""What happens while an engine scores, told on standard error: a progress bar, or plain notes."""

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from rerank_cli.console.streams import Streams

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_FEW = 4
"""Requests that are done before a progress bar could be read."""


class Reporter:
    """See `engines.Events`. The bar shows in a terminal only, and is gone when done."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._lock = threading.Lock()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._requests = self._passages = self._retries = 0
        self._at_once = 0
        self._told = False

    def planned(self, requests: int, passages: int) -> None:
        # Several models may be asked at the same time.
        with self._lock:
            self._requests += requests
            self._passages += passages
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, total=self._passages)
            elif self._requests > _FEW:
                self._show()

    def _show(self) -> None:
        streams = self._streams
        if streams.quiet or streams.verbose or not streams.stderr_is_terminal:
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("passages · {task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[pace]}"),
            console=Console(file=self._streams.stderr),
            transient=True,
        )
        self._task = self._bar.add_task("", total=self._passages, rate="", pace="")
        self._bar.start()

    def scored(self, passages: int) -> None:
        if self._bar is None or self._task is None:
            return
        with self._lock:
            self._bar.advance(self._task, passages)
            speed = self._bar.tasks[0].speed
            self._bar.update(self._task, rate=f"{speed:.0f}/s" if speed else "")

    def retried(self, why: str) -> None:
        with self._lock:
            self._retries += 1
            first, self._told = not self._told, True
        self._show_pace()
        if self._streams.verbose:
            self.note(why)
        elif first and self._bar is None and self._streams.stderr_is_terminal:
            # Somebody is waiting and sees nothing: one line says why.
            self._streams.tell(f"rerank: {why}")

    def paced(self, concurrency: int, *, slower: bool) -> None:
        if slower:
            self.note(f"overloaded: at most {concurrency} requests at once now")
        self._at_once = concurrency
        self._show_pace()

    def _show_pace(self) -> None:
        if self._bar is not None and self._task is not None:
            parts = [f"{self._at_once} at once"] * bool(self._at_once)
            parts += [f"{self._retries} retries"] * bool(self._retries)
            self._bar.update(self._task, pace=" · ".join(parts))

    def note(self, text: str) -> None:
        with self._lock:
            self._streams.note(text)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            with suppress(OSError):
                self._bar.stop()
