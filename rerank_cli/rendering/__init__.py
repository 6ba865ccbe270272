"""Rankings as text. A new output format is one module and one line in `FORMATS`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from rerank_cli.model import Job, Ranked, Ranking

# Name → module and function. Imported when it is used: the table needs Rich, the others start
# faster.
FORMATS: Mapping[str, tuple[str, str]] = {
    "table": ("table", "render_table"),
    "json": ("json", "render_json"),
    "jsonl": ("rows", "render_jsonl"),
    "csv": ("rows", "render_csv"),
    "tsv": ("rows", "render_tsv"),
    "text": ("text", "render_text"),
}
"""Formats of one ranking; a function takes the ranking and a `View`, and returns pieces of text."""

BATCH_FORMATS: Mapping[str, tuple[str, str]] = {
    "jsonl": ("batch_lines", "render_job_jsonl"),
    "trec": ("batch_lines", "render_job_trec"),
}
"""Formats of a batch; a function takes a job, its results and the tag of the run."""


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
    pieces: Iterable[str] = _function(FORMATS[output_format])(ranking, view)
    return pieces


def render_job(job: "Job", results: "Sequence[Ranked]", output_format: str, tag: str) -> str:
    """The results of one query of a batch in a format of `BATCH_FORMATS`.

    `tag` names the run, where the format has a name for it. Raises InputError where the format
    cannot hold an id.
    """
    text: str = _function(BATCH_FORMATS[output_format])(job, results, tag)
    return text


def _function(entry: tuple[str, str]) -> Callable[..., Any]:
    module, name = entry
    function: Callable[..., Any] = getattr(import_module(f"{__name__}.{module}"), name)
    return function
