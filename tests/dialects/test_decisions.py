"""OpenAI's Decisions: a question a passage, answered with a probability, or refused."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from rerank_cli.errors import ReplyError
from tests.dialects.examples import request

DECISIONS = DIALECTS["decisions"]
_ASKED = "Is this snippet relevant to answer the given query: "


def _answer(name: object, probability: object) -> dict[str, object]:
    return {"type": "predicate", "name": name, "probability": probability}


@pytest.mark.parametrize("path", ["", "/", "/decisions"])
def test_url(path: str) -> None:
    """OpenAI's usual base URL would not reach the endpoint."""
    url = DECISIONS.url(f"https://api.openai.com/v1{path}", RequestOptions("gpt-6-luna"))
    assert url == "https://api.openai.com/v1/decisions"


def test_body() -> None:
    """A passage would be judged without the query, or by another question."""
    options = RequestOptions("gpt-6-luna", {"safety_identifier": "x"})
    assert DECISIONS.encode(request("q", "b", "a"), options) == {
        "model": "gpt-6-luna",
        "input": "q",
        "questions": [
            {"type": "predicate", "name": "000", "instructions": f"{_ASKED}b"},
            {"type": "predicate", "name": "001", "instructions": f"{_ASKED}a"},
        ],
        "safety_identifier": "x",
    }


def test_a_refusal_is_a_missing_score() -> None:
    """One passage that the model will not judge would cost the scores of all others."""
    answers = [_answer("000", 0.25), {"type": "refusal", "name": "001"}, _answer("002", 1)]
    with pytest.raises(ReplyError) as caught:
        DECISIONS.decode({"answers": answers}, {}, 3)
    assert caught.value.missing == (1,)
    assert caught.value.scores == {0: 0.25, 2: 1.0}


@pytest.mark.parametrize("names", [("000", "001"), ("0", "1"), ("00", "001")])
def test_names_say_which_passage_is_meant(names: tuple[str, str]) -> None:
    """A gateway that writes names its own way, or sorts the answers, would mix up the scores."""
    answers = [_answer(names[1], 0.5), _answer(names[0], 0.25)]
    assert DECISIONS.decode({"answers": answers}, {}, 2).scores == (0.25, 0.5)


@pytest.mark.parametrize("name", [None, "", "x", "+1", " 1", "1.0", "٣", "²", "9" * 5000, "-0"])
def test_a_name_that_was_not_given(name: str | None) -> None:
    """A score would be put beside a passage that it was not given for, or end in a traceback."""
    with pytest.raises(ReplyError, match="the index"):
        DECISIONS.decode({"answers": [_answer(name, 0.5)]}, {}, 4)


@pytest.mark.parametrize("answer", [None, 0.5, "x", [], {}, {"type": "choice", "name": "000"}])
def test_an_answer_of_another_kind(answer: object) -> None:
    """A broken reply would end in a traceback."""
    with pytest.raises(ReplyError, match=r"index null|score null"):
        DECISIONS.decode({"answers": [answer]}, {}, 1)


def test_tokens() -> None:
    """The bill would be counted with the output, which is free."""
    usage = {"input_tokens": 120, "output_tokens": 3, "total_tokens": 123}
    reply = {"answers": [_answer("000", 0.5)], "usage": usage}
    assert DECISIONS.decode(reply, {}, 1).input_tokens == 120
