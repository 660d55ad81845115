"""Renders pages with Jinja: everything is escaped, an unknown name is an error, every message is translated."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from pipeline.console.languages import Language, message
from pipeline.console.visits import Visit
from pipeline.decisions import Role
from pipeline.display import shortened

MENU = (
    ("/", message("Today"), Role.VIEWER),
    ("/queue", message("Queue"), Role.REVIEWER),
    ("/queue/disagreements", message("Disagreements"), Role.LEAD),
    ("/clusters", message("Clusters"), Role.VIEWER),
    ("/trends", message("Trends"), Role.VIEWER),
    ("/amplify", message("Amplify"), Role.VIEWER),
    ("/guidance", message("Guidance"), Role.VIEWER),
    ("/runs", message("Runs"), Role.OPERATOR),
)
"""Address, message and role of each entry of the menu."""


@pass_context
def _gettext(context: Context, text: str) -> str:
    found: str = context["speaker"].say(text)
    return found


@pass_context
def _ngettext(context: Context, one: str, many: str, n: int) -> str:
    found: str = context["speaker"].translations.ngettext(one, many, n)
    return found


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters["shortened"] = shortened
    return made


def render(visit: Visit, template: str, values: Mapping[str, Any], status: int = HTTPStatus.OK) -> HTMLResponse:
    """A page. Beside `values` templates know visit, speaker, word, day_name, moment, static and the menu."""
    state, speaker = visit.request.app.state, visit.speaker
    known = {
        "visit": visit,
        "speaker": speaker,
        "word": speaker.word,
        "day_name": speaker.day,
        "moment": speaker.moment,
        "static": state.statics.address,
        "languages": Language,
        "menu": [(address, text) for address, text, role in MENU if visit.may(role)],
        "here": visit.request.url.path,
    }
    html = state.templates.get_template(template).render({**known, **values})
    return HTMLResponse(html, status)
