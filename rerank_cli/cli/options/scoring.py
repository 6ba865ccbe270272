"""Options of where and how to score."""

from typing import TYPE_CHECKING, Annotated

from rerank_cli.cli.options.topics import how_option, where_option
from rerank_cli.cli.options.values import one_of, price, seconds

if TYPE_CHECKING:
    from rerank_cli.reranker import ScoringOptions

_PRECISIONS = ("auto", "fp32", "int8")

Provider = Annotated[
    str | None,
    where_option(
        "--provider",
        "-p",
        metavar="NAME",
        help="One of: rerank providers [the first with a key here, else local].",
    ),
]
Model = Annotated[
    str | None,
    where_option(
        "--model",
        "-m",
        metavar="NAME",
        help="The reranker [the provider's default]; with local, a folder or an id of the hub.",
    ),
]
BaseUrl = Annotated[
    str | None,
    where_option(
        "--base-url", metavar="URL", help="Any compatible server, such as http://localhost:7997."
    ),
]

Precision = Annotated[
    str | None,
    where_option(
        "--precision",
        parser=one_of(_PRECISIONS),
        metavar="|".join(_PRECISIONS),
        help="Weights of a model in this process [auto: fp32 if memory allows].",
    ),
]
Pull = Annotated[
    bool,
    where_option("--pull", help="Download such a model first, if it is not here."),
]

Instruction = Annotated[
    str | None,
    how_option("--instruction", metavar="TEXT", help="How to judge, for models that take one."),
]
MaxChunks = Annotated[
    int | None,
    how_option(
        "--max-chunks-per-doc",
        min=1,
        metavar="N",
        help="Pieces a long passage is cut into, for models that cut.",
    ),
]
Overlap = Annotated[
    int | None,
    how_option(
        "--overlap-tokens", min=0, max=80, metavar="N", help="Tokens two neighbouring pieces share."
    ),
]
MaxPassages = Annotated[
    int | None,
    how_option(
        "--max-passages",
        min=1,
        metavar="N",
        help="Passages a request may carry [the provider's limit].",
    ),
]
Timeout = Annotated[
    float,
    how_option("--timeout", parser=seconds, metavar="S", help="Seconds a request may take."),
]
Concurrency = Annotated[
    int | None,
    how_option(
        "--concurrency",
        min=1,
        max=512,
        metavar="N",
        help="Requests at once, at most [the provider's, else 8].",
    ),
]
Retries = Annotated[
    int | None,
    how_option(
        "--retries",
        min=0,
        metavar="N",
        help="Tries after the first [8; fewer until anything succeeds].",
    ),
]
Deadline = Annotated[
    float | None,
    how_option(
        "--deadline",
        parser=seconds,
        metavar="S",
        help="Seconds after which nothing is tried again [no end].",
    ),
]
Rpm = Annotated[
    int | None,
    how_option("--rpm", min=1, metavar="N", help="Requests a minute [the provider's limit]."),
]
Tpm = Annotated[
    int | None,
    how_option(
        "--tpm", min=1, metavar="N", help="Tokens a minute, estimated [the provider's limit]."
    ),
]
Price = Annotated[
    float | None,
    how_option(
        "--price-per-million",
        parser=price,
        metavar="X",
        help="Price of a million tokens, for the cost: of a run, and estimated by --dry-run.",
    ),
]
Cache = Annotated[
    bool,
    how_option("--cache", help="Keep scores, and score again only what is not known yet."),
]
DryRun = Annotated[
    bool,
    how_option("--dry-run", help="Print the plan, send nothing, need no key."),
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
    precision: Precision = None,
    pull: Pull = False,
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
        precision=precision,
        pull=pull,
    )
