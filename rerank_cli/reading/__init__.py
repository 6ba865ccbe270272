"""Reads files and standard input into passages, jobs, runs and judgments; nothing else opens input.

A new input format is one module with a function `passages` and one line in `FORMATS`.
"""

from collections.abc import Mapping

MAX_INPUT = 2**29
"""Bytes of an input that are read, unless more are asked for: one without an end must not fill the
memory. Of what is read line by line, the bytes of a line."""

# Name → module and function, imported by `reader` when used: the command line needs the names only.
FORMATS: Mapping[str, tuple[str, str]] = {
    "lines": ("lines", "passages"),
    "paragraphs": ("paragraphs", "passages"),
    "files": ("whole", "passages"),
    "jsonl": ("jsonl", "passages"),
    "json": ("json_array", "passages"),
    "csv": ("tabular", "csv_passages"),
    "tsv": ("tabular", "tsv_passages"),
    "parquet": ("parquet", "passages"),
}
