"""The command line: arguments in, an exit code out."""

import contextlib
import gc
import os
import sys
import threading

# Passages are many small objects without cycles: at Python's own pace a large file is searched for
# garbage over and over, for a sixth of the time that reading and ranking it takes.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


def main() -> None:
    """The console script. Imports are inside, so that Ctrl-C while they load is quiet too."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)
    try:
        from rerank_cli.cli.border import run
        from rerank_cli.console.streams import Streams

        code = run(sys.argv[1:], Streams.of_process())
    except KeyboardInterrupt:  # pragma: no cover - only in the instant while modules load
        code = 130
    if threading.active_count() > 1:
        # An interrupted request may take its time to end. Python would end under its feet, which
        # now and then crashes.
        _flush()
        os._exit(code)
    # What is left needs no last search for garbage: the process ends.
    gc.freeze()
    sys.exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            if stream is not None:
                stream.flush()
