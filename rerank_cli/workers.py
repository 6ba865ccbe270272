"""Jobs side by side: each is read, scored and handed on by one of several threads."""

import threading
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from rerank_cli.engines.endpoint.dispatch import join_all

_WINDOW = 4
"""Jobs that may wait for the one before them, for each that is under way."""

Entry = TypeVar("Entry")
Outcome = TypeVar("Outcome")
_Taken_contra = TypeVar("_Taken_contra", contravariant=True)
_Made = TypeVar("_Made")


class Work(Protocol[_Taken_contra, _Made]):
    """What is done with an entry; `put_down` is called by one thread at a time."""

    def do(self, entry: _Taken_contra) -> _Made:
        """The entry's outcome; whatever it raises ends the whole run."""

    def put_down(self, outcome: _Made) -> bool:
        """Put the outcome down; whether more are wanted."""


class Runner(Generic[Entry, Outcome]):
    """Works on entries, so many at once; `ordered` puts outcomes down in the order of entries."""

    def __init__(
        self, entries: Iterator[Entry], work: Work[Entry, Outcome], at_once: int, *, ordered: bool
    ) -> None:
        self._entries = entries
        self._work = work
        self._ordered = ordered
        self._window = at_once * _WINDOW
        self._changed = threading.Condition()
        self._reading = threading.Lock()
        self._taken = self._put_down = 0
        self._waiting: dict[int, Outcome] = {}
        self._stopped = False
        self._failure: BaseException | None = None
        self._threads = [threading.Thread(target=self._loop, daemon=True) for _ in range(at_once)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether all has ended, within so many seconds. Raises what ended it, if anything did."""
        for thread in self._threads:
            thread.join(seconds)
            if thread.is_alive():
                return False
        if self._failure:
            raise self._failure
        return True

    def join(self, seconds: float) -> None:
        """Wait for what is under way to end, but no longer than so many seconds in all."""
        join_all(self._threads, seconds)

    def stop(self) -> None:
        """Begin nothing more; what is under way is finished."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _loop(self) -> None:
        try:
            while (taken := self._take()) is not None:
                number, entry = taken
                self._hand_on(number, self._work.do(entry))
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits
            self._failure = self._failure or error
            self.stop()

    def _take(self) -> tuple[int, Entry] | None:
        with self._reading:
            with self._changed:
                while self._ordered and self._taken - self._put_down >= self._window:
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

    def _hand_on(self, number: int, outcome: Outcome) -> None:
        with self._changed:
            self._waiting[number] = outcome
            ready = [number]
            if self._ordered:
                ready = []
                while self._put_down + len(ready) in self._waiting:
                    ready.append(self._put_down + len(ready))
            for each in ready:
                # Still in order where a failure has left a gap: nothing after it is put down.
                self._put_down += 1
                if not self._work.put_down(self._waiting.pop(each)):
                    self._stopped = True
            self._changed.notify_all()
