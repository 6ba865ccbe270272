"""What is sent to an endpoint, through the whole command."""

import json

import pytest

from tests.answers import FLAGSHIP
from tests.running import KEY, Ended, rerank_once
from tests.serving import Loopback

QUERY = "什么是人工智能？"
PASSAGES = "".join(f"{begin}……\n" for begin in FLAGSHIP)
HOSTED = {"SILICONFLOW_API_KEY": KEY}


def _on_siliconflow(server: Loopback, *arguments: str, stdin: str = PASSAGES) -> Ended:
    where = ("--provider", "siliconflow", "--base-url", server.url)
    return rerank_once(QUERY, *where, "--json", *arguments, stdin=stdin, env=HOSTED)


@pytest.mark.parametrize("arguments", [(), ("--top-n", "2"), ("--threshold", "0.3")])
def test_body_for_siliconflow(server: Loopback, arguments: tuple[str, ...]) -> None:
    """The default endpoint would refuse the request, or bill for documents sent back."""
    assert _on_siliconflow(server, *arguments).code == 0
    (received,) = server.received
    assert received.json == {
        "model": "BAAI/bge-reranker-v2-m3",
        "query": QUERY,
        "documents": PASSAGES.splitlines(),
        "return_documents": False,
    }


def test_request_is_http_as_the_endpoint_expects_it(server: Loopback) -> None:
    """An endpoint that looks at method, path or content type would refuse every request."""
    _on_siliconflow(server)
    (received,) = server.received
    assert received.line == "POST /v1/rerank HTTP/1.1"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["host"] == f"127.0.0.1:{server.port}"


def test_body_is_utf8(server: Loopback) -> None:
    """Chinese would travel at twice the bytes, and be unreadable in a server's log."""
    _on_siliconflow(server, stdin='人工智能 "quoted" \\ back 😀\n')
    (received,) = server.received
    assert QUERY.encode() in received.body
    assert "😀".encode() in received.body
    assert b"\\u" not in received.body


def test_custom_leaves_the_model_out(server: Loopback) -> None:
    """A server of one's own would be asked for a model that it does not have."""
    rerank_once("q", "--base-url", server.url)
    rerank_once("q", "--base-url", server.url, "--model", "mine")
    first, second = server.received
    assert "model" not in first.json
    assert second.json["model"] == "mine"


_QWEN = "Qwen/Qwen3-Reranker-8B"
_BGE = "BAAI/bge-reranker-v2-m3"
_BCE = "netease-youdao/bce-reranker-base_v1"


@pytest.mark.parametrize(
    ("model", "option", "field", "value"),
    [
        (_QWEN, "--instruction", "instruction", "按日期"),
        ("Qwen/Qwen3-Reranker-4B", "--instruction", "instruction", "按日期"),
        ("Qwen/Qwen3-Reranker-0.6B", "--instruction", "instruction", "按日期"),
        (_BGE, "--max-chunks-per-doc", "max_chunks_per_doc", 9),
        (f"Pro/{_BGE}", "--max-chunks-per-doc", "max_chunks_per_doc", 9),
        (_BCE, "--max-chunks-per-doc", "max_chunks_per_doc", 9),
        (_BGE, "--overlap-tokens", "overlap_tokens", 0),
        (f"Pro/{_BGE}", "--overlap-tokens", "overlap_tokens", 80),
        (_BCE, "--overlap-tokens", "overlap_tokens", 40),
    ],
)
def test_extra_for_a_model_that_takes_it(
    server: Loopback, model: str, option: str, field: str, value: object
) -> None:
    """An option that the model takes would have no effect, without a word."""
    outcome = _on_siliconflow(server, "--model", model, option, str(value))
    (received,) = server.received
    assert received.json[field] == value
    assert outcome.err == ""


@pytest.mark.parametrize(
    ("model", "option", "field"),
    [
        (_BGE, "--instruction", "instruction"),
        (f"Pro/{_BGE}", "--instruction", "instruction"),
        (_BCE, "--instruction", "instruction"),
        ("Qwen/Qwen3-VL-Reranker-8B", "--instruction", "instruction"),
        (_QWEN, "--max-chunks-per-doc", "max_chunks_per_doc"),
        (_QWEN, "--overlap-tokens", "overlap_tokens"),
    ],
)
def test_extra_for_a_model_that_takes_none(
    server: Loopback, model: str, option: str, field: str
) -> None:
    """The endpoint would refuse the request, or the user believe that the option had an effect."""
    outcome = _on_siliconflow(server, "--model", model, option, "7")
    (received,) = server.received
    assert field not in received.json
    assert f"warning: {option} is not sent" in outcome.err
    assert outcome.code == 0


def test_extra_for_a_model_that_is_not_named(server: Loopback) -> None:
    """A server whose model is unknown would be sent fields that it may refuse."""
    outcome = rerank_once("q", "--base-url", server.url, "--instruction", "by date")
    (received,) = server.received
    assert "instruction" not in received.json
    assert "warning: --instruction is not sent" in outcome.err


@pytest.mark.parametrize(
    ("suffix", "path"),
    [
        ("", "/v1/rerank"),
        ("/", "/v1/rerank"),
        ("/rerank", "/v1/rerank"),
        ("/rerank/", "/v1/rerank"),
        ("?api-version=2024&x=%2F", "/v1/rerank?api-version=2024&x=%2F"),
        ("/rerank?api-version=2024", "/v1/rerank?api-version=2024"),
    ],
)
def test_base_url_as_people_write_it(server: Loopback, suffix: str, path: str) -> None:
    """A base URL as its owner's documentation writes it would not reach the endpoint."""
    assert rerank_once("q", "--base-url", server.url + suffix).code == 0
    assert [received.path for received in server.received] == [path]


def test_identical_passages_are_sent_once(server: Loopback) -> None:
    """A file with repeats would cost twice, and identical passages might score differently."""
    stdin = "苹果是一种\n人工智能是\n苹果是一种\n人工智能是\n"
    outcome = _on_siliconflow(server, stdin=stdin)
    (received,) = server.received
    assert received.json["documents"] == ["苹果是一种", "人工智能是"]
    assert outcome.scores == [0.000031, 0.9974, 0.000031, 0.9974]


def test_identical_passages_are_sent_once_over_all_requests(server: Loopback) -> None:
    """A long file with repeats would cost twice."""
    outcome = _on_siliconflow(server, "--max-passages", "1", stdin="a\nb\na\nb\n")
    sent = [text for received in server.received for text in received.json["documents"]]
    assert sorted(sent) == ["a", "b"]
    assert outcome.json["usage"]["requests"] == 2


def test_blank_passages_are_never_sent(server: Loopback) -> None:
    """Endpoints that refuse empty documents would refuse the whole file."""
    rows = [{"text": "一"}, {"text": ""}, {"text": "  \u3000"}, {"text": "二"}]
    stdin = "\n".join(json.dumps(row) for row in rows)
    outcome = _on_siliconflow(server, "--input-format", "jsonl", stdin=stdin)
    (received,) = server.received
    assert received.json["documents"] == ["一", "二"]
    assert "<stdin>:2, <stdin>:3" in outcome.err


def test_more_passages_than_a_request_carries(server: Loopback) -> None:
    """A long list would be refused whole, or its parts ranked apart."""
    outcome = _on_siliconflow(server, "--max-passages", "2")
    sizes = sorted(len(received.json["documents"]) for received in server.received)
    assert sizes == [1, 2, 2]
    assert all(received.json["query"] == QUERY for received in server.received)
    assert outcome.scores == list(FLAGSHIP.values())
    assert outcome.json["usage"] == {"requests": 3, "input_tokens": 3 * 123}


def test_key_is_sent_as_bearer_token(server: Loopback) -> None:
    """The endpoint would take every request for one without a key."""
    _on_siliconflow(server)
    (received,) = server.received
    assert received.headers["authorization"] == f"Bearer {KEY}"


def test_no_key_no_authorization(server: Loopback) -> None:
    """A server without keys might refuse an empty one."""
    rerank_once("q", "--base-url", server.url, env={"SILICONFLOW_API_KEY": KEY})
    (received,) = server.received
    assert "authorization" not in received.headers


def test_key_goes_nowhere_but_into_its_header(server: Loopback) -> None:
    """The key would stand in the logs of servers and proxies, or on a shared screen."""
    outcome = _on_siliconflow(server, "--verbose", "--dry-run")
    outcome_sent = _on_siliconflow(server, "--verbose")
    (received,) = server.received
    assert KEY not in received.line
    assert KEY.encode() not in received.body
    assert [name for name, value in received.headers.items() if KEY in value] == ["authorization"]
    assert KEY not in outcome.out + outcome.err + outcome_sent.out + outcome_sent.err


@pytest.mark.parametrize("option", ["--model", "--instruction"])
def test_option_that_is_not_utf8(server: Loopback, option: str) -> None:
    """An argument mangled by a wrong locale would end in a traceback."""
    outcome = rerank_once("q", "--base-url", server.url, "--model", _QWEN, option, "\udcff")
    assert "UTF-8" in outcome.error
    assert outcome.code == 2
    assert server.received == []
