"""Options of where and how to score."""

from typing import TYPE_CHECKING, Annotated

from typer import Option

from rerank_cli.cli.options.topics import HOW, WHERE
from rerank_cli.cli.options.values import price, seconds

if TYPE_CHECKING:
    from rerank_cli.reranker import ScoringOptions

Provider = Annotated[
    str | None,
    Option(
        "--provider",
        "-p",
        metavar="NAME",
        help="One of: rerank providers [the first with a key here, else local].",
        rich_help_panel=WHERE,
        show_default=False,
    ),
]
Model = Annotated[
    str | None,
    Option(
        "--model",
        "-m",
        metavar="NAME",
        help="The reranker [the provider's default].",
        rich_help_panel=WHERE,
        show_default=False,
    ),
]
BaseUrl = Annotated[
    str | None,
    Option(
        "--base-url",
        metavar="URL",
        help="Any compatible server, such as http://localhost:7997.",
        rich_help_panel=WHERE,
        show_default=False,
    ),
]

Instruction = Annotated[
    str | None,
    Option(
        "--instruction",
        metavar="TEXT",
        help="How to judge, for models that take one.",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
MaxChunks = Annotated[
    int | None,
    Option(
        "--max-chunks-per-doc",
        min=1,
        metavar="N",
        help="Pieces a long passage is cut into, for models that cut.",
        rich_help_panel=HOW,
    ),
]
Overlap = Annotated[
    int | None,
    Option(
        "--overlap-tokens",
        min=0,
        max=80,
        metavar="N",
        help="Tokens two neighbouring pieces share.",
        rich_help_panel=HOW,
    ),
]
MaxPassages = Annotated[
    int | None,
    Option(
        "--max-passages",
        min=1,
        metavar="N",
        help="Passages a request may carry [the provider's limit].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Timeout = Annotated[
    float,
    Option(
        "--timeout",
        parser=seconds,
        metavar="S",
        help="Seconds a request may take.",
        rich_help_panel=HOW,
    ),
]
Concurrency = Annotated[
    int | None,
    Option(
        "--concurrency",
        min=1,
        max=512,
        metavar="N",
        help="Requests at once, at most [the provider's, else 8].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Retries = Annotated[
    int | None,
    Option(
        "--retries",
        min=0,
        metavar="N",
        help="Tries after the first [8; fewer until anything succeeds].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Deadline = Annotated[
    float | None,
    Option(
        "--deadline",
        parser=seconds,
        metavar="S",
        help="Seconds after which nothing is tried again [no end].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Rpm = Annotated[
    int | None,
    Option(
        "--rpm",
        min=1,
        metavar="N",
        help="Requests a minute [the provider's limit].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Tpm = Annotated[
    int | None,
    Option(
        "--tpm",
        min=1,
        metavar="N",
        help="Tokens a minute, estimated [the provider's limit].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Price = Annotated[
    float | None,
    Option(
        "--price-per-million",
        parser=price,
        metavar="X",
        help="Price of a million tokens, for the cost that --dry-run shows.",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Cache = Annotated[
    bool,
    Option(
        "--cache",
        help="Keep scores, and score again only what is not known yet.",
        rich_help_panel=HOW,
    ),
]
DryRun = Annotated[
    bool,
    Option("--dry-run", help="Print the plan, send nothing, need no key.", rich_help_panel=HOW),
]


def scoring(
    provider: Provider = None,
    model: Model = None,
    base_url: BaseUrl = None,
    instruction: Instruction = None,
    max_chunks_per_doc: MaxChunks = None,
    overlap_tokens: Overlap = None,
    max_passages: MaxPassages = None,
    concurrency: Concurrency = None,
    timeout: Timeout = 60.0,
    retries: Retries = None,
    deadline: Deadline = None,
    rpm: Rpm = None,
    tpm: Tpm = None,
    price_per_million: Price = None,
    cache: Cache = False,
) -> "ScoringOptions":
    """Where and how to score."""
    # Here, so that --version and --help do not wait for it.
    from rerank_cli.reranker import ScoringOptions

    return ScoringOptions(
        provider=provider,
        model=model,
        base_url=base_url,
        instruction=instruction,
        max_chunks_per_doc=max_chunks_per_doc,
        overlap_tokens=overlap_tokens,
        max_passages=max_passages,
        concurrency=concurrency,
        timeout=timeout,
        retries=retries,
        deadline=deadline,
        rpm=rpm,
        tpm=tpm,
        price=price_per_million,
        cache=cache,
    )
