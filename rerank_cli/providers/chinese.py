"""Hosted endpoints of Chinese companies."""

from dataclasses import replace

from rerank_cli.errors import Fault
from rerank_cli.providers.row import CHUNKS, INSTRUCTION, NO_ECHO, hosted

SILICONFLOW = hosted(
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

SILICONFLOW_COM = replace(
    SILICONFLOW,
    name="siliconflow-com",
    base_url="https://api.siliconflow.com/v1",
    hosts=frozenset({"api.ap.siliconflow.com"}),
    model="Qwen/Qwen3-Reranker-0.6B",
    key_variables=("SILICONFLOW_COM_API_KEY", "SILICONFLOW_API_KEY"),
)

DASHSCOPE = hosted(
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

DASHSCOPE_NATIVE = replace(
    DASHSCOPE,
    name="dashscope-native",
    dialect="dashscope",
    base_url="https://dashscope.aliyuncs.com/api/v1",
    path=None,
    model="gte-rerank-v2",
    fields=NO_ECHO,
    max_tokens=30_000,
    rpm=None,
)

GITEE = hosted(
    name="gitee",
    base_url="https://ai.gitee.com/v1",
    model="bge-reranker-v2-m3",
    key_variables=("GITEE_AI_API_KEY",),
)

ZHIPU = hosted(
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
)

QIANFAN = hosted(
    name="qianfan",
    base_url="https://qianfan.baidubce.com/v2",
    model="bce-reranker-base",
    key_variables=("QIANFAN_API_KEY",),
    max_passages=64,
    # Sent with status 200 by the older API.
    codes={110: Fault.KEY, 111: Fault.KEY},
    advice={Fault.REQUEST: "A query may have 1600 characters, a passage 4096."},
)
