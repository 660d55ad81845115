"""Headers of every answer, and the largest form that is taken."""

from http import HTTPStatus
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_FORM = 200_000
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Security:
    """Adds the headers; refuses a form whose length is not told or too large before any of it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        if status := _refusal(scope):
            body = status.phrase.encode()
            await send_with_headers(
                {"type": "http.response.start", "status": int(status), "headers": [(b"content-type", b"text/plain")]}
            )
            await send({"type": "http.response.body", "body": body})
        else:
            await self._app(scope, receive, send_with_headers)


def _refusal(scope: dict[str, Any] | Scope) -> HTTPStatus | None:
    if scope["method"] in ("GET", "HEAD"):
        return None
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return HTTPStatus.LENGTH_REQUIRED
    length = headers.get(b"content-length", b"0")
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if not length.isdigit() or int(length) > LARGEST_FORM else None
