"""The embedded model in memory, which scores texts on all cores.

Everything here is spread over threads, for zlib, SentencePiece and the BLAS release Python's
lock; a pool of the BLAS's own under them would only get in the way.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from rerank_cli.blas import one_thread
from rerank_cli.engines.local.best_window import readable
from rerank_cli.model import Window
from rerank_cli.transport.clock import Clock
from rerank_cli.transport.cpu_affinity import usable_cores
from rerank_cli.transport.pool import Pool

if TYPE_CHECKING:
    from rerank_cli.engines.local.encoder import Encoder
    from rerank_cli.engines.local.similarity import Match
    from rerank_cli.engines.local.tokens import Offsets, Tokenizer, Tokens

_MAX_THREADS = 8
# A text above _LONGEST tokens is scored in windows of _WINDOW that overlap; the best one counts.
_LONGEST, _WINDOW, _STEP = 1024, 768, 640
# Tokens in a block, a thread's unit of work: enough that many repeat, which saves work, and few
# enough for a thread to need some 20 MB.
_BLOCK_MIN, _BLOCK_MAX = 512, 2048
# Characters that are tokenised at once, which bounds the memory that a long file takes.
_BATCH = 200_000
_SECONDS_TO_END, _BETWEEN_LOOKS = 0.5, 0.1
"""Seconds that tasks get to end after an error, and between two looks whether to stop."""

T = TypeVar("T")
Found: TypeAlias = tuple[float, Window]


class _Part(NamedTuple):
    """A part of a text that is scored by itself: the text's number, its tokens from the `first`."""

    number: int
    first: int
    ids: list[int]


class Session:
    """The model, read once for any number of queries."""

    def __init__(self, resources: Path) -> None:
        """Read `sp.model` and `weights.npz`; OSError if they cannot be."""
        with _threads() as pool:
            tokenizer = pool.submit(_read_tokenizer, resources / "sp.model")
            self._encoder = _read_encoder(resources / "weights.npz")
            self._tokenizer = tokenizer.result()

    def score(
        self, query: str, texts: Sequence[str], scored: Callable[[int], None], clock: Clock
    ) -> tuple[list[Found], int]:
        """The relevance score of each text with its best window, and the number of tokens read.

        `scored` is called with how many more have theirs. Raises EndpointError, that is `stopped`,
        once the clock is.
        """
        from rerank_cli.engines.local.similarity import EncodedQuery

        query_ids = self._tokenizer.encode([query])[0].ids[:_LONGEST]
        read = len(query_ids)
        found: list[Found] = []
        encoded_query: EncodedQuery | None = None
        with _threads() as pool:
            for batch in _batches(texts):
                tokens = _result(pool.submit(self._tokenizer.encode, batch), clock)
                read += sum(len(each.ids) for each in tokens)
                self._encoder.load({*query_ids}.union(*(each.ids for each in tokens)), pool.map)
                encoded_query = encoded_query or EncodedQuery(
                    self._encoder, query_ids, self._tokenizer.idf(query_ids)
                )
                work = [
                    (block, pool.submit(encoded_query.score, [part.ids for part in block]))
                    for block in _blocks(list(_parts(tokens)))
                ]
                matches = _matches(work, clock)
                for number, of_text in groupby(matches, key=lambda match: match[0].number):
                    found.append(_best(batch[number], tokens[number].offsets, of_text))
                    scored(1)
        return found, read


def _read_tokenizer(path: Path) -> "Tokenizer":
    from rerank_cli.engines.local.tokens import Tokenizer

    return Tokenizer(path)


def _read_encoder(path: Path) -> "Encoder":
    with one_thread():
        from rerank_cli.engines.local.encoder import Encoder
        from rerank_cli.engines.local.weights import Weights
    return Encoder(Weights(path))


@contextmanager
def _threads() -> Iterator[Pool]:
    """A thread pool; an exception (as Ctrl-C) cancels the tasks that have not begun."""
    pool = Pool(min(usable_cores(), _MAX_THREADS))
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        pool.join(_SECONDS_TO_END)


def _result(future: "Future[T]", clock: Clock) -> T:
    while True:
        clock.check()
        # Waits are short so that Ctrl-C is seen on systems where a lock hides it.
        if wait([future], _BETWEEN_LOOKS).done:
            return future.result()


def _matches(
    work: "Iterable[tuple[Sequence[_Part], Future[list[Match]]]]", clock: Clock
) -> "Iterator[tuple[_Part, Match]]":
    for block, future in work:
        matches = _result(future, clock)
        yield from zip(block, matches, strict=True)


def _best(text: str, offsets: "Offsets", matches: "Iterable[tuple[_Part, Match]]") -> Found:
    """The score of a text and its best window: those of its best part."""
    part, match = max(matches, key=lambda each: each[1].score)
    first, last = (part.first + at for at in (match.first, match.end - 1))
    return match.score, readable(text, offsets[first][0], offsets[last][1])


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in batches of about _BATCH characters."""
    first = size = 0
    for number, text in enumerate(texts):
        size += len(text)
        if size >= _BATCH or number == len(texts) - 1:
            yield texts[first : number + 1]
            first, size = number + 1, 0


def _parts(texts: Iterable["Tokens"]) -> Iterator[_Part]:
    for number, (ids, _) in enumerate(texts):
        if len(ids) <= _LONGEST:
            yield _Part(number, 0, ids)
            continue
        for first in range(0, len(ids) - _WINDOW + _STEP, _STEP):
            yield _Part(number, first, ids[first : first + _WINDOW])


def _blocks(parts: Sequence[_Part]) -> Iterator[Sequence[_Part]]:
    """The parts in blocks, as many as keep all threads busy."""
    total = sum(len(part.ids) for part in parts)
    limit = min(max(total // _MAX_THREADS, _BLOCK_MIN), _BLOCK_MAX)
    first = size = 0
    for i, part in enumerate(parts):
        if i > first and size + len(part.ids) > limit:
            yield parts[first:i]
            first, size = i, 0
        size += len(part.ids)
    yield parts[first:]
