"""How the review console is started and where it listens."""

import sys
from contextlib import suppress
from socket import create_connection

from pipeline.errors import ServiceError
from pipeline.local import state
from pipeline.settings import Settings

PATIENCE = 0.5


def command() -> list[str]:
    return [sys.executable, "-P", "-m", "pipeline.console"]


def port(settings: Settings) -> int:
    """The configured port, else a free one that is kept. Raises ServiceError where the configured one is taken."""
    chosen = settings.console.port
    if chosen and not state.is_free(chosen):
        raise ServiceError(f"port {chosen} is in use; stop what uses it, or name another in [console] port")
    return chosen or state.port(settings.home / "console" / "port")


def address(settings: Settings, port: int) -> str:
    host = settings.console.host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def answers(settings: Settings, port: int) -> bool:
    """Whether somebody listens there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.console.host, settings.console.host)  # noqa: S104
    with suppress(OSError), create_connection((host, port), PATIENCE):
        return True
    return False
