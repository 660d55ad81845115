"""Cut a Parquet file into rows, a few hundred at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import SourceError
from pipeline.records import Fragment
from pipeline.sources.containers.tables import Header, fragment, plain

_BATCH = 256
_BUFFER = 2**20
"""Bytes of a column that are read at a time, instead of the column's whole part of a row group."""


def rows(path: Path, origin: str) -> Iterator[Fragment]:
    """Yield the rows of the file; `line` is the position in it. Raises SourceError if it is no sound Parquet file."""
    import pyarrow as pa  # half a second, which only Parquet needs
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
            header = Header(file.schema_arrow.names, origin)
            number = 0
            for batch in file.iter_batches(_BATCH, use_threads=False):
                for row in _cells(pa, batch):
                    number += 1
                    yield fragment(header.row([plain(cell) for cell in row]), origin, number)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        shown = str(error)[:200]
        raise SourceError(f"{origin}: is no sound Parquet file ({shown}); deliver it again") from error


def _cells(pa: Any, batch: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a batch; times finer than a microsecond, which Python does not have, lose what is finer."""
    columns = [
        column.cast(pa.timestamp("us", column.type.tz), safe=False) if _is_too_fine(column.type) else column
        for column in batch.columns
    ]
    return zip(*(column.to_pylist() for column in columns), strict=True)


def _is_too_fine(kind: Any) -> bool:
    return str(kind).startswith("timestamp[ns")
