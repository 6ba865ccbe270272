"""Handles Ctrl-C: the first finishes the requests in progress, the second stops at once."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

from rerank_cli.console.streams import Streams
from rerank_cli.transport.threads import started


class Interrupts:
    """Within it the first Ctrl-C calls `stop`; the second raises KeyboardInterrupt.

    With `at_once` the first does both, and nothing else comes out of it afterwards: Python loses
    what is raised while it happens to import a module or to free an object.
    """

    def __init__(
        self, stop: Callable[[], None], streams: Streams, *, at_once: bool = False
    ) -> None:
        self._stop = stop
        self._streams = streams
        self._at_once = at_once
        self.count = 0

    def __enter__(self) -> "Interrupts":
        # Only the main thread may; elsewhere (tests run there) Ctrl-C is somebody else's business.
        # And where it is ignored (nohup, a job in the background) it stays so.
        self._ours = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
        )
        if self._ours:
            self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, self._before)
        if self._at_once and self.count and not isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt from None

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count > 1:
            raise KeyboardInterrupt
        # In a thread of its own: what it waits for may be held by the very code that was broken
        # into.
        if not started(self._stop) or self._at_once:
            raise KeyboardInterrupt
        self._streams.report(
            "rerank: finishing what is under way; press Ctrl-C again to stop at once"
        )
