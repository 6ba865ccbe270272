"""A pool of threads, each of which reads, scores and records one job after another."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from rerank_cli.transport.threads import started

_WINDOW = 4
"""With `ordered`: finished jobs that are held for each worker, behind one that is slower."""

Entry = TypeVar("Entry")
Result = TypeVar("Result")


class Workers(Generic[Entry, Result]):
    """`at_once` threads that take entries, `work` on them, and `record` the results.

    `record` is called by one thread at a time, and says whether more are wanted; with `ordered`, in
    the order of the entries, and `hold` with each result that has to wait for its turn. Where
    `work` has no result, nothing is recorded. What any of them raises ends all at once.
    """

    def __init__(
        self,
        entries: Iterator[Entry],
        work: Callable[[Entry], Result | None],
        record: Callable[[Result], bool],
        at_once: int,
        *,
        ordered: bool,
        hold: Callable[[Result], None] = lambda _: None,
    ) -> None:
        self._entries = entries
        self._work = work
        self._record = record
        self._hold = hold
        self._ordered = ordered
        self._window = at_once * _WINDOW
        self._changed = threading.Condition()
        self._reading = threading.Lock()
        self._taken = self._recorded = 0
        self._waiting: dict[int, Result] = {}
        self._stopped = self._over = False
        self._failure: BaseException | None = None
        self._at_once = at_once
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin."""
        self._threads = started(self._loop, self._at_once)
        if not self._threads:
            self._loop()

    def wait(self, seconds: float) -> bool:
        """Whether it is over, within so many seconds. Raises what ended it, if anything did.

        It is over when all threads have ended, something was raised, or no more results are wanted.
        """
        for thread in self._threads:
            if not self._over:
                thread.join(seconds)
            if thread.is_alive():
                break
        if self._failure:
            raise self._failure
        return self._over or not any(thread.is_alive() for thread in self._threads)

    def join(self, seconds: float) -> None:
        """Wait for the threads to end, but no longer than so many seconds in all."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0))

    def stop(self) -> None:
        """Begin nothing more; what is under way is finished."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def abandon(self) -> None:
        """Begin and record nothing more."""
        self._over = True
        self.stop()

    def _loop(self) -> None:
        try:
            while (taken := self._take()) is not None:
                number, entry = taken
                result = self._work(entry)
                if result is not None:
                    self._finish(number, result)
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits
            self._failure = self._failure or error
            self.abandon()

    def _take(self) -> tuple[int, Entry] | None:
        with self._reading:
            with self._changed:
                while self._ordered and self._taken - self._recorded >= self._window:
                    if self._stopped:
                        return None
                    self._changed.wait()
                if self._stopped:
                    return None
            try:
                entry = next(self._entries)
            except StopIteration:
                return None
            number, self._taken = self._taken, self._taken + 1
            return number, entry

    def _finish(self, number: int, result: Result) -> None:
        with self._changed:
            if self._over:
                return
            self._waiting[number] = result
            ready = [number]
            if self._ordered:
                ready = []
                while self._recorded + len(ready) in self._waiting:
                    ready.append(self._recorded + len(ready))
                if not ready:
                    self._hold(result)
            for each in ready:
                # Still in order where a failure has left a gap: nothing after it is recorded.
                self._recorded += 1
                if not self._record(self._waiting.pop(each)):
                    self._stopped = self._over = True
                    break
            self._changed.notify_all()
