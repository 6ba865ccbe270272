"""Servers that people run themselves, at their usual loopback ports; and the embedded engine."""

from rerank_cli.errors import Fault
from rerank_cli.model import UNBOUNDED, UNIT
from rerank_cli.providers.row import CHUNKS, INSTRUCTION, NO_ECHO, Provider

SELF_HOSTED = (
    Provider(
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
            Fault.PATH: "TEI listens on port 3000, in its container on 80, and has no /v1; the "
            "model must be a reranker.",
            Fault.BUSY: "All permits of the server are in use: --concurrency 2, or start it with "
            "more --max-concurrent-requests.",
            Fault.TOO_LARGE: "Start the server with a higher --max-client-batch-size, or send "
            "less at once: --max-passages.",
        },
    ),
    Provider(
        name="vllm",
        base_url="http://localhost:8000/v1",
        key_variables=("VLLM_API_KEY",),
        extras=INSTRUCTION,
        score_range=UNIT,
        marks=('"multi_modal"', '"score-'),
        advice={
            Fault.PATH: "vLLM answers at /v1/rerank on port 8000, if the model it serves is a "
            "reranker.",
            Fault.KEY: "vLLM guards /v1 with --api-key, but not the path without it.",
        },
    ),
    Provider(
        name="sglang",
        dialect="sglang",
        base_url="http://localhost:30000/v1",
        extras={"instruction": "instruct"},
        fields=NO_ECHO,
        marks=('"meta_info"',),
    ),
    Provider(
        name="llamacpp",
        base_url="http://localhost:8080/v1",
        key_variables=("LLAMA_API_KEY",),
        score_range=UNBOUNDED,
        marks=("llama.cpp", "llamacpp"),
        advice={
            Fault.TASK: "Start llama-server with --reranking, and with a model that is a reranker.",
            Fault.TOO_LARGE: "Query and passage must fit the server's physical batch: start "
            "llama-server with a higher --ubatch-size.",
        },
    ),
    Provider(
        name="infinity",
        base_url="http://localhost:7997",
        key_variables=("INFINITY_API_KEY",),
        fields=NO_ECHO,
        max_passages=2048,
        score_range=UNIT,
        marks=('"infinity-',),
        advice={
            Fault.PATH: "Infinity answers at /rerank on port 7997, without /v1 unless it was "
            "started with --url-prefix /v1.",
        },
    ),
    Provider(
        name="xinference",
        base_url="http://localhost:9997/v1",
        needs_model=True,
        key_variables=("XINFERENCE_API_KEY",),
        fields=NO_ECHO,
        extras={"max_chunks_per_doc": "max_chunks_per_doc"},
        marks=('"api_version":null', '"api_version": null', "[address="),
        advice={
            Fault.PATH: "Xinference answers at /v1/rerank on port 9997.",
            Fault.MODEL: "The name is the model's uid: see `xinference list`.",
            Fault.KEY: "Xinference 4 asks for a key unless XINFERENCE_AUTH_ADVANCED=0 is set for "
            "it.",
        },
    ),
    Provider(
        name="localai",
        base_url="http://localhost:8080/v1",
        needs_model=True,
        key_variables=("LOCALAI_API_KEY",),
        advice={Fault.MODEL: "curl …/v1/models lists those it has."},
    ),
    Provider(
        name="litellm",
        base_url="http://localhost:4000/v1",
        needs_model=True,
        key_variables=("LITELLM_API_KEY", "LITELLM_PROXY_API_KEY", "LITELLM_MASTER_KEY"),
        fields=NO_ECHO,
        extras=INSTRUCTION | {"max_chunks_per_doc": "max_chunks_per_doc"},
        marks=("x-litellm-", "litellm"),
        words={
            "no connected db": Fault.KEY,
            "no api key passed": Fault.KEY,
            "invalid model name": Fault.MODEL,
        },
        advice={
            Fault.KEY: "The proxy wants its master key or a virtual key. If the message names a "
            "model group, it is the key that the proxy has for the endpoint behind it which is "
            "wrong.",
            Fault.MODEL: "It is a model_name of the proxy's configuration; curl …/v1/models lists "
            "all.",
            Fault.FAILED: "The endpoint behind the proxy may be down, or the key missing: the "
            "proxy's own log says more.",
        },
    ),
    Provider(
        name="ovms",
        base_url="http://localhost:8000/v3",
        needs_model=True,
        fields=NO_ECHO,
        max_passages=100,
        score_range=UNIT,
        marks=("Mediapipe",),
        advice={Fault.PATH: "OpenVINO model server answers at /v3/rerank."},
    ),
    Provider(
        name="nim",
        dialect="nim",
        base_url="http://localhost:8000/v1",
        model="nvidia/llama-3.2-nv-rerankqa-1b-v2",
        fields={"truncate": "END"},
        count=None,
        max_passages=512,
        score_range=UNBOUNDED,
        marks=('"rankings"',),
        advice={Fault.PATH: "A NIM answers at /v1/ranking on port 8000."},
    ),
    Provider(
        name="elasticsearch",
        dialect="elasticsearch",
        base_url="http://localhost:9200",
        model=".rerank-v1-elasticsearch",
        # Guesses: its documentation names none.
        key_variables=("ELASTIC_API_KEY", "ELASTICSEARCH_API_KEY"),
        key_scheme="ApiKey",
        marks=("security_exception", " for uri ["),
        codes={"resource_not_found_exception": Fault.MODEL},
        advice={
            Fault.KEY: "It is an API key of Elasticsearch, as it is encoded for the header.",
            Fault.ACCESS: "The API key needs the privilege monitor_inference.",
            Fault.MODEL: "It is the id of an inference endpoint for reranking; "
            "GET /_inference/rerank/_all lists those there are.",
            Fault.PATH: "Elasticsearch answers at /_inference/rerank/ID on port 9200.",
        },
    ),
)

LOCAL = Provider("local", "", model="use-multilingual-v3", max_passages=None, score_range=UNIT)

CUSTOM = Provider(name="custom", fields=NO_ECHO, extras=INSTRUCTION | CHUNKS)
