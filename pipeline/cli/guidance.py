"""Commands of guidance/: what WHO's positions are, and what a change of them touches."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
import yaml

from pipeline import db, display, guidance, jsonlines, lexicon, revise, settings, steps, users
from pipeline.cli.reviewing import OPERATOR
from pipeline.cli.shared import AsJson, configured_site, fail_clearly, say, show
from pipeline.decisions import AuditAction
from pipeline.errors import GuidanceError, RecordError
from pipeline.records import Guidance
from pipeline.settings import PROJECT
from pipeline.site import Site

if TYPE_CHECKING:
    from pipeline.corpus import Corpus

FOLDER = PROJECT / "guidance"
COUNTS = "counts.json"
MEASURED = PROJECT.parent / "shared" / "eval" / "dev.jsonl"
PROPOSED = """\
# Wordings that people confirmed and that guidance/ has nothing like. Nothing reads this file: what is good, a person
# copies under its position in guidance/, checks stance, expression and form, and runs `kolwatch guidance lint`.
"""

app = typer.Typer(no_args_is_help=True, help="The positions of WHO that claims are compared with.")
examples_app = typer.Typer(no_args_is_help=True, help="Wordings for guidance/ out of what people decided.")
app.add_typer(examples_app, name="examples")


@app.command(name="load")
@fail_clearly
def guidance_load() -> None:
    """Add new and changed positions of guidance/ to the database, each as a version."""
    with configured_site() as site:
        print(display.jsonable(steps.load_guidance(site)))


@app.command(name="diff")
@fail_clearly
def guidance_diff(as_json: AsJson = False) -> None:
    """Show what differs from what is loaded and in force, and how many texts and open flags that touches."""
    with configured_site() as site:
        found = revise.guidance_diff(site)
    rows = [
        {"guidance_id": t.change.guidance_id, "change": t.change.kind, "fields": ", ".join(t.change.fields)}
        | {"texts_due": t.texts, "open_flags": t.flags}
        for t in found.touched
    ]
    if found.whole_window:
        say("the model or the lexicon is another one, so all texts of the last days become due, whatever stands below")
    _show_rows("Changes of guidance/", ("guidance_id", "change", "fields", "texts_due", "open_flags"), rows, as_json)


@examples_app.command()
@fail_clearly
def propose(
    out: Annotated[Path, typer.Option(dir_okay=False, help="The file for a person to read; not in guidance/.")] = Path(
        "proposed-wordings.yaml"
    ),
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only flags of this day and later.")
    ] = None,
) -> None:
    """Write confirmed wordings that guidance/ has nothing like into a file, for a person to choose from.

    Nothing enters guidance/ by itself, and no wording says whose it was.
    """
    from pipeline import feedback

    if out.resolve().is_relative_to(FOLDER.resolve()):
        raise typer.BadParameter(f"--out {out} is in guidance/, where only a person puts texts; name another file")
    if out.exists():
        raise typer.BadParameter(f"--out {out} is there already, perhaps with somebody's notes; name another file")
    with configured_site() as site, db.transaction(site.engine) as connection:
        found = feedback.new_wordings(connection, site.guidance, since.date() if since else date.min)
        users.note(connection, OPERATOR, AuditAction.EXPORT, "confirmed wordings", rows=len(found))
    text = yaml.safe_dump(feedback.review_file(found), allow_unicode=True, sort_keys=False, width=120)
    out.write_text(PROPOSED + text, encoding="utf-8")
    say(f"{out}: {len(found)} wordings of {len({wording.guidance_id for wording in found})} positions")


@app.command(name="list")
@fail_clearly
def guidance_list(as_json: AsJson = False) -> None:
    """Show the positions of guidance/: what WHO says, how bad the contrary is, and how well that is confirmed."""
    known = Site(settings.load()).guidance.positions
    found = [known[guidance_id] for guidance_id in sorted(known)]
    columns = ("guidance_id", "topic", "severity", "position_zh", "verification", "verified_by", "retired")
    rows = [{column: getattr(position, column) for column in columns} for position in found]
    _show_rows(f"{len(rows)} positions of WHO", columns, rows, as_json)


@app.command(name="show")
@fail_clearly
def guidance_show(guidance_id: Annotated[str, typer.Argument(help="Such as WHO-053.")]) -> None:
    """Show one position whole: scope, page, what not to flag, how many texts it has, and its loaded versions."""
    with configured_site() as site:
        position, texts, versions = revise.position(site, guidance_id)
    for name, value in asdict(position).items():
        shown = "; ".join(value) if isinstance(value, tuple) else value
        print(f"{name:16} {display.printable(shown or '-')}")
    print(f"{'texts':16} {', '.join(f'{count} {label}' for label, count in texts.items()) or 'none'}")
    for row in versions:
        print(f"version {row['version']:<8} {row['verification']} {display.printable(row['position_zh'])}")


@app.command(name="lint")
@fail_clearly
def guidance_lint(
    measured: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            readable=True,
            help="Labelled texts for measuring (JSON lines); nothing of guidance/ may resemble one.",
        ),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Note today's counts; they may not fall from then on.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Check what people say in guidance/: mistakes, counts, repetitions, and labels that style gives away."""
    from pipeline import corpus

    known = guidance.load(FOLDER)
    lexicon.load(FOLDER / "lexicon")
    found = corpus.examine(known, _counts(), _measured_texts(measured or MEASURED))
    if as_json:
        print(display.jsonable({key: value for key, value in asdict(found).items() if key != "problems"}))
    else:
        _show_corpus(known, found)
    if accept and found.problems:
        say(f"{COUNTS} is left as it is, because there are problems")
    elif accept:
        (FOLDER / COUNTS).write_text(json.dumps(found.totals, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        say(f"{COUNTS} holds today's counts")
    for problem in found.problems:
        say(problem)
    return int(bool(found.problems))


def _show_corpus(known: Guidance, found: "Corpus") -> None:
    from pipeline import corpus

    columns = ("category", "texts", *sorted({form for forms in found.forms.values() for form in forms}))
    rows = [
        {"category": name, "texts": count, **dict.fromkeys(columns[2:], 0), **found.forms[name]}
        for name, count in sorted(found.totals.items(), key=lambda item: -item[1])
    ]
    _show_rows(f"{len(known.texts)} texts about {len(known.in_force)} positions, by form", columns, rows, False)
    columns = ("category", *(f"{n} %" for n in corpus.LENGTHS))
    lengths = [dict(zip(columns, (n, *map(round, found.lengths[n])), strict=True)) for n in found.lengths]
    _show_rows("Characters, percentiles", columns, lengths, False)
    alike = ", ".join(
        f"{share:.0%} at {step}" for step, share in zip(corpus.LIKENESS_STEPS, found.likeness, strict=True)
    )
    print(f"Texts whose nearest other is at least so alike: {alike}")
    print("Told by style alone (AUC): " + ", ".join(f"{name} {auc:.3f}" for name, auc in found.leaks.items()))
    lacking = [sum(missing.values()) for missing in corpus.lacking(known).values() if missing]
    print(f"{len(lacking)} positions lack {sum(lacking)} texts of their floors")


def _counts() -> dict[str, int]:
    """The totals noted by `lint --accept`."""
    path = FOLDER / COUNTS
    if not path.is_file():
        say(f"{path}: not here, so lost texts are not noticed; `kolwatch guidance lint --accept` notes the counts")
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except msgspec.MsgspecError as error:
        raise GuidanceError(
            f"{path}: is no list of counts ({error}); bring back the last version, or delete it and say --accept"
        ) from error


def _measured_texts(path: Path) -> list[str]:
    if not path.is_file():
        say(f"{path}: not here, so likeness to texts used for measuring is not checked")
        return []
    try:
        with path.open("rb") as lines:
            return [jsonlines.read_text(number, line)[1] for number, line in enumerate(lines, 1)]
    except RecordError as error:
        raise GuidanceError(f"{path}: {error.detail}") from error


def _show_rows(title: str, columns: Sequence[str], rows: Sequence[Mapping[str, object]], as_json: bool) -> None:
    if as_json:
        for row in rows:
            print(display.jsonable(row))
    else:
        show(display.table(title, columns, ([row[column] for column in columns] for row in rows)))
