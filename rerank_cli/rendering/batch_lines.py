"""The output of a batch: a line a query, or a run that trec_eval and ir_measures read."""

from collections.abc import Iterable, Sequence

from rerank_cli.errors import InputError
from rerank_cli.model import Job, Passage, PassageId, Ranked
from rerank_cli.rendering.json import dumps, result_of
from rerank_cli.rendering.rows import renamed

_OWN = ("id", "query", "results")


def render_job_jsonl(job: Job, results: Sequence[Ranked], _tag: str) -> str:
    """A JSON object on a line: the query, the other fields of its row, and the results."""
    row = {"id": job.id, "query": job.candidates.query, **renamed(job.fields, _OWN)}
    return dumps(row | {"results": list(map(result_of, results))}) + "\n"


def render_job_trec(job: Job, results: Sequence[Ranked], tag: str) -> str:
    """A line a result, as in a run of TREC. InputError for ids that such a run cannot have."""
    query_id = _word(job.id, "the query's id", job)
    doc_ids = _doc_ids(job, [(each.passage, each.index) for each in results])
    return "".join(
        f"{query_id} Q0 {doc_id} {ranked.rank} {ranked.score!r} {tag}\n"
        for doc_id, ranked in zip(doc_ids, results, strict=True)
    )


def render_judgments(job: Job) -> str:
    """A line a judgment, as in TREC's qrels, of ids as in the job's output.

    Raises InputError for ids that such a file cannot have.
    """
    query_id = _word(job.id, "the query's id", job)
    doc_ids = _doc_ids(job, zip(job.candidates.passages, job.positions, strict=True))
    pairs = zip(doc_ids, job.judgments or (), strict=True)
    return "".join(f"{query_id} 0 {doc_id} {relevance}\n" for doc_id, relevance in pairs)


def _doc_ids(job: Job, documents: Iterable[tuple[Passage, int]]) -> list[str]:
    """The id of each passage, else its index, as one word; no two may be the same."""
    doc_ids: dict[str, None] = {}
    for passage, index in documents:
        doc_id = _word(index if passage.id is None else passage.id, "a document's id", job)
        if doc_id in doc_ids:
            raise InputError(
                f"two documents go by {doc_id!r}, which a TREC run cannot have",
                source=job.source,
                line=job.line,
                hint="A document without an id goes by its place. --format jsonl takes any id.",
            )
        doc_ids[doc_id] = None
    return list(doc_ids)


def _word(value: PassageId, what: str, job: Job) -> str:
    text = str(value)
    if not text or any(each.isspace() or not each.isprintable() for each in text):
        raise InputError(
            f"{what} is {text!r}, but in a TREC run an id is one word",
            source=job.source,
            line=job.line,
            hint="--format jsonl takes any id.",
        )
    return text
