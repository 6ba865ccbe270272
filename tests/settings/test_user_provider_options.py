"""What single providers do in their own way: keys that choose a host, answers that come later."""

import httpx
import pytest
import respx

from tests.network import PASSAGES, network, of, ranked, reply_of
from tests.running import KEY, Ended, rerank

# Voyage: two hosts


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("pa-0123456789abcdef", "https://api.voyageai.com/v1/rerank"),
        ("al-0123456789abcdef", "https://ai.mongodb.com/v1/rerank"),
    ],
)
def test_voyage_key_goes_to_its_own_host(key: str, url: str) -> None:
    """A key that MongoDB sold would be refused by Voyage, and be shown to it."""
    sent, _ = ranked("voyage", VOYAGE_API_KEY=key)
    assert sent.url == url
    assert sent.headers["authorization"] == f"Bearer {key}"


def test_mongodb_key_goes_where_the_user_says() -> None:
    """A gateway in front of Voyage could not be used with such a key."""
    sent, _ = ranked("voyage", "--base-url", "https://host/v1", VOYAGE_API_KEY="al-0123456789")
    assert sent.url == "https://host/v1/rerank"


# NVIDIA: the answer may come later

_URL = "https://ai.api.nvidia.com/v1/retrieval/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking"
_STATUS = "https://api.nvcf.nvidia.com/v2/nvcf/pexec/status"
_PENDING = httpx.Response(202, headers={"NVCF-REQID": "7b8a-42"})


def _nvidia(router: respx.MockRouter, *arguments: str) -> Ended:
    where = ("-p", "nvidia", "--json", "--retries", "0")
    done = rerank("q", *where, *arguments, stdin=PASSAGES, env={"NVIDIA_API_KEY": KEY})
    assert KEY not in done.out + done.err
    assert all(KEY not in str(call.request.url) for call in router.calls)
    return done


def test_answer_that_is_not_ready_is_asked_for(slept: list[float]) -> None:
    """A model that has to start first would be taken for an endpoint that is broken."""
    ready = httpx.Response(200, json=reply_of("nim", -1.5, 2.5))
    with network() as router:
        router.post(_URL).mock(return_value=_PENDING)
        asked = router.get(f"{_STATUS}/7b8a-42").mock(side_effect=[_PENDING, _PENDING, ready])
        done = _nvidia(router)
        requests = [of(call.request) for call in asked.calls]
    assert done.code == 0, done.err
    assert '"score": 2.5' in done.out
    assert len(requests) == len(slept) == 3
    for request in requests:
        assert request.own_headers == {"authorization": f"Bearer {KEY}"}
        assert request.json is None


def test_answer_that_is_refused_in_the_end() -> None:
    """A user would not learn why the model did not start."""
    refused = httpx.Response(422, json={"detail": "Input is too long"})
    with network() as router:
        router.post(_URL).mock(return_value=_PENDING)
        router.get(f"{_STATUS}/7b8a-42").mock(return_value=refused)
        done = _nvidia(router)
    assert done.code == 4
    assert "Input is too long" in done.err


def test_answer_that_never_comes(slept: list[float]) -> None:
    """A run would wait for ever."""
    with network() as router:
        router.post(_URL).mock(return_value=_PENDING)
        router.get(f"{_STATUS}/7b8a-42").mock(return_value=_PENDING)
        done = _nvidia(router)
    assert done.code == 5
    assert "HTTP 202" in done.err
    assert 60 <= sum(slept) <= 600


@pytest.mark.parametrize("named", ["../../../v1/keys", "a/b", "a?b=c", "a#b", "%2e%2e", "a b"])
def test_request_id_cannot_lead_elsewhere(named: str) -> None:
    """A hostile answer could have the key sent along with a request of its own choice."""
    pending = httpx.Response(202, headers={"NVCF-REQID": named})
    ready = httpx.Response(200, json=reply_of("nim", -1.5, 2.5))
    with network() as router:
        router.post(_URL).mock(return_value=pending)
        router.get(url__startswith=_STATUS).mock(return_value=ready)
        done = _nvidia(router)
        path = router.calls.last.request.url.raw_path.decode()
    assert done.code == 0, done.err
    assert path.count("/") == 5
    assert "?" not in path
    assert "/../" not in path


def test_accepted_by_a_server_that_says_no_more() -> None:
    """A 202 of a server of one's own would have its id, and the key, sent to NVIDIA."""
    with network() as router:
        router.post("http://localhost:8000/v1/ranking").mock(return_value=_PENDING)
        done = rerank("q", "-p", "nim", "--retries", "0", stdin=PASSAGES)
    assert done.code == 5
    assert "HTTP 202" in done.err


def test_key_for_a_gateway_does_not_go_on_to_nvidia() -> None:
    """A server of one's own could have its key sent to another company, by a 202."""
    url = "https://gateway.example/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking"
    with network() as router:
        router.post(url).mock(return_value=_PENDING)
        router.get(url__startswith=_STATUS).respond(401)
        _nvidia(router, "--base-url", "https://gateway.example")
        asked = [of(call.request) for call in router.calls]
    assert all(each.url == url or KEY not in str(each.headers) for each in asked)
    assert asked[0].url == url
