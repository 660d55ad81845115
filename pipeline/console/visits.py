"""Who asks for what: the user behind a cookie, the role a route needs, the token a form must carry.

Every route declares its visitor, and `create_app` refuses a route that does not:

    Viewer = Annotated[Visit, Depends(Needs(Role.VIEWER))]
"""

import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from pipeline import db, users
from pipeline.console.errors import PageError, SignInNeededError
from pipeline.console.languages import Language, Speaker, chosen
from pipeline.decisions import AuditAction, Role, User
from pipeline.site import Site

COOKIE = "kolwatch"
LANGUAGE_COOKIE = "kolwatch_language"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass
class Visit:
    """One request: who, in which language, over which site."""

    request: Request
    user: User | None

    @property
    def site(self) -> Site:
        found: Site = self.request.app.state.site
        return found

    @property
    def reviewer(self) -> User:
        """The user, on pages that need one."""
        if self.user is None:
            raise SignInNeededError
        return self.user

    @cached_property
    def speaker(self) -> Speaker:
        cookies, headers = self.request.cookies, self.request.headers
        language = chosen(cookies.get(LANGUAGE_COOKIE), headers.get("accept-language"))
        speakers: dict[Language, Speaker] = self.request.app.state.speakers
        return speakers[language]

    @cached_property
    def token(self) -> str:
        """The visitor's cookie; a new one where there is none yet."""
        return self.request.cookies.get(COOKIE) or secrets.token_urlsafe(32)

    @property
    def csrf(self) -> str:
        """What forms of this visitor must carry: it follows from the cookie, which no other site can read."""
        return hmac.digest(self.token.encode(), b"csrf", "sha256").hex()

    @contextmanager
    def transaction(self) -> Iterator[db.Connection]:
        with db.transaction(self.site.engine) as connection:
            yield connection

    def may(self, role: Role) -> bool:
        return self.user is not None and self.user.role.covers(role)

    def account(self, platform: str, account_id: str, name: str | None) -> str:
        """What an account is called for this visitor: viewers see pseudonyms."""
        if self.may(Role.REVIEWER) or self.may(Role.OPERATOR):
            return name or account_id
        return self.site.pseudonym(platform, account_id)[:12]

    def note(self, connection: db.Connection, action: AuditAction, subject: str, **detail: object) -> None:
        """Keep in the audit log that personal data was shown or taken out."""
        users.note(connection, self.reviewer, action, subject, **detail)


class Needs:
    """The dependency of every route: a role, or None for pages that need no user."""

    def __init__(self, role: Role | None) -> None:
        self.role = role

    async def __call__(self, request: Request) -> Visit:
        """Raises SignInNeededError or PageError (403) where the visitor may not."""
        token = request.cookies.get(COOKIE)
        user = await run_in_threadpool(_user, request.app.state.site, token) if token else None
        visit = Visit(request, user)
        request.state.visit = visit
        if self.role is not None and user is None:
            raise SignInNeededError
        if request.method not in SAFE:
            await _check_csrf(visit)
        if self.role is not None and not visit.may(self.role):
            raise PageError("This needs the role {role}.", HTTPStatus.FORBIDDEN, role=self.role.value)
        return visit


Anybody = Annotated[Visit, Depends(Needs(None))]
Viewer = Annotated[Visit, Depends(Needs(Role.VIEWER))]
Reviewer = Annotated[Visit, Depends(Needs(Role.REVIEWER))]
Lead = Annotated[Visit, Depends(Needs(Role.LEAD))]
Operator = Annotated[Visit, Depends(Needs(Role.OPERATOR))]
Admin = Annotated[Visit, Depends(Needs(Role.ADMIN))]


def _user(site: Site, token: str) -> User | None:
    with db.transaction(site.engine) as connection:
        return users.session_user(connection, token)


async def _check_csrf(visit: Visit) -> None:
    request = visit.request
    given = request.headers.get(CSRF_HEADER)
    if given is None:
        given = str((await request.form()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest(sha256(given.encode(errors="replace")).digest(), sha256(visit.csrf.encode()).digest()):
        raise PageError("This form is from another session or too old. Go back, reload the page and send it again.",
                        HTTPStatus.FORBIDDEN)  # fmt: skip
