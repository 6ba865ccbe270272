"""Hosted endpoints, in the order in which a key makes one of them the default."""

from dataclasses import replace

from rerank_cli.errors import Fault
from rerank_cli.model import UNBOUNDED, UNIT
from rerank_cli.providers.row import PASSAGES_GUESSED, USUAL_PASSAGES, Provider

# Some endpoints echo the documents unless a field forbids it.
_NO_ECHO = {"return_documents": False}

_INSTRUCTION = {"instruction": "instruction"}
CHUNKS = {"max_chunks_per_doc": "max_chunks_per_doc", "overlap_tokens": "overlap_tokens"}

_SILICONFLOW = Provider(
    name="siliconflow",
    dialect="cohere",
    base_url="https://api.siliconflow.cn/v1",
    hosts=frozenset({"api.siliconflow.com", "api.ap.siliconflow.com"}),
    model="BAAI/bge-reranker-v2-m3",
    key_variables=("SILICONFLOW_API_KEY", "SILICON_API_KEY"),
    borrowed=("OPENAI_API_KEY",),
    needs_key=True,
    fields=_NO_ECHO,
    extras=_INSTRUCTION | CHUNKS,
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    rpm=2000,
    tpm=500_000,
    score_range=UNIT,
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

_SILICONFLOW_COM = replace(
    _SILICONFLOW,
    name="siliconflow-com",
    base_url="https://api.siliconflow.com/v1",
    hosts=frozenset({"api.ap.siliconflow.com"}),
    model="Qwen/Qwen3-Reranker-0.6B",
    key_variables=("SILICONFLOW_COM_API_KEY", "SILICONFLOW_API_KEY"),
)

_JINA = Provider(
    name="jina",
    dialect="cohere",
    base_url="https://api.jina.ai/v1",
    # Not jina-reranker-v3: that scores each passage by the others of its request.
    model="jina-reranker-v2-base-multilingual",
    key_variables=("JINA_API_KEY", "JINA_AI_API_KEY"),
    needs_key=True,
    fields=_NO_ECHO,
    max_passages=1000,
    guessed=PASSAGES_GUESSED,
    rpm=500,
    tpm=1_000_000,
    concurrency=5,
    codes={
        "INPUT_MODEL_NOT_FOUND": Fault.MODEL,
        "AUTHZ_INSUFFICIENT_BALANCE": Fault.BALANCE,
        "AUTHZ_RESOURCE_LIMIT_EXCEEDED": Fault.BALANCE,
    },
    advice={
        Fault.MODEL: "Rerankers of Jina: jina-reranker-v3, jina-reranker-m0, "
        "jina-reranker-v2-base-multilingual, jina-colbert-v2.",
    },
)

_COHERE = Provider(
    name="cohere",
    dialect="cohere",
    base_url="https://api.cohere.com/v2",
    hosts=frozenset({"api.cohere.ai"}),
    model="rerank-v3.5",
    key_variables=("CO_API_KEY", "COHERE_API_KEY"),
    needs_key=True,
    max_passages=1000,
    rpm=1000,
    score_range=UNIT,
    advice={
        Fault.RATE: "A trial key allows 10 reranks a minute: --rpm 10. A production key 1000.",
        Fault.MODEL: "Rerankers of Cohere: rerank-v4.0-pro, rerank-v4.0-fast, rerank-v3.5, "
        "rerank-multilingual-v3.0, rerank-english-v3.0.",
    },
)

_VOYAGE = Provider(
    name="voyage",
    dialect="voyage",
    base_url="https://api.voyageai.com/v1",
    by_key={"al-": "https://ai.mongodb.com/v1"},
    hosts=frozenset({"ai.mongodb.com"}),
    model="rerank-2.5",
    key_variables=("VOYAGE_API_KEY",),
    needs_key=True,
    fields=_NO_ECHO | {"truncation": True},
    max_passages=1000,
    max_tokens=600_000,
    rpm=2000,
    tpm=2_000_000,
    score_range=UNIT,
    advice={
        Fault.KEY: "Keys that begin with al- are MongoDB's, others Voyage's own: without "
        "--base-url each goes to its host.",
        Fault.MODEL: "Rerankers of Voyage: rerank-2.5, rerank-2.5-lite, rerank-2, rerank-2-lite.",
    },
)

_DASHSCOPE_CODES: dict[int | str, Fault] = {
    "InvalidApiKey": Fault.KEY,
    "AccessDenied": Fault.ACCESS,
    "Arrearage": Fault.BALANCE,
    "ModelNotFound": Fault.MODEL,
    "Throttling": Fault.RATE,
    "Throttling.RateQuota": Fault.RATE,
    "Throttling.AllocationQuota": Fault.RATE,
}
_DASHSCOPE_ADVICE = {
    Fault.KEY: "Keys of dashscope.aliyuncs.com and dashscope-intl.aliyuncs.com (Singapore) are "
    "not interchangeable: the other host is named by --base-url.",
    Fault.PATH: "The compatible side is …/compatible-api/v1 (not compatible-mode), the native one "
    "…/api/v1: -p dashscope and -p dashscope-native have them.",
    Fault.MODEL: "qwen3-rerank is served by -p dashscope; gte-rerank-v2 and qwen3-vl-rerank by "
    "-p dashscope-native.",
}

_DASHSCOPE = Provider(
    name="dashscope",
    dialect="cohere",
    base_url="https://dashscope.aliyuncs.com/compatible-api/v1",
    path="/reranks",
    hosts=frozenset({"dashscope-intl.aliyuncs.com"}),
    model="qwen3-rerank",
    key_variables=("DASHSCOPE_API_KEY",),
    needs_key=True,
    extras={"instruction": "instruct"},
    max_passages=500,
    max_tokens=120_000,
    rpm=5400,
    score_range=UNIT,
    codes=_DASHSCOPE_CODES,
    advice=_DASHSCOPE_ADVICE,
)

_DASHSCOPE_NATIVE = Provider(
    name="dashscope-native",
    dialect="dashscope",
    base_url="https://dashscope.aliyuncs.com/api/v1",
    hosts=frozenset({"dashscope-intl.aliyuncs.com"}),
    model="gte-rerank-v2",
    key_variables=("DASHSCOPE_API_KEY",),
    needs_key=True,
    fields=_NO_ECHO,
    extras={"instruction": "instruct"},
    max_passages=500,
    max_tokens=30_000,
    score_range=UNIT,
    codes=_DASHSCOPE_CODES,
    advice=_DASHSCOPE_ADVICE,
)

_MIXEDBREAD = Provider(
    name="mixedbread",
    dialect="mixedbread",
    base_url="https://api.mixedbread.com/v1",
    model="mixedbread-ai/mxbai-rerank-large-v2",
    key_variables=("MXBAI_API_KEY",),
    needs_key=True,
    fields={"return_input": False},
    max_passages=1000,
    rpm=1200,
    score_range=UNIT,
    advice={Fault.RATE: "The free tier allows 100 requests a minute: --rpm 100."},
)

_TOGETHER = Provider(
    name="together",
    dialect="cohere",
    base_url="https://api.together.xyz/v1",
    hosts=frozenset({"api.together.ai"}),
    model="Salesforce/Llama-Rank-V1",
    key_variables=("TOGETHER_API_KEY", "TOGETHERAI_API_KEY"),
    needs_key=True,
    # Unknown fields may be refused, so that there are no extras.
    fields=_NO_ECHO,
    # Said with status 403.
    words={"context length": Fault.TOO_LARGE},
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    score_range=UNIT,
)

_FIREWORKS = Provider(
    name="fireworks",
    dialect="voyage",
    base_url="https://api.fireworks.ai/inference/v1",
    model="fireworks/qwen3-reranker-8b",
    key_variables=("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
    needs_key=True,
    fields=_NO_ECHO,
    extras={"instruction": "task"},
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    score_range=UNIT,
)

_NVIDIA = Provider(
    name="nvidia",
    dialect="nim",
    base_url="https://ai.api.nvidia.com/v1/retrieval",
    path="/{model}/reranking",
    model="nvidia/llama-3.2-nv-rerankqa-1b-v2",
    key_variables=("NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"),
    needs_key=True,
    fields={"truncate": "END"},
    max_passages=512,
    score_range=UNBOUNDED,
    status_url="https://api.nvcf.nvidia.com/v2/nvcf/pexec/status/{id}",
    advice={
        Fault.PATH: "Each model has a URL of its own: is the model's name right? A NIM of your "
        "own is -p nim.",
    },
)

_PINECONE = Provider(
    name="pinecone",
    dialect="pinecone",
    base_url="https://api.pinecone.io",
    model="bge-reranker-v2-m3",
    key_variables=("PINECONE_API_KEY",),
    needs_key=True,
    key_header="Api-Key",
    headers={"X-Pinecone-Api-Version": "2026-04"},
    fields=_NO_ECHO | {"parameters": {"truncate": "END"}},
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    score_range=UNIT,
    codes={
        "UNAUTHENTICATED": Fault.KEY,
        "RESOURCE_EXHAUSTED": Fault.RATE,
        "QUOTA_EXCEEDED": Fault.BALANCE,
    },
    advice={
        Fault.MODEL: "Rerankers of Pinecone: bge-reranker-v2-m3, pinecone-rerank-v0, "
        "cohere-rerank-3.5.",
    },
)

_ZEROENTROPY = Provider(
    name="zeroentropy",
    dialect="cohere",
    base_url="https://api.zeroentropy.dev/v1",
    path="/models/rerank",
    model="zerank-2",
    key_variables=("ZEROENTROPY_API_KEY",),
    needs_key=True,
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    rpm=1000,
    score_range=UNIT,
)

_OPENROUTER = Provider(
    name="openrouter",
    dialect="cohere",
    base_url="https://openrouter.ai/api/v1",
    model="cohere/rerank-v3.5",
    key_variables=("OPENROUTER_API_KEY",),
    needs_key=True,
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    score_range=UNIT,
)

_DEEPINFRA = Provider(
    name="deepinfra",
    dialect="score-vector",
    base_url="https://api.deepinfra.com/v1/inference",
    model="Qwen/Qwen3-Reranker-0.6B",
    key_variables=("DEEPINFRA_API_KEY", "DEEPINFRA_API_TOKEN"),
    needs_key=True,
    extras=_INSTRUCTION,
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    score_range=UNIT,
)

_NOVITA = Provider(
    name="novita",
    dialect="cohere",
    base_url="https://api.novita.ai/openai/v1",
    model="baai/bge-reranker-v2-m3",
    key_variables=("NOVITA_API_KEY",),
    needs_key=True,
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    score_range=UNIT,
)

_GITEE = Provider(
    name="gitee",
    dialect="cohere",
    base_url="https://ai.gitee.com/v1",
    model="bge-reranker-v2-m3",
    key_variables=("GITEE_AI_API_KEY",),
    needs_key=True,
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    score_range=UNIT,
)

_ZHIPU = Provider(
    name="zhipu",
    dialect="cohere",
    base_url="https://open.bigmodel.cn/api/paas/v4",
    model="rerank",
    key_variables=("ZAI_API_KEY", "ZHIPUAI_API_KEY"),
    needs_key=True,
    fields=_NO_ECHO,
    max_passages=128,
    score_range=UNIT,
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
)

_QIANFAN = Provider(
    name="qianfan",
    dialect="cohere",
    base_url="https://qianfan.baidubce.com/v2",
    model="bce-reranker-base",
    key_variables=("QIANFAN_API_KEY",),
    needs_key=True,
    max_passages=64,
    score_range=UNIT,
    # Sent with status 200 by the older API.
    codes={110: Fault.KEY, 111: Fault.KEY},
    advice={
        Fault.REQUEST: "A query may have 1600 characters, a passage 4096.",
    },
)

HOSTED = (
    _SILICONFLOW,
    _SILICONFLOW_COM,
    _JINA,
    _COHERE,
    _VOYAGE,
    _DASHSCOPE,
    _DASHSCOPE_NATIVE,
    _MIXEDBREAD,
    _TOGETHER,
    _FIREWORKS,
    _NVIDIA,
    _PINECONE,
    _ZEROENTROPY,
    _OPENROUTER,
    _DEEPINFRA,
    _NOVITA,
    _GITEE,
    _ZHIPU,
    _QIANFAN,
)
