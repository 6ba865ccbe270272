"""`rerank eval`: rankings measured against judgments."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rerank_cli.evaluation.measures import DEFAULT
from rerank_cli.extras import install_command
from tests.pages import PAGES
from tests.running import ONE_LINE, SAMPLES, Ended, process, rerank

_BEIR = SAMPLES / "beir"
_BM25, _QRELS = str(_BEIR / "bm25.trec"), str(_BEIR / "qrels.tsv")
_LOCAL = str(Path(__file__).parents[1] / "evaluation" / "local.trec")
_MORE = ("nDCG", "AP(rel=2)", "P@5", "RR", "Rprec", "SetF", "Judged@10", "NumRet", "Bpref")

_TIED = (
    "q1 Q0 d1 1 0.5 t\nq1 Q0 d2 2 0.5 t\nq1 Q0 d3 3 0.5 t\n"
    "q2 Q0 d1 1 0.99999999 t\nq2 Q0 d9 2 0.999999985 t\n"
    "stray Q0 d1 1 9 t\n"
)
_JUDGED = "q1 0 d3 1\nq1 0 d1 0\nq2 0 d1 2\nq2 0 d7 -1\nq3 0 d1 1\nq4 0 d1 0\n"


def _eval(*arguments: str, stdin: bytes = b"") -> Ended:
    return rerank("eval", *arguments, stdin=stdin)


def _written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def _as_trec(qrels: str) -> str:
    """BEIR's judgments as TREC has them, which is all that ir_measures reads."""
    lines = Path(qrels).read_text(encoding="utf-8").splitlines()[1:]
    return "".join("{} 0 {} {}\n".format(*line.split("\t")) for line in lines)


def _ir_measures(*arguments: str) -> str:
    """What ir_measures' own command line prints."""
    command = [sys.executable, "-m", "ir_measures", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


def _jsonl(run: str) -> str:
    """The rankings of a TREC run, as `rerank batch` writes them; ranks are of no account."""
    queries: dict[str, list[dict[str, object]]] = {}
    for line in Path(run).read_text(encoding="utf-8").splitlines():
        query_id, _, doc_id, _, score, _ = line.split()
        results = queries.setdefault(query_id, [])
        results.append({"rank": 1, "score": float(score), "index": 0, "id": doc_id, "text": "x"})
    rows = ({"id": name, "query": "?", "results": found} for name, found in queries.items())
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.process
@pytest.mark.parametrize("case", ["bm25", "local", "tied"])
def test_the_figures_are_those_of_ir_measures(tmp_path: Path, case: str) -> None:
    """Figures could not be compared with those of anybody else."""
    if case == "tied":
        run, qrels = _written(tmp_path, "run", _TIED), _written(tmp_path, "qrels", _JUDGED)
    else:
        run = {"bm25": _BM25, "local": _LOCAL}[case]
        qrels = _written(tmp_path, "qrels", _as_trec(_QRELS))
    measures = [*DEFAULT, *_MORE]
    arguments = [part for name in measures for part in ("--measure", name)]

    done = _eval(run, "--qrels", qrels, *arguments, "--json", "--by-query")
    found = json.loads(done.out)["runs"][0]
    theirs = _ir_measures("-q", "-p", "10", qrels, run, *measures)

    assert done.code == 0, done.err
    for line in theirs.splitlines():
        query_id, name, value = line.split("\t")
        ours = found["values"] if query_id == "all" else found["by_query"][query_id]
        assert f"{ours[name]:.10f}" == value, line
    assert len(theirs.splitlines()) == len(measures) * (len(found["by_query"]) + 1)


def test_a_batch_output_gives_the_same_as_its_trec_run(tmp_path: Path) -> None:
    """Both outputs of one batch would have different figures."""
    batch = _written(tmp_path, "local.jsonl", _jsonl(_LOCAL))
    found = json.loads(_eval(batch, _LOCAL, "--qrels", _QRELS, "--json").out)["runs"]
    assert found[0]["values"] == found[1]["values"]
    assert {each["p"] for each in found[1]["differences"].values()} == {1.0}


def test_the_sample_gains_by_reranking() -> None:
    """The example would show a command that does not do what it is for."""
    first, second = json.loads(_eval(_BM25, _LOCAL, "--qrels", _QRELS, "--json").out)["runs"]
    gain = second["differences"]["nDCG@10"]
    assert second["values"]["nDCG@10"] - first["values"]["nDCG@10"] == gain["difference"] > 0.1
    assert gain["p"] < 0.05
    assert gain["significant"] is True


def test_the_sample_holds_together() -> None:
    """A judgment of a passage that does not exist would lower every figure."""
    rows = {
        name: {
            json.loads(line)["_id"]
            for line in (_BEIR / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        }
        for name in ("corpus", "queries")
    }
    for line in (_BEIR / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query_id, doc_id, _ = line.split("\t")
        assert query_id in rows["queries"]
        assert doc_id in rows["corpus"]


def test_a_table_for_people_and_what_it_rests_on() -> None:
    """One could not see at a glance whether reranking helps, nor what the star means."""
    done = _eval(_BM25, _LOCAL, "--qrels", _QRELS)
    lines = done.out.splitlines()
    assert lines[0].split() == ["measure", "bm25.trec", "local.trec", "diff", "p"]
    assert [line.split()[0] for line in lines[1:]] == list(DEFAULT)
    assert done.err.startswith("28 queries · diff: to bm25.trec · * p < 0.05, paired random")
    assert _eval(_BM25, "--qrels", _QRELS).err == "28 queries\n"


def test_the_same_seed_prints_the_same_and_another_may_not() -> None:
    """A figure in a paper could not be reproduced."""
    first, again, other = (
        _eval(_BM25, _LOCAL, "--qrels", _QRELS, "--csv", "--seed", seed).out for seed in "778"
    )
    assert first == again != other


@pytest.mark.process
def test_no_two_processes_print_other_bytes() -> None:
    """Outputs that are kept in version control would change from run to run."""
    command = ("eval", _BM25, _LOCAL, "--qrels", _QRELS, "--json", "--by-query")
    first, other = (process(*command, env={"PYTHONHASHSEED": seed}).out for seed in "12")
    assert first == other != ""


def test_ids_do_not_command_a_terminal(tmp_path: Path) -> None:
    """A run from elsewhere could clear the screen, or worse."""
    run = _written(tmp_path, "run", "q\x1b[2J Q0 d 1 1 t\n")
    qrels = _written(tmp_path, "qrels", "q\x1b[2J 0 d 1\n")
    for look in ("--csv", "--json", "--quiet"):
        assert (
            "\x1b"
            not in rerank("eval", run, "--qrels", qrels, "--by-query", look, terminal=True).out
        )
    assert "q\x1b[2J" in _eval(run, "--qrels", qrels, "--by-query", "--csv").out


def test_by_query_as_csv() -> None:
    """One could not find the questions that reranking spoils."""
    done = _eval(_BM25, _LOCAL, "--qrels", _QRELS, "--csv", "--by-query", "--measure", "P@1")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert len(rows) == 29 * 2
    assert (rows[-1]["query_id"], rows[-1]["run"]) == ("all", _LOCAL)
    assert done.err == ""


def test_thresholds_name_the_one_to_use() -> None:
    """`--threshold` would be guessed."""
    done = _eval(_LOCAL, "--qrels", _QRELS, "--thresholds", "--precision", "0.8")
    assert re.search(r"^best F1 +--threshold 0\.0335 keeps 79 of 524: ", done.out, re.MULTILINE)
    assert re.search(r"^precision 0\.8 +--threshold 0\.45 keeps 5 of ", done.out, re.MULTILINE)
    assert "486 of 524 passages have no judgment" in done.err
    found = json.loads(_eval(_LOCAL, "--qrels", _QRELS, "--precision", "0.8", "--json").out)
    assert found["runs"][0]["thresholds"]["for_precision"]["threshold"] == 0.45
    rows = _eval(_LOCAL, "--qrels", _QRELS, "--precision", "0.8", "--csv").out.splitlines()
    assert rows[-1].startswith(f"{_LOCAL},precision,0.45,5,0.8,")


def test_queries_of_one_side_only_are_told(tmp_path: Path) -> None:
    """A run of the wrong half of a collection would look like a bad reranker."""
    run, qrels = _written(tmp_path, "run", _TIED), _written(tmp_path, "qrels", _JUDGED)
    done = _eval(run, "--qrels", qrels)
    assert "queries without judgments are left out: 'stray'" in done.err
    assert "ranks nothing for 2 of 4 judged queries, which count as 0: 'q3', 'q4'" in done.err
    assert "RR@10 is" in done.err
    assert _eval(run, "--qrels", qrels, "-q").err == ""


def test_a_run_or_the_judgments_may_come_through_a_pipe(tmp_path: Path) -> None:
    """A run would have to be written to a file first."""
    by_file = _eval(_LOCAL, "--qrels", _QRELS, "--csv").out.replace(_LOCAL, "<stdin>")
    assert _eval("-", "--qrels", _QRELS, "--csv", stdin=Path(_LOCAL).read_bytes()).out == by_file
    done = _eval(_LOCAL, "--qrels", "-", stdin=Path(_QRELS).read_bytes())
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([_BM25], "--qrels"),
        (["--qrels", _QRELS], "RUN"),
        (["none.trec", "--qrels", _QRELS], "none.trec: no such file"),
        ([_BM25, "--qrels", "none.tsv"], "none.tsv: no such file"),
        ([_BM25, "RR@10", "--qrels", _QRELS], "each measure takes its own --measure"),
        ([_QRELS, "--qrels", _QRELS], "qrels.tsv:1: 3 columns, expected 6"),
        ([_BM25, "--qrels", _BM25], "bm25.trec:1: 6 columns, expected 4"),
        (["-", "-", "--qrels", _QRELS], "named twice"),
        (["-", "--qrels", "-"], "named twice"),
        ([_BM25, "--qrels", _QRELS, "--json", "--csv"], "contradict"),
        ([_BM25, "--qrels", _QRELS, "--csv", "--by-query", "--thresholds"], "contradict"),
        ([_BM25, "--qrels", _QRELS, "--measure", "foo", "--measure", "P"], "'foo'.*'P'"),
        ([_BM25, "--qrels", _QRELS, "--precision", "0"], "more than 0"),
        ([_BM25, "--qrels", _QRELS, "--precision", "nan"], "finite"),
        ([_BM25, "--qrels", _QRELS, "--seed", "-1"], "--seed"),
        ([_BM25, "--qrels", _QRELS, "--encoding", "klingon"], "klingon"),
    ],
)
def test_what_is_wrong_ends_with_2(arguments: list[str], told: str) -> None:
    """A script would go on with no figures, or with a traceback for them."""
    done = _eval(*arguments)
    assert (done.code, done.out) == (2, "")
    assert ONE_LINE.fullmatch(done.err)
    assert re.search(told, done.err, re.IGNORECASE)


def test_a_run_of_another_collection_is_refused(tmp_path: Path) -> None:
    """Zeros would be printed, and taken for a bad reranker."""
    done = _eval(_written(tmp_path, "run", "7 Q0 \x1b[2J 1 1 t\n"), "--qrels", _QRELS)
    assert (done.code, done.out) == (2, "")
    assert "none of its queries has judgments (queries '7'; judged 'q01'" in done.err


@pytest.mark.parametrize(
    ("run", "qrels", "problem", "hint"),
    [
        (
            "q1 Q0 d1.txt 1 2 t\nq1 Q0 d2.txt 2 1 t\n",
            "q1 0 d1 1\n",
            "none of its 2 documents has a judgment (for query 'q1' it has 'd1.txt', 'd2.txt'; "
            "judged 'd1')",
            "If 'd1.txt' is 'd1' there: ids must be equal",
        ),
        ("Q1 Q0 d1 1 2 t\n", "q1 0 d1 1\n", "none of its queries", "If 'Q1' is 'q1' there"),
        ("d1 Q0 q1 1 2 t\n", "q1 0 d1 1\n", "none of its queries", "Its documents are queries"),
        ("q1 Q0 d1 1 2 t\n", "d1 0 q1 1\n", "none of its queries", "Its documents are queries"),
    ],
    ids=["suffix", "case", "columns of the run", "columns of the judgments"],
)
def test_ids_of_another_form_are_refused(
    tmp_path: Path, run: str, qrels: str, problem: str, hint: str
) -> None:
    """Every figure would be 0, and the reranker seem to be bad."""
    done = _eval(_written(tmp_path, "run", run), "--qrels", _written(tmp_path, "qrels", qrels))
    assert done.code == 2
    assert problem in done.error
    assert hint in done.hint


def test_a_run_that_finds_little_of_what_is_judged_is_said_to(tmp_path: Path) -> None:
    """A collection of other ids, with a few that match by chance, would be measured in silence."""
    run = "".join(f"q1 Q0 {n} {n} {-n} t\n" for n in range(20))
    few, none = "q1 0 7 1\n" + "q1 0 x{} 1\n" * 9, "q1 0 x 1\n"
    qrels = _written(tmp_path, "few", few.format(*"abcdefghi"))
    done = _eval(_written(tmp_path, "run", run), "--qrels", qrels)
    assert done.code == 0
    assert "warning: " in done.err
    assert "run: only 1 of its 20 documents have judgments (for query 'q1' it has '0'" in done.err
    done = _eval(str(tmp_path / "run"), "--qrels", _written(tmp_path, "none", none))
    assert done.code == 0
    assert "run: none of its 20 documents has a judgment (for query 'q1' it has '0'" in done.err


def test_without_the_extra_it_ends_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who did not install the extra would see a traceback, or be told it is a bug."""
    monkeypatch.setattr("rerank_cli.evaluation.measures.REQUIRED", ("no_such_module",))
    done = _eval(_BM25, "--qrels", _QRELS)
    assert (done.code, done.out) == (3, "")
    assert f"hint: {install_command('eval')}" in done.err


def test_the_manual_has_its_keys() -> None:
    """A key would be there that nobody knows of."""
    page = PAGES["evaluate"]
    found = json.loads(
        _eval(_BM25, _LOCAL, "--qrels", _QRELS, "--json", "--by-query", "--precision", "1").out
    )
    run = found["runs"][1]
    keys = {*found, *run, *run["thresholds"]} - {"runs", "run"}
    assert [key for key in keys if not re.search(rf"`(runs\[\]\.)?{key}`", page)] == []


@pytest.mark.process
def test_the_installed_command_says_the_same_without_a_terminal() -> None:
    """Only the tests' own process would be able to measure."""
    done = process("eval", _BM25, _LOCAL, "--qrels", _QRELS, "--thresholds")
    assert done.code == 0, done.err
    assert done.out == _eval(_BM25, _LOCAL, "--qrels", _QRELS, "--thresholds").out
