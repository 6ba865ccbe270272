"""Hosted endpoints, in the order in which a key makes one of them the default."""

from dataclasses import replace
from functools import partial

from rerank_cli.errors import Fault
from rerank_cli.model import UNBOUNDED, UNIT
from rerank_cli.providers.row import Guess, Provider

# Some endpoints echo the documents unless a field forbids it.
NO_ECHO = {"return_documents": False}

INSTRUCTION = {"instruction": "instruction"}
CHUNKS = {"max_chunks_per_doc": "max_chunks_per_doc", "overlap_tokens": "overlap_tokens"}

_hosted = partial(Provider, needs_key=True, score_range=UNIT)
"""A row, with what most hosted endpoints have in common."""

_SILICONFLOW = _hosted(
    name="siliconflow",
    base_url="https://api.siliconflow.cn/v1",
    hosts=frozenset({"api.siliconflow.com", "api.ap.siliconflow.com"}),
    model="BAAI/bge-reranker-v2-m3",
    key_variables=("SILICONFLOW_API_KEY", "SILICON_API_KEY"),
    borrowed=("OPENAI_API_KEY",),
    fields=NO_ECHO,
    extras=INSTRUCTION | CHUNKS,
    rpm=2000,
    tpm=500_000,
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
        "needs -p siliconflow-com, a .cn key -p siliconflow.",
        Fault.ACCESS: "Some models ask for real-name verification of the account, or balance.",
        Fault.BALANCE: "Top up the account, or choose a free model.",
        Fault.MODEL: "Rerankers of siliconflow.cn: BAAI/bge-reranker-v2-m3, "
        "netease-youdao/bce-reranker-base_v1, Qwen/Qwen3-Reranker-0.6B (4B, 8B); "
        "siliconflow.com has the Qwen ones only.",
        Fault.RATE: "RPM is requests, TPM tokens a minute: wait a minute, and keep to the "
        "account's limits with --rpm and --tpm.",
    },
)

_DASHSCOPE = _hosted(
    name="dashscope",
    base_url="https://dashscope.aliyuncs.com/compatible-api/v1",
    path="/reranks",
    hosts=frozenset({"dashscope-intl.aliyuncs.com"}),
    model="qwen3-rerank",
    key_variables=("DASHSCOPE_API_KEY",),
    extras={"instruction": "instruct"},
    max_passages=500,
    max_tokens=120_000,
    rpm=5400,
    codes={
        "InvalidApiKey": Fault.KEY,
        "AccessDenied": Fault.ACCESS,
        "Arrearage": Fault.BALANCE,
        "ModelNotFound": Fault.MODEL,
        "Throttling": Fault.RATE,
        "Throttling.RateQuota": Fault.RATE,
        "Throttling.AllocationQuota": Fault.RATE,
    },
    advice={
        Fault.KEY: "Keys of dashscope.aliyuncs.com and dashscope-intl.aliyuncs.com (Singapore) are "
        "not interchangeable: the other host is named by --base-url.",
        Fault.PATH: "The compatible side is …/compatible-api/v1 (not compatible-mode), the native "
        "one …/api/v1: -p dashscope and -p dashscope-native have them.",
        Fault.MODEL: "qwen3-rerank is served by -p dashscope; gte-rerank-v2 and qwen3-vl-rerank by "
        "-p dashscope-native.",
    },
)

HOSTED = (
    _SILICONFLOW,
    replace(
        _SILICONFLOW,
        name="siliconflow-com",
        base_url="https://api.siliconflow.com/v1",
        hosts=frozenset({"api.ap.siliconflow.com"}),
        model="Qwen/Qwen3-Reranker-0.6B",
        key_variables=("SILICONFLOW_COM_API_KEY", "SILICONFLOW_API_KEY"),
    ),
    _hosted(
        name="jina",
        base_url="https://api.jina.ai/v1",
        # Not jina-reranker-v3: that scores each passage by the others of its request.
        model="jina-reranker-v2-base-multilingual",
        key_variables=("JINA_API_KEY", "JINA_AI_API_KEY"),
        fields=NO_ECHO,
        max_passages=Guess(1000),
        rpm=500,
        tpm=1_000_000,
        concurrency=5,
        score_range=None,
        codes={
            "INPUT_MODEL_NOT_FOUND": Fault.MODEL,
            "AUTHZ_INSUFFICIENT_BALANCE": Fault.BALANCE,
            "AUTHZ_RESOURCE_LIMIT_EXCEEDED": Fault.BALANCE,
        },
        advice={
            Fault.MODEL: "Rerankers of Jina: jina-reranker-v3, jina-reranker-m0, "
            "jina-reranker-v2-base-multilingual, jina-colbert-v2.",
        },
    ),
    _hosted(
        name="cohere",
        base_url="https://api.cohere.com/v2",
        hosts=frozenset({"api.cohere.ai"}),
        model="rerank-v3.5",
        key_variables=("CO_API_KEY", "COHERE_API_KEY"),
        max_passages=1000,
        rpm=1000,
        advice={
            Fault.RATE: "A trial key allows 10 reranks a minute: --rpm 10. A production key 1000.",
            Fault.MODEL: "Rerankers of Cohere: rerank-v4.0-pro, rerank-v4.0-fast, rerank-v3.5, "
            "rerank-multilingual-v3.0, rerank-english-v3.0.",
        },
    ),
    _hosted(
        name="voyage",
        dialect="voyage",
        base_url="https://api.voyageai.com/v1",
        by_key={"al-": "https://ai.mongodb.com/v1"},
        hosts=frozenset({"ai.mongodb.com"}),
        model="rerank-2.5",
        key_variables=("VOYAGE_API_KEY",),
        fields=NO_ECHO | {"truncation": True},
        count="top_k",
        max_passages=1000,
        max_tokens=600_000,
        rpm=2000,
        tpm=2_000_000,
        advice={
            Fault.KEY: "Keys that begin with al- are MongoDB's, others Voyage's own: without "
            "--base-url each goes to its host.",
            Fault.MODEL: "Rerankers of Voyage: rerank-2.5, rerank-2.5-lite, rerank-2, "
            "rerank-2-lite.",
        },
    ),
    _DASHSCOPE,
    replace(
        _DASHSCOPE,
        name="dashscope-native",
        dialect="dashscope",
        base_url="https://dashscope.aliyuncs.com/api/v1",
        path=None,
        model="gte-rerank-v2",
        fields=NO_ECHO,
        max_tokens=30_000,
        rpm=None,
    ),
    _hosted(
        name="mixedbread",
        dialect="mixedbread",
        base_url="https://api.mixedbread.com/v1",
        model="mixedbread-ai/mxbai-rerank-large-v2",
        key_variables=("MXBAI_API_KEY",),
        fields={"return_input": False},
        count="top_k",
        max_passages=1000,
        rpm=1200,
        advice={Fault.RATE: "The free tier allows 100 requests a minute: --rpm 100."},
    ),
    _hosted(
        name="together",
        base_url="https://api.together.xyz/v1",
        hosts=frozenset({"api.together.ai"}),
        model="Salesforce/Llama-Rank-V1",
        key_variables=("TOGETHER_API_KEY", "TOGETHERAI_API_KEY"),
        # Unknown fields may be refused, so that there are no extras.
        fields=NO_ECHO,
        # Said with status 403.
        words={"context length": Fault.TOO_LARGE},
    ),
    _hosted(
        name="fireworks",
        dialect="voyage",
        base_url="https://api.fireworks.ai/inference/v1",
        model="fireworks/qwen3-reranker-8b",
        key_variables=("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
        fields=NO_ECHO,
        extras={"instruction": "task"},
    ),
    _hosted(
        name="nvidia",
        dialect="nim",
        base_url="https://ai.api.nvidia.com/v1/retrieval",
        path="/{model}/reranking",
        model="nvidia/llama-3.2-nv-rerankqa-1b-v2",
        key_variables=("NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"),
        fields={"truncate": "END"},
        count=None,
        max_passages=512,
        score_range=UNBOUNDED,
        status_url="https://api.nvcf.nvidia.com/v2/nvcf/pexec/status/{id}",
        advice={
            Fault.PATH: "Each model has a URL of its own: is the model's name right? A NIM of your "
            "own is -p nim.",
        },
    ),
    _hosted(
        name="pinecone",
        dialect="pinecone",
        base_url="https://api.pinecone.io",
        model="bge-reranker-v2-m3",
        key_variables=("PINECONE_API_KEY",),
        key_header="Api-Key",
        headers={"X-Pinecone-Api-Version": "2026-04"},
        fields=NO_ECHO | {"parameters": {"truncate": "END"}},
        codes={
            "UNAUTHENTICATED": Fault.KEY,
            "RESOURCE_EXHAUSTED": Fault.RATE,
            "QUOTA_EXCEEDED": Fault.BALANCE,
        },
        advice={
            Fault.MODEL: "Rerankers of Pinecone: bge-reranker-v2-m3, pinecone-rerank-v0, "
            "cohere-rerank-3.5.",
        },
    ),
    _hosted(
        name="zeroentropy",
        base_url="https://api.zeroentropy.dev/v1",
        path="/models/rerank",
        model="zerank-2",
        key_variables=("ZEROENTROPY_API_KEY",),
        rpm=1000,
    ),
    _hosted(
        name="openrouter",
        base_url="https://openrouter.ai/api/v1",
        model="cohere/rerank-v3.5",
        key_variables=("OPENROUTER_API_KEY",),
    ),
    _hosted(
        name="deepinfra",
        dialect="score-vector",
        count=None,
        base_url="https://api.deepinfra.com/v1/inference",
        model="Qwen/Qwen3-Reranker-0.6B",
        key_variables=("DEEPINFRA_API_KEY", "DEEPINFRA_API_TOKEN"),
        extras=INSTRUCTION,
    ),
    _hosted(
        name="novita",
        base_url="https://api.novita.ai/openai/v1",
        model="baai/bge-reranker-v2-m3",
        key_variables=("NOVITA_API_KEY",),
    ),
    _hosted(
        name="gitee",
        base_url="https://ai.gitee.com/v1",
        model="bge-reranker-v2-m3",
        key_variables=("GITEE_AI_API_KEY",),
    ),
    _hosted(
        name="zhipu",
        base_url="https://open.bigmodel.cn/api/paas/v4",
        model="rerank",
        key_variables=("ZAI_API_KEY", "ZHIPUAI_API_KEY"),
        fields=NO_ECHO,
        max_passages=128,
        codes={
            "1000": Fault.KEY,
            "1001": Fault.KEY,
            "1003": Fault.KEY,
            # Status 429, but no waiting helps: there is no money left.
            "1113": Fault.BALANCE,
            "1211": Fault.MODEL,
            "1302": Fault.RATE,
            "1305": Fault.BUSY,
        },
        advice={
            Fault.RATE: "Zhipu limits requests at once by model: try --concurrency 2.",
            Fault.REQUEST: "Query and passages may have 4096 characters each.",
        },
    ),
    _hosted(
        name="qianfan",
        base_url="https://qianfan.baidubce.com/v2",
        model="bce-reranker-base",
        key_variables=("QIANFAN_API_KEY",),
        max_passages=64,
        # Sent with status 200 by the older API.
        codes={110: Fault.KEY, 111: Fault.KEY},
        advice={Fault.REQUEST: "A query may have 1600 characters, a passage 4096."},
    ),
)
