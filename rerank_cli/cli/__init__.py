"""The command line: arguments in, an exit code out."""

import sys


def main() -> None:
    """The console script. Imports are inside, so that Ctrl-C while they load is quiet too."""
    try:
        from rerank_cli.cli.border import run
        from rerank_cli.cli.streams import Streams

        code = run(sys.argv[1:], Streams.of_process())
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
