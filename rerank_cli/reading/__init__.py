"""Files and standard input become passages, jobs, runs and judgments; nothing else opens input.

A new input format is one module with a function `passages` and one line in `FORMATS`.
"""

from collections.abc import Mapping

# Name → module and function, imported by `reader` when used: the command line needs the names only.
FORMATS: Mapping[str, tuple[str, str]] = {
    "lines": ("lines", "passages"),
    "jsonl": ("jsonl", "passages"),
    "csv": ("tabular", "csv_passages"),
    "tsv": ("tabular", "tsv_passages"),
}
