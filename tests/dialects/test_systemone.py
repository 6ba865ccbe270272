"""TypeSafe's System One: the passages are a state, each question points to one of them."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from rerank_cli.errors import ReplyError
from tests.dialects.examples import request

SYSTEMONE = DIALECTS["systemone"]


def _noul(score: object) -> dict[str, object]:
    return {"type": "noul", "noul": score}


@pytest.mark.parametrize("path", ["", "/", "/systemone"])
def test_url(path: str) -> None:
    """A base URL with the version, or the whole URL, would not reach the endpoint."""
    url = SYSTEMONE.url(f"https://api.typesafe.ai/v1{path}", RequestOptions("jev-latest"))
    assert url == "https://api.typesafe.ai/v1/systemone"


def test_body() -> None:
    """A question would be about another passage, or about none."""
    options = RequestOptions("jev-latest", {"x": 1})
    assert SYSTEMONE.encode(request("q", "b", "a"), options) == {
        "model": "jev-latest",
        "state": {"query": "q", "documents": {"D00": "b", "D01": "a"}},
        "questions": {
            "D00": {
                "type": "noul",
                "instructions": "Document `documents.D00` is relevant to `query`",
            },
            "D01": {
                "type": "noul",
                "instructions": "Document `documents.D01` is relevant to `query`",
            },
        },
        "x": 1,
    }


def test_more_than_a_hundred_passages() -> None:
    """A passage would take the place of another that has the same two digits."""
    texts = [str(at) for at in range(120)]
    body = SYSTEMONE.encode(request("q", *texts), RequestOptions("m"))
    questions = body["questions"]
    assert isinstance(questions, dict)
    answers = {name: _noul(at / 128) for at, name in enumerate(questions)}
    decoded = SYSTEMONE.decode({"answers": dict(reversed(answers.items()))}, {}, 120)
    assert decoded.scores == tuple(at / 128 for at in range(120))


def test_names_for_one_passage() -> None:
    """One of two scores for a passage would be picked by chance."""
    answers = {"D00": _noul(0.5), "D0": _noul(0.25)}
    with pytest.raises(ReplyError, match="index 0 twice"):
        SYSTEMONE.decode({"answers": answers}, {}, 2)


@pytest.mark.parametrize("name", ["", "D", "x", "DD1", "D-1", "D1.0", "D²", "D" + "9" * 5000])
def test_a_name_that_was_not_given(name: str) -> None:
    """A score would be put beside a passage that it was not given for, or end in a traceback."""
    with pytest.raises(ReplyError, match="the index"):
        SYSTEMONE.decode({"answers": {name: _noul(0.5)}}, {}, 2)


@pytest.mark.parametrize("answers", [None, [], "x", 1, True, [_noul(0.5)]])
def test_answers_that_are_no_object(answers: object) -> None:
    """A broken reply would end in a traceback."""
    with pytest.raises(ReplyError, match="no answers"):
        SYSTEMONE.decode({"answers": answers}, {}, 1)


@pytest.mark.parametrize("answer", [None, 0.5, "x", [], {}, {"type": "score", "score": 0.5}])
def test_an_answer_of_another_kind(answer: object) -> None:
    """A level of a rubric would be ranked as a probability."""
    with pytest.raises(ReplyError, match="score null for index 0"):
        SYSTEMONE.decode({"answers": {"D00": answer}}, {}, 1)


def test_tokens() -> None:
    """The bill would be unknown."""
    reply = {"answers": {"D00": _noul(0.5)}, "usage": {"input_tokens": 120, "output_tokens": 12}}
    assert SYSTEMONE.decode(reply, {}, 1).input_tokens == 120
