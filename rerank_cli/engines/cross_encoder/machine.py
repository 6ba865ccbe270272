"""What this machine has: instructions of its processor, free memory, a graphics processor."""

import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd")
_VNNI = {"avx512_vnni", "avx_vnni", "amx_int8"}


class Machine(NamedTuple):
    """What decides which file of a model is used.

    arm, avx512, vnni   whether the processor is of that family, or has these instructions
    free                bytes of memory that are free; None if unknown
    gpu                 whether there is a graphics processor that torch may use
    """

    arm: bool = False
    avx512: bool = False
    vnni: bool = False
    free: int | None = None
    gpu: bool = False


def this_machine() -> Machine:
    """What can be found out without a package."""
    flags: set[str] = set()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("ascii", "replace").splitlines()
        flags.update(next((line.split() for line in lines if line.startswith("flags")), ()))
    return Machine(
        arm=platform.machine().lower() in ("arm64", "aarch64"),
        avx512="avx512f" in flags,
        vnni=bool(_VNNI & flags),
        free=_free_memory(),
        gpu=any(map(os.path.exists, _GPU_DEVICES)),
    )


def _free_memory() -> int | None:
    """The least of what the system and the container have left."""
    left = []
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                left.append(int(value.split()[0]) * 1024)
    with suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        limit = (group / "memory.max").read_text("ascii").strip()
        if limit != "max":
            left.append(int(limit) - int((group / "memory.current").read_text("ascii")))
    if not left:
        with suppress(AttributeError, OSError, ValueError):
            left.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(left, default=None)
