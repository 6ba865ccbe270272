"""Converts documents of Python callers to passages, and results to hits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from rerank_cli.errors import InputError, RerankError
from rerank_cli.model import Candidates, Passage, PassageId, Scores, Usage, Window
from rerank_cli.ranking import rank
from rerank_cli.reading.fields import FieldNames, passage_of

Document: TypeAlias = str | Mapping[str, object]
"""A passage: its text, or a mapping that holds it under a field."""

D = TypeVar("D", bound=Document)


class Hit(NamedTuple, Generic[D]):
    """A document with its rank (from 1), relevance score, and index among those given (from 0).

    `best` is the window of its text that is nearest to the query, where the engine says which one.
    """

    rank: int
    score: float
    # A tuple has a method of this name, which is not used on a hit.
    index: int  # type: ignore[assignment]
    document: D
    best: Window | None = None


class Job(NamedTuple, Generic[D]):
    """A query with the documents to rank for it; `id` defaults to the job's index, from 0."""

    query: str
    documents: Sequence[D]
    id: PassageId | None = None


@dataclass(frozen=True, slots=True)
class JobResult(Generic[D]):
    """What came of a job: hits, or the error that it failed with; `id` is its own, or its index."""

    id: PassageId
    query: str
    ranked: tuple[Hit[D], ...] = ()
    usage: Usage = field(default_factory=Usage)
    error: RerankError | None = None

    @property
    def hits(self) -> tuple[Hit[D], ...]:
        """The hits, best first. Raises the error if the job failed."""
        if self.error:
            raise self.error
        return self.ranked


class Given(NamedTuple, Generic[D]):
    """The documents of a query as they were given, and the candidates made of them.

    `indices` holds, for each candidate, the index of its document: blank ones are no candidates.
    """

    documents: Sequence[D]
    candidates: Candidates
    indices: Sequence[int]

    @property
    def blank(self) -> list[str]:
        """Locators of the documents that are blank."""
        kept = set(self.indices)
        return [_locator(at) for at in range(len(self.documents)) if at not in kept]

    def ranked(
        self,
        scores: Scores,
        top_n: int | None,
        threshold: float | None,
        shown: Sequence[float],
    ) -> list[Hit[D]]:
        """See `ranking.rank`; the hits hold the very documents that were given."""
        results = rank(
            self.candidates,
            scores.values,
            top_n=top_n,
            threshold=threshold,
            shown=shown,
            best=scores.best,
        )
        indices = [self.indices[each.index] for each in results]
        return [
            Hit(each.rank, each.score, index, self.documents[index], each.best)
            for each, index in zip(results, indices, strict=True)
        ]


def given(query: str, documents: Sequence[D], names: FieldNames) -> Given[D]:
    """The candidates of a query.

    Raises InputError for a blank query, and for a document that holds no text (`documents[3]`).
    """
    if not isinstance(query, str) or not query.strip():
        raise InputError("is empty", source="the query", hint="Give the text to rank by.")
    _check_characters(query, "the query")
    passages = [_passage(each, at, names) for at, each in enumerate(documents)]
    indices = [at for at, each in enumerate(passages) if each.text.strip()]
    return Given(documents, Candidates(query, tuple(passages[at] for at in indices)), indices)


def _passage(document: object, index: int, names: FieldNames) -> Passage:
    source = _locator(index)
    if isinstance(document, str):
        passage = Passage(document, source, 0)
    elif isinstance(document, Mapping):
        passage = passage_of(document, names, source, 0)
    else:
        problem = f"is {type(document).__name__}, expected a string or a mapping"
        raise InputError(problem, source=source)
    _check_characters(passage.text, source)
    return passage


def _check_characters(text: str, what: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        problem = "half of a surrogate pair is no character, and cannot be sent"
        raise InputError(problem, source=what) from None


def _locator(index: int) -> str:
    return f"documents[{index}]"
