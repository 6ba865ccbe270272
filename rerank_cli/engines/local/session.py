"""The embedded model in memory, which scores texts on all cores.

Everything here is spread over threads, for zlib, SentencePiece and the BLAS release Python's
lock; a pool of the BLAS's own under them would only get in the way.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from rerank_cli.blas import one_thread
from rerank_cli.transport.cpu_affinity import usable_cores
from rerank_cli.transport.pool import Pool

if TYPE_CHECKING:
    from rerank_cli.engines.local.encoder import Encoder
    from rerank_cli.engines.local.tokens import Tokenizer

Window: TypeAlias = tuple[int, list[int]]
"""The number of a text, and the token ids of a part of it that is scored by itself."""

_MAX_THREADS = 8
# A text above _LONGEST tokens is scored in windows of _WINDOW that overlap; the best one counts.
_LONGEST, _WINDOW, _STEP = 1024, 768, 640
# Tokens in a block, a thread's unit of work: enough that many repeat, which saves work, and few
# enough for a thread to need some 20 MB.
_BLOCK_MIN, _BLOCK_MAX = 512, 2048
# Characters that are tokenised at once, which bounds the memory that a long file takes.
_BATCH = 200_000


class Session:
    """The model, read once for any number of queries."""

    def __init__(self, resources: Path) -> None:
        """Read `sp.model` and `weights.npz`; OSError if they cannot be."""
        with _threads() as pool:
            tokenizer = pool.submit(_read_tokenizer, resources / "sp.model")
            self._encoder = _read_encoder(resources / "weights.npz")
            self._tokenizer = tokenizer.result()

    def score(self, query: str, texts: Sequence[str]) -> tuple[list[float], int]:
        """The relevance score of each text, and the number of tokens read."""
        from rerank_cli.engines.local.similarity import EncodedQuery

        query_ids = self._tokenizer.encode([query])[0][:_LONGEST]
        scores = [0.0] * len(texts)
        read = len(query_ids)
        encoded_query: EncodedQuery | None = None
        with _threads() as pool:
            for first, batch in _batches(texts):
                token_ids = self._tokenizer.encode(batch)
                read += sum(map(len, token_ids))
                self._encoder.load({*query_ids}.union(*token_ids), pool.map)
                encoded_query = encoded_query or EncodedQuery(
                    self._encoder, query_ids, self._tokenizer.idf(query_ids)
                )
                windows = list(_windows(token_ids))
                blocks = [[ids for _, ids in block] for block in _blocks(windows)]
                found = chain.from_iterable(pool.map(encoded_query.score, blocks))
                for (number, _), score in zip(windows, found, strict=True):
                    scores[first + number] = max(scores[first + number], score)
        return scores, read


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
        pool.shutdown(cancel_futures=True)


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """The texts in batches of about _BATCH characters, each with the number of its first text."""
    first = size = 0
    for number, text in enumerate(texts):
        size += len(text)
        if size >= _BATCH or number == len(texts) - 1:
            yield first, texts[first : number + 1]
            first, size = number + 1, 0


def _windows(texts: Iterable[list[int]]) -> Iterator[Window]:
    for number, token_ids in enumerate(texts):
        if len(token_ids) <= _LONGEST:
            yield number, token_ids
            continue
        for start in range(0, len(token_ids) - _WINDOW + _STEP, _STEP):
            yield number, token_ids[start : start + _WINDOW]


def _blocks(windows: Sequence[Window]) -> Iterator[Sequence[Window]]:
    """The windows in blocks, as many as keep all threads busy."""
    total = sum(len(token_ids) for _, token_ids in windows)
    limit = min(max(total // _MAX_THREADS, _BLOCK_MIN), _BLOCK_MAX)
    first = size = 0
    for i, (_, token_ids) in enumerate(windows):
        if i > first and size + len(token_ids) > limit:
            yield windows[first:i]
            first, size = i, 0
        size += len(token_ids)
    yield windows[first:]
