"""Starts threads, as far as the system allows; where it starts none, the caller does the work."""

from collections.abc import Callable
from threading import Thread


def started(work: Callable[[], object], count: int = 1) -> list[Thread]:
    """Threads that do some work, which do not hold up the end of the process.

    There may be fewer than were asked for, or none, where the system refuses to start more.
    """
    threads: list[Thread] = []
    for _ in range(count):
        thread = Thread(target=work, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            break
        threads.append(thread)
    return threads
