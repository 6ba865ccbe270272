"""Whether the documents of a run and of the judgments go by the same ids.

Ids of two origins often differ in a suffix, a prefix or their case (`d1.txt` and `d1`). Every such
document counts as not relevant, and the figures of a good ranking are those of a bad one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from rerank_cli.model import Qrels, Run

_FEW = 0.25
"""The share of what could match, up to which ids may be of two origins. A first stage that finds
fewer of the relevant documents than that is rare."""
_FEWER, _MORE, _QUERIES = 20, 500, 20
"""Ids of a query that are compared, on the side that has fewer and on the other; and queries."""


@dataclass(frozen=True, slots=True)
class Matching:
    """How many documents of a run are judged, over its judged queries.

    documents  all that are ranked
    judged     those of them that have a judgment
    possible   how many could have one: of each query as many as are ranked, or judged if fewer
    alike      an id of the run and one of the judgments that may be the same document's, if any
    """

    documents: int
    judged: int
    possible: int
    alike: tuple[str, str] | None

    @property
    def doubtful(self) -> bool:
        """Whether so few match that ids may be of two origins."""
        few = self.judged <= self.possible * _FEW
        return self.possible > 0 and (few or self.alike is not None)


def matching(run: Run, qrels: Qrels) -> Matching:
    """How the ids of a run's documents match those of the judgments."""
    documents = judged = possible = 0
    alike, compared = None, 0
    for query_id, grades in qrels.items():
        ranked = run.scores.get(query_id, {})
        found, most = sum(doc_id in ranked for doc_id in grades), min(len(ranked), len(grades))
        documents, judged, possible = documents + len(ranked), judged + found, possible + most
        if most and found <= most * _FEW and alike is None and compared < _QUERIES:
            compared += 1
            alike = likely_same(
                [doc_id for doc_id in ranked if doc_id not in grades],
                [doc_id for doc_id in grades if doc_id not in ranked],
            )
    return Matching(documents, judged, possible, alike)


def likely_same(ours: Sequence[str], theirs: Sequence[str]) -> tuple[str, str] | None:
    """An id of each side, if at least half of the fewer are like one of the other side.

    No id may be on both sides.
    """
    fewer, more = sorted((ours, theirs), key=len)
    looked_at = list(islice(fewer, _FEWER))
    found: dict[str, str] = {}
    for one in looked_at:
        for other in islice(more, _MORE):
            if _alike(one, other):
                found[one] = other
                break
    if not found or len(found) * 2 < len(looked_at):
        return None
    one, other = next(iter(found.items()))
    return (one, other) if fewer is ours else (other, one)


def _alike(one: str, other: str) -> bool:
    """Whether two ids differ in case, leading zeros, or what stands before or after one of them.

    What stands there must be set off: `d1.txt`, `corpus/d1`, `doc7` and `D1` are like d1 or 7, but
    not `d10`.
    """
    short, long = sorted((_without_zeros(one), _without_zeros(other)), key=len)
    at = long.find(short)
    while at >= 0:
        end = at + len(short)
        if _set_off(long[at - 1 : at], short[0]) and _set_off(short[-1], long[end : end + 1]):
            return True
        at = long.find(short, at + 1)
    return False


def _without_zeros(text: str) -> str:
    return text.lstrip("0") or "0" if text.isdecimal() else text.casefold()


def _set_off(before: str, after: str) -> bool:
    """Whether a word or a number ends between two characters, either of which may be none."""
    both = before + after
    return len(both) < 2 or not (both.isalpha() or both.isdecimal())
