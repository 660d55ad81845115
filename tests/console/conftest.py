"""The console over a real database, with a user of each role who has signed in."""

import re
from collections.abc import Callable, Iterator

import msgspec
import pytest
from fastapi.testclient import TestClient

from pipeline import db, users
from pipeline.console.app import create_app
from pipeline.console.visits import COOKIE, CSRF_HEADER, LANGUAGE_COOKIE
from pipeline.decisions import Role, User
from pipeline.settings import ReviewSettings
from pipeline.site import Site
from tests.stepping import CONFIG

SignedIn = Callable[[Role], TestClient]


@pytest.fixture
def console_site(database_url: str) -> Iterator[Site]:
    review = ReviewSettings(second_share=0, second_severities=(), golden_share=0)
    found = Site(msgspec.structs.replace(CONFIG, database_url=database_url, review=review, hash_key="k" * 32))
    yield found
    found.engine.dispose()


@pytest.fixture
def anonymous(console_site: Site) -> Iterator[TestClient]:
    """A browser that reads English and has not signed in; it follows no redirects."""
    app = create_app(console_site)
    with TestClient(
        app, follow_redirects=False, raise_server_exceptions=False, cookies={LANGUAGE_COOKIE: "en"}
    ) as found:
        yield found


@pytest.fixture
def signed_in(console_site: Site, anonymous: TestClient) -> SignedIn:
    """The browser, signed in as a user who has the name of the role; its forms carry their token."""

    def sign_in(role: Role) -> TestClient:
        with db.transaction(console_site.engine) as connection:
            values = {"name": role.value, "role": role.value, "password_hash": None, "subject": None}
            db.run(connection, "users.add_user", **values)
            token = users.start_session(connection, User(name=role.value, role=role), 1)
        anonymous.cookies.set(COOKIE, token)
        anonymous.headers[CSRF_HEADER] = csrf(anonymous.get("/sign-in").text)
        return anonymous

    return sign_in


def csrf(page: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf" (?:content|value)="(\w+)"', page)
    assert found
    return found[1]
