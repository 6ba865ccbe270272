"""Formats rankings as text. A new output format is one module and one line in `FORMATS`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from rerank_cli.errors import UsageError

if TYPE_CHECKING:
    from rerank_cli.model import Job, Ranked, Ranking

# Imported when it is used: the table needs Rich, the others start faster.
FORMATS: Mapping[str, str] = {
    "table": "table",
    "json": "json",
    "jsonl": "rows",
    "csv": "rows",
    "tsv": "rows",
    "text": "rows",
    "markdown": "markdown",
}
"""Name → module: its function `render_NAME` takes a ranking and a `View`, and returns pieces."""

BATCH_FORMATS = ("jsonl", "trec")
"""`render_job_NAME` of `batch_lines` takes a job, its results and the tag of the run."""

_FORMAT_OF_SUFFIX = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "text",
    ".md": "markdown",
    ".trec": "trec",
    ".run": "trec",
}


def format_for(file: str | None, formats: Collection[str], otherwise: str) -> str:
    """The format that the suffix of an output file names, or another one if it names none.

    Raises UsageError for a suffix that names a format which is not among `formats`.
    """
    suffix = PurePath(file or "").suffix.lower()
    named = _FORMAT_OF_SUFFIX.get(suffix, otherwise)
    if named in formats:
        return named
    if named == "text":  # .txt says no more than that it is none of the others
        return otherwise
    raise UsageError(
        f"--output {file}: {suffix} is for {named}, which this command does not write",
        f"-f NAME says what to write there: {', '.join(formats)}",
    )


class View(NamedTuple):
    """What the output is shown on, and how much of it.

    width     columns to fit, None for as many as it takes
    colour    whether colour codes may be used
    full      whether long passages are shown whole
    terminal  whether it is a terminal, which obeys control characters
    """

    width: int | None = None
    colour: bool = False
    full: bool = True
    terminal: bool = False


def render_ranking(ranking: "Ranking", output_format: str, view: View) -> Iterable[str]:
    """The ranking in a format of `FORMATS`, in pieces, so that the whole is never held."""
    module = import_module(f"{__name__}.{FORMATS[output_format]}")
    pieces: Iterable[str] = getattr(module, f"render_{output_format}")(ranking, view)
    return pieces


def render_job(job: "Job", results: "Sequence[Ranked]", output_format: str, tag: str) -> str:
    """The results of one query of a batch in a format of `BATCH_FORMATS`.

    `tag` names the run, where the format has a name for it. Raises InputError where the format
    cannot hold an id.
    """
    module = import_module(f"{__name__}.batch_lines")
    text: str = getattr(module, f"render_job_{output_format}")(job, results, tag)
    return text
