"""The request that leaves for each provider: URL, headers and body to the letter."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from rerank_cli.providers import LOCAL, PROVIDERS
from tests.network import Sent, ranked
from tests.running import KEY

# Options that some model of some provider takes, so that it shows where they are sent in vain.
_EVERYTHING = (
    *("-n", "2", "-t", "0.1", "--instruction", "by date"),
    *("--max-chunks-per-doc", "3", "--overlap-tokens", "10"),
)
_BEARER = {"authorization": f"Bearer {KEY}"}
_COHERE = {"query": "q", "documents": ["one", "two"]}
_NO_ECHO = {"return_documents": False}
_CHUNKS = {"max_chunks_per_doc": 3, "overlap_tokens": 10}


@dataclass(frozen=True, slots=True)
class Leaves:
    """What leaves when nothing but the provider is named, and a model where there must be one."""

    url: str
    body: Mapping[str, object]
    headers: dict[str, str] = field(default_factory=lambda: _BEARER)
    arguments: tuple[str, ...] = ()


_M = ("-m", "mini")
_ACCOUNT = "https://api.cloudflare.com/client/v4/accounts/0123"
_ASKED = "Is this snippet relevant to answer the given query: "
_LEAVES = {
    "siliconflow": Leaves(
        "https://api.siliconflow.cn/v1/rerank",
        {"model": "BAAI/bge-reranker-v2-m3", **_COHERE, **_NO_ECHO, **_CHUNKS},
    ),
    "siliconflow-com": Leaves(
        "https://api.siliconflow.com/v1/rerank",
        {
            "model": "Qwen/Qwen3-Reranker-0.6B",
            **_COHERE,
            **_NO_ECHO,
            "instruction": "by date",
        },
    ),
    "jina": Leaves(
        "https://api.jina.ai/v1/rerank",
        {"model": "jina-reranker-v2-base-multilingual", **_COHERE, **_NO_ECHO},
    ),
    "cohere": Leaves("https://api.cohere.com/v2/rerank", {"model": "rerank-v3.5", **_COHERE}),
    "voyage": Leaves(
        "https://api.voyageai.com/v1/rerank",
        {"model": "rerank-3", **_COHERE, **_NO_ECHO, "truncation": True},
    ),
    "dashscope": Leaves(
        "https://dashscope.aliyuncs.com/compatible-api/v1/reranks",
        {"model": "qwen3-rerank", **_COHERE, "instruct": "by date"},
    ),
    "dashscope-native": Leaves(
        "https://dashscope.aliyuncs.com/api/v1/services/rerank/text-rerank/text-rerank",
        {"model": "gte-rerank-v2", "input": _COHERE, "parameters": _NO_ECHO},
    ),
    "mixedbread": Leaves(
        "https://api.mixedbread.com/v1/reranking",
        {
            "model": "mixedbread-ai/mxbai-rerank-large-v2",
            "query": "q",
            "input": ["one", "two"],
            "return_input": False,
        },
    ),
    "together": Leaves(
        "https://api.together.xyz/v1/rerank",
        {"model": "Salesforce/Llama-Rank-V1", **_COHERE, **_NO_ECHO},
    ),
    "fireworks": Leaves(
        "https://api.fireworks.ai/inference/v1/rerank",
        {"model": "fireworks/qwen3-reranker-8b", **_COHERE, **_NO_ECHO, "task": "by date"},
    ),
    "nvidia": Leaves(
        "https://ai.api.nvidia.com/v1/retrieval/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking",
        {
            "model": "nvidia/llama-3.2-nv-rerankqa-1b-v2",
            "query": {"text": "q"},
            "passages": [{"text": "one"}, {"text": "two"}],
            "truncate": "END",
        },
    ),
    "pinecone": Leaves(
        "https://api.pinecone.io/rerank",
        {
            "model": "bge-reranker-v2-m3",
            "query": "q",
            "documents": [{"text": "one"}, {"text": "two"}],
            **_NO_ECHO,
            "parameters": {"truncate": "END"},
        },
        {"api-key": KEY, "x-pinecone-api-version": "2026-04"},
    ),
    "zeroentropy": Leaves(
        "https://api.zeroentropy.dev/v1/models/rerank", {"model": "zerank-2", **_COHERE}
    ),
    "openrouter": Leaves(
        "https://openrouter.ai/api/v1/rerank", {"model": "cohere/rerank-v3.5", **_COHERE}
    ),
    "deepinfra": Leaves(
        "https://api.deepinfra.com/v1/inference/Qwen/Qwen3-Reranker-0.6B",
        {"queries": ["q", "q"], "documents": ["one", "two"], "instruction": "by date"},
    ),
    "novita": Leaves(
        "https://api.novita.ai/openai/v1/rerank",
        {"model": "baai/bge-reranker-v2-m3", **_COHERE},
    ),
    "gitee": Leaves("https://ai.gitee.com/v1/rerank", {"model": "bge-reranker-v2-m3", **_COHERE}),
    "zhipu": Leaves(
        "https://open.bigmodel.cn/api/paas/v4/rerank", {"model": "rerank", **_COHERE, **_NO_ECHO}
    ),
    "qianfan": Leaves(
        "https://qianfan.baidubce.com/v2/rerank", {"model": "bce-reranker-base", **_COHERE}
    ),
    "vercel": Leaves(
        "https://ai-gateway.vercel.sh/v2/rerank", {"model": "cohere/rerank-v3.5", **_COHERE}
    ),
    "contextual": Leaves(
        "https://api.contextual.ai/v1/rerank",
        {"model": "ctxl-rerank-v2-instruct-multilingual", **_COHERE, "instruction": "by date"},
    ),
    "isaacus": Leaves(
        "https://api.isaacus.com/v1/rerankings",
        {"model": "kanon-2-reranker", "query": "q", "texts": ["one", "two"]},
    ),
    "cloudflare": Leaves(
        f"{_ACCOUNT}/ai/run/@cf/baai/bge-reranker-base",
        {"query": "q", "contexts": [{"text": "one"}, {"text": "two"}], "top_k": 2},
        arguments=("--base-url", _ACCOUNT),
    ),
    "openai": Leaves(
        "https://api.openai.com/v1/decisions",
        {
            "model": "gpt-6-luna",
            "input": "q",
            "questions": [
                {"type": "predicate", "name": name, "instructions": f"{_ASKED}{text}"}
                for name, text in (("000", "one"), ("001", "two"))
            ],
        },
    ),
    "typesafe": Leaves(
        "https://api.typesafe.ai/v1/systemone",
        {
            "model": "jev-latest",
            "state": {"query": "q", "documents": {"D00": "one", "D01": "two"}},
            "questions": {
                name: {
                    "type": "noul",
                    "instructions": f"Document `documents.{name}` is relevant to `query`",
                }
                for name in ("D00", "D01")
            },
        },
    ),
    "tei": Leaves(
        "http://localhost:3000/rerank",
        {
            "query": "q",
            "texts": ["one", "two"],
            "raw_scores": False,
            "return_text": False,
            "truncate": True,
        },
    ),
    "vllm": Leaves("http://localhost:8000/v1/rerank", _COHERE),
    "sglang": Leaves("http://localhost:30000/v1/rerank", {**_COHERE, **_NO_ECHO}),
    "llamacpp": Leaves("http://localhost:8080/v1/rerank", _COHERE),
    "infinity": Leaves("http://localhost:7997/rerank", {**_COHERE, **_NO_ECHO}),
    "xinference": Leaves(
        "http://localhost:9997/v1/rerank", {"model": "mini", **_COHERE, **_NO_ECHO}, arguments=_M
    ),
    "localai": Leaves(
        "http://localhost:8080/v1/rerank", {"model": "mini", **_COHERE}, arguments=_M
    ),
    "litellm": Leaves(
        "http://localhost:4000/v1/rerank", {"model": "mini", **_COHERE, **_NO_ECHO}, arguments=_M
    ),
    "ovms": Leaves(
        "http://localhost:8000/v3/rerank", {"model": "mini", **_COHERE, **_NO_ECHO}, arguments=_M
    ),
    "nim": Leaves(
        "http://localhost:8000/v1/ranking",
        {
            "model": "nvidia/llama-3.2-nv-rerankqa-1b-v2",
            "query": {"text": "q"},
            "passages": [{"text": "one"}, {"text": "two"}],
            "truncate": "END",
        },
    ),
    "elasticsearch": Leaves(
        "http://localhost:9200/_inference/rerank/.rerank-v1-elasticsearch",
        {"query": "q", "input": ["one", "two"]},
        {"authorization": f"ApiKey {KEY}"},
    ),
    "custom": Leaves(
        "https://rerank.example/v1/rerank",
        {**_COHERE, **_NO_ECHO},
        arguments=("--base-url", "https://rerank.example/v1"),
    ),
}
_ROWS = {name: row for name, row in PROVIDERS.items() if row is not LOCAL}
_EVERY = pytest.mark.parametrize("name", _LEAVES)


def _sent(name: str, *arguments: str) -> Sent:
    return ranked(name, *_LEAVES[name].arguments, *arguments, RERANK_API_KEY=KEY)[0]


def test_every_row_is_in_the_table() -> None:
    """A provider could be added whose requests nobody has compared with its documentation."""
    assert set(_LEAVES) == set(_ROWS)


@_EVERY
def test_request(name: str) -> None:
    """The endpoint would refuse the request, or do something else than was asked."""
    sent, leaves = _sent(name, *_EVERYTHING), _LEAVES[name]
    assert (sent.method, sent.url) == ("POST", leaves.url)
    assert sent.json == leaves.body
    assert sent.own_headers == leaves.headers
    assert sent.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("name", "variable"),
    [(name, variable) for name, row in _ROWS.items() for variable in row.key_variables],
)
def test_key_of_the_providers_own_variable(name: str, variable: str) -> None:
    """The variable that the provider's documentation names would not be read."""
    sent, _ = ranked(name, *_LEAVES[name].arguments, **{variable: KEY})
    assert sent.own_headers == _LEAVES[name].headers


@pytest.mark.parametrize("name", [name for name, row in _ROWS.items() if not row.needs_key])
def test_no_key_no_header(name: str) -> None:
    """A server without keys might refuse an empty one."""
    sent, _ = ranked(name, *_LEAVES[name].arguments)
    assert sent.own_headers == {}


@_EVERY
def test_request_to_a_url_that_is_whole(name: str) -> None:
    """The URL that --dry-run shows, given as --base-url, would be another."""
    url = _LEAVES[name].url
    assert _sent(name, "--base-url", url).url == url


# What is never sent


@pytest.mark.parametrize("name", sorted({*_LEAVES} - {"cloudflare"}))
@pytest.mark.parametrize("model", [None, "BAAI/bge-reranker-v2-m3", "Qwen/Qwen3-Reranker-8B"])
def test_no_number_of_results_is_asked_for(name: str, model: str | None) -> None:
    """Some refuse top_n or top_k, some read 0 as none, some give fewer scores than needed.

    (Cloudflare is known to give fewer without it.)
    """
    body = json.dumps(_sent(name, *_EVERYTHING, *(("-m", model) if model else ())).json)
    assert not any(f'"{each}"' in body for each in ("top_n", "top_k", "topN", "numberOfResults"))


@_EVERY
def test_no_instruction_for_a_model_that_takes_none(name: str) -> None:
    """The request would be refused, or the user believe that the instruction had an effect."""
    sent, done = ranked(
        name,
        *_LEAVES[name].arguments,
        *("-m", "BAAI/bge-reranker-v2-m3", "--instruction", "by date"),
        RERANK_API_KEY=KEY,
    )
    assert "by date" not in json.dumps(sent.json)
    assert "--instruction is not sent" in done.err


@pytest.mark.parametrize(
    "name", ["together", "jina", "cohere", "voyage", "openrouter", "tei", "vercel", "isaacus"]
)
def test_no_instruction_where_none_is_documented(name: str) -> None:
    """Together, which allows no unknown fields, would refuse every request."""
    sent = _sent(name, "-m", "Qwen/Qwen3-Reranker-8B", *_EVERYTHING)
    assert set(sent.json) <= {*_LEAVES[name].body, "model"}


@pytest.mark.parametrize(
    ("name", "model", "instruction"),
    [
        ("siliconflow", "Qwen/Qwen3-Reranker-0.6B", "instruction"),
        ("siliconflow", "Qwen/Qwen3-Reranker-4B", "instruction"),
        ("siliconflow", "Qwen/Qwen3-Reranker-8B", "instruction"),
        ("contextual", "ctxl-rerank-v1-instruct", "instruction"),
        ("dashscope", "qwen3-rerank", "instruct"),
        ("fireworks", "accounts/fireworks/models/qwen3-reranker-8b", "task"),
        ("deepinfra", "Qwen/Qwen3-Reranker-4B", "instruction"),
        ("sglang", "Qwen/Qwen3-Reranker-0.6B", "instruct"),
        ("vllm", "Qwen/Qwen3-Reranker-0.6B", "instruction"),
        ("litellm", "qwen3-reranker", "instruction"),
        ("custom", "qwen3-reranker", "instruction"),
    ],
)
def test_instruction_by_the_endpoints_own_name(name: str, model: str, instruction: str) -> None:
    """An instruction would have no effect, without a word."""
    sent, done = ranked(
        name, *_LEAVES[name].arguments, "-m", model, "--instruction", "按日期", RERANK_API_KEY=KEY
    )
    assert sent.json[instruction] == "按日期"
    assert done.err == ""


def test_instruction_among_the_parameters_of_dashscope() -> None:
    """The native API would not find it, and rank as if there were none."""
    sent = _sent("dashscope-native", "-m", "qwen3-rerank", "--instruction", "按日期")
    assert sent.json["parameters"] == {"return_documents": False, "instruct": "按日期"}


@pytest.mark.parametrize("name", ["siliconflow", "xinference", "litellm", "custom"])
def test_chunks_for_a_model_that_takes_them(name: str) -> None:
    """Long passages would be cut elsewhere than was asked."""
    model = ("-m", "BAAI/bge-reranker-v2-m3")
    assert _sent(name, *model, "--max-chunks-per-doc", "3").json["max_chunks_per_doc"] == 3


def test_base_url_of_the_users_own_for_a_known_provider() -> None:
    """A gateway in front of a known provider could not be used."""
    sent = _sent("voyage", "--base-url", "https://gateway.example/voyage/v1")
    assert sent.url == "https://gateway.example/voyage/v1/rerank"
    assert sent.own_headers == _BEARER
    assert sent.json["truncation"] is True
