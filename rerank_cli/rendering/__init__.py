"""Formats rankings as text. A new output format is one module and one line in `FORMATS`."""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

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
}
"""Name → module: its function `render_NAME` takes a ranking and a `View`, and returns pieces."""

BATCH_FORMATS = ("jsonl", "trec")
"""`render_job_NAME` of `batch_lines` takes a job, its results and the tag of the run."""


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
