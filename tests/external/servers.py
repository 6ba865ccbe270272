"""Servers that others wrote, and this project talks to: Infinity, and a LiteLLM proxy before it.

`installing` says what they take. Infinity's model is an int8 cross-encoder for English of 34 MB.
The activations of a batch are quantized together, so the score of a passage depends a little on
those it is sent with, and on the processor.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.external.installing import INFINITY, LITELLM, environment, model, tail

_UP_WITHIN, _DOWN_WITHIN, _ANSWERS_WITHIN = 180.0, 15.0, 60.0
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_VOLATILE = (
    (re.compile(r"(127\.0\.0\.1(?::|', ))\d+"), r"\g<1>7997"),
    (re.compile(r"\b0x[0-9a-f]+"), "0x7f0000000000"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "0123456789abcdef" * 4),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered; what differs from run to run is made the same."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.text)

    @property
    def scores(self) -> list[float]:
        """One score a passage, in the order they were sent."""
        results = sorted(self.json["results"], key=lambda result: result["index"])
        return [result["relevance_score"] for result in results]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is up; `key` is what it wants to be given, if anything."""

    url: str
    key: str | None = None

    def ask(self, path: str, body: str | None = None, key: str | None = None) -> Reply:
        """Post a body, or get without one, past rerank: without it, and without any proxy."""
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        data = None if body is None else body.encode()
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with _DIRECTLY.open(request, timeout=_ANSWERS_WITHIN) as reply:
                return _reply(reply.status, dict(reply.headers), reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return _reply(error.code, dict(error.headers), error.read())

    def scores(self, query: str, texts: list[str]) -> list[float]:
        """One score a text, by a request that rerank has no part in."""
        body = {"query": query, "documents": texts, "return_documents": False}
        return self.ask("/rerank", json.dumps(body), self.key).scores


def _reply(status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    text = body.decode()
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    return Reply(status, {name.lower(): value for name, value in headers.items()}, text)


@contextlib.contextmanager
def infinity(folder: Path, key: str | None = None) -> Iterator[Server]:
    """Infinity with the cross-encoder, on a free port of loopback; `folder` holds all it needs."""
    programs = environment(folder / "infinity", INFINITY)
    weights = model(folder / "reranker_en", programs)
    port = _free_port()
    command = [
        *(str(programs / "infinity_emb"), "v2", "--model-id", ".", "--engine", "optimum"),
        *("--device", "cpu", "--no-model-warmup", "--host", "127.0.0.1", "--port", str(port)),
        *(("--api-key", key) if key else ()),
    ]
    # Nothing is to be fetched, and nothing told. Some versions would write an optimized copy of
    # the model, others fail to.
    env = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "INFINITY_ONNX_DISABLE_OPTIMIZE": "1"}
    with _home() as home, _running(command, weights, _environ(home, env), f"{port}/health"):
        yield Server(f"http://127.0.0.1:{port}", key)


@contextlib.contextmanager
def litellm(
    folder: Path, routes: Mapping[str, Server], key: str, *, cooling: str
) -> Iterator[Server]:
    """A LiteLLM proxy with a master key; `routes` tells which server each of its models is.

    A server that refused is left alone for some seconds, as is usual, only as the model `cooling`.
    """
    programs = environment(folder / "litellm", LITELLM)
    port = _free_port()
    with _home() as home:
        # JSON is YAML too.
        config = json.dumps(_routing(routes, key, cooling))
        (home / "config.yaml").write_text(config, encoding="utf-8")
        command = [
            *(str(programs / "litellm"), "--config", "config.yaml", "--telemetry", "False"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ]
        env = _environ(home, {"LITELLM_LOCAL_MODEL_COST_MAP": "True"})
        with _running(command, home, env, f"{port}/health/liveliness"):
            yield Server(f"http://127.0.0.1:{port}", key)


def nowhere() -> Server:
    """The address of a server that is not there."""
    return Server(f"http://127.0.0.1:{_free_port()}", "sk-nobody")


def _routing(routes: Mapping[str, Server], key: str, cooling: str) -> dict[str, object]:
    """The proxy's configuration."""
    models = [
        {
            "model_name": name,
            "litellm_params": {
                "model": "infinity/reranker",
                "api_base": server.url,
                "api_key": server.key,
                "cooldown_time": 60 if name == cooling else 0,
            },
        }
        for name, server in routes.items()
    ]
    return {
        "model_list": models,
        "litellm_settings": {"num_retries": 0, "telemetry": False},
        "general_settings": {"master_key": key},
    }


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    """A home for a server, which may write there; gone with it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        yield Path(home)


def _environ(home: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a server: no settings and no proxies of whoever runs the tests."""
    foreign = re.compile(r"(?i)(infinity|litellm|hf|python|rerank)_.*|.*_(proxy|url|key)")
    kept = {name: value for name, value in os.environ.items() if not foreign.fullmatch(name)}
    return {**kept, "HOME": str(home), "HF_HOME": str(home), "PYTHONUNBUFFERED": "1", **env}


@contextlib.contextmanager
def _running(
    command: list[str], folder: Path, env: Mapping[str, str], health: str
) -> Iterator[None]:
    """A server from when it answers at the port and path `health` until the block is left."""
    log = Path(env["HOME"]) / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as server,
    ):
        try:
            _wait_for(server, f"http://127.0.0.1:{health}", log)
            yield
        finally:
            _stop(server)


def _wait_for(server: "subprocess.Popen[bytes]", health: str, log: Path) -> None:
    deadline = time.monotonic() + _UP_WITHIN
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}:\n{tail(log)}")
        with contextlib.suppress(OSError), _DIRECTLY.open(health, timeout=5):
            return
        time.sleep(0.25)
    raise RuntimeError(f"the server is not up after {_UP_WITHIN:.0f} s:\n{tail(log)}")


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(_DOWN_WITHIN)
    except subprocess.TimeoutExpired:
        server.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
