"""The only place that opens input: files and standard input become passages (see `reader`).

A new input format is one module with a `parse` function and one line in `FORMATS`.
"""

from collections.abc import Mapping

# Name → module and function. Imported by `reader` when it is used: the command line needs only
# the names.
FORMATS: Mapping[str, tuple[str, str]] = {
    "lines": ("lines", "parse"),
    "jsonl": ("jsonl", "parse"),
    "csv": ("tabular", "parse_csv"),
    "tsv": ("tabular", "parse_tsv"),
}
