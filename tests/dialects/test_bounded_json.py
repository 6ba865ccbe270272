"""Replies that hold more than scores: what of them is read, and at what price."""

import json
import time
import tracemalloc
from collections.abc import Callable

import pytest

from rerank_cli.dialects import bounded_json
from rerank_cli.dialects.complaint import read_complaint
from rerank_cli.dialects.reply import parse, scored
from rerank_cli.errors import ReplyError

_MB = 2**20
_RESULTS = [{"index": at, "relevance_score": at / 64} for at in range(64)]


@pytest.fixture(params=[True, False], ids=["fast", "plain"])
def _either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(bounded_json, "_loads", json.loads)


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize(
    "text",
    ["长" * 7000, "😀" * 5000, '"' * 10_000, "\\" * 10_000, "\n" * 10_000, "a\\n\"'" * 2600],
)
@pytest.mark.parametrize("escaped", [True, False])
def test_an_echo_of_long_passages_changes_no_score(text: str, escaped: bool) -> None:
    """A server that echoes long passages could not be used."""
    results = [{**each, "document": {"text": text[at:]}} for at, each in enumerate(_RESULTS)]
    body = json.dumps({"results": results}, ensure_ascii=escaped).encode()
    assert len(body) > _MB
    reply = parse(body)
    assert isinstance(reply, dict)
    assert scored(reply["results"], "relevance_score", 64) == tuple(at / 64 for at in range(64))
    if escaped is False and text[0] == "长":
        assert text.startswith(reply["results"][0]["document"]["text"])


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize(
    "make",
    [
        lambda: b"[" + b"{}," * (3 * _MB) + b"{}]",
        lambda: b'[{"a":' + b"[]," * (3 * _MB) + b"[]}]",
        lambda: b"[" + b'"",' * (3 * _MB) + b'""]',
        lambda: b"[" + b"1," * (4 * _MB) + b"1]",
        lambda: b"[" + b"1" * (9 * _MB) + b"]",
        lambda: b'["' + rb"\"" * (9 * _MB) + b'"]',
        lambda: b"{" + b",".join(b'"%d":{}' % at for at in range(600_000)) + b"}",
        lambda: b"[" + b'"' + b"\\" * (17 * _MB),
        lambda: b'{"detail":[{"loc":[' + b"1," * (4 * _MB) + b'1],"msg":"no"}]}',
    ],
)
def test_a_reply_of_far_more_than_scores_is_refused_at_a_small_price(
    make: Callable[[], bytes],
) -> None:
    """Two kilobytes on the wire would become gigabytes here."""
    body = make()
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(ReplyError, match="holds far more than scores"):
        parse(body)
    seconds = time.monotonic() - began
    assert read_complaint(body, {}).text.startswith(body[:10].decode())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60 * _MB
    assert seconds < 10


def test_a_location_of_a_million_steps_is_cut() -> None:
    """A refusal would fill the memory with the path of a field."""
    body = json.dumps({"detail": [{"loc": [1] * 300_000, "msg": "no"}]}).encode()
    tracemalloc.start()
    assert len(read_complaint(body, {}).text) < 100
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * _MB


@pytest.mark.parametrize("code", ["9" * 5000, 10**4000, -(10**4000)])
def test_a_code_of_thousands_of_digits_is_bounded(code: str | int) -> None:
    """An error code would end a batch in a traceback."""
    found = read_complaint(json.dumps({"message": "no", "code": code}).encode(), {}).code
    assert found is None or len(str(found)) <= 4000
