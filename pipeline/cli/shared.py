"""What the commands have in common: errors as messages, the configured site, and how a table is shown."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import wraps
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console

from pipeline import settings
from pipeline.errors import PipelineError, with_advice
from pipeline.site import Site

P = ParamSpec("P")
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="A local day such as 2026-11-20.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")]


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def now() -> datetime:
    """The edge knows the clock; what it calls is told."""
    return datetime.now(settings.load().zone)  # noqa: TID251 - the edge


def today() -> date:
    """The day it is in the configured time zone."""
    return now().date()


def begun(on: datetime, option: str) -> date:
    """A day that is not to come, in the configured time zone."""
    if on.date() > today():
        zone = settings.load().timezone
        raise typer.BadParameter(f"{option} {on.date()} is still to come; in {zone} it is {today()}")
    return on.date()


def fail_clearly(command: Callable[P, int | None]) -> Callable[P, None]:
    """Turn our errors and those of the system into a message and status 1, and a returned number into the status."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            status = command(*args, **kwargs)
        except PipelineError as error:
            say(f"kolwatch: {error}")
            raise typer.Exit(1) from error
        except BrokenPipeError:
            sys.stdout = None  # the reader has gone; there is nobody to tell
            raise typer.Exit(1) from None
        except OSError as error:
            say(f"kolwatch: {_told(error)}")
            raise typer.Exit(1) from error
        if status:
            raise typer.Exit(status)

    return run


def _told(error: OSError) -> str:
    """What the system says of what, and what can be done."""
    reason = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename else ""
    return with_advice(f"{where}{reason}", error)


@contextmanager
def configured_site() -> Iterator[Site]:
    """The configured site; with the embedded database, the server runs as long as this lasts."""
    from pipeline.local import postgres

    with postgres.serving(settings.load()) as ready:
        site = Site(ready)
        try:
            yield site
        finally:
            site.engine.dispose()


def show(found: Any) -> None:
    """Print a rich table; wide enough for its claims where the output is no terminal."""
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(found)
