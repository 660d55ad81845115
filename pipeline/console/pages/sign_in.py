"""Signing in and out, and the choice of the language."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline import users
from pipeline.console import given
from pipeline.console.languages import Language, message
from pipeline.console.templates import render
from pipeline.console.visits import COOKIE, LANGUAGE_COOKIE, Anybody, Visit
from pipeline.display import printable

router = APIRouter()
TWO_YEARS = 2 * 365 * 24 * 3600


@router.get("/sign-in")
def form(visit: Anybody, request: Request) -> HTMLResponse:
    return _form(visit, request.query_params.get("next", "/"))


@router.post("/sign-in")
def sign_in(
    visit: Anybody,
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next_page: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    name, address = printable(name)[:64], request.client.host if request.client else "unknown"
    with visit.transaction() as connection:
        if users.is_limited(connection, name, address):
            return _form(
                visit,
                next_page,
                message("Too many failed attempts. Wait a quarter of an hour."),
                HTTPStatus.TOO_MANY_REQUESTS,
            )
        user = users.check_password(connection, name, password, address)
        if user is None:
            return _form(visit, next_page, message("Name and password do not fit."), HTTPStatus.FORBIDDEN)
        token = users.start_session(connection, user, visit.site.settings.console.session_hours)
    response = RedirectResponse(local(next_page), status_code=HTTPStatus.SEE_OTHER)
    set_cookie(visit, response, COOKIE, token)
    return response


@router.post("/sign-out")
def sign_out(visit: Anybody) -> Response:
    with visit.transaction() as connection:
        users.end_session(connection, visit.token)
    response = RedirectResponse("/sign-in", status_code=HTTPStatus.SEE_OTHER)
    response.delete_cookie(COOKIE)
    return response


@router.post("/language")
def choose_language(
    visit: Anybody, language: Annotated[str, Form()] = "", next_page: Annotated[str, Form(alias="next")] = "/"
) -> Response:
    chosen = given.word_of("language", language, Language)
    response = RedirectResponse(local(next_page), status_code=HTTPStatus.SEE_OTHER)
    set_cookie(visit, response, LANGUAGE_COOKIE, chosen.value, max_age=TWO_YEARS)
    return response


def local(address: str) -> str:
    """An address on this site; the first page for any other."""
    is_local = address.startswith("/") and not address.startswith(("//", "/\\")) and printable(address) == address
    return address if is_local else "/"


def set_cookie(visit: Visit, response: Response, name: str, value: str, max_age: int | None = None) -> None:
    """A cookie that scripts cannot read, other sites cannot send, and that stays behind TLS where there is TLS."""
    is_secure = visit.request.url.scheme == "https"
    response.set_cookie(name, value, max_age=max_age, httponly=True, samesite="lax", secure=is_secure)


def _form(visit: Visit, next_page: str, problem: str = "", status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    has_elsewhere = visit.request.app.state.oidc is not None
    shown = {"next_page": local(next_page), "problem": problem, "has_elsewhere": has_elsewhere}
    response = render(visit, "sign_in.html", shown, status)
    if COOKIE not in visit.request.cookies:  # the form's token follows from it
        set_cookie(visit, response, COOKIE, visit.token)
    return response
