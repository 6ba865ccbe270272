"""Hosted endpoints, in the order in which a key makes one of them the default."""

from rerank_cli.errors import Fault
from rerank_cli.model import UNBOUNDED
from rerank_cli.providers.chinese import (
    DASHSCOPE,
    DASHSCOPE_NATIVE,
    GITEE,
    QIANFAN,
    SILICONFLOW,
    SILICONFLOW_COM,
    ZHIPU,
)
from rerank_cli.providers.row import INSTRUCTION, NO_ECHO, Guess, hosted

HOSTED = (
    SILICONFLOW,
    SILICONFLOW_COM,
    hosted(
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
            Fault.MODEL: "Rerankers of Jina: jina-reranker-v3.5, jina-reranker-v3, "
            "jina-reranker-m0, jina-reranker-v2-base-multilingual, jina-colbert-v2.",
        },
    ),
    hosted(
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
    hosted(
        name="voyage",
        dialect="voyage",
        base_url="https://api.voyageai.com/v1",
        by_key={"al-": "https://ai.mongodb.com/v1"},
        hosts=frozenset({"ai.mongodb.com"}),
        model="rerank-3",
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
            Fault.MODEL: "Rerankers of Voyage: rerank-3, rerank-3-lite, rerank-2.5, "
            "rerank-2.5-lite, rerank-2, rerank-2-lite.",
        },
    ),
    DASHSCOPE,
    DASHSCOPE_NATIVE,
    hosted(
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
    hosted(
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
    hosted(
        name="fireworks",
        dialect="voyage",
        base_url="https://api.fireworks.ai/inference/v1",
        model="fireworks/qwen3-reranker-8b",
        key_variables=("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
        fields=NO_ECHO,
        extras={"instruction": "task"},
    ),
    hosted(
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
    hosted(
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
    hosted(
        name="zeroentropy",
        base_url="https://api.zeroentropy.dev/v1",
        path="/models/rerank",
        model="zerank-2",
        key_variables=("ZEROENTROPY_API_KEY",),
        rpm=1000,
    ),
    hosted(
        name="openrouter",
        base_url="https://openrouter.ai/api/v1",
        model="cohere/rerank-v3.5",
        key_variables=("OPENROUTER_API_KEY",),
    ),
    hosted(
        name="deepinfra",
        dialect="score-vector",
        count=None,
        base_url="https://api.deepinfra.com/v1/inference",
        model="Qwen/Qwen3-Reranker-0.6B",
        key_variables=("DEEPINFRA_API_KEY", "DEEPINFRA_API_TOKEN"),
        extras=INSTRUCTION,
    ),
    hosted(
        name="novita",
        base_url="https://api.novita.ai/openai/v1",
        model="baai/bge-reranker-v2-m3",
        key_variables=("NOVITA_API_KEY",),
    ),
    GITEE,
    ZHIPU,
    QIANFAN,
    hosted(
        name="vercel",
        base_url="https://ai-gateway.vercel.sh/v2",
        model="cohere/rerank-v3.5",
        key_variables=("AI_GATEWAY_API_KEY",),
        advice={
            Fault.MODEL: "Models have their maker before the name: cohere/rerank-v3.5, "
            "voyage/rerank-3.",
        },
    ),
    hosted(
        name="contextual",
        base_url="https://api.contextual.ai/v1",
        model="ctxl-rerank-v2-instruct-multilingual",
        key_variables=("CONTEXTUAL_API_KEY",),
        extras=INSTRUCTION,
        max_tokens=400_000,
        score_range=None,
        advice={
            Fault.MODEL: "Rerankers of Contextual AI: ctxl-rerank-v2-instruct-multilingual, "
            "ctxl-rerank-v2-instruct-multilingual-mini, ctxl-rerank-v1-instruct.",
            Fault.REQUEST: "Query, instruction and a passage may have 8000 tokens together.",
        },
    ),
    hosted(
        name="isaacus",
        dialect="isaacus",
        base_url="https://api.isaacus.com/v1",
        model="kanon-2-reranker",
        key_variables=("ISAACUS_API_KEY",),
    ),
    hosted(
        name="cloudflare",
        dialect="cloudflare",
        base_url="https://api.cloudflare.com/client/v4/accounts/{account}",
        account="CLOUDFLARE_ACCOUNT_ID",
        model="@cf/baai/bge-reranker-base",
        key_variables=("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_AUTH_TOKEN"),
        chosen_by_key=False,
        count="top_k",
        always_counted=True,
        score_range=None,
        codes={
            3006: Fault.TOO_LARGE,
            # Status 429, but the free allocation of a day is used up.
            3036: Fault.BALANCE,
            3040: Fault.BUSY,
            3042: Fault.MODEL,
            5007: Fault.MODEL,
            7000: Fault.PATH,
            7003: Fault.PATH,
            9106: Fault.KEY,
            10000: Fault.KEY,
        },
        advice={
            Fault.KEY: "The token must be one of the account in the URL, and may run Workers AI.",
            Fault.PATH: "Is CLOUDFLARE_ACCOUNT_ID the account's id? A whole URL is …/client/v4/"
            "accounts/ID/ai/run/@cf/baai/bge-reranker-base.",
            Fault.MODEL: "The reranker of Workers AI: @cf/baai/bge-reranker-base.",
        },
    ),
    hosted(
        name="openai",
        dialect="decisions",
        base_url="https://api.openai.com/v1",
        model="gpt-6-luna",
        key_variables=("OPENAI_API_KEY",),
        chosen_by_key=False,
        count=None,
        max_passages=400,
        codes={
            "context_length_exceeded": Fault.TOO_LARGE,
            # Status 429, too.
            "insufficient_quota": Fault.BALANCE,
            "model_not_found": Fault.MODEL,
        },
        advice={Fault.MODEL: "The Decisions API has gpt-6-luna alone."},
    ),
    hosted(
        name="typesafe",
        dialect="systemone",
        base_url="https://api.typesafe.ai/v1",
        model="jev-latest",
        key_variables=("TYPESAFE_API_KEY",),
        count=None,
        max_passages=Guess(30),
        max_tokens=Guess(32_000),
    ),
)
