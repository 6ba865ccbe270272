"""A pool of threads, each of which runs one task after another.

Apart from `threads`, because importing futures takes longer than a run of one request needs.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from time import monotonic
from typing import Any, TypeVar

from rerank_cli.transport.threads import started

T = TypeVar("T")


def fulfil(future: "Future[T]", work: Callable[[], T]) -> None:
    """Do some work, and give its result or its error to a future that is not cancelled."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - carried to the thread that waits
        future.set_exception(error)


class Pool(Executor):
    """As a ThreadPoolExecutor; a task is done at once, by who submits it, if there is no thread."""

    def __init__(self, count: int) -> None:
        self._tasks: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._closed = False
        self._threads = started(self._work, count)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[T] = Future()
        work = partial(fn, *args, **kwargs)
        if self._threads:
            self._tasks.put((future, work))
        else:
            fulfil(future, work)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._closed = True
        waiting = []
        while cancel_futures and not self._tasks.empty():
            waiting.append(self._tasks.get())
        for task in waiting:
            if task:
                task[0].cancel()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads if wait else ():
            thread.join()

    def join(self, seconds: float) -> None:
        """Wait for the threads to end, after `shutdown`, but no longer than so many seconds."""
        end = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(end - monotonic(), 0))

    def _work(self) -> None:
        while task := self._tasks.get():
            fulfil(*task)
