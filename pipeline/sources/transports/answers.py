"""What a server's page says: members by dotted path, and errors in the clothes of a success."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NoReturn

from pipeline.errors import RecordError, SourceError
from pipeline.sources.containers import scan
from pipeline.sources.containers.jsontext import decode, utf8
from pipeline.web_settings import Code, ErrorSettings

_LONGEST_QUOTE = 200
_YES = (True, 1, "1", "true", "True")
_NO = (False, 0, "0", "false", "False", "")

KNOWN_ERRORS = (
    # Weibo
    ErrorSettings(
        code="error_code",
        message="error",
        wait=(10001, 10009, 10010, 10022, 10023, 10024),
        login=(21314, 21315, 21316, 21317, 21319, 21327, 21332),
    ),
    # WeChat's interface, then the pages of its backend
    ErrorSettings(code="errcode", message="errmsg", wait=(-1, 45009, 45011), login=(40001, 40014, 41001, 42001)),
    ErrorSettings(code="base_resp.ret", message="base_resp.err_msg", wait=(200013,), login=(200003, 200040)),
    # Douyin
    ErrorSettings(
        code="data.error_code",
        message="data.description",
        wait=(2100004, 2100001, 28001014, 28003017),
        login=(2190002, 2190003, 2190008, 10008, 28001003, 28001008),
    ),
    # TikTok
    ErrorSettings(
        code="error.code",
        message="error.message",
        wait=("rate_limit_exceeded", "internal_error"),
        login=("access_token_invalid",),
    ),
)
"""Looked for where a source declares no errors of its own. Unknown codes are errors too, but neither of these two."""


class BusyError(SourceError):
    """The server wants to be asked again later, or cannot be reached; that concerns all of the source."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after
        """Seconds, where the server said how many."""


class LoginError(SourceError):
    """The credentials are refused; that concerns all of the source."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error that a page speaks of."""

    code: str
    message: str
    is_passing: bool
    is_login: bool

    def fail(self, origin: str) -> NoReturn:
        """Raise BusyError, LoginError or SourceError, with what to do."""
        said = f"{origin}: answered with error {self.code} ({self.message or 'no message'})"
        if self.is_login:
            raise LoginError(f"{said}: the credentials have expired or are wrong; renew them in the environment")
        if self.is_passing:
            raise BusyError(f"{said}: asked too often, or the server is busy; the next run goes on from here")
        raise SourceError(f"{said}; look the code up in the platform's documentation and mend the source's table")


def complaint(page: Any, declared: ErrorSettings | None, hide: Callable[[str], str]) -> Complaint | None:
    """The error a page speaks of, if any; `hide` takes secrets out of what it says."""
    for settings in (declared,) if declared else KNOWN_ERRORS:
        code = at(page, settings.code)
        if isinstance(code, str | int) and code != "" and not _is_one_of(code, settings.ok):
            message = at(page, settings.message) if settings.message else ""
            return Complaint(
                code=quote(hide(str(code))),
                message=quote(hide(str(message or ""))),
                is_passing=_is_one_of(code, settings.wait),
                is_login=_is_one_of(code, settings.login),
            )
    return None


def read_page(body: bytes, origin: str, content_type: str) -> Any:
    """Decode a page, which may be a callback's argument. Raises SourceError."""
    found = list(islice(scan.values(utf8(body)), 2))
    if len(found) == 1 and found[0][:1] in (b"{", b"["):
        try:
            return decode(found[0])
        except RecordError as error:
            raise SourceError(f"{origin}: not a page of JSON ({error}); the next run asks again") from None
    what = f"{content_type or 'something without a content type'}, {len(body)} bytes"
    raise SourceError(f"{origin}: answered with {what}, not with a page of JSON; is it a login or error page?")


def at(page: Any, path: str, missing: Any = None) -> Any:
    """The value at a dotted path, such as `data.videos` or `items.0.id`; `.` is the page itself."""
    for name in filter(None, path.split(".")):
        if isinstance(page, Mapping):
            page = page.get(name, missing)
        elif isinstance(page, list) and name.isdecimal() and int(name) < len(page):
            page = page[int(name)]
        else:
            return missing
    return page


def yes_or_no(page: Any, path: str, origin: str) -> bool | None:
    """Whether a page says yes; None where it says nothing. Raises SourceError."""
    value = at(page, path) if path else None
    if value is None:
        return None
    if isinstance(value, str | int) and value in _YES + _NO:
        return value in _YES
    raise SourceError(f"{origin}: `{path}` is {quote(str(value))!r}, neither yes nor no; correct `more`")


def quote(text: str) -> str:
    """What a server said, short enough for a message."""
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _is_one_of(code: Code, codes: tuple[Code, ...]) -> bool:
    return str(code).lower() in {str(known).lower() for known in codes}
