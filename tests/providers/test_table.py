"""The table of providers holds together, row by row."""

from urllib.parse import urlsplit

import pytest

from rerank_cli.dialects import DIALECTS
from rerank_cli.errors import Fault
from rerank_cli.model import UNBOUNDED, UNIT
from rerank_cli.providers import ACCOUNT, CUSTOM, LOCAL, PROVIDERS, Provider, owner_of
from rerank_cli.providers.hosted import HOSTED
from rerank_cli.providers.self_hosted import SELF_HOSTED
from rerank_cli.settings import is_loopback
from tests.properties import every

_ROWS = (*HOSTED, LOCAL, *SELF_HOSTED, CUSTOM)
_LIMITS = {"max_passages", "max_bytes", "max_tokens", "rpm", "tpm"}
_EXTRAS = {"instruction", "max_chunks_per_doc", "overlap_tokens"}

EVERY = every(_ROWS)
EVERY_HOSTED = every(HOSTED)
EVERY_SELF_HOSTED = every(SELF_HOSTED)


def test_names_are_unique() -> None:
    """One of two rows of a name could not be chosen."""
    assert len(PROVIDERS) == len(_ROWS)
    assert list(PROVIDERS) == [row.name for row in _ROWS]


@EVERY
def test_name_is_what_p_takes(row: Provider) -> None:
    """Names are compared in small letters, so that another could never be chosen."""
    assert row.name == row.name.lower().strip()
    assert row.name


@EVERY
def test_dialect_exists(row: Provider) -> None:
    """The provider would end in a traceback when it is first used."""
    assert row.dialect in DIALECTS or row is LOCAL


@EVERY_HOSTED
def test_hosted_is_over_tls(row: Provider) -> None:
    """A key would be readable by everyone on the way."""
    urls = [row.base_url, row.status_url, *row.by_key.values()]
    assert {urlsplit(url).scheme for url in urls if url} == {"https"}
    assert row.kind == "hosted"


@EVERY_HOSTED
def test_hosted_needs_its_own_key(row: Provider) -> None:
    """A run without a key would be refused by the endpoint, after all passages were sent."""
    assert row.needs_key
    assert row.key_variables
    assert row.model


@EVERY_HOSTED
def test_own_hosts_are_hosts(row: Provider) -> None:
    """A host written as a URL would never match, and the key be withheld from it."""
    assert urlsplit(row.base_url or "").hostname in row.own_hosts
    assert all(urlsplit(f"https://{host}").hostname == host for host in row.own_hosts)
    for url in (row.base_url, *row.by_key.values()):
        assert row.owns(url or "")
        assert not row.owns((url or "").replace("https:", "http:"))


@EVERY_SELF_HOSTED
def test_self_hosted_is_on_this_machine(row: Provider) -> None:
    """Passages would go to somebody's server by a default that nobody chose."""
    parts = urlsplit(row.base_url or "")
    assert parts.scheme == "http"
    assert is_loopback(parts.hostname or "")
    assert parts.port
    assert row.kind == "self-hosted"
    assert not row.needs_key
    assert not row.own_hosts


@EVERY
def test_limits(row: Provider) -> None:
    """A guess at a limit that is not there, or a limit of 0, would stop every run."""
    assert row.guessed <= _LIMITS
    given = {name: getattr(row, name) for name in _LIMITS}
    assert all(given[name] for name in row.guessed)
    assert all(value is None or value > 0 for value in given.values())
    assert row.concurrency > 0
    assert row.max_passages or row is LOCAL


@EVERY
def test_extras_are_options(row: Provider) -> None:
    """A misspelt option would never be sent."""
    assert set(row.extras) <= _EXTRAS


@EVERY
def test_no_number_of_results(row: Provider) -> None:
    """Servers would give fewer scores than there are passages."""
    assert not {"top_n", "top_k", "query", "documents", "model"} & set(row.fields)


@EVERY
def test_model_or_a_need_of_one(row: Provider) -> None:
    """A user would be asked for a model though there is a default, or the other way about."""
    assert not (row.needs_model and row.model)


@EVERY
def test_advice_is_for_what_happens(row: Provider) -> None:
    """Advice would be lost to a fault that does not exist, or be spread over lines."""
    assert all(isinstance(fault, Fault) for fault in (*row.codes.values(), *row.advice))
    assert all(text and "\n" not in text for text in row.advice.values())
    assert all(words == words.lower() for words in row.words)


@EVERY
def test_account_stands_in_the_url(row: Provider) -> None:
    """A user would be asked for an account that nothing uses, or not for one that is needed."""
    assert bool(row.account) == (ACCOUNT in row.base_url)
    assert ACCOUNT not in (urlsplit(row.base_url).netloc)


@EVERY
def test_status_url_has_a_place_for_the_id(row: Provider) -> None:
    """Every request would be asked for by the same address."""
    assert row.status_url is None or row.status_url.count("{id}") == 1


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("siliconflow", "BAAI/bge-reranker-v2-m3"),
        ("siliconflow-com", "Qwen/Qwen3-Reranker-0.6B"),
        ("jina", "jina-reranker-v2-base-multilingual"),
        ("cohere", "rerank-v3.5"),
        ("voyage", "rerank-3"),
        ("local", "use-multilingual-v3"),
        ("custom", None),
        ("vllm", None),
    ],
)
def test_default_model(name: str, model: str | None) -> None:
    """Scores and bills would change from one release to the next, without a word."""
    assert PROVIDERS[name].model == model


@pytest.mark.parametrize(
    ("name", "scores"),
    [
        *[(name, UNIT) for name in ("siliconflow", "cohere", "voyage", "tei", "vllm", "infinity")],
        *[(name, UNIT) for name in ("vercel", "isaacus", "openai", "typesafe")],
        *[(name, UNBOUNDED) for name in ("nvidia", "nim", "llamacpp")],
        *[(name, None) for name in ("custom", "sglang", "xinference", "localai", "litellm")],
        *[(name, None) for name in ("contextual", "cloudflare", "elasticsearch")],
    ],
)
def test_range_of_scores(name: str, scores: object) -> None:
    """A threshold would be warned of in vain, or the sigmoid refused where it is needed."""
    row = PROVIDERS[name]
    assert row.scores_of(row.model) == scores


def test_the_first_is_the_default() -> None:
    """RERANK_API_KEY alone would mean another company than the README says."""
    assert next(iter(PROVIDERS)) == "siliconflow"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        *[(row.base_url, row.name) for row in HOSTED],
        ("https://api.siliconflow.com/v1/rerank", "siliconflow-com"),
        ("https://api.ap.siliconflow.com/v1", "siliconflow"),
        ("https://api.cohere.ai/v1", "cohere"),
        ("https://ai.mongodb.com/v1/rerank", "voyage"),
        ("https://api.together.ai/v1", "together"),
        ("https://dashscope.aliyuncs.com/compatible-api/v1/reranks", "dashscope"),
        ("https://dashscope.aliyuncs.com/api/v1/services/rerank", "dashscope-native"),
        ("https://dashscope-intl.aliyuncs.com/compatible-api/v1", "dashscope"),
        ("https://dashscope-intl.aliyuncs.com/api/v1", "dashscope-native"),
        ("https://api.cloudflare.com/client/v4/accounts/0123/ai/run/@cf/baai/x", "cloudflare"),
        ("https://api.openai.com/v1/decisions", "openai"),
        ("https://rerank.example/v1", None),
        ("https://api.jina.ai.evil.example/v1", None),
        ("http://localhost:7997", None),
    ],
)
def test_owner_of_a_url(url: str, name: str | None) -> None:
    """A URL of a known provider would be spoken to in another's wire form, or get no key."""
    owner = owner_of(url, PROVIDERS.values())
    assert (owner and owner.name) == name
