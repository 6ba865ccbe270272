"""Parses names of measures, and computes them for a run with ir_measures."""

import ast
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from ctypes import c_float
from difflib import get_close_matches
from typing import Any

from rerank_cli.errors import UsageError
from rerank_cli.model import Qrels, Run

DEFAULT = ("nDCG@10", "RR@10", "P@1", "R@100", "AP")

REQUIRED = ("ir_measures", "pytrec_eval", "numpy")
_LONGEST_NAME = 200
_WORD = re.compile(r"(?:\([^)]*\)|\S)+")
_BOUNDS = {"cutoff": (1, 10**9), "rel": (1, 1000), "recall": (0, 1), "p": (0, 1)}
"""Where trec_eval is safe, whatever the judgments are."""

_OTHER_TIES = ("RR", "Judged", "Compat")
"""Measures that ir_measures does not leave to trec_eval, RR where it has a cutoff."""

Scores = Mapping[str, Mapping[str, float]]
ByQuery = dict[str, dict[str, float]]
"""Values by query id and name of the measure."""


def parse(names: Iterable[str]) -> list[Any]:
    """The measures of ir_measures of these names, such as `nDCG@10` or `AP(rel=2)`, each once.

    A name may hold several, with blanks between them. Raises one UsageError that names everything
    which is no measure, or cannot be computed here.
    """
    found: dict[Any, None] = {}
    bad: list[str] = []
    for name in _WORD.findall(" ".join(names)):
        try:
            found[_measure(name)] = None
        except ValueError as error:
            bad.append(str(error))
    if bad or not found:
        raise UsageError(
            "; ".join(bad) or "--measure is empty",
            "The measures and their parameters: https://ir-measur.es/measures.html",
        )
    return list(found)


def _measure(name: str) -> Any:
    """One measure; ValueError says what is wrong with it.

    Not by `ir_measures.parse_measure`, whose syntax this is: that needs what Python 3.14 removed,
    and what it accepts may still end the process when trec_eval computes it.
    """
    import ir_measures

    shown = repr(name[:40])
    try:
        word, params, at = _syntax(name)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"{shown} is not written as a measure, such as nDCG@10") from None
    known = ir_measures.measures.registry
    if word not in known:
        near = {each.lower(): each for each in known}
        guess = get_close_matches(word.lower(), near, n=1)
        raise ValueError(
            f"unknown measure {shown}" + (f" ({known[near[guess[0]]].NAME}?)" if guess else "")
        )
    kind: Any = known[word]
    if at is not None:
        params[kind.AT_PARAM] = at
    measure = kind(**params)
    _check_params(measure, shown)
    pipeline: Any = ir_measures.DefaultPipeline
    if not pipeline.supports(measure):
        raise ValueError(f"{shown} cannot be computed here: no provider of ir_measures is there")
    return measure


def _syntax(name: str) -> tuple[str, dict[str, Any], Any]:
    """The name of a measure, its parameters, and what stands behind the @."""
    if len(name) > _LONGEST_NAME:
        raise ValueError
    node, at = ast.parse(name.strip(), mode="eval").body, None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        at = ast.literal_eval(node.right)
        node = node.left
    params: dict[str, Any] = {}
    if isinstance(node, ast.Call) and not node.args:
        for keyword in node.keywords:
            params[keyword.arg or ""] = ast.literal_eval(keyword.value)
        node = node.func
    if not isinstance(node, ast.Name):
        raise ValueError  # noqa: TRY004 - a wrong syntax, not a wrong type
    return node.id, params, at


def _check_params(measure: Any, shown: str) -> None:
    """ValueError for what ir_measures or trec_eval would refuse, or would crash on."""
    for name, value in measure.params.items():
        param = measure.SUPPORTED_PARAMS.get(name)
        if param is None:
            raise ValueError(f"{shown} has no parameter {name[:40]!r}")
        low, high = _BOUNDS.get(name, (0, 10**6))
        numbers = value.values() if isinstance(value, dict) else [value]
        if not param.validate(value) or (isinstance(value, bool) and param.dtype is not bool):
            raise ValueError(f"{shown}: {name} cannot be {repr(value)[:40]}")
        for number in numbers:
            if not isinstance(number, str) and not low <= number <= high:
                raise ValueError(f"{shown}: {name} must be from {low} to {high}")
    for name, param in measure.SUPPORTED_PARAMS.items():
        if param.required and name not in measure.params:
            example = f", such as {measure.NAME}@10" if name == "cutoff" else ""
            raise ValueError(f"{shown} needs {name}{example}")


def values_by_query(measures: Sequence[Any], qrels: Qrels, scores: Scores) -> ByQuery:
    """The measures of each judged query, by ir_measures; a query that is not ranked gets 0.

    Queries are those of the judgments, in their order; others are left out, as trec_eval does.
    Raises UsageError where a measure cannot be computed.
    """
    import ir_measures

    judged = {query_id: scores[query_id] for query_id in qrels if query_id in scores}
    # ir_measures yields measures in the order of a set, which is another in each process.
    values = {query_id: dict.fromkeys(map(str, measures), math.nan) for query_id in qrels}
    try:
        for metric in ir_measures.iter_calc(measures, qrels, judged):
            values[metric.query_id][str(metric.measure)] = float(metric.value)
    except Exception as error:
        if len(measures) > 1:
            for measure in measures:
                values_by_query([measure], qrels, scores)
        # Some measures are left to other programs, which may be missing or fail in their own ways.
        raise UsageError(
            f"ir_measures cannot compute {measures[0]}: {type(error).__name__}: {error}"
        ) from error
    return {
        query_id: {name: value for name, value in row.items() if math.isfinite(value)}
        for query_id, row in values.items()
    }


def overall(measures: Sequence[Any], by_query: ByQuery) -> dict[str, float | None]:
    """Each measure over all queries: their mean, or what else it defines; None without values."""
    found = {}
    for measure in measures:
        aggregator, name = measure.aggregator(), str(measure)
        values = [row[name] for row in by_query.values() if name in row]
        for value in values:
            aggregator.add(value)
        found[name] = float(aggregator.result()) if values else None
    return found


def tie_notes(measures: Sequence[Any], qrels: Qrels, run: Run) -> list[str]:
    """A note for each measure whose value trec_eval's way of breaking ties would change.

    ir_measures computes some measures itself, with equal scores by ascending id; trec_eval has
    them by descending id, and calls equal what is equal in single precision.
    """
    own = [
        m for m in measures if m.NAME in _OTHER_TIES and (m.NAME != "RR" or "cutoff" in m.params)
    ]
    ranks = {query_id: _ranks(scores) for query_id, scores in run.scores.items()}
    if not own or not any(ranks.values()):
        return []
    as_trec = {query_id: ranks[query_id] or scores for query_id, scores in run.scores.items()}
    here, there = (
        overall(own, values_by_query(own, qrels, scores)) for scores in (run.scores, as_trec)
    )
    return [
        f"{run.name}: {name} is {here[name]:.4f} because ir_measures puts equal scores in "
        f"ascending order of ids there; in trec_eval's order it would be {there[name]:.4f}"
        for name in here
        if f"{here[name]:.4f}" != f"{there[name]:.4f}"
    ]


def _ranks(scores: Mapping[str, float]) -> dict[str, float]:
    """Numbers in the order of trec_eval, without ties; empty where the scores have none."""
    single = {doc_id: c_float(score).value for doc_id, score in scores.items()}
    if len(set(single.values())) == len(single):
        return {}
    ranked = sorted(single, key=lambda doc_id: (single[doc_id], doc_id))
    return {doc_id: float(rank) for rank, doc_id in enumerate(ranked)}
