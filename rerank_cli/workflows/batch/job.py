"""Plans, scores, ranks and formats one job of a batch.

As `Reranker.rank_many` does for Python programs; but entries come from files and may be faulty,
scores may be in the journal already, and what comes out is a line of output.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rerank_cli.errors import InputError, RerankError, ScoringError, UsageError, ends_all
from rerank_cli.model import Job, PassageId, Ranked, Scores, Usage
from rerank_cli.ranking import rank
from rerank_cli.reranker import Reranker
from rerank_cli.workflows.batch.intake import Entry, ToScore


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry: its output, or the error that it failed with.

    `scores` are those of its passages, in input order.
    """

    entry: Entry
    id: PassageId | None
    output: str | None
    error: RerankError | None = None
    passages: int = 0
    blank: int = 0
    scores: Scores | None = None
    usage: Usage = field(default_factory=Usage)


@dataclass(slots=True)
class JobScorer:
    """Makes outcomes of jobs.

    scale              maps the scores of one query to those that are written
    top_n, threshold   what is kept of each query
    render             the output of a job with its results
    scored             scores that an earlier run has paid for, by the digest of the job
    """

    reranker: Reranker
    scale: Callable[[Sequence[float]], Sequence[float]]
    top_n: int | None
    threshold: float | None
    render: Callable[[Job, Sequence[Ranked]], str]
    scored: Mapping[bytes, Scores] = field(default_factory=dict)

    def outcome(self, given: ToScore) -> Outcome | None:
        """The outcome of one job, None if it was stopped before there is any.

        Raises RerankError for what would fail all of them.
        """
        entry, job, error = given
        if job is None:
            return Outcome(entry, entry.id(), None, error)
        candidates = job.candidates
        try:
            scores = self._scores(entry, job)
            kept = rank(
                candidates,
                scores.values,
                top_n=self.top_n,
                threshold=self.threshold,
                shown=self.scale(scores.values),
                best=scores.best,
            )
            if len(job.positions) != job.positions[-1] + 1:
                kept = tuple(each._replace(index=job.positions[each.index]) for each in kept)
            output = self.render(job, kept)
        except (InputError, UsageError, ScoringError) as failure:
            if isinstance(failure, ScoringError) and failure.stopped:
                return None
            if ends_all(failure, succeeded=self.reranker.succeeded):
                raise
            return Outcome(entry, job.id, None, failure)
        self.reranker.succeeded = True
        passages = len(candidates.passages)
        return Outcome(entry, job.id, output, None, passages, job.blank, scores, scores.usage)

    def _scores(self, entry: Entry, job: Job) -> Scores:
        if (scores := self.scored.get(entry.digest)) is not None:
            return replace(scores, usage=Usage())
        return self.reranker.score_plan(self.reranker.plan(job.candidates))
