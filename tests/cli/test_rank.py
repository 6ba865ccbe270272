"""`rerank QUERY [FILE]...`: what is printed, and what the server gets."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.answers import scoring
from tests.running import ONE_LINE, PASSAGES, QUERY, SAMPLES, rerank
from tests.serving import Loopback, http

BEST = Path(PASSAGES).read_text(encoding="utf-8").split()[0]


def test_flagship_table(server: Loopback) -> None:
    """Without it the first example of the README would not come out as printed there."""
    done = rerank(QUERY, PASSAGES, "--base-url", server.url)

    assert done.code == 0
    header, *rows = done.out.splitlines()
    assert header.split() == ["rank", "score", "line", "passage"]
    found = [(row.split()[0], row.split()[1], row.split()[-1][:5]) for row in rows]
    assert found == [
        ("1", "0.9974", "人工智能是"),
        ("2", "0.2787", "机器学习是"),
        ("3", "0.1172", "深度学习是"),
        ("4", "3.10e-05", "苹果是一种"),
        ("5", "1.60e-05", "今天天气很"),
    ]
    assert re.fullmatch(r"5 passages · custom · 123 tokens · \d+\.\d\d s\n", done.err)


def test_piped_table_is_whole_and_plain(server: Loopback) -> None:
    """A passage cut, or a colour code, in a pipe would break the program that reads it."""
    done = rerank(QUERY, PASSAGES, "--base-url", server.url)

    for passage in Path(PASSAGES).read_text(encoding="utf-8").split():
        assert passage in done.out
    assert "\x1b" not in done.out


def test_server_gets_what_was_asked(server: Loopback) -> None:
    """A server that gets another query, other passages or another order scores something else."""
    rerank(QUERY, PASSAGES, "--base-url", server.url, "-m", "a/model")

    (received,) = server.received
    assert received.line == "POST /v1/rerank HTTP/1.1"
    assert received.headers["content-type"] == "application/json"
    assert "authorization" not in received.headers
    assert received.json["model"] == "a/model"
    assert received.json["query"] == QUERY
    passages = Path(PASSAGES).read_text(encoding="utf-8").split()
    assert received.json["documents"] == passages


def test_threshold_keeps_what_scores_enough(server: Loopback) -> None:
    """The second exercise: only what scores above 0.3 may reach the language model."""
    done = rerank(QUERY, PASSAGES, "--base-url", server.url, "--threshold", "0.3", "-f", "text")

    assert (done.code, done.out) == (0, BEST + "\n")


def test_threshold_itself_is_kept(server: Loopback) -> None:
    """A score that equals the threshold would be lost, though the help says `X and above`."""
    done = rerank(QUERY, PASSAGES, "--base-url", server.url, "-t", "0.2787", "-f", "text")

    assert len(done.out.splitlines()) == 2


def test_best_one_as_json(server: Loopback) -> None:
    """Scripts read these keys; one that is renamed or rounded breaks them."""
    done = rerank(QUERY, PASSAGES, "--base-url", server.url, "-n", "1", "--json")

    assert json.loads(done.out) == {
        "query": QUERY,
        "provider": "custom",
        "model": None,
        "results": [
            {
                "rank": 1,
                "score": 0.9974,
                "index": 0,
                "text": BEST,
                "source": PASSAGES,
                "line": 1,
            }
        ],
        "usage": {"requests": 1, "input_tokens": 123},
    }
    assert "人工智能" in done.out
    assert done.err == ""


def test_json_keeps_id_and_fields(server: Loopback) -> None:
    """A pipeline that joins results to its own records by id could not."""
    file = str(SAMPLES / "passages.jsonl")
    done = rerank(QUERY, file, "--base-url", server.url, "--json")

    best, second, *_ = json.loads(done.out)["results"]
    assert (best["id"], best["fields"], best["line"]) == ("ai", {"title": "人工智能"}, 1)
    assert (second["id"], second["index"], second["line"]) == ("ml", 2, 3)


def test_json_by_either_name(server: Loopback) -> None:
    """`--json` and `-f json` are promised to be the same."""
    outputs = {
        rerank(QUERY, PASSAGES, "--base-url", server.url, *given).out
        for given in (["--json"], ["-f", "json"], ["--json", "-f", "json"])
    }

    assert len(outputs) == 1


def test_jsonl_gives_rows_back(server: Loopback) -> None:
    """A row that lost a field, or came without its score, is of no use to the next program."""
    file = SAMPLES / "passages.jsonl"
    done = rerank(QUERY, str(file), "--base-url", server.url, "-f", "jsonl", "-n", "2")

    rows = {row["id"]: row for row in map(json.loads, file.read_text("utf-8").splitlines())}
    assert [json.loads(line) for line in done.out.splitlines()] == [
        {"rank": 1, "score": 0.9974, **rows["ai"]},
        {"rank": 2, "score": 0.2787, **rows["ml"]},
    ]


@pytest.mark.parametrize(("output_format", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_tables_give_rows_back(server: Loopback, output_format: str, delimiter: str) -> None:
    """A cell with a comma, a quote or a newline must come back as it went in."""
    file = SAMPLES / "passages.csv"
    done = rerank(QUERY, str(file), "--base-url", server.url, "-f", output_format)

    read = list(csv.DictReader(io.StringIO(done.out, newline=""), delimiter=delimiter))
    given = {row["id"]: row for row in csv.DictReader(io.StringIO(file.read_text("utf-8")))}
    assert [row["id"] for row in read][:3] == ["ai", "ml", "dl"]
    assert [row["rank"] for row in read] == [str(rank) for rank in range(1, len(given) + 1)]
    assert read[0]["score"] == "0.9974"
    assert {row["id"]: row for row in read} == {
        row["id"]: {"rank": row["rank"], "score": row["score"], **given[row["id"]]} for row in read
    }


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_rows_with_several_text_fields_come_back_as_they_were(server: Loopback, name: str) -> None:
    """A column would be lost, or one appear that is in no row."""
    rows = [{"id": "1", "title": "人工智能是", "text": "a"}, {"id": "2", "title": "b", "text": "c"}]
    lines = [",".join(row.values()) for row in rows]
    text = "".join(f"{line}\n" for line in ["id,title,text", *lines])
    if name == "rows.jsonl":
        text = "".join(json.dumps(row) + "\n" for row in rows)
    Path(name).write_text(text, encoding="utf-8")
    fields = ("--text-field", "title", "--text-field", "text", "--base-url", server.url)
    done = rerank("q", name, *fields, "-f", "csv")
    assert done.out.splitlines()[:2] == ["rank,score,id,title,text", f"1,0.9974,{lines[0]}"]
    assert server.received[-1].documents == ["人工智能是 a", "b c"]
    best = rerank("q", name, *fields, "--json").json["results"][0]
    assert (best["text"], best["fields"]) == ("人工智能是 a", {"title": "人工智能是"})


def test_text_is_the_passages_alone(server: Loopback) -> None:
    """Anything beside the passages would go into the prompt of the next program."""
    done = rerank(QUERY, PASSAGES, "--base-url", server.url, "-n", "2", "-f", "text")

    assert done.out.splitlines()[0] == BEST
    assert len(done.out.splitlines()) == 2
    assert done.err == ""


def test_contradicting_formats_are_refused(server: Loopback) -> None:
    """A script that asks for both would get one of them, and not know which."""
    done = rerank(QUERY, PASSAGES, "--base-url", server.url, "--json", "-f", "csv")

    assert done.code == 2
    assert ONE_LINE.fullmatch(done.err)
    assert "--json" in done.err
    assert "csv" in done.err
    assert server.received == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (["--threshold", "0.999", "--exit-status"], 1),
        (["--threshold", "0.999"], 0),
        (["--threshold", "0.9", "--exit-status"], 0),
    ],
)
def test_exit_status(server: Loopback, given: list[str], code: int) -> None:
    """`if rerank … --exit-status` in a script would take the wrong branch."""
    assert rerank(QUERY, PASSAGES, "--base-url", server.url, *given).code == code


@pytest.mark.parametrize(
    ("output_format", "expected"),
    [
        ("table", ""),
        ("jsonl", ""),
        ("text", ""),
        ("json", {"query": QUERY, "provider": "custom", "model": None, "results": []}),
    ],
)
def test_nothing_left_prints_nothing(
    server: Loopback, output_format: str, expected: object
) -> None:
    """An empty result must be empty for the next program, and JSON must stay an object."""
    done = rerank(QUERY, PASSAGES, "--base-url", server.url, "-t", "2", "-f", output_format)

    if isinstance(expected, dict):
        found = json.loads(done.out)
        assert found == expected | {"usage": found["usage"]}
    else:
        assert done.out == expected


def test_quiet_says_nothing_but_errors(server: Loopback, tmp_path: Path) -> None:
    """In cron, a footer or a warning that --quiet lets through becomes a mail every hour."""
    (tmp_path / "blank.jsonl").write_text('{"text": " "}\n{"text": "x"}\n')
    noisy = rerank("q", "blank.jsonl", "--base-url", server.url, "--instruction", "i")
    quiet = rerank("q", "blank.jsonl", "--base-url", server.url, "--instruction", "i", "-q")
    failed = rerank("q", "none.txt", "--base-url", server.url, "-q")

    assert "warning" in noisy.err
    assert (quiet.code, quiet.err) == (0, "")
    assert (failed.code, "none.txt" in failed.err) == (2, True)


def test_verbose_says_where_and_with_what(server: Loopback, tmp_path: Path) -> None:
    """Somebody who gets odd scores could not see which model, server and key were used."""
    (tmp_path / ".env").write_text("RERANK_API_KEY=sk-in-the-file\nRERANK_MODEL=some/model\n")
    done = rerank("q", PASSAGES, "--base-url", server.url, "-v", "--json")

    for told in ("custom", "some/model", server.url, "RERANK_API_KEY", str(tmp_path / ".env")):
        assert told in done.err
    assert server.received[0].headers["authorization"] == "Bearer sk-in-the-file"
    assert "sk-in-the-file" not in done.out + done.err
    assert json.loads(done.out)["model"] == "some/model"


def test_dry_run_tells_what_a_run_would_send(server: Loopback) -> None:
    """The plan is what somebody decides by who pays a request or a token."""
    given = (QUERY, PASSAGES, "--base-url", server.url, "--max-passages", "2", "--json")
    planned = rerank(*given, "--dry-run")
    assert server.received == []

    rerank(*given)
    plan = json.loads(planned.out)
    assert plan["requests"] == len(server.received) == 3
    assert plan["passages"] == 5
    assert plan["bytes"] == sum(len(received.body) for received in server.received)
    characters = len(QUERY) * 5 + len(Path(PASSAGES).read_text("utf-8"))
    assert characters / 2 <= plan["estimated_tokens"] <= characters * 2


def test_dry_run_needs_no_key_and_no_server() -> None:
    """Nobody could see the plan before signing up for a key."""
    done = rerank("q", PASSAGES, "-p", "siliconflow", "--dry-run")

    assert done.code == 0
    facts = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in done.out.splitlines())
    assert facts["provider"] == "siliconflow"
    assert facts["model"] == "BAAI/bge-reranker-v2-m3"
    assert facts["requests"] == "1"
    assert facts["passages"] == "5"


def test_dry_run_refuses_bad_input(server: Loopback, tmp_path: Path) -> None:
    """A plan for input that the real run refuses would be a promise that cannot be kept."""
    (tmp_path / "bad.jsonl").write_text('{"text": "fine"}\n{"text": \n')
    done = rerank("q", "bad.jsonl", "--base-url", server.url, "--dry-run")

    assert done.code == 2
    assert done.err.startswith("rerank: bad.jsonl:2: ")


def test_splitting_changes_no_rank(server: Loopback) -> None:
    """Passages of the second request would be ranked among themselves, or under wrong numbers."""
    whole = rerank(QUERY, PASSAGES, "--base-url", server.url, "--json")
    one_request = len(server.received)
    split = rerank(QUERY, PASSAGES, "--base-url", server.url, "--json", "--max-passages", "2")

    assert one_request == 1
    sizes = [len(received.json["documents"]) for received in server.received[1:]]
    assert sorted(sizes) == [1, 2, 2]
    assert json.loads(split.out)["results"] == json.loads(whole.out)["results"]
    assert json.loads(split.out)["usage"] == {"requests": 3, "input_tokens": 369}


def test_blank_passages_are_told_and_not_sent(server: Loopback, tmp_path: Path) -> None:
    """A blank passage costs money and gets a score that means nothing."""
    (tmp_path / "some.jsonl").write_text('{"text": "a"}\n{"text": "  "}\n"b"\n')
    done = rerank("q", "some.jsonl", "--base-url", server.url, "-f", "text")

    assert server.received[0].json["documents"] == ["a", "b"]
    assert "some.jsonl:2" in done.err
    assert done.out == "a\nb\n"


def test_same_passage_is_sent_once(tmp_path: Path) -> None:
    """Copies of a passage would be paid for each, and could get different scores."""
    (tmp_path / "twice.txt").write_text("a\nb\na\n")
    with Loopback(scoring(lambda text: {"a": 0.5, "b": 0.75}[text])) as server:
        done = rerank("q", "twice.txt", "--base-url", server.url, "-f", "text")

    assert server.received[0].json["documents"] == ["a", "b"]
    assert done.out == "b\na\na\n"


def test_several_files_are_one_list(server: Loopback, tmp_path: Path) -> None:
    """With several files, nobody could tell which file a passage came from."""
    (tmp_path / "other.jsonl").write_text('{"text": "机器学习是x"}\n', encoding="utf-8")
    done = rerank(QUERY, PASSAGES, "other.jsonl", "--base-url", server.url, "-n", "3", "--json")
    table = rerank(QUERY, PASSAGES, "other.jsonl", "--base-url", server.url, "-n", "3")

    places = [(each["index"], each["line"]) for each in json.loads(done.out)["results"]]
    assert places == [(0, 1), (2, 3), (5, 1)]
    assert "other.jsonl:1" in table.out
    assert f"{PASSAGES}:1" in table.out


def test_instruction_goes_only_to_models_that_take_it(server: Loopback) -> None:
    """A model that takes none would refuse the request, or rank by something else."""
    given = ("q", PASSAGES, "--base-url", server.url, "--instruction", "judge so")
    without = rerank(*given, "-m", "BAAI/bge-reranker-v2-m3")
    with_it = rerank(*given, "-m", "Qwen/Qwen3-Reranker-0.6B")

    bge, qwen = server.received
    assert "instruction" not in bge.json
    assert "warning" in without.err
    assert "--instruction" in without.err
    assert qwen.json["instruction"] == "judge so"
    assert "warning" not in with_it.err


def test_echoed_documents_are_not_trusted(tmp_path: Path) -> None:
    """A server that echoes another text would put words into the user's results."""
    (tmp_path / "one.txt").write_text("mine\n")
    results = [{"index": 0, "relevance_score": 0.5, "document": {"text": "theirs"}}]
    with Loopback(lambda _: http({"results": results})) as server:
        done = rerank("q", "one.txt", "--base-url", server.url)

    assert "mine" in done.out
    assert "theirs" not in done.out
