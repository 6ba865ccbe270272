"""Properties: what other programs write is read as it was meant."""

import csv
import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading.piped import numbered, piped

# No input may hold NUL as it is; JSON may, as an escape.
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
TEXTS = st.one_of(st.text(), st.text("人工，智能\"'\t,\n\0\u2028é😀", min_size=1)).filter(
    lambda text: bool(text.strip())
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ENDS = st.sampled_from(["\n", "\r\n"])


@settings(max_examples=20, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            TEXTS,
            st.one_of(st.none(), st.text(), st.integers()),
            st.dictionaries(
                st.text().filter(lambda name: name not in ("id", "text")), JSON, max_size=3
            ),
            st.integers(0, 2),
        ),
        min_size=1,
        max_size=6,
    ),
    end=ENDS,
    escaped=st.booleans(),
)
def test_jsonl_that_is_written_is_read(
    rows: list[tuple[str, str | int | None, dict[str, object], int]], end: str, escaped: bool
) -> None:
    """Some text, id, field or line number would come back other than it was written."""
    written, expected = "", []
    for text, passage_id, fields, blank_lines in rows:
        written += end * blank_lines
        expected.append((written.count("\n") + 1, text, passage_id, fields))
        row = {"id": passage_id, **fields, "text": text}
        written += json.dumps(row, ensure_ascii=escaped) + end
    reading = piped(written.encode(), "jsonl")
    assert [(p.line, p.text, p.id, p.fields) for p in reading.passages] == expected


# Names of columns that mean nothing to the reader.
COLUMNS = st.lists(
    st.text("abc列 ,\"\n'", max_size=4).map(str.strip).filter(bool), unique=True, max_size=3
)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), columns=COLUMNS, end=ENDS, delimiter=st.sampled_from(",\t"))
def test_tables_that_are_written_are_read(
    data: st.DataObject, columns: list[str], end: str, delimiter: str
) -> None:
    """Some text, id, column or line number would come back other than it was written."""
    plain = ANY.map(lambda text: text.replace("\r", "\r\n").replace("\n\n", "\n"))
    cells = st.lists(plain, min_size=len(columns), max_size=len(columns))
    texts = TEXTS.filter(lambda text: not {"\r", "\0"} & {*text})
    rows = data.draw(st.lists(st.tuples(plain, texts, cells), min_size=1, max_size=6))
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "text", *columns])
    expected = []
    for passage_id, text, others in rows:
        line = written.getvalue().count("\n") + 1
        expected.append((line, text, passage_id, dict(zip(columns, others, strict=True))))
        writer.writerow([passage_id, text, *others])
    reading = piped(written.getvalue().encode(), "csv" if delimiter == "," else "tsv")
    assert [(p.line, p.text, p.id, p.fields) for p in reading.passages] == expected


@settings(max_examples=40, deadline=None)
@given(
    lines=st.lists(
        ANY.map(lambda text: text.replace("\n", "").rstrip("\r").lstrip("\ufeff"))
    ).filter(lambda lines: any(line.strip() for line in lines)),
    end=ENDS,
)
def test_lines_that_are_written_are_read(lines: list[str], end: str) -> None:
    """Some line would be split, joined, changed or misnumbered."""
    reading = piped("".join(line + end for line in lines).encode(), "lines")
    assert numbered(reading) == [
        (number, line) for number, line in enumerate(lines, start=1) if line.strip()
    ]
