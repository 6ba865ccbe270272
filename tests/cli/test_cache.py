"""--cache keeps scores, and `rerank cache` tells of them and removes them."""

import json
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from rerank_cli.engines.cache import store as store_module
from rerank_cli.engines.cache.location import cache_file
from rerank_cli.engines.cache.store import Store
from rerank_cli.errors import CacheError
from tests.answers import flagship_score, scoring
from tests.running import KEY, ONE_LINE, PASSAGES, QUERY, Ended, rerank, started
from tests.serving import Loopback, Received, http

FORMATS = ["table", "json", "jsonl", "csv", "tsv", "text"]


@pytest.fixture
def env(tmp_path: Path, server: Loopback) -> dict[str, str]:
    """A server, its key, and a folder for caches."""
    return {
        "RERANK_BASE_URL": server.url,
        "RERANK_API_KEY": KEY,
        "XDG_CACHE_HOME": str(tmp_path / "caches"),
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cache is going to be."""
    return tmp_path / "caches" / "rerank" / "scores.sqlite"


def ranked(env: Mapping[str, str], *arguments: str, query: str = QUERY) -> Ended:
    """Rank the samples with the model m and the cache."""
    done = rerank(query, PASSAGES, "-m", "m", "--cache", *arguments, env=env)
    assert done.code == 0, done.err
    return done


def cached(done: Ended) -> int:
    """How many scores came from the cache, as --json tells."""
    count: int = json.loads(done.out)["usage"].get("cached", 0)
    return count


# what a run gets of it


def test_without_being_asked_nothing_is_kept(env: dict[str, str], tmp_path: Path) -> None:
    """What somebody has asked would lie about on the disk, and old scores be shown."""
    assert rerank("q", PASSAGES, "-m", "m", env=env).code == 0
    assert not (tmp_path / "caches").exists()


@pytest.mark.parametrize("output_format", FORMATS)
def test_the_output_is_the_same_with_and_without(
    server: Loopback, env: dict[str, str], output_format: str
) -> None:
    """A script would see another ranking, or other digits, on its second run."""
    show = ("-f", output_format)
    plain = rerank(QUERY, PASSAGES, "-m", "m", *show, env=env)
    first, second = ranked(env, *show), ranked(env, *show)
    assert len(server.received) == 2
    assert first.out == plain.out
    if output_format == "json":
        usage = '"usage": '
        assert second.out.partition(usage)[0] == plain.out.partition(usage)[0]
        assert json.loads(second.out)["usage"] == {"requests": 0, "cached": 5}
    else:
        assert second.out == plain.out


def test_the_footer_tells_how_many(env: dict[str, str], tmp_path: Path) -> None:
    """Old scores would pass for new ones."""
    more = tmp_path / "more.txt"
    more.write_text("今天天气很冷\n")
    assert "from the cache" not in ranked(env).err
    assert " · custom m · 5 from the cache · " in ranked(env).err
    assert "6 passages · custom m · 123 tokens · 5 from the cache · " in ranked(env, str(more)).err


def test_only_new_passages_travel(server: Loopback, env: dict[str, str], tmp_path: Path) -> None:
    """A line that is added to a file would cost the whole file."""
    ranked(env)
    more = tmp_path / "more.txt"
    more.write_text("今天天气很冷\n")
    assert cached(ranked(env, str(more), "--json")) == 5
    assert server.received[1].json["documents"] == ["今天天气很冷"]


@pytest.mark.parametrize(
    "other",
    [
        ("-m", "n"),
        ("--base-url", "{}/other"),
        ("-m", "qwen3-reranker", "--instruction", "by date"),
        ("-m", "qwen3-reranker", "--instruction", "by place"),
        ("-m", "bge-reranker-v2-m3", "--overlap-tokens", "8"),
    ],
)
def test_another_place_model_or_instruction_is_asked(
    server: Loopback, env: dict[str, str], other: tuple[str, ...]
) -> None:
    """Scores of one model would be given for those of another."""
    ranked(env)
    for model in ("qwen3-reranker", "bge-reranker-v2-m3"):
        ranked(env, "-m", model)
    before = len(server.received)
    arguments = [word.format(server.url) for word in other]
    assert cached(ranked(env, "--json", *arguments)) == 0
    assert len(server.received) == before + 1
    assert cached(ranked(env, "--json", *arguments)) == 5


def test_what_was_scored_before_an_error_is_not_asked_again(env: dict[str, str]) -> None:
    """A long run that fails near its end would be paid for again from its beginning."""
    answer = scoring(flagship_score)

    def refuse_the_last(received: Received) -> bytes:
        last = received.json["documents"][0].startswith("深度学习")
        return http({"message": "no balance"}, 402) if last else answer(received)

    where = ("-m", "m", "--cache", "--max-passages", "1", "--concurrency", "2", "--retries", "0")
    with Loopback(refuse_the_last) as failing:
        env["RERANK_BASE_URL"] = failing.url
        assert rerank(QUERY, PASSAGES, *where, env=env).code == 4
        # Of two at once, the one beside it may be given up.
        assert json.loads(rerank("cache", "info", "--json", env=env).out)["entries"] >= 3


def test_another_query_is_asked(server: Loopback, env: dict[str, str]) -> None:
    """All queries would have one ranking."""
    ranked(env)
    assert cached(ranked(env, "--json", query="深度学习")) == 0
    assert len(server.received) == 2


def test_another_key_finds_the_same_scores(server: Loopback, env: dict[str, str]) -> None:
    """A new key would make everything be paid for again."""
    ranked(env)
    assert cached(ranked({**env, "RERANK_API_KEY": "sk-another"}, "--json")) == 5


def test_neither_texts_nor_keys_are_in_the_file(env: dict[str, str], path: Path) -> None:
    """What was asked and searched, or a key, could be read by whoever gets at the disk."""
    ranked(env, "-m", "qwen3-reranker", "--instruction", "by date")
    store = Store(path)  # open, so that nothing is cleared away
    assert store.info().entries == 5
    whole = b"".join(each.read_bytes() for each in path.parent.iterdir())
    passages = Path(PASSAGES).read_text().splitlines()
    for text in (KEY, QUERY, "qwen3-reranker", "by date", "127.0.0.1", *passages):
        for encoding in ("utf-8", "utf-16-le"):
            assert text.encode(encoding) not in whole
            assert text[:6].encode(encoding) not in whole
    store.close()


def test_verbose_tells_where_it_is(env: dict[str, str], path: Path) -> None:
    """Nobody would know which cache is used, or why nothing is sent."""
    err = ranked(env, "-v").err
    assert f"cache: {path}\n" in err
    assert "0 of 5 passages are in the cache" in err


@pytest.mark.usefixtures("shared_model")
def test_the_embedded_engine_is_cached_too(env: dict[str, str]) -> None:
    """A large file would be scored anew, for minutes, on each run."""
    where = {"XDG_CACHE_HOME": env["XDG_CACHE_HOME"]}
    runs = [rerank(QUERY, PASSAGES, "-p", "local", "--cache", "--json", env=where) for _ in "ab"]
    assert [cached(run) for run in runs] == [0, 5]
    assert json.loads(runs[0].out)["results"] == json.loads(runs[1].out)["results"]


def test_a_dry_run_makes_no_cache(env: dict[str, str], path: Path) -> None:
    """A run that is said to do nothing would do something."""
    ranked(env, "--dry-run")
    assert not path.exists()


# when it is used


@pytest.mark.parametrize("value", ["1", "true", "YES", " on "])
def test_the_environment_switches_it_on(env: dict[str, str], path: Path, value: str) -> None:
    """The option would have to be typed with each run."""
    assert rerank("q", PASSAGES, "-m", "m", env={**env, "RERANK_CACHE": value}).code == 0
    assert path.exists()


@pytest.mark.parametrize("value", ["0", "false", "No", "off", "", " "])
def test_the_environment_switches_it_off(
    env: dict[str, str], path: Path, tmp_path: Path, value: str
) -> None:
    """A cache that a .env file switches on could not be done without for one run."""
    if value.strip():
        (tmp_path / ".env").write_text("RERANK_CACHE=1\n")
    assert rerank("q", PASSAGES, "-m", "m", env={**env, "RERANK_CACHE": value}).code == 0
    assert not path.exists()


def test_the_flag_comes_first(env: dict[str, str], path: Path) -> None:
    """A flag that was just typed would have no effect."""
    ranked({**env, "RERANK_CACHE": "0"})
    assert path.exists()


def test_a_file_switches_it_on(env: dict[str, str], path: Path, tmp_path: Path) -> None:
    """A project could not say that it wants the cache."""
    (tmp_path / ".env").write_text("RERANK_CACHE=1\n")
    assert rerank("q", PASSAGES, "-m", "m", env=env).code == 0
    assert path.exists()


def test_what_is_no_switch_ends_with_3(server: Loopback, env: dict[str, str]) -> None:
    """A typing mistake would switch it off, or on."""
    done = rerank("q", PASSAGES, "-m", "m", env={**env, "RERANK_CACHE": "maybe"})
    assert (done.code, done.out) == (3, "")
    assert ONE_LINE.fullmatch(done.err)
    assert "RERANK_CACHE (environment) is 'maybe'" in done.err
    assert server.received == []


def test_a_model_that_is_not_named_is_not_cached(
    server: Loopback, env: dict[str, str], path: Path
) -> None:
    """The scores of a server's last model would be shown for those of its present one."""
    for _ in "ab":
        done = rerank("q", PASSAGES, "--cache", env=env)
        assert done.code == 0
        assert "warning: the cache is not used" in done.err
        assert "-m" in done.err
    assert len(server.received) == 2
    assert not path.exists()


def test_a_model_that_compares_passages_is_not_cached(
    server: Loopback, env: dict[str, str], path: Path
) -> None:
    """A passage would keep the score that it got beside others."""
    for _ in "ab":
        done = ranked(env, "-m", "jina-reranker-v3")
        assert "warning: the cache is not used: jina-reranker-v3 scores a passage" in done.err
    assert len(server.received) == 2
    assert not path.exists()


# where it is


@pytest.mark.skipif(sys.platform == "win32", reason="XDG is for other systems")
def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache would be looked for in another place than other programs have theirs."""
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME")
    usual = {"darwin": home / "Library" / "Caches"}.get(sys.platform, home / ".cache")
    assert cache_file({"XDG_CACHE_HOME": "/x"}) == Path("/x/rerank/scores.sqlite")
    for unset in ({}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "relative"}):
        assert cache_file(unset) == usual / "rerank" / "scores.sqlite"


@pytest.mark.skipif(sys.platform == "win32", reason="XDG is for other systems")
def test_no_place_for_it(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the name ~ would be made, or a container without a home not rank at all."""
    del env["XDG_CACHE_HOME"]
    monkeypatch.setattr(
        "platformdirs.user_cache_path", lambda *_, **__: Path("~", ".cache", "rerank")
    )
    with pytest.raises(CacheError):
        cache_file({})
    assert "warning: the cache is not used: no folder for caches" in ranked(env).err
    done = rerank("cache", "info", env=env)
    assert done.code == 3
    assert "XDG_CACHE_HOME" in done.err


# when it does not work


def test_a_damaged_file_is_an_error_that_tells_the_cure(
    server: Loopback, env: dict[str, str], path: Path
) -> None:
    """A user would be left with an error of SQLite's, or with a cache that never works again."""
    path.parent.mkdir(parents=True)
    path.write_bytes(b"garbage" * 1000)
    arguments = (QUERY, PASSAGES, "-m", "m", "--cache", "--json")
    done = rerank(*arguments, env=env)
    assert (done.code, done.out, server.received) == (3, "", [])
    assert ONE_LINE.fullmatch(done.err)
    assert str(path) in done.err
    assert "rerank cache clear" in done.err
    assert rerank("cache", "info", env=env).code == 3
    cleared = rerank("cache", "clear", env=env)
    assert (cleared.code, cleared.err) == (0, "")
    assert str(path) in cleared.out
    assert [cached(rerank(*arguments, env=env)) for _ in "ab"] == [0, 5]


def test_a_cache_that_cannot_be_made_costs_a_warning(env: dict[str, str], tmp_path: Path) -> None:
    """A read-only home would make RERANK_CACHE a reason not to rank."""
    (tmp_path / "caches").touch()
    plain = rerank(QUERY, PASSAGES, "-m", "m", env=env)
    done = ranked(env)
    assert done.out == plain.out
    assert done.err.count("warning:") == 1
    assert "warning: the cache is not used: " in done.err


def test_a_locked_cache_loses_no_ranking(
    env: dict[str, str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ranking that is paid for would be lost to another program's lock."""
    monkeypatch.setattr(store_module, "_PATIENCE", 0.05)
    ranked(env, query="other")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done = ranked(env)
    assert done.out == rerank(QUERY, PASSAGES, "-m", "m", env=env).out
    assert done.err.count("warning:") == 1
    assert "locked" in done.err
    assert rerank("cache", "clear", env=env).code == 3
    other.close()


@pytest.mark.process
def test_runs_at_once_share_it(
    server: Loopback, env: dict[str, str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that runs rerank in parallel would fail now and then, or lose scores."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    runs = [
        started(f"query {number % 3}", PASSAGES, "-m", "m", "--cache", "-f", "text", "-q")
        for number in range(6)
    ]
    with runs[0] as a, runs[1] as b, runs[2] as c, runs[3] as d, runs[4] as e, runs[5] as f:
        ended = [(*run.communicate(timeout=30), run.returncode) for run in (a, b, c, d, e, f)]
    assert ended == [(ended[0][0], b"", 0)] * 6
    store = Store(path)
    assert store.info().entries == 15
    store.close()


# rerank cache


def test_info_tells_file_scores_size_and_time(env: dict[str, str], path: Path) -> None:
    """A user would not know what is kept, or where."""
    ranked(env)
    done = rerank("cache", "info", env=env)
    lines = dict(line.split("  ", 1) for line in done.out.splitlines())
    facts = {name: value.strip() for name, value in lines.items()}
    assert (done.code, done.err) == (0, "")
    assert list(facts) == ["path", "entries", "bytes", "oldest", "newest"]
    assert (facts["path"], facts["entries"]) == (str(path), "5")
    found = json.loads(rerank("cache", "info", "--json", env=env).out)
    assert {name: str(value) for name, value in found.items()} == facts


def test_info_of_nothing(env: dict[str, str], path: Path) -> None:
    """Looking for a cache would make one, or be an error."""
    done = rerank("cache", "info", "--json", env=env)
    assert done.code == 0
    assert json.loads(done.out) == {
        "path": str(path),
        "entries": 0,
        "bytes": 0,
        "oldest": None,
        "newest": None,
    }
    assert rerank("cache", "info", env=env).out.splitlines()[1:] == ["entries  0", "bytes    0"]
    assert rerank("cache", "clear", env=env).out == "removed 0 scores\n"
    assert not path.parent.exists()


def test_clear_removes_all(server: Loopback, env: dict[str, str]) -> None:
    """A server whose model has changed under its name would keep its old scores for ever."""
    ranked(env)
    done = rerank("cache", "clear", env=env)
    assert (done.code, done.out, done.err) == (0, "removed 5 scores\n", "")
    assert cached(ranked(env, "--json")) == 0
    assert len(server.received) == 2


def test_alone_it_prints_its_help(env: dict[str, str]) -> None:
    """Somebody who tries the command would get an error, or have the word ranked."""
    done = rerank("cache", env=env)
    assert (done.code, done.err) == (0, "")
    assert all(word in done.out for word in ("Usage: rerank cache", "info", "clear"))
    assert rerank("cache", "--help", env=env).out == done.out
    assert "cache" in rerank("--help").out.rpartition("Commands:")[2]


def test_a_query_that_is_this_word(server: Loopback, env: dict[str, str]) -> None:
    """A query that names the command could not be ranked, and nobody be told how."""
    done = rerank("cache", PASSAGES, env=env)
    assert done.code == 2
    assert ONE_LINE.fullmatch(done.err)
    assert "rerank -- QUERY" in done.err
    assert server.received == []
    assert rerank("--", "cache", PASSAGES, env=env).code == 0
    assert server.received[0].json["query"] == "cache"


def test_nearly_the_word_is_ranked_with_a_hint(env: dict[str, str]) -> None:
    """A mistyped command would be ranked, and nobody told why."""
    assert "rerank cache" in rerank("cahce", PASSAGES, env=env).err
