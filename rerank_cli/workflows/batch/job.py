"""One job: its passages are scored and ranked, and the outcome is put down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rerank_cli.engines import Engine
from rerank_cli.errors import Fault, InputError, RerankError, ScoringError, UsageError
from rerank_cli.model import Job, PassageId, Ranked, Usage
from rerank_cli.planning import Limits, plan
from rerank_cli.ranking import rank
from rerank_cli.workflows.batch.intake import Entry, Taken

# What is wrong with every job, if with one; and what else is, as long as none has succeeded.
_OF_ALL = (
    Fault.KEY,
    Fault.BALANCE,
    Fault.MODEL,
    Fault.PATH,
    Fault.TASK,
    Fault.UNREACHED,
    Fault.RATE,
)
_OF_ONE = (Fault.REQUEST, Fault.TOO_LARGE, Fault.NONSENSE)


_NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry: its output, or the error that it failed with."""

    entry: Entry
    id: PassageId | None
    output: str | None
    error: RerankError | None = None
    passages: int = 0
    blank: int = 0
    usage: Usage = _NOTHING


@dataclass(slots=True)
class JobScorer:
    """See `runner.Work`: jobs become lines of output.

    scale       maps the scores of one query
    top_n, threshold   what is kept of each query
    render      the output of a job and its ranking
    put_down    where outcomes go; it says whether more are wanted
    succeeded   whether any job has, in this run or an earlier one
    """

    engine: Engine
    limits: Limits
    scale: Callable[[Sequence[float]], Sequence[float]]
    top_n: int | None
    threshold: float | None
    render: Callable[[Job, Sequence[Ranked]], str]
    put_down: Callable[[Outcome], bool]
    succeeded: bool = False

    def do(self, taken: Taken) -> Outcome:
        """The outcome of one job. Raises RerankError for what is wrong with all of them."""
        entry, job, error = taken
        if job is None:
            return Outcome(entry, entry.id(), None, error)
        candidates = job.candidates
        try:
            scores = self.engine.score(plan(candidates, self.limits))
            kept = rank(
                candidates,
                scores.values,
                top_n=self.top_n,
                threshold=self.threshold,
                shown=self.scale(scores.values),
            )
            if len(job.positions) != job.positions[-1] + 1:
                kept = tuple(each._replace(index=job.positions[each.index]) for each in kept)
            output = self.render(job, kept)
        except (InputError, UsageError, ScoringError) as failure:
            if self._concerns_all(failure):
                raise
            return Outcome(entry, job.id, None, failure)
        self.succeeded = True
        passages = len(candidates.passages)
        return Outcome(entry, job.id, output, None, passages, job.blank, scores.usage)

    def _concerns_all(self, failure: RerankError) -> bool:
        if isinstance(failure, InputError):
            return False
        if not isinstance(failure, ScoringError):  # scores that lie where the scale does not fit
            return not self.succeeded
        if failure.fault in _OF_ALL:
            return True
        return not self.succeeded and failure.fault not in _OF_ONE
