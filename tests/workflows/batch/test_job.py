"""One job: how it is ranked, and which of the things that go wrong are its own."""

from collections.abc import Callable, Sequence

import pytest

from rerank_cli.engines import Keep
from rerank_cli.errors import (
    EndpointError,
    Fault,
    InputError,
    RefusedError,
    RerankError,
    ScoringError,
    SettingsError,
)
from rerank_cli.model import Job, Ranked, Scores, Usage
from rerank_cli.planning import Limits, Plan, Request
from rerank_cli.reranker import Reranker
from rerank_cli.workflows.batch.intake import ToScore
from rerank_cli.workflows.batch.job import JobScorer, Outcome
from tests.workflows.batch.jobs import job, job_entries


class Engine:
    """Scores a text by the number that it is, or fails as it is told to for a query."""

    limits = Limits(passages=2)

    def __init__(self) -> None:
        self.errors: dict[str, RerankError] = {}
        self.asked: list[str] = []

    def body(self, request: Request) -> bytes:
        return b""

    def score(self, plan: Plan, keep: Keep | None = None) -> Scores:
        query = plan.candidates.query
        self.asked.append(query)
        if query in self.errors:
            raise self.errors[query]
        values = tuple(float(each.text) for each in plan.candidates.passages)
        return Scores(values, Usage(len(plan.requests), 10))

    def stop(self) -> None:
        """Nothing to stop."""

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def engine() -> Engine:
    """An engine that scores."""
    return Engine()


def shown(job: Job, results: Sequence[Ranked]) -> str:
    """A ranking as ranks, places and scores."""
    kept = " ".join(f"{each.rank}:{each.index}={each.score:g}" for each in results)
    return f"{job.id} {kept}"


def scorer(
    engine: Engine,
    *,
    scale: Callable[[Sequence[float]], Sequence[float]] = tuple,
    top_n: int | None = None,
    threshold: float | None = None,
) -> JobScorer:
    """What works on jobs."""
    reranker = Reranker("local")
    reranker.engine, reranker.limits = engine, engine.limits
    return JobScorer(reranker, scale, top_n, threshold, shown)


def taken(line: str) -> ToScore:
    """A line as it is worked on."""
    (entry,) = job_entries(line)
    try:
        return ToScore(entry, entry.job())
    except InputError as error:
        return ToScore(entry, None, error)


def outcome(scoring: JobScorer, line: str) -> Outcome:
    """What becomes of a line."""
    done = scoring.outcome(taken(line))
    assert done is not None
    return done


def test_scores_of_an_earlier_run_are_not_paid_for_again(engine: Engine) -> None:
    """--ordered would pay again, after each crash, for all that was finished behind a slow job."""
    line = job("a", ["1", "3", "2"])
    first = outcome(scorer(engine), line)
    scoring = scorer(engine)
    assert first.scores is not None
    scoring.scored = {first.entry.digest: first.scores}
    again = outcome(scoring, line)
    assert again.output == first.output
    assert again.usage == Usage()
    assert len(engine.asked) == 1


def test_a_job_that_was_stopped_has_not_failed(engine: Engine) -> None:
    """Ctrl-C would fill the list of what failed with queries that nothing is wrong with."""
    engine.errors["qa"] = EndpointError("x", fault=Fault.UNREACHED, stopped=True)
    for succeeded in (False, True):
        scoring = scorer(engine)
        scoring.reranker.succeeded = succeeded
        assert scoring.outcome(taken(job("a"))) is None


def test_a_job_is_ranked_and_its_cost_told(engine: Engine) -> None:
    """Scores would stand at the wrong passages, or tokens go uncounted."""
    done = outcome(scorer(engine), job("a", ["1", "3", "2"]))
    assert (done.id, done.output, done.error) == ("a", "a 1:1=3 2:2=2 3:0=1", None)
    assert (done.passages, done.usage) == (3, Usage(2, 10))


def test_options_hold_for_each_query(engine: Engine) -> None:
    """--top-n and --threshold would cut across queries, or not at all."""
    scoring = scorer(engine, top_n=2, threshold=2.5)
    assert outcome(scoring, job("a", ["1", "3", "4", "5"])).output == "a 1:3=5 2:2=4"
    assert outcome(scoring, job("b", ["1", "3"])).output == "b 1:1=3"
    assert outcome(scoring, job("c", ["1"])).output == "c "


def test_scores_are_mapped_within_their_query(engine: Engine) -> None:
    """--scores minmax would compare queries with each other."""
    scoring = scorer(engine, scale=lambda scores: [score - max(scores) for score in scores])
    assert outcome(scoring, job("a", ["7", "5"])).output == "a 1:0=0 2:1=-2"
    assert outcome(scoring, job("b", ["70"])).output == "b 1:0=0"


def test_places_are_those_in_the_row_though_blank_documents_are_left_out(engine: Engine) -> None:
    """An index would point at another document of the row than the one that was scored."""
    done = outcome(scorer(engine), job("a", ["", "1", " ", {"text": "2"}, ""]))
    assert done.output == "a 1:3=2 2:1=1"
    assert done.passages == 2


def test_a_line_that_is_no_job_costs_nothing(engine: Engine) -> None:
    """A malformed line would be sent, or counted as finished."""
    done = outcome(scorer(engine), job("a", []))
    assert (done.id, done.output, done.passages) == ("a", None, 0)
    assert done.error is not None
    assert engine.asked == []


def test_what_cannot_be_rendered_fails_by_itself(engine: Engine) -> None:
    """One id with a blank in it would end a batch with --format trec."""
    scoring = scorer(engine)
    error = InputError("no word", source="x", line=1)

    def refuse(job: Job, results: Sequence[Ranked]) -> str:
        raise error

    scoring.render = refuse
    assert outcome(scoring, job("a", ["1"])).error is error


def failure(fault: Fault) -> ScoringError:
    """What an endpoint did."""
    kind = RefusedError if fault in {Fault.KEY, Fault.REQUEST, Fault.TOO_LARGE} else EndpointError
    return kind(fault.value, fault=fault)


_OF_ALL = [
    Fault.KEY,
    Fault.BALANCE,
    Fault.MODEL,
    Fault.PATH,
    Fault.TASK,
    Fault.UNREACHED,
    Fault.RATE,
]
_OF_ONE = [Fault.REQUEST, Fault.TOO_LARGE, Fault.NONSENSE]
_EITHER = sorted(set(Fault) - {*_OF_ALL, *_OF_ONE})


@pytest.mark.parametrize("fault", _OF_ALL)
@pytest.mark.parametrize("before", [(), ("a",)])
def test_what_is_wrong_with_every_query_ends_the_batch(
    engine: Engine, fault: Fault, before: tuple[str, ...]
) -> None:
    """A million queries would be called bad because the balance is used up."""
    scoring = scorer(engine)
    for each in before:
        outcome(scoring, job(each, ["1"]))
    engine.errors["qb"] = failure(fault)
    with pytest.raises(ScoringError) as caught:
        outcome(scoring, job("b", ["1"]))
    assert caught.value is engine.errors["qb"]


@pytest.mark.parametrize("fault", _OF_ONE)
def test_what_is_wrong_with_a_query_is_its_own(engine: Engine, fault: Fault) -> None:
    """The first query of a file would end the batch by being too long."""
    engine.errors["qa"] = failure(fault)
    done = outcome(scorer(engine), job("a", ["1"]))
    assert (done.id, done.output, done.error) == ("a", None, engine.errors["qa"])


@pytest.mark.parametrize("fault", _EITHER)
def test_an_endpoint_that_fails_from_the_start_ends_the_batch(engine: Engine, fault: Fault) -> None:
    """With a server that is broken each of a million queries would be tried for minutes."""
    engine.errors["qa"] = failure(fault)
    with pytest.raises(ScoringError):
        outcome(scorer(engine), job("a", ["1"]))


@pytest.mark.parametrize("fault", _EITHER)
def test_an_endpoint_that_has_answered_fails_for_one_query(engine: Engine, fault: Fault) -> None:
    """One query at which the server stumbles would end the batch."""
    engine.errors["qb"] = failure(fault)
    scoring = scorer(engine)
    outcome(scoring, job("a", ["1"]))
    assert outcome(scoring, job("b", ["1"])).error is engine.errors["qb"]
    assert outcome(scoring, job("c", ["1"])).output == "c 1:0=1"


def test_what_is_no_query_s_fault_ends_the_batch(engine: Engine) -> None:
    """A setting that cannot be used would be written down as a million bad queries."""
    engine.errors["qa"] = SettingsError("no such thing")
    with pytest.raises(SettingsError):
        outcome(scorer(engine), job("a", ["1"]))


def test_no_score_is_made_up(engine: Engine) -> None:
    """A threshold of 0 would drop what it should keep, or keep what it should drop."""
    scoring = scorer(engine, threshold=0.0)
    assert outcome(scoring, job("a", ["0", "-0.0", "-1e-300"])).output == "a 1:0=0 2:1=-0"
