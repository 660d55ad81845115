"""Commands of the review console: run it, and say who may use it."""

import secrets
from typing import Annotated

import typer

from pipeline import db, display, steps, users
from pipeline.cli.shared import AsJson, configured_site, fail_clearly, say, show
from pipeline.decisions import AuditAction, Role, User
from pipeline.site import Site

OPERATOR = User(name="command line", role=Role.ADMIN)

app = typer.Typer()
users_app = typer.Typer(no_args_is_help=True, help="Who may use the review console.")


@app.command()
@fail_clearly
def serve() -> None:
    """Run the review console until Ctrl-C; `kolwatch up` starts it too."""
    from pipeline.console import server
    from pipeline.local import console

    with configured_site() as site:
        steps.migrate(site)
        tell_first_admin(site)
        port = console.port(site.settings)
        say(f"the review console is at {console.address(site.settings, port)}; Ctrl-C stops it")
        server.serve(site, port)


def tell_first_admin(site: Site) -> None:
    """Make the first user, where there is none, and show the password this once."""
    with db.transaction(site.engine) as connection:
        password = users.first_admin(connection)
    if password:
        say(f"the review console's first user is admin, with the password {password} (it is shown only now)")


@users_app.command(name="list")
@fail_clearly
def list_users(as_json: AsJson = False) -> None:
    """Show who may use the console, and as what."""
    with configured_site() as site, db.transaction(site.engine) as connection:
        rows = users.all_users(connection)
    if as_json:
        for row in rows:
            print(display.jsonable(row))
    else:
        cells = ((r["name"], r["role"], "disabled" if r["is_disabled"] else "", r["made_at"].date()) for r in rows)
        show(display.table("Users", ("name", "role", "state", "since"), cells))


@users_app.command()
@fail_clearly
def add(
    name: Annotated[str, typer.Argument(help="Letters, digits and . _ @ -")],
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.REVIEWER,
) -> None:
    """Add a user, and print the password, which is shown only now."""
    password = secrets.token_urlsafe(12)
    with configured_site() as site, db.transaction(site.engine) as connection:
        users.add(connection, name, role, password)
        users.note(connection, OPERATOR, AuditAction.MANAGE, name, added_as=role.value)
    print(password)


@users_app.command()
@fail_clearly
def change(
    name: str,
    role: Annotated[Role | None, typer.Option(help="Another role.")] = None,
    new_password: Annotated[bool, typer.Option("--new-password", help="Print a new password.")] = False,
    is_disabled: Annotated[bool | None, typer.Option("--disable/--enable", help="Shut out, or let in again.")] = None,
) -> None:
    """Change a user, whose sessions end."""
    password = secrets.token_urlsafe(12) if new_password else None
    with configured_site() as site, db.transaction(site.engine) as connection:
        users.change(connection, name, role=role, password=password, is_disabled=is_disabled)
        detail = {"role": role, "password": new_password, "is_disabled": is_disabled}
        users.note(connection, OPERATOR, AuditAction.MANAGE, name, **detail)
    if password:
        print(password)
