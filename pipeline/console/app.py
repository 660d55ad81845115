"""Makes the console: pages, error pages, headers. Everything a request needs is in `app.state`."""

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from pipeline.console.errors import PageError, SignInNeededError
from pipeline.console.languages import Language, Speaker, message
from pipeline.console.pages import ROUTERS, elsewhere
from pipeline.console.recent import Recent
from pipeline.console.security import HEADERS, Security
from pipeline.console.statics import PREFIX, Statics
from pipeline.console.templates import environment, render
from pipeline.console.visits import Anybody, Needs, Visit
from pipeline.errors import DatabaseError, ReviewError, UserError
from pipeline.site import Site


def create_app(site: Site) -> FastAPI:
    """The console over a site. Raises TypeError for a route that does not say whom it is for."""
    app = FastAPI(title="kolwatch", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = site
    app.state.statics = Statics()
    app.state.templates = environment()
    app.state.speakers = {language: Speaker(language, site.settings.zone) for language in Language}
    app.state.recent = Recent()
    elsewhere.prepare(app, site)
    app.add_middleware(Security)
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route(PREFIX + "{name}", static_file, methods=["GET"])
    for kind in (
        PageError,
        ReviewError,
        UserError,
        SignInNeededError,
        DatabaseError,
        HTTPException,
        RequestValidationError,
    ):
        app.add_exception_handler(kind, show_error)
    app.add_exception_handler(Exception, show_error)
    for route in needed_roles(app):
        if route[1] is None:
            raise TypeError(f"{route[0].path} does not say whom it is for; declare its visit (visits.py)")
    return app


def static_file(_visit: Anybody, request: Request, name: str) -> Response:
    statics: Statics = request.app.state.statics
    return statics.answer(name)


def needed_roles(app: FastAPI) -> Iterator[tuple[APIRoute, Needs | None]]:
    """Every route with what it needs; None where it does not say."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            yield route, next(filter(None, map(_needs, route.dependant.dependencies)), None)


def _needs(dependant: Dependant) -> Needs | None:
    return dependant.call if isinstance(dependant.call, Needs) else None


def show_error(request: Request, error: Exception) -> Response:
    """A page that says what is wrong, in the reader's language."""
    visit = getattr(request.state, "visit", None) or Visit(request, None)
    if isinstance(error, SignInNeededError):
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        address = f"/sign-in?next={quote(wanted)}" if request.method == "GET" else "/sign-in"
        return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
    status, template, values = _told(error)
    shown = {"code": int(status), "message": visit.speaker.tell(template, values)}
    response = render(visit, "error.html", shown, status)
    response.headers.update(HEADERS)  # what nothing has foreseen is answered outside of all middleware
    return response


def _told(error: Exception) -> tuple[HTTPStatus, str, dict[str, object]]:
    match error:
        case PageError():
            return error.status, error.template, error.values
        case ReviewError():
            return HTTPStatus.CONFLICT, error.template, error.values
        case UserError():
            return HTTPStatus.CONFLICT, "{error}", {"error": error}
        case DatabaseError():
            return (
                HTTPStatus.SERVICE_UNAVAILABLE,
                message("The database cannot be used now. Try again in a moment."),
                {},
            )
        case HTTPException(status_code=404):
            return HTTPStatus.NOT_FOUND, message("There is no such page."), {}
        case HTTPException(status_code=code):
            return HTTPStatus(code), message("This cannot be done here."), {}
        case RequestValidationError():
            wrong = ", ".join(sorted({str(found["loc"][-1]) for found in error.errors()}))
            return (
                HTTPStatus.BAD_REQUEST,
                message("Something is missing or wrong in this form: {wrong}."),
                {"wrong": wrong},
            )
    return HTTPStatus.INTERNAL_SERVER_ERROR, message("Something went wrong here. It was noted; try again."), {}
