"""Servers that people run themselves, at their usual loopback ports; and the embedded engine."""

from rerank_cli.errors import Fault
from rerank_cli.model import UNBOUNDED, UNIT
from rerank_cli.providers.hosted import CHUNKS
from rerank_cli.providers.row import PASSAGES_GUESSED, USUAL_PASSAGES, Provider

_TEI = Provider(
    name="tei",
    dialect="tei",
    base_url="http://localhost:3000",
    # Left to the server, versions differ in what they do with a long passage.
    fields={"raw_scores": False, "return_text": False, "truncate": True},
    max_passages=32,
    max_bytes=2_000_000,
    score_range=UNIT,
    marks=("x-compute-", '"error_type"'),
    codes={"Overloaded": Fault.BUSY, "Unhealthy": Fault.BUSY},
    # One passage's: the request is halved until it is found.
    words={"score is nan": Fault.REQUEST},
    advice={
        Fault.PATH: "TEI listens on port 3000, in its container on 80, and has no /v1; the model "
        "must be a reranker.",
        Fault.BUSY: "All permits of the server are in use: --concurrency 2, or start it with more "
        "--max-concurrent-requests.",
        Fault.TOO_LARGE: "Start the server with a higher --max-client-batch-size, or send less at "
        "once: --max-passages.",
    },
)

_VLLM = Provider(
    name="vllm",
    dialect="cohere",
    base_url="http://localhost:8000/v1",
    key_variables=("VLLM_API_KEY",),
    extras={"instruction": "instruction"},
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    score_range=UNIT,
    marks=('"multi_modal"', '"score-'),
    advice={
        Fault.PATH: "vLLM answers at /v1/rerank on port 8000, if the model it serves is a "
        "reranker.",
        Fault.KEY: "vLLM guards /v1 with --api-key, but not the path without it.",
    },
)

_SGLANG = Provider(
    name="sglang",
    dialect="sglang",
    base_url="http://localhost:30000/v1",
    extras={"instruction": "instruct"},
    fields={"return_documents": False},
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    marks=('"meta_info"',),
)

_LLAMACPP = Provider(
    name="llamacpp",
    dialect="cohere",
    base_url="http://localhost:8080/v1",
    key_variables=("LLAMA_API_KEY",),
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    score_range=UNBOUNDED,
    marks=("llama.cpp", "llamacpp"),
    advice={
        Fault.TASK: "Start llama-server with --reranking, and with a model that is a reranker.",
        Fault.TOO_LARGE: "Query and passage must fit the server's physical batch: start "
        "llama-server with a higher --ubatch-size.",
    },
)

_INFINITY = Provider(
    name="infinity",
    dialect="cohere",
    base_url="http://localhost:7997",
    key_variables=("INFINITY_API_KEY",),
    fields={"return_documents": False},
    max_passages=2048,
    score_range=UNIT,
    marks=('"infinity-',),
    advice={
        Fault.PATH: "Infinity answers at /rerank on port 7997, without /v1 unless it was started "
        "with --url-prefix /v1.",
    },
)

_XINFERENCE = Provider(
    name="xinference",
    dialect="cohere",
    base_url="http://localhost:9997/v1",
    needs_model=True,
    key_variables=("XINFERENCE_API_KEY",),
    fields={"return_documents": False},
    extras={"max_chunks_per_doc": "max_chunks_per_doc"},
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    marks=('"api_version":null', '"api_version": null', "[address="),
    advice={
        Fault.PATH: "Xinference answers at /v1/rerank on port 9997.",
        Fault.MODEL: "The name is the model's uid: see `xinference list`.",
        Fault.KEY: "Xinference 4 asks for a key unless XINFERENCE_AUTH_ADVANCED=0 is set for it.",
    },
)

_LOCALAI = Provider(
    name="localai",
    dialect="cohere",
    base_url="http://localhost:8080/v1",
    needs_model=True,
    key_variables=("LOCALAI_API_KEY",),
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    advice={Fault.MODEL: "curl …/v1/models lists those it has."},
)

_LITELLM = Provider(
    name="litellm",
    dialect="cohere",
    base_url="http://localhost:4000/v1",
    needs_model=True,
    key_variables=("LITELLM_API_KEY", "LITELLM_PROXY_API_KEY", "LITELLM_MASTER_KEY"),
    fields={"return_documents": False},
    extras={"instruction": "instruction", "max_chunks_per_doc": "max_chunks_per_doc"},
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
    marks=("x-litellm-", "litellm"),
    words={
        "no connected db": Fault.KEY,
        "no api key passed": Fault.KEY,
        "invalid model name": Fault.MODEL,
    },
    advice={
        Fault.KEY: "The proxy wants its master key or a virtual key. If the message names a model "
        "group, it is the key that the proxy has for the endpoint behind it which is wrong.",
        Fault.MODEL: "It is a model_name of the proxy's configuration; curl …/v1/models lists all.",
        Fault.FAILED: "The endpoint behind the proxy may be down, or the key missing: the proxy's "
        "own log says more.",
    },
)

_OVMS = Provider(
    name="ovms",
    dialect="cohere",
    base_url="http://localhost:8000/v3",
    needs_model=True,
    fields={"return_documents": False},
    max_passages=100,
    score_range=UNIT,
    marks=("Mediapipe",),
    advice={Fault.PATH: "OpenVINO model server answers at /v3/rerank."},
)

_NIM = Provider(
    name="nim",
    dialect="nim",
    base_url="http://localhost:8000/v1",
    model="nvidia/llama-3.2-nv-rerankqa-1b-v2",
    fields={"truncate": "END"},
    max_passages=512,
    score_range=UNBOUNDED,
    marks=('"rankings"',),
    advice={Fault.PATH: "A NIM answers at /v1/ranking on port 8000."},
)

SELF_HOSTED = (
    _TEI,
    _VLLM,
    _SGLANG,
    _LLAMACPP,
    _INFINITY,
    _XINFERENCE,
    _LOCALAI,
    _LITELLM,
    _OVMS,
    _NIM,
)

LOCAL = Provider(name="local", model="use-multilingual-v3", score_range=UNIT)

CUSTOM = Provider(
    name="custom",
    dialect="cohere",
    fields={"return_documents": False},
    extras={"instruction": "instruction"} | CHUNKS,
    max_passages=USUAL_PASSAGES,
    guessed=PASSAGES_GUESSED,
)
