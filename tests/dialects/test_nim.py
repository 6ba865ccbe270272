"""The shape of NVIDIA's NIM: objects, logits, and a URL for each hosted model."""

import pytest

from rerank_cli.dialects import DIALECTS, RequestOptions
from tests.dialects.examples import request

NIM = DIALECTS["nim"]
HOSTED = "https://ai.api.nvidia.com/v1/retrieval"
PATH = "/{model}/reranking"


@pytest.mark.parametrize("base_url", ["http://localhost:8000/v1", "http://localhost:8000/v1/"])
def test_url_of_a_server_of_ones_own(base_url: str) -> None:
    """A NIM answers at /v1/ranking and nowhere else."""
    assert NIM.url(base_url, RequestOptions("nvidia/x")) == "http://localhost:8000/v1/ranking"


@pytest.mark.parametrize(
    ("model", "url"),
    [
        (
            "nvidia/llama-3.2-nv-rerankqa-1b-v2",
            f"{HOSTED}/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking",
        ),
        ("nvidia/rerank-qa-mistral-4b", f"{HOSTED}/nvidia/rerank-qa-mistral-4b/reranking"),
        ("nv-rerank-qa-mistral-4b:1", f"{HOSTED}/nvidia/reranking"),
    ],
)
def test_url_of_a_hosted_model(model: str, url: str) -> None:
    """The model's own URL, which differs from its name, would not be found."""
    options = RequestOptions(model, path=PATH)
    assert NIM.url(HOSTED, options) == url
    assert NIM.url(url, options) == url


def test_body_names_the_model_with_dots() -> None:
    """The model would be unknown by the name that its URL has."""
    options = RequestOptions("nvidia/llama-3.2-nv-rerankqa-1b-v2", {"truncate": "END"}, PATH)
    assert NIM.encode(request("which way?", "b", "a"), options) == {
        "model": "nvidia/llama-3.2-nv-rerankqa-1b-v2",
        "query": {"text": "which way?"},
        "passages": [{"text": "b"}, {"text": "a"}],
        "truncate": "END",
    }


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [({}, None), ({"usage": {"prompt_tokens": 61}}, 61), ({"usage": None}, None)],
)
def test_tokens(usage: dict[str, object], tokens: int | None) -> None:
    """The bill would be counted wrong, or an older NIM, which tells none, refused."""
    reply = {"rankings": [{"index": 0, "logit": -9}], **usage}
    assert NIM.decode(reply, {}, 1).input_tokens == tokens
