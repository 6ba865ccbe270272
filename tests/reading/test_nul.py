"""NUL characters: UTF-16 without a mark, which is read where that is certain, and what is not."""

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rerank_cli.errors import InputError
from rerank_cli.marks import unmarked
from rerank_cli.reading.collection import Corpus, read_queries
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.jobs import job_lines
from rerank_cli.reading.qrels import read_qrels
from rerank_cli.reading.runs import read_run
from rerank_cli.reading.source import read_text
from tests.reading.piped import piped, texts
from tests.workflows.batch.jobs import job, job_entries

WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
SCRIPTS = {
    "English": "how long does it take?\nthe weather\n",
    "German": "Wie lange dauert die Rückgabe?\r\nDas Wetter ist schön.\r\n",
    "Chinese": "人工智能是一个分支\n今天天气很好\n上海\n",
    "Japanese": "こんにちは世界\n今日の天気\n",
    "Korean": "안녕하세요 세계\n오늘 날씨\n",
    "Russian": "как долго\nпогода хорошая\n",
    "Arabic": "مرحبا بالعالم\nالطقس جميل\n",
    "mixed": "AI 人工智能\nweather 天气 2024\n",
}
in_each_script = pytest.mark.parametrize("text", SCRIPTS.values(), ids=list(SCRIPTS))


@pytest.mark.parametrize("encoding", WIDE)
@in_each_script
def test_wide_text_without_a_mark_is_read(text: str, encoding: str) -> None:
    """A file of a Windows program would be ranked with NUL characters between its letters."""
    assert texts(piped(text.encode(encoding))) == text.split()[:0] + [
        line.rstrip("\r") for line in text.split("\n") if line
    ]


@given(text=st.text("人工智能天气 abc\n是中上一乙,.", min_size=1), encoding=st.sampled_from(WIDE))
def test_wide_text_is_read_rightly_or_not_at_all(text: str, encoding: str) -> None:
    """Text would be read in the other byte order, as words that nobody wrote."""
    assert unmarked(text.encode(encoding)) in (encoding, None)


@given(
    lines=st.lists(st.text("abc xyz，。今天天气é", min_size=8), min_size=2),
    at=st.lists(st.integers(0, 10_000), min_size=1, max_size=3),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_stray_nul_characters_make_no_other_encoding(
    lines: list[str], at: list[int], encoding: str
) -> None:
    """A text with a NUL would be ranked as Chinese or Korean that nobody wrote."""
    data = bytearray("\n".join(lines).encode(encoding))
    for place in at:
        data.insert(place % len(data), 0)
    assume(len(data) % 2 == 0)
    assert unmarked(data) is None


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a\0b\n", 1),
        (b"plain\nwith\0one\n", 2),
        (b"a\nb\n\0\0\0", 3),
        ("今天\n天\0气\n".encode(), 2),
        ("今天天气\n".encode("utf-16-le"), 1),
        ("ab\ncd\n".encode("utf-16-le")[:-1], 1),
    ],
)
def test_other_nul_characters_are_refused_with_a_way_out(data: bytes, line: int) -> None:
    """Rubbish would be ranked, or the user not know what the file may be."""
    with pytest.raises(InputError) as caught:
        piped(data)
    assert caught.value.message.startswith(f"<stdin>:{line}: ")
    assert "--encoding utf-16-le" in (caught.value.hint or "")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "latin-1"])
def test_a_named_encoding_makes_no_text_of_nul_characters(encoding: str) -> None:
    """UTF-16 under another name would be ranked with NUL characters between its letters."""
    with pytest.raises(InputError, match="NUL"):
        piped("how long\n".encode("utf-16-le"), encoding=encoding)


def test_an_escaped_nul_of_json_is_a_character() -> None:
    """A passage that another program stored would be refused."""
    assert texts(piped(b'"a\\u0000b"\n', "jsonl")) == ["a\0b"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_every_whole_input_is_read_without_its_mark(encoding: str) -> None:
    """Judgments that PowerShell wrote would match no query."""
    files = {"queries": "q1\tone\nq2\ttwo\n", "run": "q1 Q0 d1 1 2.5 a\n", "qrels": "q1 0 d1 1\n"}
    for name, text in files.items():
        Path(name).write_bytes(text.encode(encoding))
    assert read_queries("queries", None, None) == {"q1": "one", "q2": "two"}
    assert read_run("run", stdin=None).scores == {"q1": {"d1": 2.5}}
    assert read_qrels("qrels", stdin=None) == {"q1": {"d1": 1}}


@pytest.mark.parametrize("encoding", WIDE)
def test_jobs_and_a_corpus_of_wide_text_are_refused_as_a_whole(encoding: str) -> None:
    """Each of a million jobs would fail for itself."""
    data = (job(1) + job("上")).encode(encoding)
    Path("wide").write_bytes(data)
    for read in (
        lambda: list(job_lines("wide", None, None, FieldNames())),
        lambda: [Corpus("wide", None)],
    ):
        with pytest.raises(InputError, match=f"^wide: {encoding} text cannot be read") as caught:
            read()
        assert f"iconv -f {encoding}" in (caught.value.hint or "")


def test_a_nul_in_a_job_spoils_that_job_only() -> None:
    """One query with a NUL would end the batch, or be scored with it."""
    first, bad, last = job_entries(job(1).encode() + b'{"query": "a\0"}\n' + job(3).encode())
    assert (first.job().id, last.job().id) == (1, 3)
    with pytest.raises(InputError, match=r"^<stdin>:2: holds a NUL"):
        bad.job()


def test_wide_text_in_a_file_is_read_without_its_last_half() -> None:
    """A file that was cut off in a character would be ranked without it."""
    Path("half").write_bytes(SCRIPTS["English"].encode("utf-16-le")[:-1])
    with pytest.raises(InputError, match="NUL"):
        read_text("half", None, None)
