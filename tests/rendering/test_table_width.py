"""The table fitted to a terminal: never wider, nothing lost, long passages cut."""

import re
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from rerank_cli.rendering import View
from rerank_cli.rendering.visible import visible
from tests.rendering.rankings import passage, ranking, render

WIDTHS = [80, 120]
VOCALISED = "بِسْمِ ٱللَّهِ ٱلرَّحْمَٰنِ ٱلرَّحِيمِ "
TEXTS = {
    "chinese": "人工智能是计算机科学的一个分支，它企图了解智能的实质。" * 40,
    "odd offset": "a" + "智" * 1000,
    "words": "the quick brown fox jumps over the lazy dog " * 40,
    "one word": "x" * 3000,
    "mixed": "BGE 重排序 reranker 模型 v2-m3，" * 60,
    "emoji": "👩‍👩‍👧 😀 ☃️ 🇨🇳" * 60,
    "thai": "ปัญญาประดิษฐ์เป็นสาขาหนึ่งของวิทยาการคอมพิวเตอร์" * 20,
    "accents": unicodedata.normalize("NFD", "Trí tuệ nhân tạo là khoa học máy tính. ") * 40,
    "vocalised": VOCALISED * 40,
}


def fitted(text: str, width: int, *, full: bool) -> str:
    """The table of one passage."""
    return render(ranking([text]), "table", View(width=width, full=full, terminal=True))


def body(shown: str) -> list[str]:
    """The lines of the passage column."""
    header, *lines = shown.splitlines()
    return [line[header.index("passage") :] for line in lines]


def widest(shown: str) -> int:
    """The cells of the widest line."""
    return max(cell_len(line) for line in shown.splitlines())


def squeezed(text: str) -> str:
    """Without the blanks, which wrapping may take at the end of a line."""
    return "".join(text.split())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TEXTS)
def test_a_full_table_fits_and_loses_no_character(name: str, width: int) -> None:
    """Lines would wrap into a mess, or --full would not show a passage whole."""
    shown = fitted(TEXTS[name], width, full=True)
    assert widest(shown) <= width
    assert squeezed("".join(body(shown))) == squeezed(TEXTS[name])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TEXTS)
def test_a_long_passage_is_cut_to_three_lines(name: str, width: int) -> None:
    """One long passage would push the others off the screen, or be cut with no mark."""
    shown = fitted(TEXTS[name], width, full=False)
    lines = body(shown)
    assert widest(shown) <= width
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert squeezed(TEXTS[name]).startswith(squeezed("".join(lines)).removesuffix("…"))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("text", ["智" * 60, "word " * 25, "x" * 120, VOCALISED * 5, "short"])
def test_a_passage_of_up_to_three_lines_is_not_cut(text: str, width: int) -> None:
    """The end of a passage would be hidden although there is room for it."""
    whole = fitted(text, width, full=True)
    assert len(body(whole)) <= 3
    assert fitted(text, width, full=False) == whole


UUID = "9b2d7c1e-5f60-4e57-9b7f-0c1a2f3d4e5f"
DEEP = "data/corpus/2024/november/part-%d.jsonl"


@pytest.mark.parametrize("full", [True, False], ids=["full", "cut"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("source", "passage_id"),
    [("a.txt", None), ("a.txt", UUID), ("a.txt", "文档编号" * 20), (DEEP, None), (DEEP, UUID)],
    ids=["plain", "ids", "wide ids", "files", "files and ids"],
)
@pytest.mark.parametrize(
    "scores", [(0.9, 0.1), (4.25, -11.0625), (1e-7, -1e-7)], ids=["shares", "logits", "tiny"]
)
def test_no_line_is_wider_than_the_terminal(
    source: str, passage_id: str | None, scores: tuple[float, float], width: int, full: bool
) -> None:
    """Every line would wrap as soon as file names or ids are long."""
    texts = ["人工智能是计算机科学的一个分支，" * 8, "the quick brown fox " * 20]
    passages = [
        passage(text, source=source.replace("%d", str(line)), line=line, id=passage_id)
        for line, text in enumerate(texts, start=1)
    ]
    look = View(width=width, full=full, terminal=True)
    assert widest(render(ranking(passages, scores), "table", look)) <= width


@settings(max_examples=40, deadline=None)
@given(
    text=st.one_of(
        st.text(min_size=1).map(lambda text: text.replace("\u200d", "-")),
        st.text("智能a ，é\u0301ที่😀☃\ufe0f", min_size=100),
    ),
    width=st.sampled_from(WIDTHS),
)
@example("x" * 47 + "智", 80)
def test_any_text_fits_and_stays_whole(text: str, width: int) -> None:
    """Some script would break the table or lose characters."""
    whole, cut = fitted(text, width, full=True), fitted(text, width, full=False)
    assert max(widest(whole), widest(cut)) <= width
    assert len(body(cut)) <= 3
    marked = re.sub(r"\r\n|\r|\n", "¶", text)
    assert squeezed("".join(body(whole))) == squeezed(visible(marked))


def test_a_joiner_that_joins_nothing_costs_no_character() -> None:
    """A stray zero-width joiner would hide a character at the end of a line."""
    text = "人 \u200d00" + "人" * 6 + "0" * 11 + "\u200d0" + "人" * 12 + " 。"
    whole = fitted(text, 80, full=True)
    shown = squeezed("".join(body(whole))).replace("<U+200D>", "")
    assert shown == squeezed(text).replace("\u200d", "")


@pytest.mark.parametrize(
    ("name", "full", "limit"),
    [("chinese", True, 2.0), ("chinese", False, 0.5), ("one word", False, 0.5)],
)
def test_a_megabyte_is_shown_in_under_two_seconds(name: str, full: bool, limit: float) -> None:
    """One huge passage would hold up the whole result, and a few that are cut would, too."""
    unit = TEXTS[name]

    def seconds(size: int) -> float:
        text = unit * (size // len(unit.encode()))
        started = time.process_time()
        fitted(text, 80, full=full)
        return time.process_time() - started

    taken = seconds(1_000_000)
    # On a slow machine, or one that is busy: it grows with the text at most.
    assert taken < limit or taken < 8 * seconds(250_000)
