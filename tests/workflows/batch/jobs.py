"""Jobs for the tests of batches: as files, as lines that were read, and what came of them."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.jobs import JobLine, job_lines


def job(job_id: object, documents: Sequence[object] = ("a", "b"), **fields: object) -> str:
    """A line of jobs; without an id if that is None."""
    row = {} if job_id is None else {"id": job_id}
    return json.dumps({**row, "query": f"q{job_id}", "documents": documents, **fields}) + "\n"


def jobs_file(file: Path, count: int, passages: int = 2, text: str = "passage") -> Path:
    """A file of jobs with ids from 0, each with passages of its own."""
    lines = (job(n, [f"{text} {n} {m}" for m in range(passages)]) for n in range(count))
    file.write_text("".join(lines))
    return file


def job_entries(
    data: bytes | str, names: FieldNames | None = None, encoding: str | None = None
) -> list[JobLine]:
    """The lines of these jobs on standard input."""
    raw = data.encode() if isinstance(data, str) else data
    return list(job_lines("-", io.BytesIO(raw), encoding, names or FieldNames()))


def rows(text: str | Path) -> list[Any]:
    """The rows of JSON lines; a line that is torn fails."""
    whole = text.read_text("utf-8") if isinstance(text, Path) else text
    assert whole == "" or whole.endswith("\n"), whole[-80:]
    return [json.loads(line) for line in whole.splitlines()]


def ids(text: str | Path) -> list[Any]:
    """The ids of JSON lines, in order."""
    return [row["id"] for row in rows(text)]
