"""DeepInfra's shape: pairs in, bare scores out, in the order of the pairs."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.dialects import DIALECTS, RequestOptions
from rerank_cli.dialects.reply import parse
from rerank_cli.errors import ReplyError
from tests.dialects.examples import FINITE, request
from tests.properties import BRIEFLY

VECTOR = DIALECTS["score-vector"]
BASE = "https://api.deepinfra.com/v1/inference"


@pytest.mark.parametrize(
    "base_url", [BASE, f"{BASE}/", f"{BASE}/Qwen/Qwen3-Reranker-0.6B"], ids=["base", "/", "url"]
)
def test_url_holds_the_model(base_url: str) -> None:
    """Each model has a URL of its own; without the name there is none."""
    url = VECTOR.url(base_url, RequestOptions("Qwen/Qwen3-Reranker-0.6B"))
    assert url == f"{BASE}/Qwen/Qwen3-Reranker-0.6B"


def test_body_has_the_query_for_each_passage() -> None:
    """The endpoint would refuse lists of different lengths."""
    options = RequestOptions("m", {"instruction": "by date"})
    assert VECTOR.encode(request("q", "b", "a"), options) == {
        "queries": ["q", "q"],
        "documents": ["b", "a"],
        "instruction": "by date",
    }


@BRIEFLY
@given(st.lists(FINITE | st.integers(-(2**60), 2**60)))
def test_scores_stand_in_input_order(scores: list[float]) -> None:
    """Scores would be put beside the wrong passages."""
    decoded = VECTOR.decode({"scores": scores, "input_tokens": 42}, {}, len(scores))
    assert decoded.scores == tuple(map(float, scores))
    assert decoded.input_tokens == 42


@pytest.mark.parametrize("count", [0, 1, 3, 100])
def test_another_number_of_scores(count: int) -> None:
    """Nothing would tell which passage a score is of."""
    with pytest.raises(ReplyError, match=f"2 scores for {count} passages") as caught:
        VECTOR.decode({"scores": [0.5, 0.25]}, {}, count)
    assert caught.value.missing == ()


@pytest.mark.parametrize("score", ["NaN", "-Infinity", "1e999", '"0.5"', "true", "null", "[0.5]"])
def test_score_that_is_no_finite_number(score: str) -> None:
    """A passage would be ranked by a score that means nothing."""
    with pytest.raises(ReplyError, match="index 1, not a finite number"):
        VECTOR.decode(parse(f'{{"scores":[0.5,{score}]}}'.encode()), {}, 2)


@pytest.mark.parametrize("scores", [None, {}, "0.5", 0.5, math.inf])
def test_scores_that_are_no_list(scores: object) -> None:
    """A broken reply would end in a traceback."""
    with pytest.raises(ReplyError, match="no scores"):
        VECTOR.decode(json.loads(json.dumps({"scores": scores})), {}, 1)
