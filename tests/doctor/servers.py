"""Rerank servers as `rerank doctor` meets them: strict about path, fields and method.

Each function answers one request as the server of its name does, errors word for word; the rest
turns one into another. All of them find the right passage of the doctor's question.
"""

from collections.abc import Callable, Sequence
from typing import Any

from rerank_cli.doctor.probe import FAR, RIGHT
from tests.serving import Received, Reset, Respond, http

_Headers = dict[str, str] | None

MODEL = "mini"
_MODELS = {"object": "list", "data": [{"id": MODEL, "object": "model"}]}


def probability(text: str) -> float:
    """A score in 0..1 as a good reranker gives it."""
    return {RIGHT: 0.9986, FAR: 0.00003}.get(text, 0.1057)


def logit(text: str) -> float:
    """The same judgement, unbounded."""
    return {RIGHT: 9.14, FAR: -11.2}.get(text, -2.125)


def ranked(
    texts: Sequence[str], key: str = "relevance_score", score: Callable[[str], float] = probability
) -> list[dict[str, Any]]:
    """Results, best first."""
    results = [{"index": index, key: score(text)} for index, text in enumerate(texts)]
    return sorted(results, key=lambda result: -float(result[key]))


def infinity(asked: Received) -> bytes:
    """Infinity: no /v1, and any model will do."""
    if asked.line.startswith("GET /models "):
        return http(_MODELS)
    if asked.path != "/rerank":
        return http({"detail": "Not Found"}, 404)
    if missing := _missing(asked, "query", "documents"):
        detail = {"type": "missing", "loc": ["body", missing], "msg": "Field required"}
        return http({"detail": [detail]}, 422)
    results = [{**each, "document": None} for each in ranked(asked.json["documents"])]
    usage = {"prompt_tokens": 110, "total_tokens": 110}
    facts = {"model": MODEL, "usage": usage, "id": "infinity-557dcfa2-7aaa", "created": 1795343598}
    return http({"object": "rerank", "results": results, **facts})


def vllm(asked: Received) -> bytes:
    """vLLM: at several paths; it knows the names of its models, and ignores what it knows not."""
    if asked.line.startswith("GET /v1/models "):
        return http(_MODELS)
    if asked.path not in ("/rerank", "/v1/rerank", "/v2/rerank"):
        return http({"detail": "Not Found"}, 404)
    if missing := _missing(asked, "query", "documents"):
        text = f"1 validation error:\n  {{'type': 'missing', 'loc': 'body.{missing}'}}"
        return openai(400, text, "Bad Request", param=f"body.{missing}")
    if not all(isinstance(text, str) for text in asked.json["documents"]):
        return openai(400, "2 validation errors:\n  {'loc': 'body.documents'}", "Bad Request")
    if asked.json.get("model", MODEL) != MODEL:
        text = f"The model `{asked.json['model']}` does not exist."
        return openai(404, text, "NotFoundError")
    results = [
        {**each, "document": {"text": asked.json["documents"][each["index"]], "multi_modal": None}}
        for each in ranked(asked.json["documents"])
    ]
    usage = {"prompt_tokens": 45, "total_tokens": 45}
    return http({"id": "score-9a9df4e1", "model": MODEL, "usage": usage, "results": results})


def llamacpp(asked: Received) -> bytes:
    """llama-server: logits, and TEI's form too where the passages are `texts`."""
    served = {"Server": "llama.cpp"}
    if asked.path not in ("/rerank", "/reranking", "/v1/rerank", "/v1/reranking"):
        return openai(404, "File Not Found", "not_found_error", headers=served)
    if _missing(asked, "query"):
        return openai(400, '"query" must be provided', "invalid_request_error", headers=served)
    texts = asked.json.get("documents") or asked.json.get("texts") or [None]
    if not all(isinstance(text, str) for text in texts):
        text = '"documents" must be a non-empty string array'
        return openai(400, text, "invalid_request_error", headers=served)
    if "texts" in asked.json:
        return http(ranked(texts, "score", logit), headers=served)
    facts = {"model": "x", "object": "list", "usage": {"prompt_tokens": 45, "total_tokens": 45}}
    return http({**facts, "results": ranked(texts, score=logit)}, headers=served)


def litellm(asked: Received) -> bytes:
    """LiteLLM's proxy: a model must be named, and be one of its configuration."""
    headers = {"x-litellm-version": "1.98.0"}
    if asked.line.startswith(("GET /models ", "GET /v1/models ")):
        return http(_MODELS, headers=headers)
    if asked.path not in ("/rerank", "/v1/rerank", "/v2/rerank"):
        return http({"detail": "Not Found"}, 404, headers)
    model = asked.json.get("model")
    if model != MODEL:
        text = f"{{'error': '/rerank: Invalid model name passed in model={model}. Call `/v1/models`"
        text += " to view available models for your key.'}"
        error = {"message": text, "type": "None", "param": "None", "code": "400"}
        return http({"error": error}, 400, headers)
    if _missing(asked, "query", "documents"):
        error = {"message": "Internal server error", "type": "internal_server_error"}
        return http({"error": error}, 500, headers)
    meta = {"billed_units": {"total_tokens": 98}, "tokens": {}}
    # The id is that of the server behind it.
    body = {"id": "infinity-b8dd5caf", "results": ranked(asked.json["documents"]), "meta": meta}
    return http(body, headers=headers)


def xinference(asked: Received) -> bytes:
    """Xinference: at /v1 alone, where a model must be named; what is missing is its own failure."""
    if asked.line.startswith("GET /v1/models "):
        return http(_MODELS)
    if asked.path != "/v1/rerank":
        return http({"detail": "Method Not Allowed"}, 405)
    if missing := _missing(asked, "model", "query", "documents"):
        text = f"Internal Server Error: 1 validation error for RerankRequest\n{missing}\n"
        return http(f"{text}  field required (type=value_error.missing)".encode(), 500)
    if asked.json["model"] != MODEL:
        text = f"Model not found in the model list, uid: {asked.json['model']}."
        detail = f"[address=127.0.0.1:1, pid=7] {text} Available model uids: ['{MODEL}']"
        return http({"detail": detail}, 404)
    results = [{**each, "document": None} for each in ranked(asked.json["documents"])]
    meta = {"api_version": None, "billed_units": None, "tokens": None, "warnings": None}
    return http({"id": "195ad1da", "results": results, "meta": meta})


def tei(asked: Received) -> bytes:
    """Text Embeddings Inference: no /v1, no model, and a bare list."""
    if asked.path not in ("/", "/rerank"):
        return http(b"", 404)
    if missing := _missing(asked, "query", "texts"):
        text = "Failed to deserialize the JSON body into the target type: missing field"
        return http(f"{text} `{missing}` at line 1 column 20".encode(), 422)
    headers = {"x-compute-type": "cpu", "x-compute-tokens": "31"}
    return http(ranked(asked.json["texts"], "score"), headers=headers)


def sglang(asked: Received) -> bytes:
    """SGLang: asked as Cohere is, at /v1 alone; answers with a bare list."""
    if asked.path != "/v1/rerank":
        return http({"detail": "Not Found"}, 404)
    if missing := _missing(asked, "query", "documents"):
        error = {"object": "error", "message": f"body.{missing}: Field required", "code": 400}
        return http({**error, "type": "BadRequestError", "param": None}, 400)
    meta = {"id": "7f", "prompt_tokens": 15, "e2e_latency": 0.02}
    return http([{**each, "meta_info": meta} for each in ranked(asked.json["documents"], "score")])


def nim(asked: Received) -> bytes:
    """A NIM: objects in, logits out."""
    if asked.path != "/v1/ranking":
        return http({"detail": "Not Found"}, 404)
    if _missing(asked, "model", "query", "passages"):
        return http({"detail": [{"loc": ["body"], "msg": "Field required"}]}, 422)
    texts = [passage["text"] for passage in asked.json["passages"]]
    return http({"rankings": ranked(texts, "logit", logit)})


def voyage(asked: Received) -> bytes:
    """Voyage: a model must be named; the results are `data`."""
    if asked.path != "/v1/rerank":
        return http({"detail": "Not Found"}, 404)
    if missing := _missing(asked, "model", "query", "documents"):
        return http({"detail": f"Argument '{missing}' is missing, or not supported."}, 400)
    facts = {"object": "list", "model": asked.json["model"], "usage": {"total_tokens": 26}}
    return http({**facts, "data": ranked(asked.json["documents"])})


def mixedbread(asked: Received) -> bytes:
    """Mixedbread: the passages are `input`, the path ends in -ing."""
    if asked.path != "/v1/reranking":
        return http({"detail": "Not Found"}, 404)
    if missing := _missing(asked, "query", "input"):
        detail = {"loc": ["body", missing], "msg": "Field required", "type": "missing"}
        return http({"detail": [detail]}, 422)
    results = [
        {**each, "input": None, "object": "rank_result"}
        for each in ranked(asked.json["input"], "score")
    ]
    return http({"usage": {"total_tokens": 120}, "data": results, "object": "list"})


def pinecone(asked: Received) -> bytes:
    """Pinecone: passages are objects, and the version is asked for."""
    if asked.path != "/rerank":
        return _pinecone(404, "NOT_FOUND", "Not Found")
    if "x-pinecone-api-version" not in asked.headers:
        return _pinecone(400, "INVALID_ARGUMENT", "X-Pinecone-Api-Version is missing")
    if missing := _missing(asked, "model", "query", "documents"):
        return _pinecone(400, "INVALID_ARGUMENT", f"Missing required field: {missing}")
    if not all(isinstance(each, dict) for each in asked.json["documents"]):
        return _pinecone(422, "INVALID_ARGUMENT", "documents: expected a map")
    texts = [document["text"] for document in asked.json["documents"]]
    return http({"model": asked.json["model"], "data": ranked(texts, "score"), "usage": {}})


def dashscope(asked: Received) -> bytes:
    """DashScope's native side: everything in a box."""
    if asked.path != "/api/v1/services/rerank/text-rerank/text-rerank":
        return http({"code": "NotFound", "message": "Not Found", "request_id": "2e5"}, 404)
    if missing := _missing(asked, "model", "input"):
        text = f"Required parameter missing: {missing}"
        return http({"code": "InvalidParameter", "message": text, "request_id": "2e5"}, 400)
    results = ranked(asked.json["input"]["documents"])
    return http({"output": {"results": results}, "usage": {"total_tokens": 79}, "request_id": "8"})


def deepinfra(asked: Received) -> bytes:
    """DeepInfra: the model stands in the URL; bare scores."""
    if asked.path != f"/v1/inference/{MODEL}":
        return http({"detail": {"error": "Model is not available"}}, 404)
    if _missing(asked, "queries", "documents"):
        return http({"detail": {"error": "queries: Field required"}}, 422)
    return http({"scores": [probability(text) for text in asked.json["documents"]]})


def elasticsearch(asked: Received) -> bytes:
    """Elasticsearch: the id of an inference endpoint stands in the URL; indexes are paths, too."""
    if asked.path.count("/") == 1 and not asked.line.startswith("GET "):
        text = (
            f"Incorrect HTTP method for uri [{asked.path}] and method [POST], allowed: [GET, PUT]"
        )
        return http({"error": text, "status": 405}, 405)
    before, _, name = asked.path.rpartition("/")
    if before != "/_inference/rerank":
        text = f"no handler found for uri [{asked.path}] and method [POST]"
        return http({"error": text}, 400)
    if name not in (MODEL, ".rerank-v1-elasticsearch"):
        text = f"Inference endpoint not found [{name}]"
        return _elasticsearch(404, "resource_not_found_exception", text)
    if _missing(asked, "query", "input"):
        text = "Validation Failed: 1: Field [input] cannot be null;"
        return _elasticsearch(400, "action_request_validation_exception", text)
    if unknown := {*asked.json} - {"query", "input", "task_settings"}:
        text = f"[1:1] [Request] unknown field {sorted(unknown)}"
        return _elasticsearch(400, "x_content_parse_exception", text)
    return http({"rerank": ranked(asked.json["input"])})


def secured(respond: Respond, key: str) -> Respond:
    """Elasticsearch with its security on: a bearer token is no API key."""

    def answer(asked: Received) -> bytes:
        given = asked.headers.get("authorization")
        if given == f"ApiKey {key}":
            return respond(asked)
        text = f"missing authentication credentials for REST request [{asked.path}]"
        if given:
            text = "unable to authenticate with provided credentials and anonymous access is not"
            text += " allowed for this action"
        return _elasticsearch(401, "security_exception", text)

    return answer


def _elasticsearch(status: int, kind: str, reason: str) -> bytes:
    cause = {"type": kind, "reason": reason}
    return http({"error": {"root_cause": [cause], **cause}, "status": status}, status)


def cloudflare(asked: Received) -> bytes:
    """Cloudflare's Workers AI: below the account, the model in the URL; the best one unasked."""
    start, _, model = asked.path.partition("/ai/run/")
    if start != "/client/v4/accounts/0123":
        text = f"Could not route to {asked.path}, perhaps your object identifier is invalid?"
        return _cloudflare(404, 7003, text)
    if model not in (MODEL, "@cf/baai/bge-reranker-base"):
        return _cloudflare(400, 5007, f"No such model {model} or task")
    if _missing(asked, "query", "contexts"):
        return _cloudflare(400, 5006, "Error: required properties at '/' are 'query,contexts'")
    texts = [context["text"] for context in asked.json["contexts"]]
    results = [{"id": each["index"], "score": each["score"]} for each in ranked(texts, "score")]
    found = {"response": results[: asked.json.get("top_k", 1)]}
    return http({"result": found, "success": True, "errors": [], "messages": []})


def _cloudflare(status: int, code: int, text: str) -> bytes:
    errors = [{"code": code, "message": text}]
    return http({"result": None, "success": False, "errors": errors, "messages": []}, status)


def isaacus(asked: Received) -> bytes:
    """Isaacus: the passages are `texts`, the path is plural."""
    if asked.path != "/v1/rerankings":
        return http({"detail": "Not Found"}, 404)
    if missing := _missing(asked, "model", "query", "texts"):
        return http({"detail": [{"loc": ["body", missing], "msg": "Field required"}]}, 422)
    return http({"results": ranked(asked.json["texts"], "score"), "usage": {"input_tokens": 170}})


def decisions(asked: Received) -> bytes:
    """OpenAI's Decisions: a question a passage, answers in the order of the questions."""
    if asked.path != "/v1/decisions":
        return openai(404, f"Invalid URL (POST {asked.path})", "invalid_request_error")
    if missing := _missing(asked, "model", "input", "questions"):
        text = f"Missing required parameter: '{missing}'."
        return openai(400, text, "invalid_request_error", param=missing)
    answers = [
        {
            "type": "predicate",
            "name": each["name"],
            "probability": probability(each["instructions"].partition("query: ")[2]),
        }
        for each in asked.json["questions"]
    ]
    usage = {"input_tokens": 120, "output_tokens": 3, "total_tokens": 123}
    return http({"model": asked.json["model"], "answers": answers, "usage": usage})


def systemone(asked: Received) -> bytes:
    """TypeSafe's Jev: the passages are a state, which the questions point into."""
    if asked.path != "/v1/systemone":
        return http({"detail": "Not Found"}, 404)
    if missing := _missing(asked, "model", "state", "questions"):
        detail = {"loc": ["body", missing], "msg": "Field required", "type": "missing"}
        return http({"detail": [detail]}, 422)
    answers = {
        name: {"type": "noul", "noul": probability(asked.json["state"]["documents"][name])}
        for name in asked.json["questions"]
    }
    usage = {"input_tokens": 120, "output_tokens": 12}
    return http({"model": "jev-1.13.0", "answers": answers, "usage": usage})


def ollama(asked: Received) -> bytes:
    """Ollama: chat and embeddings alone."""
    if asked.line.startswith("GET / "):
        return http(b"Ollama is running")
    if asked.line.startswith("GET /v1/models "):
        model = {"id": "bge-m3:latest", "object": "model", "owned_by": "library"}
        return http({"object": "list", "data": [model]})
    return http(b"404 page not found", 404)


def lm_studio(asked: Received) -> bytes:
    """LM Studio: what it does not have is answered with success."""
    if asked.line.startswith("GET /v1/models "):
        return http({"object": "list", "data": [{"id": "bge-reranker", "object": "model"}]})
    method, path, _ = asked.line.split()
    return http({"error": f"Unexpected endpoint or method. ({method} {path})"})


def challenge(_: Received) -> bytes:
    """Cloudflare's check for browsers, before whatever is behind it."""
    page = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>"
    return http(page, 403, {"cf-mitigated": "challenge", "Content-Type": "text/html"})


def resetting(respond: Respond) -> Respond:
    """The server; after each failure of its own it resets the connection, when it is next used."""
    failed = False

    def answer(asked: Received) -> bytes:
        nonlocal failed
        if failed:
            failed = False
            raise Reset
        reply = respond(asked)
        failed = reply.startswith(b"HTTP/1.1 500 ")
        return reply

    return answer


def guarded(respond: Respond, key: str, refusal: bytes, header: str = "authorization") -> Respond:
    """The server, for those with a key alone; its models are no secret."""

    def answer(asked: Received) -> bytes:
        given = asked.headers.get(header, "").removeprefix("Bearer ")
        return respond(asked) if given == key else refusal

    return answer


def scoring(scores: Callable[[Sequence[str]], Sequence[float]]) -> Respond:
    """A server of Cohere's shape that gives the texts of a request these scores."""

    def answer(asked: Received) -> bytes:
        if asked.path != "/v1/rerank":
            return http({"detail": "Not Found"}, 404)
        results = [
            {"index": index, "relevance_score": score}
            for index, score in enumerate(scores(asked.json["documents"]))
        ]
        return http({"results": results})

    return answer


def openai(
    status: int, text: str, kind: str, *, param: str | None = None, headers: _Headers = None
) -> bytes:
    """An error as OpenAI words it, and many after it."""
    error = {"message": text, "type": kind, "param": param, "code": status}
    return http({"error": error}, status, headers)


def _pinecone(status: int, code: str, text: str) -> bytes:
    return http({"error": {"code": code, "message": text}, "status": status}, status)


def _missing(asked: Received, *names: str) -> str | None:
    """The first of the fields that a request must have, and has not; no request is a GET."""
    given = asked.json if asked.body else {}
    return next((name for name in names if not given.get(name)), None)
