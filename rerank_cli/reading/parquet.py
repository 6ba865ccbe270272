"""Parquet files, a row at a time, by pyarrow of the extra `parquet`."""

import contextlib
import datetime
import decimal
import math
from base64 import b64encode
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any, BinaryIO

from rerank_cli.blas import one_thread
from rerank_cli.errors import InputError, SettingsError
from rerank_cli.model import Passage
from rerank_cli.reading.fields import FieldNames, passage_of

# Rows that are unpacked at once: a page of a few bytes may hold a long text many times.
_BATCH = 128
_SHORT = 200


def passages(stream: BinaryIO, source: str, names: FieldNames, max_bytes: int) -> Iterator[Passage]:
    """The passages of a Parquet file, of which at most `max_bytes` are unpacked."""
    for number, row in rows(stream, source, max_bytes):
        yield passage_of(row, names, source, number)


def rows(
    stream: BinaryIO, source: str, max_bytes: int | None = None
) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Row numbers (from 1) and rows of a Parquet file, with values as JSON has them.

    The stream must be seekable. Raises InputError for what is no Parquet, or more than `max_bytes`
    unpacked, and SettingsError where pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        problem = f"{source} is Parquet, and what reads that is not installed (no pyarrow)"
        raise SettingsError(problem, hint='pip install "rerank-cli[parquet]"')
    # pyarrow brings numpy, with which the embedded engine may have to work later.
    with one_thread():
        import pyarrow
        from pyarrow.parquet import ParquetFile

    number = size = 0
    try:
        # Without these two, all of a row group would be read at once.
        file = ParquetFile(stream, buffer_size=2**20, pre_buffer=False)
        columns = file.schema_arrow.names
        if twice := next((name for name in columns if columns.count(name) > 1), None):
            problem, hint = f"column {twice[:_SHORT]!r} stands twice", "Rename one of the two."
            raise InputError(problem, source=source, hint=hint)
        for batch in file.iter_batches(_BATCH, use_threads=False):
            size += batch.nbytes
            if max_bytes is not None and size > max_bytes:
                problem = f"more than {max_bytes} bytes in its first {number + len(batch)} rows"
                hint = "Is it the right input? --max-input-bytes takes more."
                raise InputError(problem, source=source, hint=hint)
            columns_of_values = [_in_microseconds(each).to_pylist() for each in batch.columns]
            for values in zip(*columns_of_values, strict=True):
                number += 1
                yield number, dict(zip(columns, map(_json_value, values), strict=True))
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:_SHORT]
        problem = f"Parquet that cannot be read after row {number}: {reason}"
        raise InputError(problem, source=source, hint="Was it cut off, or damaged?") from error


def _in_microseconds(column: Any) -> Any:
    """A column without the nanoseconds that Python's times do not have."""
    import pyarrow

    kind = column.type
    if getattr(kind, "unit", None) != "ns":
        return column
    if pyarrow.types.is_timestamp(kind):
        kind = pyarrow.timestamp("us", kind.tz)
    else:
        kind = pyarrow.time64("us") if pyarrow.types.is_time(kind) else pyarrow.duration("us")
    return column.cast(kind, safe=False)


def _json_value(value: Any) -> object:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float | decimal.Decimal):
        if not math.isfinite(value):
            # pandas has NaN where there is no value; JSON has neither.
            return None if math.isnan(value) else str(value)
        return int(value) if value == int(value) and not isinstance(value, float) else float(value)
    if isinstance(value, bytes):
        # A text, of a program that does not mark it as such; what is none must not pass for one.
        with contextlib.suppress(UnicodeDecodeError):
            if b"\0" not in value:
                return value.decode()
        return {"base64": b64encode(value).decode()}
    if isinstance(value, dict):
        return {str(name): _json_value(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_json_value, value))
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)
