"""How near the transport comes to raw sockets: whole processes, side by side, in one run.

    python tests/benchmarks/transport.py [--runs 5] [--requests 2500] [--in-flight 64]

Every client sends the same requests of 100 passages to a loopback server that answers after 50 ms;
`rerank` is the command itself, which also reads, plans and ranks the passages. The figure is the
time of the raw-socket client divided by the client's: 1.00 is as fast as raw sockets. The clients
take turns, and the median of the paired ratios is printed, since an absolute time on a busy machine
proves nothing. aiohttp and the extra `fast` are measured if they are installed.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

PASSAGES = 100
CORE = "import sys; sys.modules['orjson'] = None; from rerank_cli.cli import main; main()"
"""The command as it is where the extra `fast` is not installed."""

PLAIN_RUNS = 1
"""A shared httpx client takes so much longer that one run of a tenth must do."""


def serve(delay: float) -> None:
    """Print a port, then answer every request with 100 scores after so many seconds."""
    results = [{"index": i * 37 % PASSAGES, "relevance_score": i / 1000} for i in range(PASSAGES)]
    body = json.dumps({"results": results, "usage": {"total_tokens": 1}}).encode()
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    class Connection(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport
            self.unread = b""

        def data_received(self, data: bytes) -> None:
            self.unread += data
            while (end := self.unread.find(b"\r\n\r\n")) >= 0:
                head = self.unread[:end].lower()
                length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
                if len(self.unread) < end + 4 + length:
                    return
                self.unread = self.unread[end + 4 + length :]
                loop.call_later(delay, self.transport.write, reply)  # type: ignore[attr-defined]

    async def main() -> None:
        server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=512)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())


def body() -> bytes:
    """The body that every client sends; each makes it anew for every request."""
    documents = [f"passage {i} about what matters in a search" for i in range(PASSAGES)]
    request = {"query": "q", "documents": documents, "return_documents": False}
    return json.dumps(request, separators=(",", ":")).encode()


def read(reply: bytes) -> list[float]:
    """The scores in input order, as every client must have them."""
    scores = [0.0] * PASSAGES
    for result in json.loads(reply)["results"]:
        scores[result["index"]] = result["relevance_score"]
    return scores


async def pump(requests: int, in_flight: int, connect) -> None:  # type: ignore[no-untyped-def]
    """Send the requests through so many posters at once."""
    left = iter(range(requests))

    async def work() -> None:
        post = await connect()
        for _ in left:
            read(await post(body()))

    await asyncio.gather(*(work() for _ in range(in_flight)))


def raw(port: int, requests: int, in_flight: int) -> None:
    """The least that a client can do: sockets, a length, JSON."""

    async def connect():  # type: ignore[no-untyped-def]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def post(content: bytes) -> bytes:
            writer.write(
                b"POST /rerank HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(content)
            )
            writer.write(content)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            return await reader.readexactly(length)

        return post

    asyncio.run(pump(requests, in_flight, connect))


def plain_httpx(port: int, requests: int, in_flight: int) -> None:
    """One shared httpx.AsyncClient, as most clients are written."""
    import httpx

    async def main() -> None:
        limits = httpx.Limits(max_connections=in_flight)
        async with httpx.AsyncClient(limits=limits, timeout=60) as client:

            async def connect():  # type: ignore[no-untyped-def]
                async def post(content: bytes) -> bytes:
                    reply = await client.post(f"http://127.0.0.1:{port}/rerank", content=content)
                    return reply.content

                return post

            await pump(requests, in_flight, connect)

    asyncio.run(main())


def with_aiohttp(port: int, requests: int, in_flight: int) -> None:
    """One shared aiohttp session."""
    import aiohttp

    async def main() -> None:
        connector = aiohttp.TCPConnector(limit=in_flight)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def connect():  # type: ignore[no-untyped-def]
                async def post(content: bytes) -> bytes:
                    url = f"http://127.0.0.1:{port}/rerank"
                    async with session.post(url, data=content) as reply:
                        return bytes(await reply.read())

                return post

            await pump(requests, in_flight, connect)

    asyncio.run(main())


CLIENTS = {"raw": raw, "httpx": plain_httpx, "aiohttp": with_aiohttp}


def timed(command: list[str], environ: dict[str, str] | None = None) -> float:
    """Seconds that a whole process takes; it must succeed."""
    started = time.perf_counter()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **(environ or {})}
    )
    return time.perf_counter() - started


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2500)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--without-httpx", action="store_true", help="it takes longest by far")
    parser.add_argument("--client", choices=CLIENTS)
    parser.add_argument("--port", type=int)
    parser.add_argument("--serve", type=float)
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve)
    elif options.client:
        CLIENTS[options.client](options.port, options.requests, options.in_flight)
    else:
        compare(options.runs, options.requests, options.in_flight, plain=not options.without_httpx)


def compare(runs: int, requests: int, in_flight: int, *, plain: bool) -> None:
    """Run all clients in turn against one server, and print paired ratios to raw sockets."""
    me = [sys.executable, __file__]
    server = subprocess.Popen([*me, "--serve", "0.05"], stdout=subprocess.PIPE, text=True)
    try:
        port = server.stdout.readline().strip()  # type: ignore[union-attr]
        with tempfile.TemporaryDirectory() as folder:
            passages = Path(folder, "passages.txt")
            total = requests * PASSAGES
            passages.write_text("\n".join(f"passage {i} about what matters" for i in range(total)))
            rows = _rows(me, port, requests, in_flight, passages)
            if not plain:
                del rows["httpx, one shared client"]
            times: dict[str, list[float]] = {name: [] for name in rows}
            for _ in range(runs):
                for name, (command, environ, share) in rows.items():
                    if name.startswith("httpx") and len(times[name]) == PLAIN_RUNS:
                        times[name].append(times[name][0])
                        continue
                    times[name].append(timed(command, environ) / share)
    finally:
        server.kill()
    print(f"{requests} requests of {PASSAGES} passages, {in_flight} in flight, {runs} paired runs")
    for name, seconds in times.items():
        ratio = statistics.median(r / s for r, s in zip(times["raw sockets"], seconds, strict=True))
        print(f"{name:28} {ratio:5.2f}   {statistics.median(seconds):6.2f} s")


def _rows(
    me: list[str], port: str, requests: int, in_flight: int, passages: Path
) -> dict[str, tuple[list[str], dict[str, str], float]]:
    def client(name: str, share: float = 1.0) -> tuple[list[str], dict[str, str], float]:
        count = str(int(requests * share))
        sized = ["--client", name, "--requests", count, "--in-flight", str(in_flight)]
        return [*me, *sized, "--port", port], {}, share

    url = f"http://127.0.0.1:{port}"
    arguments = ["q", str(passages), "--base-url", url, "--max-passages", str(PASSAGES)]
    arguments += ["--concurrency", str(in_flight), "-n", "10"]
    rows = {"raw sockets": client("raw")}
    if find_spec("aiohttp"):
        rows["aiohttp"] = client("aiohttp")
    rows["httpx, one shared client"] = client("httpx", 0.1)
    rows["rerank, core packages"] = ([sys.executable, "-c", CORE, *arguments], {}, 1.0)
    if find_spec("orjson"):
        rows["rerank, extra fast"] = ([sys.executable, "-m", "rerank_cli", *arguments], {}, 1.0)
    return rows


if __name__ == "__main__":
    main()
