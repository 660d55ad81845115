"""A real web server on loopback that answers as a test tells it, badly if need be."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import stamina


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Said:
    """An answer: `body` is bytes, chunks of bytes that may take their time, or what becomes JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks: bool = False
    """The connection is closed before all of the body is sent."""

    def chunks(self) -> Iterator[bytes]:
        if isinstance(self.body, bytes):
            yield self.body
        elif isinstance(self.body, Iterator):
            yield from self.body
        else:
            yield json.dumps(self.body, ensure_ascii=False).encode()


class Web:
    """The server; `answer` may be replaced while it runs."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Said | object] = lambda asked: Said(status=404)
        self.port = 0

    def says(self, *answers: object) -> None:
        """Answer with these one after the other, then always with the last."""
        left = list(answers)
        self.answer = lambda asked: left.pop(0) if len(left) > 1 else left[0]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def params(self) -> list[Mapping[str, str]]:
        return [asked.params for asked in self.asked]


class _Handler(BaseHTTPRequestHandler):
    web: Web

    def log_message(self, *_: object) -> None:
        """Tests read what was asked in `asked`."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, address.path, dict(parse_qsl(address.query)), dict(self.headers), body)
        self.web.asked.append(asked)
        found = self.web.answer(asked)
        said = found if isinstance(found, Said) else Said(found)
        self.send_response(said.status)
        headers = {"Content-Type": "application/json", **said.headers}
        if isinstance(said.body, bytes):
            headers.setdefault("Content-Length", str(len(said.body) + said.breaks))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for chunk in said.chunks():
                self.wfile.write(chunk)
                self.wfile.flush()
        except OSError:
            self.close_connection = True  # whoever asked has heard enough

    def do_POST(self) -> None:
        self.do_GET()


@contextmanager
def serving() -> Iterator[Web]:
    web = Web()
    handler = type("Handler", (_Handler,), {"web": web})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        web.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """The server, asked without a proxy and without waiting between attempts."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as found, stamina.set_testing(True, attempts=10, cap=True):
        yield found
