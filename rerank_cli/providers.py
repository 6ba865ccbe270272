"""The endpoints by name: a table that a person can read and extend with a row."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rerank_cli.errors import Fault


@dataclass(frozen=True, slots=True)
class Provider:
    """One endpoint: where it is, how it is spoken to, what it takes.

    name            as `-p` has it
    dialect         the wire format, a name in `dialects.DIALECTS`; None is the embedded engine
    base_url        where its API begins, without the rerank path
    hosts           all hosts that are its own: only these may get its key unasked
    model           the default model; None sends none
    key_variables   where its key is looked for, after RERANK_API_KEY
    borrowed        variables of other companies that may hold its key (see settings)
    needs_key       whether it refuses requests without a key
    max_passages    passages a request may carry
    max_bytes       bytes a request's body may have
    max_tokens      estimated tokens a request may have
    rpm, tpm        requests and tokens a minute
    concurrency     requests at once
    extras          request field → the models that take it; any other model never gets it
    codes           error code in a reply → why it refused
    advice          why it refused → what to do about it
    """

    name: str
    dialect: str | None
    base_url: str | None = None
    hosts: frozenset[str] = frozenset()
    model: str | None = None
    key_variables: tuple[str, ...] = ()
    borrowed: tuple[str, ...] = ()
    needs_key: bool = False
    max_passages: int | None = None
    max_bytes: int | None = None
    max_tokens: int | None = None
    rpm: int | None = None
    tpm: int | None = None
    concurrency: int = 8
    extras: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    codes: Mapping[int | str, Fault] = field(default_factory=dict)
    advice: Mapping[Fault, str] = field(default_factory=dict)

    def owns(self, url: str) -> bool:
        """Whether the URL's host is the provider's own, reached so that nobody can listen."""
        parts = urlsplit(url)
        return parts.scheme == "https" and parts.hostname in self.hosts

    def takes(self, extra: str, model: str | None) -> bool:
        """Whether this model takes this request field."""
        pattern = self.extras.get(extra)
        return bool(pattern and model and pattern.search(model))


# Which models take what, by name, wherever they are served.
_MODEL_EXTRAS = {
    "instruction": re.compile(r"qwen3-reranker", re.IGNORECASE),
    "max_chunks_per_doc": re.compile(r"bge-reranker-v2-m3|bce-reranker-base", re.IGNORECASE),
    "overlap_tokens": re.compile(r"bge-reranker-v2-m3|bce-reranker-base", re.IGNORECASE),
}

SILICONFLOW = Provider(
    name="siliconflow",
    dialect="cohere",
    base_url="https://api.siliconflow.cn/v1",
    hosts=frozenset({"api.siliconflow.cn", "api.siliconflow.com", "api.ap.siliconflow.com"}),
    model="BAAI/bge-reranker-v2-m3",
    key_variables=("SILICONFLOW_API_KEY",),
    borrowed=("OPENAI_API_KEY",),
    needs_key=True,
    # No limit is documented; a first-stage search recalls about this many.
    max_passages=100,
    rpm=2000,
    tpm=500_000,
    extras=_MODEL_EXTRAS,
    codes={
        20012: Fault.MODEL,
        20042: Fault.TOO_LARGE,
        30001: Fault.BALANCE,
        30003: Fault.BALANCE,
        50505: Fault.BUSY,
        50508: Fault.BUSY,
    },
    advice={
        Fault.KEY: "Keys of siliconflow.cn and siliconflow.com are not interchangeable: a .com key "
        "needs --base-url https://api.siliconflow.com/v1",
        Fault.ACCESS: "Some models ask for real-name verification of the account, or balance.",
        Fault.BALANCE: "Top up the account, or choose a free model.",
        Fault.MODEL: "Rerankers of siliconflow.cn: BAAI/bge-reranker-v2-m3, "
        "netease-youdao/bce-reranker-base_v1, Qwen/Qwen3-Reranker-0.6B (4B, 8B); "
        "siliconflow.com has the Qwen ones only.",
        Fault.RATE: "RPM is requests, TPM tokens a minute: wait a minute, and keep to the "
        "account's limits with --rpm and --tpm.",
    },
)

LOCAL = Provider(name="local", dialect=None, model="use-multilingual-v3")

CUSTOM = Provider(
    name="custom",
    dialect="cohere",
    max_passages=100,
    extras=_MODEL_EXTRAS,
    # Zhipu says with status 429 that there is no money left.
    codes={"1113": Fault.BALANCE},
)

# In the order in which a key makes one of them the default.
PROVIDERS: Mapping[str, Provider] = {row.name: row for row in (SILICONFLOW, LOCAL, CUSTOM)}


def owner_of(url: str) -> Provider | None:
    """The provider whose own host the URL names, if any."""
    host = urlsplit(url).hostname
    return next((row for row in PROVIDERS.values() if host in row.hosts), None)
