"""A hub on this machine: the part of its API that a download needs."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.serving import Loopback, Received, http

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves the files of one folder as a model.

    `broken` names a file of which half is sent; `asked` has each path with its method.
    """

    def __init__(self, model_id: str, folder: Path) -> None:
        self.model_id = model_id
        self.folder = folder
        self.broken = ""
        self.status = 200
        self.tokens: set[str] = set()
        self.ranges: list[str] = []

    def respond(self, received: Received) -> bytes:
        """What the hub answers."""
        method, path = received.line.split()[:2]
        self.tokens.add(received.headers.get("authorization", ""))
        if self.status != 200:
            code = {401: "RepoNotFound", 403: "GatedRepo"}.get(self.status, "")
            return http({"error": "no"}, self.status, {"X-Error-Code": code})
        if path.startswith(f"/api/models/{self.model_id}"):
            return http(self._info())
        name = path.partition(f"/resolve/{COMMIT}/")[2]
        content = (self.folder / name).read_bytes()
        headers = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Repo-Commit": COMMIT,
            "Accept-Ranges": "bytes",
        }
        if method == "HEAD":
            # The server closes after it, as there is no body of that length.
            headers["Connection"] = "close"
            return http(content, headers=headers).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        status = 200
        if wanted := received.headers.get("range"):
            self.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            content, status = content[start:], 206
        reply = http(content, status, headers)
        return reply[: -len(content) // 2] if name == self.broken else reply

    def _info(self) -> object:
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        files = [
            {"rfilename": path.relative_to(self.folder).as_posix(), "size": path.stat().st_size}
            for path in paths
        ]
        return {"id": self.model_id, "sha": COMMIT, "siblings": files}


@contextmanager
def serving(hub: Hub) -> Iterator[dict[str, str]]:
    """Run a hub. Yields the environment that names it, with a cache beside its folder."""
    with Loopback(hub.respond) as server:
        yield {
            "HF_ENDPOINT": server.url_at("").rstrip("/"),
            "HF_HUB_CACHE": str(hub.folder.with_name("hub")),
            "HF_HUB_DISABLE_XET": "1",
        }


def as_json(text: str) -> list[dict[str, object]]:
    """The rows of a JSON array."""
    rows: list[dict[str, object]] = json.loads(text)
    return rows
