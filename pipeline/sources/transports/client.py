"""Asks servers and takes what comes: paced, patient, bounded in size and time, and never chatty about secrets."""

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn, Self, TypeVar

import httpx2
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from pipeline.errors import SourceError
from pipeline.sources.transports import answers
from pipeline.sources.transports.answers import BusyError, LoginError
from pipeline.web_settings import ErrorSettings, RequestSettings

log = logging.getLogger(__name__)
MAX_REDIRECTS = 5
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
TIMEOUTS_A_PAGE = 10
"""A page that trickles in is given up after so many time-outs."""
_KEPT_OF_ERROR_PAGE = 64 * 2**10
_SHORTEST_SECRET = 8
_BUSY = (408, 425, 429)

Result = TypeVar("Result")


def _tell(details: RetryDetails) -> None:
    log.warning("%s (attempt %d; the next in %.0f s)", details.caused_by, details.retry_num, details.wait_for)


set_on_retry_hooks([_tell])
logging.getLogger("httpx2").setLevel(logging.WARNING)  # its INFO lines show whole addresses, secrets included


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read to its end."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    url: httpx2.URL
    next_link: str
    """Of the header Link; empty where there is none."""

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


class Client:
    """Asks as one source's settings say; one for each run."""

    def __init__(
        self, settings: RequestSettings, errors: ErrorSettings | None = None, secrets: Iterable[str] = ()
    ) -> None:
        """`secrets` are hidden where a server repeats them in a message, as are what the headers hold."""
        self._settings = settings
        self._errors = errors
        said = [*secrets, *(word for value in settings.headers.values() for word in value.split())]
        self._secrets = sorted((s for s in said if len(s) >= _SHORTEST_SECRET), key=len, reverse=True)
        self._client = httpx2.Client(timeout=settings.timeout_seconds, headers=_headers(settings))
        self._limit = settings.max_page_mib * 2**20
        self._patience = float(settings.patience_seconds)
        self._earliest = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def request(self, method: str, url: str | httpx2.URL, **content: Any) -> httpx2.Request:
        """A request with the source's headers; `content` as httpx2 takes it. Headers among it come on top."""
        return self._client.build_request(method, url, **content)

    def ask(self, request: httpx2.Request, origin: str, read: Callable[[Reply], Result]) -> Result:
        """Ask until `read` takes the answer or patience ends.

        Raises BusyError or LoginError where asking on is useless for now, SourceError where this page is at fault.
        """
        began = time.monotonic()
        attempts = stamina.retry_context(
            on=self._wait_for,
            attempts=self._settings.attempts,
            timeout=max(self._patience, 0.001),
            wait_initial=FIRST_WAIT,
            wait_max=LONGEST_WAIT,
            wait_jitter=FIRST_WAIT,
        )
        for attempt in attempts:
            if attempt.num > 1:
                self._patience -= time.monotonic() - began
                began = time.monotonic()
            with attempt:
                return read(self._once(request, origin))
        raise AssertionError("stamina raises what the last attempt raised")

    def fail_if_error(self, page: Any, origin: str) -> None:
        """Raise BusyError, LoginError or SourceError if a page speaks of an error."""
        if found := answers.complaint(page, self._errors, self._hide):
            found.fail(origin)

    def _hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text

    def _wait_for(self, error: Exception) -> bool | float:
        """Whether and how long to wait after an attempt failed; what the server asks for is not cut short."""
        if not isinstance(error, BusyError) or error.after is None:
            return isinstance(error, BusyError)
        return error.after if error.after <= self._patience else False

    def _once(self, request: httpx2.Request, origin: str) -> Reply:
        for _ in range(MAX_REDIRECTS):
            answer = self._send(request, origin)
            if isinstance(answer, Reply):
                return answer
            request = answer
        raise SourceError(f"{origin}: redirects {MAX_REDIRECTS} times without arriving; correct the address")

    def _send(self, request: httpx2.Request, origin: str) -> Reply | httpx2.Request:
        """Return the answer, or the request to where it redirects. Raises SourceError, without its cause."""
        self._pace()
        try:
            response = self._client.send(request, stream=True)
            try:
                return self._take(response, origin)
            finally:
                response.close()
                self._client.cookies.clear()
        except (httpx2.LocalProtocolError, httpx2.DecodingError, httpx2.InvalidURL) as error:
            # Their texts may quote headers or addresses.
            raise SourceError(f"{origin}: cannot be asked or read ({type(error).__name__})") from None
        except httpx2.TransportError as error:
            what = f"{type(error).__name__}: {self._hide(str(error))}"
            raise BusyError(
                f"{origin}: cannot be reached ({what}); see that the address is right and open from here"
            ) from None

    def _pace(self) -> None:
        now = time.monotonic()
        time.sleep(max(0.0, self._earliest - now))
        self._earliest = max(now, self._earliest) + 60 / self._settings.requests_per_minute

    def _take(self, response: httpx2.Response, origin: str) -> Reply | httpx2.Request:
        status = response.status_code
        deadline = time.monotonic() + TIMEOUTS_A_PAGE * self._settings.timeout_seconds
        response.stream = _Watched(response.stream, self._limit, deadline, origin)
        if response.has_redirect_location:
            return _redirected(response, origin)
        if not (200 <= status < 300 or status == 304):
            self._fail(response, origin)
        return Reply(
            status=status,
            body=self._body(response, origin),
            headers=response.headers,
            url=response.url,
            next_link=response.links.get("next", {}).get("url", ""),
        )

    def _body(self, response: httpx2.Response, origin: str) -> bytes:
        """The body, unpacked; a small packed one can unpack to any size."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            _check_size(len(body), self._limit, origin)
        return bytes(body)

    def _fail(self, response: httpx2.Response, origin: str) -> NoReturn:
        """Raise what an HTTP status that is no success means."""
        status = response.status_code
        head = next(response.iter_bytes(_KEPT_OF_ERROR_PAGE), b"")
        try:
            page = answers.read_page(head, origin, response.headers.get("content-type", ""))
        except SourceError:
            page = None
        said = f"HTTP {status}{self._excerpt(head)}"
        if status in _BUSY or status >= 500:
            after = _retry_after(response.headers.get("retry-after", ""))
            rest = "" if after is None else f" and wants {after:.0f} s of rest"
            why = "is asked too often" if status == 429 else "is busy or fails"
            raise BusyError(f"{origin}: {why} ({said}){rest}; the next run goes on from here", after)
        if status == 401:
            raise LoginError(f"{origin}: the credentials are refused ({said}); renew them in the environment")
        self.fail_if_error(page, origin)
        raise SourceError(f"{origin}: refuses ({said}); mend the address, the request or the rights of the credentials")

    def _excerpt(self, head: bytes) -> str:
        """What an error page says, if it was written for programs."""
        text = self._hide(" ".join(head.decode("utf-8", "replace").split()))
        return f": {answers.quote(text)}" if text and not text.startswith("<") else ""


class _Watched(httpx2.SyncByteStream):
    """A body as it comes over the wire, stopped where it grows too long or too old."""

    def __init__(self, stream: Any, limit: int, deadline: float, origin: str) -> None:
        self._stream = stream
        self._limit = limit
        self._deadline = deadline
        self._origin = origin

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            size += len(chunk)
            _check_size(size, self._limit, self._origin)
            if time.monotonic() > self._deadline:
                raise BusyError(f"{self._origin}: comes too slowly; the next run goes on from here")
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _check_size(size: int, limit: int, origin: str) -> None:
    if size > limit:
        raise SourceError(
            f"{origin}: more than {limit // 2**20} MiB; ask for fewer records a page, or raise max_page_mib"
        )


def _headers(settings: RequestSettings) -> httpx2.Headers:
    headers = httpx2.Headers({"User-Agent": "kolwatch", "Accept-Encoding": "gzip, deflate"})
    headers.update(settings.headers)
    return headers


def _redirected(response: httpx2.Response, origin: str) -> httpx2.Request:
    """The request to where an answer redirects, if that is the same server: no other is sent what this one is."""
    request = response.next_request
    if request is None or not is_same_server(response.url, request.url):
        where = f"{request.url.scheme}://{request.url.host}{request.url.path}" if request else "a broken address"
        raise SourceError(f"{origin}: redirects to {where}; if that is right, make it the address of the source")
    return request


def is_same_server(known: httpx2.URL, other: httpx2.URL) -> bool:
    """Whether what `known` was sent may be sent to `other` too; a step from http to https is one up."""
    is_upgrade = (known.scheme, other.scheme, known.port, other.port) == ("http", "https", None, None)
    is_same = (known.scheme, known.port) == (other.scheme, other.port)
    return known.host == other.host and not other.userinfo and (is_same or is_upgrade)


def _retry_after(text: str) -> float | None:
    """The seconds of a header Retry-After, which gives them or a date; None where it makes no sense."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
