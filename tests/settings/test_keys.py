"""A key goes only to the host it belongs to, and never into any output."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rerank_cli.errors import SettingsError
from rerank_cli.settings import Flags, Settings, resolve
from rerank_cli.settings.dotenv import DotEnv
from tests.running import PASSAGES, Ended, process, rerank
from tests.serving import Loopback, Received, http

KEY = "sk-loopback-0123456789abcdefghijklmnopqrstuvwxyz0123"
OTHER = "sk-other-9876543210zyxwvutsrqponmlkjihgfedcba98765"
BEARER = f"Bearer {KEY}"

SILICONFLOW = "https://api.siliconflow.cn/v1"


def run(*arguments: str, **env: str) -> Ended:
    """Rank in this environment; no run of this module may print a key, nor much of one."""
    done = rerank("q", PASSAGES, "--retries", "0", *arguments, env=env)
    for key in (KEY, OTHER):
        assert key[:16] not in done.out + done.err
    return done


def sent(server: Loopback) -> str | None:
    """The Authorization header, the same one in every request."""
    (header,) = {received.headers.get("authorization") for received in server.received}
    return header


def env_file(**values: str) -> None:
    """A `.env` in the working directory, as a cloned folder may bring one."""
    Path(".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))


def settings(
    flags: Flags | None = None,
    env: dict[str, str] | None = None,
    file: dict[str, str] | None = None,
) -> Settings:
    """The settings, where nothing needs to be sent."""
    return resolve(flags or Flags(), env or {}, DotEnv("/p/.env", file) if file else None)


# OPENAI_API_KEY: another company's


def test_openai_key_goes_nowhere_unasked(server: Loopback) -> None:
    """The OpenAI key that lies in many an environment would travel to another company."""
    run("--base-url", server.url, OPENAI_API_KEY=KEY)

    assert sent(server) is None
    assert settings(env={"OPENAI_API_KEY": KEY}).provider.name == "local"
    asked_by_url = settings(Flags(base_url=SILICONFLOW), {"OPENAI_API_KEY": KEY})
    assert asked_by_url.key is None


def test_openai_key_serves_when_siliconflow_is_asked_for(server: Loopback) -> None:
    """What SiliconFlow's own tutorials do, its key in OPENAI_API_KEY, would not work."""
    run("-p", "siliconflow", "--base-url", server.url, OPENAI_API_KEY=KEY)
    run("--base-url", server.url, OPENAI_API_KEY=KEY, RERANK_PROVIDER="siliconflow")

    found = [received.headers.get("authorization") for received in server.received]
    assert found == [BEARER, BEARER]


def test_openai_key_in_the_file_serves() -> None:
    """The tutorials' `.env` would not work."""
    found = settings(file={"OPENAI_API_KEY": KEY})

    assert found.provider.name == "siliconflow"
    assert found.base_url == SILICONFLOW
    assert found.key is not None
    assert (found.key.value, found.key.origin) == (KEY, "/p/.env")


def test_file_cannot_ask_for_the_openai_key_of_the_environment() -> None:
    """A cloned folder's `.env` could send its visitor's OpenAI key to another company."""
    env_file(RERANK_PROVIDER="siliconflow")
    done = run(OPENAI_API_KEY=KEY)

    assert done.code == 3
    assert "OPENAI_API_KEY" in done.err
    assert "-p siliconflow" in done.err


def test_own_key_goes_before_a_borrowed_one(server: Loopback) -> None:
    """The OpenAI key would be sent although SiliconFlow's own is there."""
    env = {"OPENAI_API_KEY": OTHER, "SILICONFLOW_API_KEY": KEY}
    run("-p", "siliconflow", "--base-url", server.url, **env)

    assert sent(server) == BEARER


def test_openai_key_goes_to_openai_where_that_is_asked_for() -> None:
    """The one company whose key it is could not be used with it."""
    by_name = settings(Flags(provider="openai"), {"OPENAI_API_KEY": KEY})
    by_url = settings(Flags(base_url="https://api.openai.com/v1"), {"OPENAI_API_KEY": KEY})
    for found in (by_name, by_url):
        assert (found.provider.name, found.base_url) == ("openai", "https://api.openai.com/v1")
        assert found.key is not None
        assert found.key.value == KEY


def test_openai_key_goes_to_openai_alone(server: Loopback) -> None:
    """A server that is tried out under OpenAI's name would be handed the key by a cloned folder."""
    env_file(RERANK_PROVIDER="openai", RERANK_BASE_URL=server.url)
    done = run(OPENAI_API_KEY=KEY)
    assert (done.code, list(server.received)) == (3, [])


# Keys that people have for other uses


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "CLOUDFLARE_API_TOKEN"])
def test_key_of_another_use_does_not_choose_its_provider(name: str) -> None:
    """Passages would go to a company, at a price, because its key is there for something else."""
    env = {name: KEY, "CLOUDFLARE_ACCOUNT_ID": "0123"}
    assert settings(env=env).provider.name == "local"
    chosen = settings(env=env | {"TYPESAFE_API_KEY": OTHER})
    assert chosen.provider.name == "typesafe"


# An account in the URL


ACCOUNTS = "https://api.cloudflare.com/client/v4/accounts"
CLOUDFLARE = Flags(provider="cloudflare")


def test_account_stands_in_the_url_wherever_it_is_named() -> None:
    """A user would have to write the whole URL, with a part that a variable has already."""
    key = {"CLOUDFLARE_API_TOKEN": KEY}
    found = settings(CLOUDFLARE, key | {"CLOUDFLARE_ACCOUNT_ID": "0123"})
    in_file = settings(CLOUDFLARE, key, {"CLOUDFLARE_ACCOUNT_ID": "0123"})
    assert found.base_url == in_file.base_url == f"{ACCOUNTS}/0123"
    assert found.provider.base_url == f"{ACCOUNTS}/0123"
    found.require()


@pytest.mark.parametrize(
    ("account", "there"),
    [("a/b?c#d", "a%2Fb%3Fc%23d"), ("@evil.example/", "%40evil.example%2F"), ("é", "%C3%A9")],
)
def test_account_cannot_leave_its_place_in_the_url(account: str, there: str) -> None:
    """A cloned folder's `.env` could send a key elsewhere by an account that is none."""
    found = settings(CLOUDFLARE, {"CLOUDFLARE_API_TOKEN": KEY}, {"CLOUDFLARE_ACCOUNT_ID": account})
    assert found.base_url == f"{ACCOUNTS}/{there}"


def test_account_that_is_missing() -> None:
    """Passages would go to a URL that has braces in it."""
    done = run("-p", "cloudflare", CLOUDFLARE_API_TOKEN=KEY)
    assert done.code == 3
    assert "no account for the URL of cloudflare" in done.err
    assert "CLOUDFLARE_ACCOUNT_ID" in done.err
    with pytest.raises(SettingsError, match="no key for cloudflare"):
        settings(CLOUDFLARE, {"CLOUDFLARE_ACCOUNT_ID": "0123"}).require()
    in_python = resolve(Flags(provider="cloudflare", api_key=KEY))
    with pytest.raises(SettingsError) as caught:
        in_python.require()
    assert "base_url=" in str(caught.value.hint)


def test_url_that_holds_the_account() -> None:
    """A URL as the documentation writes it would be refused for want of a variable."""
    url = f"{ACCOUNTS}/0123/ai/run/@cf/baai/bge-reranker-base"
    found = settings(Flags(base_url=url), {"CLOUDFLARE_API_TOKEN": KEY})
    assert (found.provider.name, found.base_url) == ("cloudflare", url)
    found.require()


# RERANK_API_KEY


def test_general_key_alone_means_siliconflow() -> None:
    """The shortest set-up there is, one variable, would rank with the embedded engine."""
    found = settings(env={"RERANK_API_KEY": KEY})

    assert (found.provider.name, found.base_url) == ("siliconflow", SILICONFLOW)
    assert found.key is not None
    assert found.key.value == KEY


def test_general_key_goes_to_the_url_that_was_named(server: Loopback) -> None:
    """A server of one's own that asks for a key could not be used."""
    run("--base-url", server.url, RERANK_API_KEY=KEY)

    assert sent(server) == BEARER


def test_key_of_a_provider_does_not_go_to_another_server(server: Loopback) -> None:
    """SiliconFlow's key would be handed to every server that is tried out."""
    run("--base-url", server.url, SILICONFLOW_API_KEY=KEY)

    assert sent(server) is None


# A `.env` that names the server


@pytest.mark.parametrize("name", ["RERANK_API_KEY", "SILICONFLOW_API_KEY", "OPENAI_API_KEY"])
@pytest.mark.parametrize("provider", [None, "siliconflow", "custom"])
def test_file_cannot_collect_keys_of_the_environment(
    server: Loopback, name: str, provider: str | None
) -> None:
    """A cloned folder's `.env` could send its visitor's keys wherever it likes."""
    env_file(RERANK_BASE_URL=server.url, **({"RERANK_PROVIDER": provider} if provider else {}))
    done = run(**{name: KEY})

    assert all("authorization" not in received.headers for received in server.received)
    assert all(KEY.encode() not in received.body for received in server.received)
    assert done.code in (0, 3)
    if provider == "siliconflow":
        assert done.code == 3


@pytest.mark.parametrize("name", ["RERANK_API_KEY", "SILICONFLOW_API_KEY", "OPENAI_API_KEY"])
@pytest.mark.parametrize("asked", [["-p", "siliconflow"], []])
def test_asking_for_the_provider_does_not_trust_the_files_url(
    server: Loopback, name: str, asked: list[str]
) -> None:
    """Naming the provider is no consent to the URL that a cloned folder brings."""
    env_file(RERANK_BASE_URL=server.url)
    env = {name: KEY} if asked else {name: KEY, "RERANK_PROVIDER": "siliconflow"}
    done = run(*asked, **env)

    assert done.code == 3
    assert server.received == []


def test_withheld_key_is_told(server: Loopback) -> None:
    """Who does trust that folder would not learn why its server answers 401."""
    env_file(RERANK_BASE_URL=server.url)
    done = run(RERANK_API_KEY=KEY)

    assert done.code == 0
    assert "warning: RERANK_API_KEY" in done.err
    assert server.url in done.err
    assert "--base-url" in done.err


def test_key_in_the_same_file_is_sent(server: Loopback) -> None:
    """A project that brings its server and its key would not work."""
    env_file(RERANK_BASE_URL=server.url, RERANK_API_KEY=KEY)
    done = run(RERANK_API_KEY=OTHER)

    assert sent(server) == BEARER
    assert "warning" not in done.err


def test_url_by_flag_or_environment_is_trusted(server: Loopback) -> None:
    """Who names the URL himself would still be kept from it by what a file says."""
    env_file(RERANK_BASE_URL="http://127.0.0.1:9/v1")
    run("--base-url", server.url, RERANK_API_KEY=KEY)
    run(RERANK_BASE_URL=server.url, RERANK_API_KEY=KEY)

    found = [received.headers.get("authorization") for received in server.received]
    assert found == [BEARER, BEARER]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.siliconflow.cn/v1",
        "https://api.siliconflow.com/v1",
        "https://API.SiliconFlow.CN/v1",
        "https://api.siliconflow.cn:443/v1",
    ],
)
def test_file_may_name_the_providers_own_host(url: str) -> None:
    """A project could not choose between the addresses of one provider."""
    found = settings(env={"SILICONFLOW_API_KEY": KEY}, file={"RERANK_BASE_URL": url})

    assert found.provider.name.startswith("siliconflow")
    assert found.key is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://api.siliconflow.cn/v1",
        "https://api.siliconflow.cn.evil.example/v1",
        "https://evil.example/api.siliconflow.cn/v1",
        "https://evil.example?api.siliconflow.cn",
        "https://evil.example#api.siliconflow.cn",
        "https://evil.example\\api.siliconflow.cn",
        "https://api.siliconflow.cn%2eevil.example/v1",
        "https://siliconflow.cn/v1",
        "https://xapi.siliconflow.cn/v1",
        "https://api.siliconflow.cn\u3002evil.example/v1",
    ],
)
@pytest.mark.parametrize("provider", [None, "siliconflow"])
def test_only_the_own_host_over_tls_is_the_own_host(url: str, provider: str | None) -> None:
    """A look-alike, or anyone on the way of an unencrypted request, would get the key."""
    file = {"RERANK_BASE_URL": url} | ({"RERANK_PROVIDER": provider} if provider else {})
    env = {"SILICONFLOW_API_KEY": KEY, "RERANK_API_KEY": OTHER}

    assert settings(env=env, file=file).key is None


@pytest.mark.parametrize("user", ["api.siliconflow.cn@", "api.siliconflow.cn:443@"])
def test_host_before_an_at_sign_is_no_host(user: str) -> None:
    """The oldest trick of disguised links would collect keys."""
    file = {"RERANK_BASE_URL": f"https://{user}evil.example/v1"}
    with pytest.raises(SettingsError):
        settings(env={"SILICONFLOW_API_KEY": KEY}, file=file)


# Over plain http


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://192.0.2.7:8000/v1", True),
        ("http://rerank.example/v1", True),
        ("http://localhost.example/v1", True),
        ("http://127.0.0.1.example/v1", True),
        ("http://0.0.0.0:8000", True),
        ("http://[2001:db8::1]/v1", True),
        ("https://rerank.example/v1", False),
        ("http://localhost:8000", False),
        ("http://127.0.0.1:8000", False),
        ("http://127.8.9.1:8000", False),
        ("http://[::1]:8000", False),
    ],
)
def test_unencrypted_key_is_warned_of(url: str, warned: bool) -> None:
    """A key would be readable by everyone on the way, and nobody told."""
    found = settings(Flags(base_url=url), {"RERANK_API_KEY": KEY})

    assert found.key is not None
    assert any("unencrypted" in warning for warning in found.warnings) == warned
    assert not any(KEY in warning for warning in found.warnings)
    assert settings(Flags(base_url=url)).warnings == ()


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(server: Loopback, status: int) -> None:
    """A server that is taken over could pass the key, and the passages, on."""
    with Loopback(lambda _: http(b"", status, {"Location": server.url})) as first:
        done = run("--base-url", first.url, "--timeout", "5", RERANK_API_KEY=KEY)

    assert done.code == 5
    assert sent(first) == BEARER
    assert server.received == []
    assert server.url in done.err


# What no key may look like


@pytest.mark.parametrize(
    "key",
    [
        f"{KEY} {OTHER}",
        f"Bearer {KEY}",
        f"{KEY}\n{OTHER}",
        f"{KEY}\r\nX-Header: 1",
        f"\ufeff{KEY}",
        f"{KEY}\xa0{OTHER}",
        f"{KEY}é",
        f"“{KEY}”",
        f"{KEY}\x7f",
    ],
)
def test_what_is_no_key_is_refused_unprinted(server: Loopback, key: str) -> None:
    """A key pasted with its surroundings would be sent as garbage, or printed in an error."""
    done = run("--base-url", server.url, "--debug", RERANK_API_KEY=key)

    assert done.code == 3
    assert "RERANK_API_KEY (environment)" in done.err
    assert server.received == []


def test_blanks_around_a_key_are_no_part_of_it(server: Loopback) -> None:
    """The line end of `$(< key.txt)` on Windows, or of a secret store, would break every run."""
    run("--base-url", server.url, RERANK_API_KEY=f" {KEY}\r\n")

    assert sent(server) == BEARER


# No output holds a key


def _json_error(received: Received) -> bytes:
    said = f"invalid token {received.headers['authorization']}"
    return http({"error": {"message": said, "code": said}, "request_id": said}, 401)


def _text_error(received: Received) -> bytes:
    return http(f"Wrong key: {received.headers['authorization']}".encode(), 403)


def _string_error(received: Received) -> bytes:
    return http(f"invalid {received.headers['authorization']}", 500)


def _header(received: Received) -> bytes:
    key = received.headers["authorization"]
    return http({"message": "no"}, 429, {"X-Request-Id": key, "Retry-After": key})


def _location(received: Received) -> bytes:
    key = received.headers["authorization"].removeprefix("Bearer ")
    return http(b"", 307, {"Location": f"http://127.0.0.1:9/{key}/v1?key={key}#{key}"})


def _status_line(received: Received) -> bytes:
    return f"HTTP/1.1 {received.headers['authorization']}\r\n\r\n".encode()


def _header_line(received: Received) -> bytes:
    return f"HTTP/1.1 200 OK\r\n{received.headers['authorization']}\r\n\r\n".encode()


def _no_json(received: Received) -> bytes:
    return http(f"hello {received.headers['authorization']}".encode())


def _no_results(received: Received) -> bytes:
    return http({"error": received.headers["authorization"]})


def _wrong_index(received: Received) -> bytes:
    index = received.headers["authorization"]
    return http({"results": [{"index": index, "relevance_score": index}]})


def _wrong_score(received: Received) -> bytes:
    score = received.headers["authorization"]
    return http({"results": [{"index": 0, "relevance_score": score}]})


def _after_4000_blanks(received: Received) -> bytes:
    key = received.headers["authorization"].removeprefix("Bearer ")
    return http(b" " * 3975 + key.encode(), 401)


def _late_in_a_long_line(received: Received) -> bytes:
    key = received.headers["authorization"].removeprefix("Bearer ")
    return http(("x" * 480 + key + "x" * 9000).encode(), 400)


_ECHOES = (
    *(_json_error, _text_error, _string_error, _header, _location, _status_line, _header_line),
    *(_no_json, _no_results, _wrong_index, _wrong_score, _after_4000_blanks, _late_in_a_long_line),
)


@pytest.mark.parametrize("echo", _ECHOES, ids=lambda echo: echo.__name__.strip("_"))
@pytest.mark.parametrize("said", ["--quiet", "--verbose", "--debug"])
def test_echoed_key_is_not_printed(echo: Callable[[Received], bytes], said: str) -> None:
    """A key would end in a CI log, because a server repeats what it was sent."""
    with Loopback(echo) as server:
        done = run("--base-url", server.url, "--json", said, RERANK_API_KEY=KEY)

    assert sent(server) == BEARER
    assert done.code in (4, 5)
    assert done.out == ""


@pytest.mark.parametrize("name", ["RERANK_API_KEY", "SILICONFLOW_API_KEY"])
def test_no_command_prints_a_key(server: Loopback, name: str) -> None:
    """A key would end in a bug report, with the output of the command that describes a set-up."""
    env_file(**{name: KEY})
    env = {"RERANK_PROVIDER": "siliconflow", "RERANK_BASE_URL": server.url}
    for said in ([], ["-v"], ["--debug"], ["--dry-run"], ["--dry-run", "--json", "-v"]):
        assert run(*said, **env).code == 0
    for given in (["providers"], ["providers", "--json"]):
        done = rerank(*given)
        assert name in done.out
        assert KEY not in done.out + done.err


@pytest.mark.process
def test_debug_of_the_process_prints_no_key() -> None:
    """The traceback is written by the process, where no test replaces a stream."""
    with Loopback(_json_error) as server:
        done = process(
            *("q", PASSAGES, "--base-url", server.url, "--debug"), env={"RERANK_API_KEY": KEY}
        )

    assert done.code == 4
    assert sent(server) == BEARER
    assert KEY not in done.out + done.err
    assert "Traceback" in done.err


def test_key_is_in_the_header_alone(server: Loopback) -> None:
    """A key in a body or a URL ends in the logs of servers and proxies."""
    run("--base-url", server.url, RERANK_API_KEY=KEY)

    (received,) = server.received
    assert KEY not in received.line
    assert KEY.encode() not in received.body
    assert json.loads(received.body)["query"] == "q"
    assert [name for name, value in received.headers.items() if KEY in value] == ["authorization"]
