"""Sends files that are written for one visitor."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import BinaryIO

from fastapi.responses import StreamingResponse

from pipeline.console.exports import MEDIA_TYPES, Export

PART = 2**16


def send(export: Export, name: str, fill: Callable[[BinaryIO], None]) -> StreamingResponse:
    """Send what `fill` writes, once it is whole, so that no file is ever half of what it should be."""
    with ExitStack() as cleaning:
        file = cleaning.enter_context(TemporaryFile())
        fill(file)
        cleaning.pop_all()
    headers = {"Content-Disposition": f'attachment; filename="{name}.{export}"'}
    return StreamingResponse(_parts(file), media_type=MEDIA_TYPES[export], headers=headers)


def _parts(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(PART):
            yield part
