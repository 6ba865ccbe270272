"""The measures, as ir_measures has them."""

from collections.abc import Sequence

import pytest

from rerank_cli.errors import UsageError
from rerank_cli.evaluation import measures
from rerank_cli.evaluation.measured_runs import evaluate
from rerank_cli.model import Run

_QRELS = {"q1": {"d1": 1, "d2": 0}, "q2": {"d1": 2}}


def _names(*names: str) -> list[str]:
    return [str(each) for each in measures.parse(names)]


def _values(run: Run, *names: str) -> dict[str, float | None]:
    return dict(evaluate([run], _QRELS, measures.parse(names), 0).runs[0].values)


def test_names_are_those_of_ir_measures() -> None:
    """Names of papers and of other tools would not be understood."""
    import ir_measures

    names = ["nDCG@10", "AP(rel=2)", "P(judged_only=True)@5", "MRR", "SetF(beta=2.0)", "IPrec@0.1"]
    assert measures.parse(names) == [ir_measures.parse_measure(name) for name in names]


def test_several_may_stand_in_one_and_each_counts_once() -> None:
    """What is typed for ir_measures would have to be typed anew."""
    assert _names("P@1 AP(rel=2, judged_only=True)", "NDCG@5", "nDCG@5") == [
        "P@1",
        "AP(rel=2,judged_only=True)",
        "nDCG@5",
    ]


def test_all_bad_measures_are_told_together() -> None:
    """Five mistakes would take five runs to find."""
    with pytest.raises(UsageError) as caught:
        measures.parse(["ndcgg@10", "AP", "P", "nDCG@ten", "P@0"])
    message = caught.value.message
    assert all(name in message for name in ("'ndcgg@10' (nDCG?)", "'P' needs", "ten", "'P@0'"))
    assert "AP" not in message


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "P@0", "P@-1", "P@1.5", "P@True", "P@1e5", "R", "AP(rel=0)", "AP(rel=99999)"),
        *("P(x=1)@3", "AP(2)", "nDCG@10(", "nDCG@(1)@2", "a b", "__import__('os').abort()@1"),
        *("IPrec@2.0", "IPrec@-0.1", "SetF(beta=-1.0)", "Compat(p=1e300)", "RBP", "1", "P@@1"),
        *("nDCG(gains={1:-5})", "P(**{})@1", "(" * 150, "P" * 10_000, "P@" + "-" * 150 + "1"),
    ],
)
def test_what_is_no_measure_is_refused(name: str) -> None:
    """trec_eval would end the process at some of these, or compute something else."""
    with pytest.raises(UsageError):
        measures.parse([name])


def test_a_measure_that_fails_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    """One measure in ten fails, and nobody would know which."""
    with pytest.raises(UsageError, match=r"cannot compute nDCG\(gains={1:a}\): TypeError"):
        _values(Run("r", {"q1": {"d1": 1.0}}), "AP", "nDCG(gains={1:'a'})")
    assert capfd.readouterr().err == ""


def test_ties_are_broken_as_trec_eval_does() -> None:
    """Equal scores would be ranked in the order of the file, which flatters some runs."""
    tied = Run("r", {"q1": {"d1": 0.5, "d2": 0.5}, "q2": {"d1": 1.0}})
    assert _values(tied, "P@1", "AP") == {"P@1": 0.5, "AP": 0.75}
    single = Run("r", {"q1": {"d1": 0.99999999, "d2": 0.999999985}, "q2": {"d1": 1.0}})
    assert _values(single, "P@1") == {"P@1": 0.5}


def test_where_ties_are_broken_otherwise_it_is_told() -> None:
    """RR@10 and P@1 of one run would contradict each other without a word."""
    tied = Run("r", {"q1": {"d1": 0.5, "d2": 0.5}, "q2": {"d1": 1.0}})
    found = evaluate([tied], _QRELS, measures.parse(["RR@10", "RR", "P@1"]), 0).runs[0]
    assert found.values == {"RR@10": 1.0, "RR": 0.75, "P@1": 0.5}
    assert len(found.notes) == 1
    assert "RR@10 is 1.0000" in found.notes[0]
    assert "trec_eval's order it would be 0.7500" in found.notes[0]
    huge = Run("r", {"q1": {"d1": 2e300, "d2": 1e300}, "q2": {"d1": -1e300}})
    assert len(evaluate([huge], _QRELS, measures.parse(["RR@10"]), 0).runs[0].notes) == 1
    harmless = Run("r", {"q1": {"d1": 0.5, "x": 0.1, "y": 0.1}, "q2": {"d1": 1e300, "x": -1e300}})
    assert evaluate([harmless], _QRELS, measures.parse(["RR@10"]), 0).runs[0].notes == ()


def test_a_query_that_is_not_ranked_counts_as_zero() -> None:
    """A run could be made better by leaving out the queries it is bad at."""
    found = evaluate([Run("r", {"q1": {"d1": 1.0}, "q9": {"d1": 1.0}})], _QRELS, *_one("P@1")).runs[
        0
    ]
    assert found.values == {"P@1": 0.5}
    assert found.by_query == {"q1": {"P@1": 1.0}, "q2": {"P@1": 0.0}}
    assert (found.unjudged, found.unranked) == (("q9",), ("q2",))


def _one(name: str) -> tuple[Sequence[object], int]:
    return measures.parse([name]), 0


def test_what_has_no_value_is_none_and_not_nan() -> None:
    """NaN would spread from one query into every figure, and is no JSON."""
    runs = [Run("r", {"q1": {"d1": 1.0}}), Run("s", {"q1": {"d1": 1.0}})]
    found = evaluate(runs, {"q1": {"d1": 0}}, measures.parse(["Accuracy"]), 0).runs[1]
    assert found.values == {"Accuracy": None}
    assert found.differences == {"Accuracy": (None, None)}
