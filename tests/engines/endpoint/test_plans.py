"""One engine for many plans: what they share."""

import json
from collections.abc import Mapping

import pytest

from rerank_cli.engines.endpoint.engine import EndpointEngine
from rerank_cli.errors import EndpointError, Fault
from rerank_cli.model import Candidates, Passage
from rerank_cli.planning import Limits, Plan, plan
from rerank_cli.settings import Flags, Settings, resolve
from rerank_cli.transport import MAX_REPLY, Policy, Reply
from rerank_cli.transport.waits import Wait
from tests.transport.clocks import FakeClock


class Silent:
    """Receives events, and does nothing about them."""

    def planned(self, requests: int, passages: int) -> None: ...
    def scored(self, passages: int) -> None: ...
    def retried(self, why: str) -> None: ...
    def paced(self, concurrency: int, *, slower: bool) -> None: ...

    def waiting(self, wait: Wait) -> None: ...
    def note(self, text: str) -> None: ...
    def warn(self, text: str) -> None: ...
    def settled(self, settings: Settings) -> None: ...


class Endpoint:
    """A connection to a server that scores after the replies it was given; notes each moment."""

    def __init__(self, clock: FakeClock, *first: Reply) -> None:
        self.clock = clock
        self.moments: list[float] = []
        self.connections = 0
        self._first = list(first)

    def __call__(self) -> "Endpoint":
        self.connections += 1
        return self

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        most: int = MAX_REPLY,
    ) -> Reply:
        self.moments.append(self.clock.now())
        if self._first:
            return self._first.pop(0)
        texts = json.loads(body)["documents"]
        results = [{"index": i, "relevance_score": 0.5} for i, _ in enumerate(texts)]
        return Reply(200, {}, json.dumps({"results": results}).encode())

    def close(self) -> None: ...


def _engine(policy: Policy, *first: Reply) -> tuple[EndpointEngine, Endpoint]:
    clock = FakeClock()
    endpoint = Endpoint(clock, *first)
    settings = resolve(Flags(base_url="http://localhost:1/v1"), {}, None)
    fields = {"truncate": "END"}
    engine = EndpointEngine(
        settings, fields, policy, Silent(), clock=clock, connect=lambda: endpoint
    )
    return engine, endpoint


def _planned(engine: EndpointEngine, number: int) -> Plan:
    return plan(Candidates("q", (Passage(f"text {number}", "f", number),)), engine.limits)


def test_no_minute_of_many_small_plans_exceeds_a_limit() -> None:
    """In a batch each query by itself keeps the limit of the account, and all together break it."""
    engine, endpoint = _engine(Policy(rpm=10, concurrency=1))
    for number in range(35):
        engine.score(_planned(engine, number))
        endpoint.clock.seconds += 0.5
    moments = endpoint.moments
    assert len(moments) == 35
    assert max(sum(start <= at < start + 60 for at in moments) for start in moments) == 10
    assert moments[9] - moments[0] == 4.5


def test_plans_share_a_connection() -> None:
    """Each query of a batch would shake hands anew."""
    engine, endpoint = _engine(Policy(concurrency=1))
    for number in range(3):
        engine.score(_planned(engine, number))
    assert endpoint.connections == 1


def test_url_and_fields_are_those_that_are_sent() -> None:
    """Scores would be taken out of the cache for requests of another kind."""
    engine, _ = _engine(Policy())
    assert engine.exchange.url == "http://localhost:1/v1/rerank"
    assert engine.exchange.fields.items() >= {"truncate": "END"}.items()
    request = _planned(engine, 1).requests[0]
    assert json.loads(engine.body(request)).items() >= engine.exchange.fields.items()


_SLOW = Reply(503, {"retry-after": "4"}, b'{"message": "busy"}')


def _tries(engine: EndpointEngine, endpoint: Endpoint) -> int:
    """How often a plan is sent that fails each time."""
    before = len(endpoint.moments)
    with pytest.raises(EndpointError):
        engine.score(_planned(engine, 1))
    return len(endpoint.moments) - before


def test_each_call_has_the_whole_deadline() -> None:
    """A service that keeps its engine for days would try nothing again after the first seconds."""
    policy = Policy(retries=9, at_first=9, exact=True, deadline=10.0, concurrency=1)
    engine, endpoint = _engine(policy, *[_SLOW] * 9)
    assert _tries(engine, endpoint) == 3
    endpoint.clock.seconds += 1000.0
    assert _tries(engine, endpoint) == 3


def test_the_requests_of_a_call_share_its_deadline() -> None:
    """--deadline would be passed by as many times as there are requests."""
    policy = Policy(retries=9, at_first=9, exact=True, deadline=10.0, concurrency=1)
    good = Reply(200, {}, b'{"results": [{"index": 0, "relevance_score": 0.5}]}')
    engine, endpoint = _engine(policy, _SLOW, good, _SLOW, _SLOW)
    passages = tuple(Passage(f"text {number}", "f", number) for number in range(3))
    with pytest.raises(EndpointError):
        engine.score(plan(Candidates("q", passages), Limits(passages=1)))
    assert [at - 1000.0 for at in endpoint.moments] == [0.0, 4.0, 4.0, 8.0]


def test_a_deadline_that_is_started_is_the_end_for_all_plans() -> None:
    """A batch would try each of its queries again until the deadline, thousands of times."""
    policy = Policy(retries=9, at_first=9, exact=True, deadline=10.0, concurrency=1, began=1000.0)
    engine, endpoint = _engine(policy, *[_SLOW] * 9)
    assert _tries(engine, endpoint) == 3
    assert _tries(engine, endpoint) == 1
    endpoint.clock.seconds += 1000.0
    assert _tries(engine, endpoint) == 1


def test_an_error_has_its_facts_as_fields() -> None:
    """A caller of the library would have to read an English sentence to know what happened."""
    busy = Reply(503, {"x-request-id": "r1"}, b'{"message": "busy", "code": 7}')
    engine, _ = _engine(Policy(retries=1), busy, busy)
    with pytest.raises(EndpointError) as caught:
        engine.score(_planned(engine, 1))
    error = caught.value
    assert (error.fault, error.transient) == (Fault.BUSY, True)
    assert (error.status, error.code, error.request_id, error.said) == (503, 7, "r1", "busy")
    assert (error.provider, error.url) == ("custom", "http://localhost:1/v1/rerank")
    assert error.attempts == 2
    assert error.seconds > 0
    assert error.problem == "the endpoint is overloaded"
    assert error.message == (
        "custom (http://localhost:1/v1/rerank): the endpoint is overloaded "
        f"(HTTP 503, code 7, request id r1): busy; gave up after 2 tries in {error.seconds:.1f} s"
    )
