"""What `rerank eval` prints."""

import csv
import io
import json
from collections.abc import Sequence

import pytest

from rerank_cli.evaluation.measured_runs import Difference, Evaluation, MeasuredRun
from rerank_cli.evaluation.thresholds import ThresholdReport, threshold_report
from rerank_cli.model import Run
from rerank_cli.rendering.measure_table import (
    render_evaluation_json,
    render_measures,
    render_measures_csv,
    short_names,
)
from rerank_cli.rendering.threshold_chart import render_thresholds, render_thresholds_csv


def _measured(name: str, value: float | None, *differences: Difference) -> MeasuredRun:
    by_query = {"q\x1b1": {} if value is None else {"P@1": value}}
    compared = {"P@1": differences[0]} if differences else {}
    return MeasuredRun(name, {"P@1": value}, by_query, compared, (), (), ())


def _evaluation(*runs: MeasuredRun) -> Evaluation:
    return Evaluation(("P@1",), ("q\x1b1",), runs, 0)


_TWO = _evaluation(
    _measured("a/x.trec", 0.5), _measured("b/运行.trec", 0.75, Difference(0.25, 0.01))
)


def _chart(scores: dict[str, float], wanted: float | None = None) -> ThresholdReport:
    return threshold_report(Run("r\x1b", {"q": scores}), {"q": {"a": 1, "b": 1}}, wanted)


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_the_columns_stand_under_their_names() -> None:
    """Figures of one run would be read as those of the next."""
    assert render_measures(_TWO, by_query=False) == (
        "measure  x.trec  运行.trec     diff       p\n"
        "P@1      0.5000     0.7500  +0.2500  0.0100  *\n"
    )


def test_by_query_comes_before_all() -> None:
    """Nobody could see on which questions a run is better; escape codes would reach a terminal."""
    lines = render_measures(_TWO, by_query=True).splitlines()
    assert lines[1].split() == ["q␛1", "P@1", "0.5000", "0.7500", "+0.2500"]
    assert lines[2].split() == ["all", "P@1", "0.5000", "0.7500", "+0.2500", "0.0100", "*"]


def test_names_that_are_the_same_are_told_apart() -> None:
    """Two runs of the same file name in two folders could not be told apart."""
    runs = _measured("a/run.trec", 0.5), _measured("b/run.trec", 0.5, Difference(0.0, 1.0))
    assert short_names(_evaluation(*runs)) == ["a/run.trec", "b/run.trec"]


@pytest.mark.parametrize(
    ("difference", "shown"),
    [
        (Difference(-0.00001, 0.00002), ["0.0000", "<0.0001", "*"]),
        (Difference(-0.25, 0.05), ["-0.2500", "0.0500"]),
        (Difference(None, None), ["-", "-"]),
    ],
)
def test_small_and_missing_differences(difference: Difference, shown: Sequence[str]) -> None:
    """A p of 0.0000 or a difference of -0.0000 would claim what is not so."""
    evaluation = _evaluation(_measured("a", 0.5), _measured("b", 0.5, difference))
    assert render_measures(evaluation, by_query=False).split()[-len(shown) :] == shown


def test_csv_has_a_figure_a_row() -> None:
    """A spreadsheet or a plot would need the table taken apart."""
    header, first, second = _rows(render_measures_csv(_TWO, by_query=False))
    assert header == ["measure", "run", "value", "difference", "p", "significant"]
    assert first == ["P@1", "a/x.trec", "0.5", "", "", ""]
    assert second == ["P@1", "b/运行.trec", "0.75", "0.25", "0.01", "true"]
    rows = _rows(render_measures_csv(_TWO, by_query=True))
    assert [row[0] for row in rows] == ["query_id", "q\x1b1", "q\x1b1", "all", "all"]


def test_csv_of_a_carriage_return_can_be_read_back() -> None:
    """A spreadsheet would end the row within the name of a run."""
    run = _measured("a\rb", 0.5)
    text = render_measures_csv(_evaluation(run), by_query=False)
    assert list(csv.reader(io.StringIO(text, newline="")))[1][1] == "a\rb"


def test_json_has_null_and_no_nan() -> None:
    """Half of the programs that read JSON stop at NaN."""
    runs = _measured("a", None), _measured("b", None, Difference(None, None))
    found = json.loads(render_evaluation_json(_evaluation(*runs), None, "q", by_query=True))
    assert found["runs"][1]["values"] == {"P@1": None}
    assert found["runs"][1]["differences"]["P@1"] == {
        "difference": None,
        "p": None,
        "significant": False,
    }
    assert found["runs"][0]["by_query"] == {"q\x1b1": {}}


def test_the_chart_works_without_a_terminal() -> None:
    """In a pipe or a log the chart would be escape codes."""
    text = render_thresholds([_chart({"a": 0.9, "b": 0.2, "c": 0.1}, 1.0)])
    lines = text.splitlines()
    assert lines[0].split() == ["threshold", "kept", "precision", "recall"]
    assert lines[4].split() == ["0.1", "3", "0.6667", "██████▋", "1.0000", "██████████"]
    assert lines[-2].startswith("best F1      --threshold 0.2 keeps 2 of 3: precision 1.0000,")
    assert lines[-1].startswith("precision 1  --threshold 0.2 keeps 2 of 3")
    assert "\x1b" not in text


def test_a_precision_out_of_reach_says_what_is_in_reach() -> None:
    """One would try again and again to find what can be had."""
    text = render_thresholds([_chart({"c": 30.0, "a": 20.0}, 0.9)] * 2)
    assert "precision 0.9  no threshold reaches it; the highest precision: --threshold 20 " in text
    assert text.startswith("r␛\n")


def test_csv_of_thresholds_says_which_are_named() -> None:
    """A script could not find the threshold it is to use."""
    rows = _rows(render_thresholds_csv([_chart({"a": 0.9, "c": 0.1}, 0.5)]))
    assert rows[0] == ["run", "choice", "threshold", "kept", "precision", "recall", "f1"]
    assert rows[-2][1:] == ["best_f1", "0.9", "1", "1.0", "0.5", "0.6666666666666666"]
    assert rows[-1][1:4] == ["precision", "0.0", "2"]


def test_letters_stand_for_runs_where_names_are_too_wide() -> None:
    """In a terminal rows would break inside numbers."""
    assert render_measures(_TWO, by_query=False, width=44) == (
        "A  x.trec\n"
        "B  运行.trec\n"
        "\n"
        "measure       A       B     diff       p\n"
        "P@1      0.5000  0.7500  +0.2500  0.0100  *\n"
    )
    wide = render_measures(_TWO, by_query=False, width=46)
    assert wide == render_measures(_TWO, by_query=False)
