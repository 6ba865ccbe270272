"""`rerank doctor` as its user meets it: exit codes, JSON, pipes, keys, and hostile replies."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.doctor import servers
from tests.doctor.diagnosis import WITH_KEY
from tests.running import KEY, ONE_LINE, Ended, on_terminal, process, rerank
from tests.serving import Loopback, Received, Respond, free_port, http

_UNAUTHORIZED = http({"error": "Unauthorized"}, 401)


def doctor(respond: Respond, *arguments: str, path: str = "/v1", key: str | None = None) -> Ended:
    """Run the command in this process against a server."""
    with Loopback(respond) as server:
        url = server.url_at(path)
        environ = {"RERANK_API_KEY": key} if key else {}
        return rerank("doctor", "--base-url", url, *arguments, env=environ)


@pytest.mark.parametrize(
    ("respond", "arguments", "key", "code"),
    [
        (servers.vllm, (), None, 0),
        (servers.guarded(servers.vllm, KEY, _UNAUTHORIZED), ("-p", "siliconflow"), None, 3),
        (servers.guarded(servers.vllm, KEY, _UNAUTHORIZED), (), None, 4),
        (servers.guarded(servers.vllm, KEY, _UNAUTHORIZED), (), f"not-{KEY}", 4),
        (servers.vllm, ("-m", "nope"), None, 4),
        (lambda _: http({"detail": "Not Found"}, 404), (), None, 4),
        (lambda _: http({"error": "boom"}, 500), (), None, 5),
        (lambda _: http(b"<html>Sign in</html>"), (), None, 5),
        (servers.scoring(lambda texts: [1.0] * len(texts)), (), None, 5),
    ],
)
def test_exit_code(
    respond: Respond, arguments: tuple[str, ...], key: str | None, code: int
) -> None:
    """A script could not tell a wrong key from a server that is down."""
    ended = doctor(respond, *arguments, key=key)
    assert ended.code == code
    assert ended.err == ""
    assert ended.out.startswith("http://127.0.0.1:")
    assert ("✗" in ended.out) == bool(code)


@pytest.mark.process
def test_installed_command_on_a_healthy_server() -> None:
    """A user would have tests that pass, and a command that does not work."""
    with Loopback(servers.infinity) as server:
        url = f"http://127.0.0.1:{server.port}"
        ended = process("doctor", "--base-url", url)
    assert (ended.code, ended.err) == (0, "")
    first, *findings = ended.out.splitlines()
    assert first == f"{url}/rerank"
    names = [line[2:].split("  ")[0] for line in findings]
    told = ["reachable", "TLS", "key", "model", "wire form", "scores", "order", "latency"]
    assert names == told
    assert f"use it by: rerank QUERY FILE -p infinity --base-url {url}\n" in ended.out
    # The texts stand below each other.
    assert {re.match(r". .{9}  \S", line) is not None for line in findings} == {True}


@pytest.mark.process
def test_installed_command_where_nothing_listens() -> None:
    """A user would get a traceback, or wait for tries that cannot help."""
    ended = process("doctor", "--base-url", f"http://127.0.0.1:{free_port()}/v1")
    assert (ended.code, ended.err) == (5, "")
    assert "✗ reachable  no connection: " in ended.out
    assert "\n             → " in ended.out


@pytest.mark.process
@pytest.mark.parametrize("how", [(), ("--json",), ("-v", "--debug")])
def test_installed_command_never_shows_the_key(how: tuple[str, ...]) -> None:
    """A user who pastes the answer into an issue would publish the key."""
    echo = http({"error": {"message": f"Bearer {KEY} is no key", "code": 401}}, 401)
    with Loopback(lambda _: echo) as server:
        ended = process("doctor", "--base-url", server.url, *how, env=WITH_KEY)
        (received,) = server.received
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert ended.code == 4
    assert "[key] is no key" in ended.out
    assert KEY not in ended.out + ended.err


@pytest.mark.usefixtures("shared_model")
@pytest.mark.parametrize("arguments", [(), ("-p", "local")])
def test_embedded_engine(arguments: tuple[str, ...]) -> None:
    """A user without any key would be told that something is wrong, or to get one."""
    pytest.importorskip("sentencepiece")
    ended = rerank("doctor", *arguments)
    assert (ended.code, ended.err) == (0, "")
    assert "nothing leaves this machine" in ended.out
    assert "✓ order" in ended.out


def test_json() -> None:
    """A program could not read what was found, or which of it is bad."""
    found = json.loads(doctor(servers.llamacpp, "--json").out)
    assert list(found) == ["url", "exit_code", "findings"]
    assert found["exit_code"] == 0
    findings = {each["name"]: each for each in found["findings"]}
    assert findings["key"] == {
        "name": "key",
        "well": True,
        "text": "none sent, and none needed",
        "cure": None,
    }
    assert findings["scores"]["well"] is None
    assert "sigmoid" in findings["scores"]["cure"]


def test_json_of_a_failure() -> None:
    """A program would have to parse two kinds of output."""
    ended = doctor(servers.guarded(servers.vllm, KEY, _UNAUTHORIZED), "--json")
    found = json.loads(ended.out)
    assert found["exit_code"] == ended.code == 4
    (bad,) = (each for each in found["findings"] if each["well"] is False)
    assert (bad["name"], bad["cure"]) == ("key", "Set RERANK_API_KEY.")


HOSTILE = "\x1b[2J\x1b]0;owned\x07 \u202egnorw\u2028\r\x9b31m"


@pytest.mark.parametrize(
    "respond",
    [
        lambda _: http({"error": HOSTILE}, 404),
        lambda _: http({"error": HOSTILE}, 401),
        lambda _: http({"detail": HOSTILE}, 422),
        lambda _: http(HOSTILE.encode()),
        lambda _: http(b"", 302, {"Location": "https://a.example/\x1b[2J"}),
        lambda _: http({"results": [{"index": HOSTILE, "relevance_score": 1}]}),
        lambda _: http({"results": [{"index": 0, "relevance_score": HOSTILE}]}),
    ],
)
def test_hostile_reply_is_made_visible(respond: Respond) -> None:
    """An endpoint could rewrite the user's screen, and what stands on it."""
    ended = doctor(respond)
    assert ended.code in (4, 5)
    assert ended.out.replace("\n", "").isprintable()


def test_hostile_names_of_models() -> None:
    """A server could say by the name of a model what the doctor did not."""

    def answer(asked: Received) -> bytes:
        if asked.line.startswith("GET "):
            return http({"data": [{"id": HOSTILE}, {"id": None}, 7]})
        return servers.vllm(asked)

    ended = doctor(answer, "-m", "nope")
    assert "It has: ␛[2J" in ended.out
    assert ended.out.replace("\n", "").isprintable()

    def named(asked: Received) -> bytes:
        results = servers.ranked(asked.json["documents"])
        return http({"results": results, "model": HOSTILE})

    assert doctor(named).out.replace("\n", "").isprintable()


def test_long_answers_are_not_shown_whole() -> None:
    """A user would have to scroll back through an echo of everything that was sent."""
    assert len(doctor(lambda _: http({"error": "x" * 3000}, 404)).out) < 2000

    def answer(asked: Received) -> bytes:
        models = {"data": [{"id": "x" * 3000}] * 99}
        return http(models) if asked.line.startswith("GET ") else http({"detail": "?"}, 404)

    assert len(doctor(answer).out) < 2000


def test_verbose() -> None:
    """A user could not see what was sent, and how the endpoint answered it."""
    ended = doctor(servers.infinity, "-v")
    assert ended.code == 0
    assert "rerank: provider: custom (from flag)" in ended.err
    assert ended.err.count("HTTP 404") == 7
    assert ended.err.count("HTTP 200") == 2
    assert doctor(servers.infinity).err == ""


@pytest.mark.process
def test_on_a_terminal() -> None:
    """A user at a terminal would get nothing, or colour codes."""
    with Loopback(servers.vllm) as server:
        screen = on_terminal("doctor", "--base-url", server.url)
    assert screen.code == 0
    assert "✓ order" in screen.text
    assert "\x1b" not in screen.text


@pytest.mark.process
def test_reader_that_leaves() -> None:
    """A user of `| head -1` would get a traceback."""
    with Loopback(servers.vllm) as server:
        ended = process("doctor", "--base-url", server.url, shell="| head -c 5")
        closed = process("doctor", "--base-url", server.url, shell=">&-")
    assert (ended.out, ended.err) == ("http:", "")
    assert (closed.code, bool(ONE_LINE.fullmatch(closed.err))) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--base-url", "ftp://host"), 3),
        (("--base-url", "http://user:secret@host"), 3),
        (("-p", "nobody"), 3),
        (("-p", "custom"), 3),
        (("--timeout", "0"), 2),
        (("file.txt",), 2),
    ],
)
def test_what_cannot_be_asked(arguments: tuple[str, ...], code: int) -> None:
    """A user who mistyped an option would read of an endpoint that is fine."""
    ended = rerank("doctor", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert ONE_LINE.fullmatch(ended.err)
    assert "secret" not in ended.err


def test_secrets_in_the_url_are_not_shown() -> None:
    """A user who pastes the answer into an issue would publish what the URL holds."""

    def answer(asked: Received) -> bytes:
        assert asked.path.endswith("?token=hidden")
        return servers.vllm(replace(asked, line=asked.line.replace("?token=hidden", "")))

    for path, code in (("/v1", 0), ("/api", 0), ("/v1/rerank/v1", 4)):
        ended = doctor(
            answer if code == 0 else lambda _: http(b"", 404), path=f"{path}?token=hidden"
        )
        assert ended.code == code
        assert "hidden" not in ended.out + ended.err


def test_help() -> None:
    """A user would not find the command."""
    assert "doctor" in rerank("--help").out
    shown = rerank("doctor", "--help").out
    assert "--base-url" in shown
    assert "--timeout" in shown


def test_provider_of_ones_own(home: Path) -> None:
    """A user who defined an endpoint could not check the definition."""
    with Loopback(servers.vllm) as server:
        folder = home / ".config" / "rerank"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(f'[providers.mine]\nbase_url = "{server.url}"\n')
        ended = rerank("doctor", "-p", "mine", env={"XDG_CONFIG_HOME": str(home / ".config")})
    assert ended.code == 0
    assert "use it by: rerank QUERY FILE -p mine\n" in ended.out


@pytest.mark.parametrize(
    "respond", [servers.vllm, servers.guarded(servers.vllm, KEY, _UNAUTHORIZED)]
)
def test_key_that_is_withheld(respond: Respond, tmp_path: Path) -> None:
    """A user of a cloned folder would set the key once more, though it is here and not sent."""
    with Loopback(respond) as server:
        (tmp_path / ".env").write_text(f"RERANK_BASE_URL={server.url}\n")
        ended = rerank("doctor", env=WITH_KEY)
    assert ended.code == (0 if respond is servers.vllm else 4)
    assert "RERANK_API_KEY from the environment is not sent to" in ended.out
    assert "Set RERANK_API_KEY" not in ended.out


@pytest.mark.process
def test_a_short_key_that_is_echoed_is_struck_out() -> None:
    """The report would show a key of few characters, as servers of one's own often have."""
    echo = http({"error": {"message": "no such key: sk-1234", "code": 401}}, 401)
    with Loopback(lambda _: echo) as server:
        ended = process("doctor", "--base-url", server.url, env={"RERANK_API_KEY": "sk-1234"})
    assert ended.code == 4
    assert "no such key: [key]" in ended.out
    assert "sk-1234" not in ended.out + ended.err


def test_long_findings_are_wrapped_between_words() -> None:
    """In a terminal of 80 columns words would be torn in two, and the columns be lost."""
    with Loopback(servers.vllm) as server:
        ended = rerank("doctor", "--base-url", server.url, env={"COLUMNS": "60"})
    lines = ended.out.splitlines()
    assert max(map(len, lines[1:])) <= 60
    assert any(line.startswith(" " * 13) for line in lines)
