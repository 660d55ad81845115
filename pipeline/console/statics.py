"""Our few files, served from memory under names that hold their hash, so that browsers may keep them for ever."""

from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from fastapi import Response

from pipeline.console.errors import PageError

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static/"
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class Statics:
    """The files of console/static by their own names and by those with a hash."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        for path in sorted(FOLDER.iterdir()):
            content = path.read_bytes()
            hashed = f"{path.stem}.{sha256(content).hexdigest()[:12]}{path.suffix}"
            self._addresses[path.name] = PREFIX + hashed
            self._files[hashed] = (content, KINDS[path.suffix])

    def address(self, name: str) -> str:
        """The address of a file, for templates."""
        return self._addresses[name]

    def answer(self, hashed: str) -> Response:
        if hashed not in self._files:
            raise PageError("There is no file {name}.", HTTPStatus.NOT_FOUND, name=hashed)
        content, kind = self._files[hashed]
        return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})
