"""Keys for providers of one's own: the user's file may ask for them, a cloned folder's may not."""

import json
from pathlib import Path

import pytest

from tests.network import network
from tests.running import PASSAGES, Ended, rerank
from tests.settings.provider_files import project

KEY = "sk-loopback-0123456789abcdefghijklmnopqrstuvwxyz0123"
EVIL = "https://evil.example/v1"
FRIEND = "https://rerank.friend.example/v1"
SCORES = {"results": [{"index": place, "relevance_score": 0.5} for place in range(5)]}

KEY_VARIABLES = ("RERANK_API_KEY", "SILICONFLOW_API_KEY", "OPENAI_API_KEY", "MY_KEY", "PATH_KEY")


def run(*arguments: str, **env: str) -> tuple[Ended, list[tuple[str, bool]]]:
    """How a run ended, and the host of each request with whether it had the key."""
    with network() as router:
        router.route().respond(json=SCORES)
        done = rerank("q", PASSAGES, "--retries", "0", *arguments, env=env)
        requests = [call.request for call in router.calls]
    assert KEY not in done.out + done.err
    assert all(KEY not in str(each.url) and KEY.encode() not in each.content for each in requests)
    with_key = [(each.url.host, KEY in str(each.headers.multi_items())) for each in requests]
    return done, with_key


def own(config: Path, base_url: str, *lines: str) -> None:
    """The user's own file with one provider."""
    text = "\n".join([f'[providers.mine]\nbase_url = "{base_url}"', *lines])
    config.write_text(f"{text}\n", encoding="utf-8")


def cloned(base_url: str, *lines: str, name: str = "mine", **dotenv: str) -> None:
    """A cloned folder's pyproject.toml with one provider, and its `.env`."""
    project("\n".join([f'[tool.rerank.providers.{name}]\nbase_url = "{base_url}"', *lines]))
    Path(".env").write_text("".join(f"{name}={value}\n" for name, value in dotenv.items()))


# What the user's own file defines


def test_own_key_goes_to_ones_own_provider(config: Path) -> None:
    """A provider of one's own that asks for a key could not be used."""
    own(config, FRIEND, 'key_variable = "MY_KEY"')
    done, sent = run("-p", "mine", MY_KEY=KEY)
    assert sent == [("rerank.friend.example", True)]
    assert (done.code, done.err.count("warning")) == (0, 0)


def test_key_in_the_form_that_the_endpoint_wants(config: Path) -> None:
    """An Elasticsearch of one's own would refuse a key that is right."""
    own(config, FRIEND, 'key_scheme = "ApiKey"', 'dialect = "elasticsearch"', 'model = "m"')
    with network() as router:
        router.route().respond(json={"rerank": SCORES["results"]})
        done = rerank("q", PASSAGES, "-p", "mine", env={"RERANK_API_KEY": KEY})
        (call,) = router.calls
    assert done.code == 0
    assert call.request.headers["authorization"] == f"ApiKey {KEY}"
    assert str(call.request.url) == f"{FRIEND}/_inference/rerank/m"


def test_general_key_goes_to_ones_own_provider(config: Path) -> None:
    """RERANK_API_KEY, for whatever is asked, would not be for this."""
    own(config, FRIEND)
    assert run("-p", "mine", RERANK_API_KEY=KEY)[1] == [("rerank.friend.example", True)]


def test_key_of_the_env_file_goes_to_ones_own_provider(config: Path) -> None:
    """A project that keeps its key in `.env` would have to export it."""
    own(config, FRIEND, 'key_variable = "MY_KEY"')
    Path(".env").write_text(f"MY_KEY={KEY}\n")
    assert run("-p", "mine")[1] == [("rerank.friend.example", True)]


def test_own_provider_is_the_default_where_only_its_key_is(config: Path) -> None:
    """Whoever has set up one provider would have to name it in every run."""
    own(config, FRIEND, 'key_variable = "MY_KEY"')
    assert run(MY_KEY=KEY)[1] == [("rerank.friend.example", True)]


def test_known_providers_come_before_ones_own(config: Path) -> None:
    """A new row would change where existing scripts send their passages."""
    own(config, FRIEND, 'key_variable = "MY_KEY"')
    _, sent = run(MY_KEY=KEY, SILICONFLOW_API_KEY="sk-other-0123456789")
    assert sent == [("api.siliconflow.cn", False)]


def test_own_provider_without_its_key(config: Path) -> None:
    """All passages would be sent, only to be refused."""
    own(config, FRIEND, 'key_variable = "MY_KEY"')
    done, sent = run("-p", "mine")
    assert (done.code, sent) == (3, [])
    assert "RERANK_API_KEY or MY_KEY" in done.err


def test_own_provider_that_takes_runs_without_a_key(config: Path) -> None:
    """A server that has a key for some only could not be used by the others."""
    own(config, FRIEND, 'key_variable = "MY_KEY"', "needs_key = false")
    assert run("-p", "mine")[1] == [("rerank.friend.example", False)]


@pytest.mark.parametrize("variable", ["SILICONFLOW_API_KEY", "OPENAI_API_KEY", "OTHER_KEY"])
def test_keys_of_others_do_not_go_to_ones_own_provider(config: Path, variable: str) -> None:
    """A server that is tried out would collect the keys of the environment."""
    own(config, FRIEND, "needs_key = false")
    assert run("-p", "mine", **{variable: KEY})[1] == [("rerank.friend.example", False)]


def test_user_may_say_that_a_key_is_for_this(config: Path) -> None:
    """A gateway that takes the OpenAI key could not be used with it."""
    own(config, FRIEND, 'key_variable = "OPENAI_API_KEY"')
    assert run("-p", "mine", OPENAI_API_KEY=KEY)[1] == [("rerank.friend.example", True)]


def test_url_of_ones_own_provider_is_that_provider(config: Path) -> None:
    """The URL, without the name, would have no key and another wire form."""
    own(config, FRIEND, 'key_variable = "MY_KEY"')
    assert run("--base-url", FRIEND, MY_KEY=KEY)[1] == [("rerank.friend.example", True)]
    Path(".env").write_text(f"RERANK_BASE_URL={FRIEND}\n")
    assert run(MY_KEY=KEY)[1] == [("rerank.friend.example", True)]


@pytest.mark.parametrize("variable", ["RERANK_API_KEY", "MY_KEY"])
@pytest.mark.parametrize("own_url", [FRIEND, "http://localhost:4321"])
def test_cloned_folder_cannot_lead_ones_own_provider_elsewhere(
    config: Path, variable: str, own_url: str
) -> None:
    """A `.env` could send the key of one's own provider wherever it likes."""
    own(config, own_url, 'key_variable = "MY_KEY"')
    for url in (EVIL, "http://rerank.friend.example/v1", "http://evil.example:4321"):
        Path(".env").write_text(f"RERANK_PROVIDER=mine\nRERANK_BASE_URL={url}\n")
        done, sent = run(**{variable: KEY})
        assert (done.code, sent) == (3, [])
        assert run("-p", "mine", **{variable: KEY})[1] == []


def test_key_over_plain_http_is_warned_of(config: Path) -> None:
    """A key would be readable by everyone on the way, and nobody told."""
    own(config, "http://gpu.example:8000/v1", 'key_variable = "MY_KEY"')
    done, sent = run("-p", "mine", MY_KEY=KEY)
    assert sent == [("gpu.example", True)]
    assert "unencrypted" in done.err


# What a cloned folder defines


@pytest.mark.parametrize("variable", KEY_VARIABLES)
@pytest.mark.parametrize("asked", [("-p", "mine"), ()], ids=["flag", "file"])
@pytest.mark.parametrize("needs", ["true", "false"])
def test_project_gets_no_key(variable: str, asked: tuple[str, ...], needs: str) -> None:
    """A cloned folder could collect any key of its visitors by naming its variable."""
    dotenv = {} if asked else {"RERANK_PROVIDER": "mine"}
    cloned(EVIL, f'key_variable = "{variable}"', f"needs_key = {needs}", **dotenv)
    done, sent = run(*asked, **{variable: KEY})
    assert sent == ([] if needs == "true" else [("evil.example", False)])
    assert done.code == (3 if needs == "true" else 0)
    assert "pyproject.toml" in done.err


@pytest.mark.parametrize("variable", KEY_VARIABLES)
def test_project_gets_no_key_of_an_env_file(variable: str) -> None:
    """A folder above the clone, with a `.env` of one's own, would give its keys away."""
    cloned(EVIL, f'key_variable = "{variable}"', "needs_key = false", **{variable: KEY})
    assert run("-p", "mine")[1] == [("evil.example", False)]


@pytest.mark.parametrize("variable", KEY_VARIABLES)
@pytest.mark.parametrize("asked", [("-p", "mine"), ()], ids=["flag", "file"])
@pytest.mark.parametrize("url", [EVIL, "https://evil.example/v2", "http://evil.example/v1"])
def test_project_and_env_file_together_get_no_key(
    variable: str, asked: tuple[str, ...], url: str
) -> None:
    """What each may not do alone, to name a host and have it trusted, both would do together."""
    lines = (f'key_variable = "{variable}"', "needs_key = false")
    cloned(EVIL, *lines, RERANK_PROVIDER="mine", RERANK_BASE_URL=url)
    assert run(*asked, **{variable: KEY})[1] == [("evil.example", False)]


@pytest.mark.parametrize("variable", KEY_VARIABLES)
def test_project_is_never_the_default(variable: str) -> None:
    """A cloned folder could have its visitors' passages sent to it without being named."""
    cloned(EVIL, f'key_variable = "{variable}"')
    done, _ = run("--dry-run", "--json", **{variable: KEY})
    assert json.loads(done.out)["provider"] in ("siliconflow", "local")


def test_project_does_not_own_its_url() -> None:
    """A cloned folder's wire form and key header would be used for a URL that the user names."""
    cloned(EVIL, 'key_header = "X-Key"', 'key_variable = "MY_KEY"')
    assert run("--base-url", EVIL, MY_KEY=KEY)[1] == [("evil.example", False)]


def test_project_at_a_known_host_gets_no_key() -> None:
    """A cloned folder could spend the visitor's money at a provider, under another name."""
    cloned("https://api.siliconflow.cn/v1", 'key_variable = "SILICONFLOW_API_KEY"')
    done, sent = run("-p", "mine", SILICONFLOW_API_KEY=KEY)
    assert (done.code, sent) == (3, [])


def test_user_who_names_the_url_may_give_the_general_key() -> None:
    """A project's server that the user does trust could not be used with a key."""
    cloned(EVIL, 'key_variable = "MY_KEY"')
    url = ("-p", "mine", "--base-url", FRIEND)
    assert run(*url, RERANK_API_KEY=KEY)[1] == [("rerank.friend.example", True)]
    env = {"RERANK_BASE_URL": FRIEND, "RERANK_API_KEY": KEY}
    assert run("-p", "mine", **env)[1] == [("rerank.friend.example", True)]


@pytest.mark.parametrize("variable", ["SILICONFLOW_API_KEY", "OPENAI_API_KEY", "MY_KEY"])
def test_projects_choice_of_a_variable_does_not_count(variable: str) -> None:
    """A cloned folder would choose which key goes to the server that the user names."""
    cloned(EVIL, f'key_variable = "{variable}"', "needs_key = false")
    _, sent = run("-p", "mine", "--base-url", FRIEND, **{variable: KEY})
    assert sent == [("rerank.friend.example", False)]


def test_project_cannot_take_a_known_name() -> None:
    """`-p siliconflow` in a cloned folder would go to its server, with the key."""
    cloned(EVIL, name="siliconflow")
    done, sent = run("-p", "siliconflow", SILICONFLOW_API_KEY=KEY)
    assert (done.code, sent) == (3, [])
    assert "siliconflow is taken" in done.err


def test_project_cannot_take_the_users_name(config: Path) -> None:
    """`-p mine` in a cloned folder would go to its server, with the key."""
    own(config, FRIEND, 'key_variable = "MY_KEY"')
    cloned(EVIL, 'key_variable = "MY_KEY"')
    assert run("-p", "mine", MY_KEY=KEY)[1] == [("rerank.friend.example", True)]


def test_project_does_not_stop_others_from_getting_their_key() -> None:
    """A project that defines a server would make its users' own set-up fail."""
    cloned(EVIL)
    assert run(SILICONFLOW_API_KEY=KEY)[1] == [("api.siliconflow.cn", True)]


def test_withheld_key_is_told() -> None:
    """Who does trust that folder would not learn why its server answers 401."""
    cloned(EVIL, "needs_key = false")
    done, _ = run("-p", "mine", RERANK_API_KEY=KEY)
    assert "warning: no key is sent to https://evil.example/v1" in done.err
    assert "pyproject.toml" in done.err
    assert "--base-url" in done.err


def test_list_says_that_a_project_has_no_key() -> None:
    """A user would believe that the key which is here is used."""
    cloned(EVIL, 'key_variable = "MY_KEY"')
    table = rerank("providers", env={"MY_KEY": KEY}).out
    (line,) = [line for line in table.splitlines() if line.startswith("mine")]
    assert "MY_KEY (environment)" not in line
