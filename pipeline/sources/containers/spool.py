"""A document as a file on this machine, for what is read by jumping about in it: workbooks, databases, Parquet."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import SourceError
from pipeline.sources.document import Document

MAX_SPOOLED = 8 * 2**30
"""Bytes of temporary disk that one document may take."""
_BLOCK = 2**20


@contextmanager
def on_disk(document: Document, stream: BinaryIO) -> Iterator[Path]:
    """The document's own file, or a copy of its stream that goes away. Raises SourceError if it is too large."""
    if document.path is not None:
        yield document.path
        return
    with tempfile.TemporaryDirectory(prefix="kolwatch-") as folder:
        path = Path(folder) / "document"
        with path.open("wb") as copy:
            while block := stream.read(_BLOCK):
                if copy.tell() + len(block) > MAX_SPOOLED:
                    raise too_large(document.origin)
                copy.write(block)
        yield path


def too_large(origin: str) -> SourceError:
    """What there is to say of a file that cannot be copied."""
    limit = MAX_SPOOLED // 2**30
    return SourceError(
        f"{origin}: more than {limit} GiB in a format that cannot be read as a stream; export it in parts"
    )
