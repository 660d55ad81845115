"""Posts that say what WHO says, or deny what it denies, by reach: for those who strengthen good information."""

from typing import BinaryIO

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from pipeline import db
from pipeline.console import amplify, downloads, exports, given
from pipeline.console.exports import Export
from pipeline.console.templates import render
from pipeline.console.visits import Viewer
from pipeline.decisions import AuditAction, Role

router = APIRouter(prefix="/amplify")


@router.get("")
def newest(visit: Viewer) -> RedirectResponse:
    with visit.transaction() as connection:
        day = db.one(connection, "console_amplify.newest_day", zone=visit.site.settings.timezone)
    return RedirectResponse(f"/amplify/{day}", status_code=303)


@router.get("/{text}")
def show_voices(visit: Viewer, request: Request, text: str) -> HTMLResponse:
    wanted = amplify.asked(request, text)
    sees_names = visit.may(Role.REVIEWER) or visit.may(Role.OPERATOR)
    with visit.transaction() as connection:
        every = amplify.voices(connection, visit, wanted.day)
        found = [voice for voice in every if wanted.takes(voice)]
        rows = list(amplify.shown(connection, visit, wanted.day, found[: amplify.PAGE]))
        if sees_names:
            visit.note(connection, AuditAction.VIEW, f"voices of {wanted.day}", rows=len(rows))
    choices = {
        "topic": sorted({voice.topic for voice in every}),
        "position": sorted({voice.guidance_id for voice in every}),
    }
    values = {
        "rows": rows,
        "wanted": wanted,
        "words": amplify.WORDS,
        "choices": choices,
        "count": len(every),
        "debunking": sum(voice.says == amplify.Says.DEBUNKS for voice in every),
        "next_page": wanted.next_page(found),
        "sees_names": sees_names,
        "exports": list(Export),
    }
    return render(visit, "amplify.html", values)


@router.get("/{text}/export/{kind}")
def export_voices(visit: Viewer, request: Request, text: str, kind: str) -> StreamingResponse:
    """All rows that fit, in a file."""
    wanted = amplify.asked(request, text)
    export = given.word_of("export", kind, Export)

    def fill(file: BinaryIO) -> None:
        with visit.transaction() as connection:
            found = [voice for voice in amplify.voices(connection, visit, wanted.day) if wanted.takes(voice)]
            rows = amplify.shown(connection, visit, wanted.day, found, characters=None)
            count = exports.write(export, file, amplify.EXPORTED, rows, visit.site.settings.zone)
            told = {"format": export.value, **wanted.filters}
            visit.note(connection, AuditAction.EXPORT, f"voices of {wanted.day}", rows=count, asked=told)

    return downloads.send(export, f"kolwatch-voices-{wanted.day}", fill)
