"""An option is applied or refused: every option of every command, in every mode of its input.

Options and commands come from their own declarations, so that one that is added needs a line in
`CASES`, which says how it shows that it is applied.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from rerank_cli.cli.app import app
from rerank_cli.doctor import Diagnosis, diagnose
from rerank_cli.reranker.options import policy_for
from rerank_cli.transport import Policy
from tests.answers import healthy
from tests.running import Ended, rerank
from tests.serving import Loopback

_LONG = "人工智能是计算机科学的一个分支。" * 30
_ROWS = [
    {"id": 1, "key": "k1", "title": "甲", "text": "苹果是一种水果", "body": _LONG},
    {"id": 2, "key": "k2", "title": "乙", "text": _LONG, "body": "今天天气很好"},
    {"id": 3, "key": "k3", "title": "丙", "text": "今天天气很好", "body": "苹果是一种水果"},
]
_JOB = {"id": "甲", "query": "什么是", "documents": _ROWS}
_TEXTS = {"id": "甲", "query": "什么是", "documents": [row["text"] for row in _ROWS]}
_JUDGED = {"id": "甲", "query": "什么是", "positive": _ROWS[:1], "negative": _ROWS[1:]}


def _lines(rows: Sequence[object]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _jobs(job: Mapping[str, object]) -> str:
    return _lines([job, {**job, "id": "乙", "query": "哪个"}])


def _results(query_id: str, *doc_ids: int) -> Mapping[str, object]:
    """A line of what a batch writes."""
    results = [{"id": each, "score": 1 / each} for each in doc_ids]
    return {"id": query_id, "query": "?", "results": results}


def _table(rows: Sequence[Mapping[str, object]], delimiter: str) -> str:
    lines = [list(rows[0]), *([f'"{cell}"' for cell in row.values()] for row in rows)]
    return "".join(delimiter.join(line) + "\n" for line in lines)


_RUN = "甲 Q0 1 1 3 t\n甲 Q0 2 2 2 t\n乙 Q0 3 1 1 t\n"
FILES = {
    "rows.jsonl": _lines(_ROWS),
    "rows.csv": _table(_ROWS, ","),
    "rows.tsv": _table(_ROWS, "\t"),
    "lines.txt": "".join(f"{row['text']}\n" for row in _ROWS),
    "jobs.jsonl": _jobs(_JOB),
    "texts.jsonl": _jobs(_TEXTS),
    "judged.jsonl": _jobs(_JUDGED),
    "queries.tsv": "甲\t什么是\n乙\t哪个\n",
    "queries.jsonl": _lines([{"_id": "甲", "text": "什么是"}, {"_id": "乙", "text": "哪个"}]),
    "corpus.jsonl": _lines([{**row, "_id": row["id"]} for row in _ROWS]),
    "corpus.tsv": "".join(f"{row['id']}\t{row['text']}\n" for row in _ROWS),
    "run.trec": _RUN,
    "run.jsonl": _lines([_results("甲", 1, 2), _results("乙", 3)]),
    "qrels.txt": "甲 0 1 1\n甲 0 2 0\n乙 0 3 1\n",
    "qrels.tsv": "query-id\tcorpus-id\tscore\n甲\t1\t1\n甲\t2\t0\n乙\t3\t1\n",
    # Named by options that replace another file.
    "other-queries.tsv": "甲\t另一个\n乙\t哪个\n",
    "other-corpus.jsonl": _lines([{"_id": row["id"], "text": row["title"]} for row in _ROWS]),
    "other-run.trec": "甲 Q0 3 1 1 t\n乙 Q0 2 1 1 t\n",
    "other-qrels.txt": "甲 0 1 0\n甲 0 2 1\n乙 0 3 1\n",
}
_FAULTY = {
    **dict.fromkeys(("jobs.jsonl", "texts.jsonl", "judged.jsonl"), "{\n" * 3),
    "run.trec": "丙 Q0 7 1 1 t\n丁 Q0 7 1 1 t\n戊 Q0 7 1 1 t\n",
    "run.jsonl": _lines([_results(each, 7) for each in "丙丁戊"]),
    "queries.tsv": "丙\t?\n丁\t?\n戊\t?\n",
    "queries.jsonl": _lines([{"_id": each, "text": "?"} for each in "丙丁戊"]),
}
"""What is added to a file so that several of its queries fail."""


@dataclass(frozen=True)
class Mode:
    """Where the input is: arguments, and the file that standard input holds.

    `another` is a format of passages that it is not in.
    """

    arguments: tuple[str, ...] = ()
    stdin: str | None = None
    another: str = "lines"


def _collection(queries: str, corpus: str, run: str) -> tuple[str, ...]:
    return ("--queries", queries, "--corpus", corpus, "--run", run)


_PASSAGES = {
    "rows": Mode(("rows.jsonl",)),
    "table": Mode(("rows.csv",)),
    "tabs": Mode(("rows.tsv",)),
    "rows on standard input": Mode(("--input-format", "jsonl"), "rows.jsonl"),
    "lines": Mode(("lines.txt",), another="jsonl"),
    "lines on standard input": Mode((), "lines.txt", another="jsonl"),
}
MODES: dict[str, dict[str, Mode]] = {
    "rank": _PASSAGES,
    "compare": _PASSAGES,
    "batch": {
        "jobs": Mode(("jobs.jsonl",)),
        "jobs on standard input": Mode(("-",), "jobs.jsonl"),
        "jobs of texts": Mode(("texts.jsonl",)),
        "judged jobs": Mode(("judged.jsonl",)),
        "collection": Mode(_collection("queries.jsonl", "corpus.jsonl", "run.trec")),
        "tables": Mode(_collection("queries.tsv", "corpus.tsv", "run.trec")),
        "batch's output": Mode(_collection("queries.tsv", "corpus.jsonl", "run.jsonl")),
        "run on standard input": Mode(_collection("queries.tsv", "corpus.tsv", "-"), "run.trec"),
    },
    "eval": {
        "run": Mode(("run.trec", "--qrels", "qrels.txt")),
        "batch's output": Mode(("run.jsonl", "--qrels", "qrels.tsv")),
        "runs": Mode(("run.trec", "other-run.trec", "--qrels", "qrels.txt")),
        "run on standard input": Mode(("-", "--qrels", "qrels.tsv"), "run.trec"),
        "qrels on standard input": Mode(("run.trec", "--qrels", "-"), "qrels.txt"),
    },
    "doctor": {"endpoint": Mode()},
    "models list": {"table": Mode()},
    # Tried against a hub, in test_models.py.
    "models pull": {},
    "providers": {"table": Mode()},
    "help": {"topics": Mode()},
    "cache info": {"cache": Mode()},
    "cache clear": {"cache": Mode()},
}
"""By command, as it is named on the command line, but for rank."""


@dataclass(frozen=True)
class Case:
    """How an option shows that it is applied.

    value     what stands after it; None if it is a flag
    beside    arguments that it needs to show anything, with which both runs are made
    encoding  of all input
    terminal  whether standard output is a terminal
    faulty    whether some of the input is bad
    again     whether both runs come after one without the option
    codes     how a run with it may end
    """

    value: str | None = None
    beside: tuple[str, ...] = ()
    encoding: str = "utf-8"
    terminal: bool = False
    faulty: bool = False
    again: bool = False
    codes: tuple[int, ...] = (0,)


_UNREACHED = ("--base-url", "http://127.0.0.1:9", "--retries", "0")
_BGE = "BAAI/bge-reranker-v2-m3"
CASES: Mapping[str, Case] = {
    "--base-url": Case("http://localhost:{port}/elsewhere"),
    "--cache": Case(beside=("--model", "m")),
    "--concurrency": Case("3"),
    "--corpus": Case("other-corpus.jsonl"),
    "--deadline": Case("9"),
    "--debug": Case(beside=_UNREACHED, codes=(5,)),
    "--delimiter": Case(";", codes=(0, 2)),
    "--depth": Case("1"),
    "--dry-run": Case(),
    "--encoding": Case("gb18030", encoding="gb18030"),
    "--exit-status": Case(beside=("--threshold", "2"), codes=(1,)),
    "--format": Case("json"),
    "--fresh": Case(beside=("--output", "out"), again=True),
    "--full": Case(terminal=True),
    "--id-field": Case("key", beside=("--json",)),
    "--input-format": Case("{another}", beside=("--json",), codes=(0, 2)),
    "--instruction": Case("判断", beside=("--model", "qwen3-rerank")),
    "--json": Case(),
    "--max-chunks-per-doc": Case("2", beside=("--model", _BGE)),
    "--max-errors": Case("1", faulty=True, codes=(6,)),
    "--max-input-bytes": Case("9", codes=(2,)),
    "--max-passages": Case("1"),
    "--model": Case("other"),
    "--no-quotes": Case(beside=("--json",)),
    "--ordered": Case(beside=("--output", "out")),
    "--output": Case("out"),
    "--overlap-tokens": Case("8", beside=("--model", _BGE)),
    # Of models in this process: refused, since an endpoint scores here.
    "--precision": Case("fp32", codes=(3,)),
    "--price-per-million": Case("9000", beside=("--dry-run",)),
    "--provider": Case("vllm"),
    "--pull": Case(codes=(3,)),
    "--qrels-out": Case("qrels-out"),
    "--queries": Case("other-queries.tsv"),
    "--quiet": Case(),
    "--retries": Case("0"),
    "--rpm": Case("999"),
    "--run": Case("other-run.trec"),
    "--scores": Case("minmax"),
    "--tag": Case("t", beside=("--format", "trec")),
    "--text-field": Case("title", codes=(0, 2)),
    "--threshold": Case("0.89"),
    "--timeout": Case("7"),
    "--top-n": Case("1"),
    "--tpm": Case("99999"),
    "--verbose": Case(),
    "--version": Case(),
}
_OF_COMMANDS: Mapping[tuple[str, str], Case] = {
    ("batch", "--format"): Case("trec"),
    ("batch", "--id-field"): Case("key", codes=(0, 2, 6)),
    ("compare", "--quiet"): Case(beside=("--instruction", "判断")),
    ("doctor", "--debug"): Case(beside=("--provider", "none"), codes=(3,)),
    ("eval", "--by-query"): Case(),
    ("eval", "--csv"): Case(),
    ("eval", "--debug"): Case(beside=("--measure", "none"), codes=(2,)),
    ("eval", "--measure"): Case("P@1"),
    ("eval", "--precision"): Case("0.5"),
    ("eval", "--qrels"): Case("other-qrels.txt"),
    ("eval", "--seed"): Case("7", beside=("--json",)),
    ("eval", "--thresholds"): Case(),
}
"""Those that a command alone has, or that show themselves in another way there."""


@cache
def _options() -> Mapping[str, Sequence[str]]:
    """The longest name of every option, by command."""
    group: Any = typer.main.get_command(app)
    commands: dict[str, Any] = {}
    for name in ("rank", *group.list_commands(None)):
        command = group.get_command(None, name)
        below = getattr(command, "commands", {})
        commands |= {f"{name} {each}": below[each] for each in below} or {name: command}
    return {
        name: [max(each.opts, key=len) for each in command.params if each.opts[0].startswith("-")]
        for name, command in commands.items()
    }


def _case(command: str, option: str) -> Case | None:
    return _OF_COMMANDS.get((command, option)) or CASES.get(option)


def test_every_option_says_how_it_shows() -> None:
    """A new option could be accepted and ignored in a mode that nobody thought of."""
    unknown = [
        f"{command} {option}"
        for command, options in _options().items()
        for option in options
        if _case(command, option) is None
    ]
    assert not unknown, "add to CASES how it shows that the option is applied"
    assert _options().keys() == MODES.keys(), "add to MODES what the command reads"


@dataclass(frozen=True)
class Seen:
    """All that a run shows: its end, its files, what was sent, and by which policy."""

    ended: Ended
    requests: list[tuple[str, Any]]
    files: Mapping[str, bytes]
    policies: list[object]


@dataclass
class Bench:
    """Runs commands in a folder with all input, and keeps what they do."""

    server: Loopback
    folder: Path
    policies: list[object] = field(default_factory=list)

    def run(self, command: str, mode: Mode, case: Case, *option: str) -> Seen:
        """Run a command in a folder of its own."""
        for file in self.folder.rglob("*"):
            if file.is_file():
                file.unlink()
        for name, text in FILES.items():
            more = _FAULTY.get(name, "") if case.faulty else ""
            (self.folder / name).write_text(text + more, case.encoding)
        if case.again:
            self._ended(command, mode, case)
        self.policies.clear()
        self.server.received.clear()
        ended = self._ended(command, mode, case, *option)
        sent = [(each.path, each.body) for each in self.server.received]
        files = {
            str(file.relative_to(self.folder)): file.read_bytes()
            for file in self.folder.rglob("*")
            if file.is_file()
        }
        return Seen(ended, sorted(sent), files, list(self.policies))

    def _ended(self, command: str, mode: Mode, case: Case, *option: str) -> Ended:
        words = {"rank": ["q"], "compare": ["compare", "q"]}.get(command, command.split())
        # One at a time, so that the order of outputs is no difference.
        words += {"compare": ["--model", "a", "--model", "b"], "batch": ["--concurrency", "1"]}.get(
            command, []
        )
        if command.split(maxsplit=1)[0] not in ("eval", "models", "providers", "help", "cache"):
            words += ["--base-url", self.server.url]
        stdin = (self.folder / mode.stdin).read_bytes() if mode.stdin else b""
        arguments = (*words, *mode.arguments, *case.beside, *option)
        done = rerank(*arguments, stdin=stdin, terminal=case.terminal)
        return Ended(done.code, _timeless(done.out), _timeless(done.err))


def _timeless(text: str) -> str:
    return re.sub(r"\d+(\.\d+)? (s|ms|queries/s)\b", "", text)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A bench whose server answers well."""
    with Loopback(healthy) as server:
        made = Bench(server, tmp_path)

        def kept(*given: Any) -> Policy:
            made.policies.append(policy := policy_for(*given))
            return policy

        def diagnosed(*given: Any, **named: Any) -> Diagnosis:
            _, _, timeout, _ = given
            made.policies.append(timeout)
            return diagnose(*given, **named)

        monkeypatch.setattr("rerank_cli.reranker.reranker.policy_for", kept)
        monkeypatch.setattr("rerank_cli.workflows.doctor.diagnose", diagnosed)
        yield made


@pytest.mark.parametrize(
    ("command", "mode"), [(command, mode) for command in MODES for mode in MODES[command]]
)
def test_a_run_shows_the_same_each_time(bench: Bench, command: str, mode: str) -> None:
    """Any option would seem to be applied."""
    first, again = (bench.run(command, MODES[command][mode], Case()) for _ in range(2))
    assert first == again
    assert first.ended.code == 0, first.ended.err


@pytest.mark.parametrize(
    ("command", "mode", "option"),
    [
        (command, mode, option)
        for command, options in _options().items()
        for mode in MODES.get(command, ())
        for option in options
    ],
)
def test_an_option_is_applied_or_refused(
    bench: Bench, command: str, mode: str, option: str
) -> None:
    """An option would be accepted and ignored: wrong results without a word."""
    case, given = _case(command, option), MODES[command][mode]
    assert case is not None
    filled = {"port": bench.server.port, "another": given.another}
    value = () if case.value is None else (case.value.format(**filled),)
    with_it = bench.run(command, given, case, option, *value)
    # Not a hint, which may say to use it.
    if with_it.ended.code == 2 and option in with_it.ended.err.partition("\n")[0]:
        assert with_it.requests == []
        return
    assert with_it.ended.code in case.codes, with_it.ended.err
    assert with_it != bench.run(command, given, case)
