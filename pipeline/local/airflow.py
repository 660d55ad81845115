"""The environment of Airflow's processes: one machine, one database, nothing to ask the user."""

import base64
import secrets
import sys
from pathlib import Path

import msgspec

from pipeline.local import state
from pipeline.settings import PROJECT, Settings

DAGS = "dags"
FIRST = {"api-server": ("api-server",), "dag-processor": ("dag-processor",)}
THEN = {"scheduler": ("scheduler", "--skip-serve-logs")}
"""The scheduler starts tasks at once, which fail without the API server; its log server would listen to the world."""
PRELOAD = """# Written at each start: tasks are forked from the scheduler and need not import what it has imported.
import pipeline.steps  # noqa: F401
"""


class Keys(msgspec.Struct, frozen=True):
    """What Airflow's processes must agree on and nobody else may know; made once a home."""

    fernet: str
    jwt: str
    session: str
    password: str
    """Of the user `admin`."""


def keys(home: Path) -> Keys:
    path = home / "airflow" / "keys.json"
    found = state.recall(path, Keys)
    if found is None:
        found = Keys(
            fernet=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            jwt=secrets.token_urlsafe(64),
            session=secrets.token_urlsafe(32),
            password=secrets.token_urlsafe(12),
        )
        state.remember(path, found)
    state.remember(password_file(home), {"admin": found.password})
    return found


def password_file(home: Path) -> Path:
    return home / "airflow" / "passwords.json"


def write_preload(home: Path) -> None:
    """Where Airflow looks for code of the installation."""
    folder = home / "airflow" / "config"
    folder.mkdir(parents=True, exist_ok=True)
    state.write(folder / "airflow_local_settings.py", PRELOAD.encode())


def command(*arguments: str) -> list[str]:
    """Airflow's command line in the Python we run in."""
    return [sys.executable, "-m", "airflow", *arguments]


def environment(settings: Settings, database: str, port: int, keys: Keys) -> dict[str, str]:
    """All that Airflow and the tasks under it read from the environment, for this home.

    `database` is the address of Airflow's own database; that of kolwatch is in the settings.
    """
    return _airflow(settings, database, keys) | _api(port, keys) | _pace() | _kolwatch(settings)


def _airflow(settings: Settings, database: str, keys: Keys) -> dict[str, str]:
    home = settings.home / "airflow"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(_beside(settings, DAGS)),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(_beside(settings, "plugins")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__FERNET_KEY": keys.fernet,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file(settings.home)),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": database,
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",  # what the steps say belongs in the tasks' logs
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "airflow=WARNING http.access=WARNING",
        "AIRFLOW__LOGGING__UVICORN_LOGGING_LEVEL": "WARNING",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _api(port: int, keys: Keys) -> dict[str, str]:
    address = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": keys.session,
        "AIRFLOW__API_AUTH__JWT_SECRET": keys.jwt,
    }


def _pace() -> dict[str, str]:
    """Files are looked at every few seconds, and a task whose process was killed is noticed within a minute."""
    return {
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__PRINT_STATS_INTERVAL": "0",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
    }


def _kolwatch(settings: Settings) -> dict[str, str]:
    return {
        "KOLWATCH_CONFIG": str(settings.config_file),
        "KOLWATCH_HOME": str(settings.home),
        "KOLWATCH_DATABASE_URL": settings.database_url,
    }


def _beside(settings: Settings, name: str) -> Path:
    """The folder beside the configuration if it has one, else the one of this checkout."""
    own = settings.root / name
    return own if own.is_dir() else PROJECT / name
