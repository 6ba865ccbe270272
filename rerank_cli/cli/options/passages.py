"""Options of what is read: query, files of passages, their format and fields."""

from typing import TYPE_CHECKING, Annotated

from rerank_cli.cli.options.topics import input_argument, input_option
from rerank_cli.cli.options.values import delimiter as delimiter_of
from rerank_cli.cli.options.values import one_of
from rerank_cli.reading import FORMATS, MAX_INPUT

if TYPE_CHECKING:
    from rerank_cli.workflows.passages import PassageInput

_FORMATS = ("auto", *FORMATS)

Query = Annotated[
    str,
    input_argument(metavar="QUERY", help="What to rank by."),
]
Files = Annotated[
    list[str] | None,
    input_argument(
        metavar="[FILE]...",
        help="Passages: one a line, or .jsonl, .json, .csv, .tsv, .parquet, each also .gz. "
        "- is standard input.",
    ),
]

InputFormat = Annotated[
    str,
    input_option(
        "--input-format",
        parser=one_of(_FORMATS),
        autocompletion=lambda: list(_FORMATS),
        metavar="|".join(_FORMATS),
        help="auto goes by the suffix; else it is JSON if it begins so, or lines.",
    ),
]
Delimiter = Annotated[
    str | None,
    input_option(
        "--delimiter",
        parser=delimiter_of,
        metavar="C",
        help="Between the cells of a table, such as ';' or '\\t' [by the header].",
    ),
]
NoQuotes = Annotated[
    bool,
    input_option("--no-quotes", help="In a table, quotation marks are characters like others."),
]
TextField = Annotated[
    list[str] | None,
    input_option(
        "--text-field",
        metavar="NAME",
        help="Field or column of the passage; given again, joined by a blank; a.b is b of the "
        "object a [first of text, passage, content, contents, page_content, document, body].",
    ),
]
IdField = Annotated[
    str | None,
    input_option(
        "--id-field",
        metavar="NAME",
        help="Field or column of its id [first of id, _id, doc_id, docid].",
    ),
]
Encoding = Annotated[
    str | None,
    input_option(
        "--encoding",
        metavar="NAME",
        help="Of the input, such as gb18030 [by its mark, else UTF-8].",
    ),
]
MaxInputBytes = Annotated[
    int,
    input_option(
        "--max-input-bytes",
        min=1,
        metavar="N",
        show_default=False,
        help="Of an input, or of a line where jobs or a corpus are read [512 MB].",
    ),
]


def passages(
    files: Files = None,
    input_format: InputFormat = "auto",
    text_field: TextField = None,
    id_field: IdField = None,
    encoding: Encoding = None,
    max_input_bytes: MaxInputBytes = MAX_INPUT,
    delimiter: Delimiter = None,
    no_quotes: NoQuotes = False,
) -> "PassageInput":
    """The passages to rank."""
    # Here, so that --version and --help do not wait for it.
    from rerank_cli.reading.fields import FieldNames
    from rerank_cli.workflows.passages import PassageInput

    return PassageInput(
        files=files or (),
        format=input_format,
        names=FieldNames(text=text_field, id=id_field),
        encoding=encoding,
        max_bytes=max_input_bytes,
        delimiter=delimiter,
        quotes=not no_quotes,
    )
