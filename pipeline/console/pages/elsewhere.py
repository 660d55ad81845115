"""Signing in elsewhere, by OpenID Connect: who the user is and their role come from there."""

from http import HTTPStatus
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from httpx import HTTPError
from joserfc.errors import JoseError
from starlette.middleware.sessions import SessionMiddleware

from pipeline import settings, users
from pipeline.console.errors import PageError
from pipeline.console.pages.sign_in import local, set_cookie
from pipeline.console.visits import COOKIE, Anybody, Visit
from pipeline.decisions import Role
from pipeline.settings import OidcSettings
from pipeline.site import Site
from pipeline.users import NAME

router = APIRouter()
MINUTES = 10
"""How long somebody may take to sign in there."""


def prepare(app: FastAPI, site: Site) -> None:
    """Know the other side, if one is configured. Raises ConfigError for a secret that is not set."""
    found = settings.oidc(site.settings)
    app.state.oidc = None
    if found is None:
        return
    oauth = OAuth()
    oauth.register(
        "elsewhere",
        client_id=found.client_id,
        client_secret=found.client_secret,
        server_metadata_url=f"{found.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
    )
    app.state.oidc = (oauth.elsewhere, found)
    app.add_middleware(
        SessionMiddleware,
        secret_key=site.key("sign in elsewhere"),
        session_cookie=f"{COOKIE}_elsewhere",
        max_age=MINUTES * 60,
    )


@router.get("/elsewhere")
async def go(visit: Anybody, request: Request) -> Response:
    """To the other side, which sends the user back to /elsewhere/back."""
    client, _ = _other_side(visit)
    request.session["next"] = local(request.query_params.get("next", "/"))
    try:
        answer: Response = await client.authorize_redirect(request, str(request.url_for("back")))
    except (AuthlibBaseError, HTTPError) as error:
        raise _failed() from error
    return answer


@router.get("/elsewhere/back")
async def back(visit: Anybody, request: Request) -> Response:
    client, rules = _other_side(visit)
    try:
        options = {
            "iss": {"essential": True, "value": (await client.load_server_metadata())["issuer"]},
            "aud": {"essential": True, "value": rules.client_id},
        }
        claims = (await client.authorize_access_token(request, claims_options=options))["userinfo"]
    except (AuthlibBaseError, JoseError, HTTPError, KeyError, ValueError) as error:
        raise _failed() from error
    token = await run_in_threadpool(_enter, visit, rules, claims)
    response = RedirectResponse(local(request.session.pop("next", "/")), status_code=HTTPStatus.SEE_OTHER)
    set_cookie(visit, response, COOKIE, token)
    return response


def _other_side(visit: Visit) -> tuple[Any, OidcSettings]:
    found: tuple[Any, OidcSettings] | None = visit.request.app.state.oidc
    if found is None:
        raise PageError("There is no such page.", HTTPStatus.NOT_FOUND)
    return found


def _failed() -> PageError:
    return PageError("Signing in there did not work. Try again, or ask an admin.", HTTPStatus.BAD_GATEWAY)


def _enter(visit: Visit, rules: OidcSettings, claims: dict[str, Any]) -> str:
    """A session for whom the claims name. Raises PageError for one without a role or a name here."""
    role, name = role_of(rules, claims), str(claims.get(rules.name_claim, ""))
    if role is None or not NAME.fullmatch(name):
        raise PageError("Your account there has no role or no name here. Ask an admin.", HTTPStatus.FORBIDDEN)
    with visit.transaction() as connection:
        user = users.known_subject(connection, f"{claims['iss']} {claims['sub']}", name, role)
        if user is None:
            raise PageError("Your account is disabled here. Ask an admin.", HTTPStatus.FORBIDDEN)
        return users.start_session(connection, user, visit.site.settings.console.session_hours)


def role_of(rules: OidcSettings, claims: dict[str, Any]) -> Role | None:
    """The first of the configured roles that the claims give."""
    given = claims.get(rules.role_claim) or []
    values = [given] if isinstance(given, str) else given
    return next((role for value, role in rules.roles.items() if value in values), None)
