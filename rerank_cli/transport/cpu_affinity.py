"""Processor cores: how many there are, and threads kept on one that share the interpreter lock."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_CORE = 36
"""Index, after the name, of the core that ran the process last (proc(5), field 39)."""

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Microseconds of all cores together that a container may use in a period, and the period."""


def usable_cores() -> int:
    """How many cores this process may use, by its affinity and the quota of its container."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = allowed or 1
    with suppress(OSError, ValueError):
        quota, period = _QUOTA.read_text("ascii").split()
        if quota != "max":
            cores = min(cores, max(round(int(quota) / int(period)), 1))
    return cores


@contextmanager
def one_core() -> Iterator[None]:
    """Within it this thread, and those that it starts, keep to one core, where the system can.

    Python runs one thread at a time. Spread over cores, many threads that wait for short things
    pass its lock from core to core, which takes longer than the work: a third of the time in
    tests/benchmarks/batch.py.
    """
    core = _this_core()
    if core is None or sys.platform != "linux":
        yield
        return
    before: set[int] = set()
    with suppress(OSError):  # a sandbox may refuse it
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        with suppress(OSError):  # cores may be taken away meanwhile
            os.sched_setaffinity(0, before)


def _this_core() -> int | None:
    """The core that runs this thread, if it is one of several that may."""
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    if sys.platform != "linux" or not gil:
        return None
    with suppress(OSError, ValueError, IndexError):
        stat = Path("/proc/thread-self/stat").read_text("ascii", "replace")
        core = int(stat.rpartition(")")[2].split()[_CORE])
        allowed = os.sched_getaffinity(0)
        return core if core in allowed and len(allowed) > 1 else None
    return None
