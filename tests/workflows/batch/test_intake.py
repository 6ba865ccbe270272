"""What comes in: what is done is left out, what is wrong is told, and each id comes once."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.errors import InputError
from rerank_cli.model import Candidates, Job, Passage, PassageId
from rerank_cli.reading.collection import Corpus, run_queries
from rerank_cli.workflows.batch.intake import Done, Entry, ToScore, intake
from tests.workflows.batch.jobs import job, job_entries


@dataclass
class Asked:
    """What an intake yielded, and what it passed by."""

    taken: list[ToScore]
    passed: list[Entry]

    @property
    def ids(self) -> list[PassageId]:
        """The ids of the jobs to work on."""
        return [each.job.id for each in self.taken if each.job]

    @property
    def errors(self) -> list[str]:
        """What is wrong with the others."""
        return [each.error.message for each in self.taken if each.error]


def asked(text: str, done: Done | None = None) -> Asked:
    """What an intake makes of these lines."""
    passed: list[Entry] = []
    return Asked(list(intake(iter(job_entries(text)), done or {}, passed.append)), passed)


def finished(text: str, *which: int) -> Done:
    """The account after the lines of these numbers (from 1) were finished."""
    entries = {entry.line: entry for entry in job_entries(text)}
    done: dict[bytes, list[PassageId]] = {}
    for line in which:
        done.setdefault(entries[line].digest, []).append(entries[line].job().id)
    return done


def test_finished_jobs_are_passed_by_and_counted() -> None:
    """The same command would pay for all queries again."""
    text = job(1) + job(2) + job(3)
    result = asked(text, finished(text, 1, 3))
    assert result.ids == [2]
    assert [entry.line for entry in result.passed] == [1, 3]
    assert result.errors == []


def test_a_job_with_other_words_than_the_finished_one_is_told() -> None:
    """The output would hold two answers under one id, or the old one for the corrected query."""
    result = asked(job(1, ["new"]) + job(2), finished(job(1, ["old"]), 1))
    assert result.errors == ["<stdin>:1: the id 1 stands in the output, with other words, already"]
    assert result.ids == [2]


def test_an_input_without_a_job_is_not_read_to_its_end() -> None:
    """`yes | rerank batch` would go on for ever, and a wrong file report each of its lines."""
    given = intake(iter(job_entries("y\n" * 200)), {})
    for _ in range(100):
        assert next(given).error
    with pytest.raises(InputError, match="101 faulty lines, and no job among them: not JSON"):
        next(given)


@pytest.mark.parametrize("done", [False, True])
def test_after_a_job_any_number_of_lines_may_be_bad(done: bool) -> None:
    """A night's run would end for lines that are nothing to it."""
    text = job(1) + "y\n" * 200 + job(2)
    result = asked(text, finished(job(1), 1) if done else {})
    assert (result.ids, len(result.errors)) == ([2] if done else [1, 2], 200)


def test_a_bad_line_does_not_hide_those_after_it() -> None:
    """One bad line would end a batch of a million."""
    result = asked(job(1) + "{\n" + job(2, []) + job(3))
    assert result.ids == [1, 3]
    assert [message[:10] for message in result.errors] == ["<stdin>:2:", "<stdin>:3:"]


@pytest.mark.parametrize("other", ["7", 7])
@pytest.mark.parametrize("done", [(), (1,)])
def test_an_id_that_comes_again_is_an_error_that_names_both_lines(
    other: object, done: tuple[int, ...]
) -> None:
    """Two rankings would stand under one id, and be measured as one; after a restart as well."""
    text = job(7) + job(8) + job(other, ["other"])
    result = asked(text, finished(text, *done))
    assert result.errors == [f"<stdin>:3: the id {other!r} stands on line 1 already"]
    assert result.ids == ([8] if done else [7, 8])
    assert result.taken[-1].error is not None
    assert result.taken[-1].error.hint


def test_a_line_that_comes_again_word_for_word_is_as_wrong_after_a_restart() -> None:
    """A query that is there twice would be an error at first, and then count as done."""
    text = job(7) + job(7)
    first, second = asked(text), asked(text, finished(text, 1))
    assert first.errors == second.errors == ["<stdin>:2: the id 7 stands on line 1 already"]
    assert (first.ids, second.ids) == ([7], [])


def test_an_id_that_is_another_jobs_line_is_told() -> None:
    """A line's number would stand in for an id that another query has."""
    result = asked(job(2) + job(None))
    assert result.ids == [2]
    assert result.errors == ["<stdin>:2: the id 2 stands on line 1 already"]


@pytest.mark.parametrize("done", [(1,), (2,), (1, 2), (2, 1)])
def test_the_same_line_twice_without_ids_goes_on_after_a_restart(done: tuple[int, ...]) -> None:
    """Of two queries that are alike one would be missing, or called a double of itself."""
    text = job(None) * 2
    assert asked(text).ids == [1, 2]
    result = asked(text, finished(text, *done))
    assert result.errors == []
    assert sorted([*result.ids, *(entry.line for entry in result.passed)]) == [1, 2]
    assert sorted(entry.line for entry in result.passed) == sorted(done)


def test_a_line_without_id_that_has_moved_gets_no_second_answer() -> None:
    """With a line put before it, a query would be paid twice, and two have the same id."""
    before = job(None, ["finished"])
    after = job(None, ["new"]) + before
    (line,) = job_entries(before)
    result = asked(after, {line.digest: [1]})
    # The file holds an answer with the id 1: either it is still this line's, or no other's.
    ids = [1, *result.ids]
    assert len(ids) == len(set(ids))


@given(
    st.lists(st.tuples(st.sampled_from([1, 2, 3, "1", "a"]), st.sampled_from("xy")), max_size=8),
    st.data(),
)
def test_each_id_is_worked_on_once_whatever_is_done(
    given_jobs: list[tuple[object, str]], data: st.DataObject
) -> None:
    """After some restart an id would be there twice, or nowhere."""
    text = "".join(job(job_id, [word]) for job_id, word in given_jobs)
    all_at_once = asked(text)
    worked_on = [each.entry.line for each in all_at_once.taken if each.job]
    done = data.draw(st.sets(st.sampled_from(worked_on))) if worked_on else set()
    result = asked(text, finished(text, *done))
    assert result.errors == all_at_once.errors
    assert {entry.line for entry in result.passed} == done
    assert [each.entry.line for each in result.taken if each.job] == [
        line for line in worked_on if line not in done
    ]
    assert len({str(job_id) for job_id in all_at_once.ids}) == len(all_at_once.ids)
    assert {str(job_id) for job_id in all_at_once.ids} == {str(each[0]) for each in given_jobs}


def test_a_document_without_text_costs_its_own_queries_only(tmp_path: Path) -> None:
    """One bad document of a corpus of millions would end the batch."""
    (tmp_path / "corpus").write_text('{"_id": "d1", "text": "a"}\n{"_id": "d2", "text": null}\n')
    (tmp_path / "run").write_text("q1 Q0 d2 1 1 x\nq2 Q0 d1 1 1 x\n")
    corpus = Corpus(str(tmp_path / "corpus"), None)
    try:
        entries = run_queries(str(tmp_path / "run"), {"q1": "a", "q2": "b"}, corpus, None, None)
        taken = list(intake(iter(list(entries)), {}, lambda _: None))
    finally:
        corpus.close()
    assert [each.job.id for each in taken if each.job] == ["q2"]
    assert [each.error.message for each in taken if each.error] == [
        f"{tmp_path / 'corpus'}:2: 'text' is null, expected a string"
    ]


def test_what_is_worked_on_is_not_read_ahead() -> None:
    """An input larger than memory would be read into it."""
    read = []

    class Line:
        source, size, digest = "x", 1, b"x"

        def __init__(self, line: int) -> None:
            self.line = line

        def job(self) -> Job:
            return Job(self.line, Candidates("q", (Passage("a", "x", 1),)), [0], {}, "x", 1)

        def id(self) -> PassageId:
            raise InputError("not asked", source="x")

    def lines() -> Iterator[Line]:
        for number in range(9):
            read.append(number)
            yield Line(number)

    taken = intake(lines(), {}, lambda _: None)
    next(taken)
    next(taken)
    assert len(read) == 2
