"""The command line: arguments in, an exit code out."""

import gc
import sys

# Passages are many small objects without cycles: at Python's own pace a large file is searched for
# garbage over and over, for a sixth of the time that reading and ranking it takes.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


def main() -> None:
    """The console script. Imports are inside, so that Ctrl-C while they load is quiet too."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)
    try:
        from rerank_cli.cli.border import run
        from rerank_cli.cli.streams import Streams

        code = run(sys.argv[1:], Streams.of_process())
    except KeyboardInterrupt:  # pragma: no cover - only in the instant while modules load
        code = 130
    # What is left needs no last search for garbage: the process ends.
    gc.freeze()
    sys.exit(code)
