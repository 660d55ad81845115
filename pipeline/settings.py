"""Environment and kolwatch.toml → one frozen Settings. Nothing else reads either.

Environment: KOLWATCH_CONFIG (the file, default ./kolwatch.toml), KOLWATCH_HOME (state of the embedded default,
default ./.kolwatch), KOLWATCH_DATABASE_URL (a server of your own; default: the embedded PostgreSQL), KOLWATCH_HASH_KEY
(makes the pseudonyms of private authors; default: one made once under KOLWATCH_HOME). Secrets come from the environment
only. For the embedded PostgreSQL: KOLWATCH_PG_BIN (the folder of other binaries than those of
the package), KOLWATCH_PG_PORT (default: a free one).
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pipeline.decisions import Role
from pipeline.errors import ConfigError
from pipeline.records import Platform, Severity
from pipeline.sections import NotNegative, Positive, Section
from pipeline.source_settings import SourceSettings

PROJECT = Path(__file__).parents[1]
"""Where guidance/, models/, sql/ and dags/ are."""
SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
"""A secret in a source's table: `${WEIBO_TOKEN}` is that variable of the environment."""
SHORTEST_HASH_KEY = 32
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
EDGE = {
    "root": "KOLWATCH_CONFIG",
    "config_file": "KOLWATCH_CONFIG",
    "home": "KOLWATCH_HOME",
    "database_url": "KOLWATCH_DATABASE_URL",
    "hash_key": "KOLWATCH_HASH_KEY",
    "pg_bin": "KOLWATCH_PG_BIN",
    "pg_port": "KOLWATCH_PG_PORT",
}


class ScopeSettings(Section, frozen=True):
    watchlist: str = ""
    """CSV of accounts (platform, account_id, name, follower_count, observed_at, note), relative to the file."""
    follower_floor: NotNegative = 300
    follower_floor_by_platform: dict[str, NotNegative] = msgspec.field(default_factory=dict)
    topics: tuple[str, ...] = ()
    """Topics of guidance/ whose positions are watched, such as `vaccine-safety`; empty: all."""
    keywords: tuple[Annotated[str, msgspec.Meta(min_length=1)], ...] = ()
    """Health words of your own, beside the lexicon's: a post that holds one is collected and judged."""
    min_characters: NotNegative = 15
    """A post with media and less text than this is counted as `text_too_short_to_judge`."""


class JudgeSettings(Section, frozen=True):
    model: str = "judge"
    """Folder under models/, or a path."""
    batch_size: Positive = 512
    shards: Positive = 2
    window_days: NotNegative = 3
    """A new judge version re-judges the texts of this many days by itself; older ones by `kolwatch rejudge`."""


class ReportSettings(Section, frozen=True):
    daily_budget: Positive = 300
    """Rows of a day's table, by priority; the rest is counted as below capacity and stays reachable."""
    max_quarantine_share: float = 0.01
    flag_unconfirmed: bool = False
    """Flag also against positions whose page nobody has confirmed yet (states C and K without verified_by)."""
    schedule: str = "30 0 * * *"


class RetentionSettings(Section, frozen=True):
    days: NotNegative = 400
    """What is older and was never flagged is deleted when a day is closed; 0 keeps everything."""


class PrivacySettings(Section, frozen=True):
    hash_authors: tuple[Platform, ...] = (Platform.QZONE,)
    """Platforms whose authors are kept under a keyed hash of their id, but for those on the watchlist."""


class ReviewSettings(Section, frozen=True):
    lease_minutes: Positive = 10
    """How long a flag from the queue is a reviewer's own; renewed while its page is in use."""
    undo_seconds: NotNegative = 60
    second_share: Share = 0.1
    """Of the flags, by their ids, that another person decides on too, without seeing the first decision."""
    second_severities: tuple[Severity, ...] = (Severity.S4,)
    """Of these, all are decided on twice."""
    golden_share: Share = 0.02
    """Of the turns at the queue that show a flag whose right outcome is known, while there are such."""


class OidcSettings(Section, frozen=True):
    issuer: str
    """The address whose /.well-known/openid-configuration says the rest."""
    client_id: str
    client_secret: str
    """`${NAME}`: a variable of the environment."""
    name_claim: str = "preferred_username"
    role_claim: str = "groups"
    roles: dict[str, Role] = msgspec.field(default_factory=dict)
    """What each value of `role_claim` makes of a user; who has several is the first of these."""


class ConsoleSettings(Section, frozen=True):
    host: str = "127.0.0.1"
    """The address it listens at; behind a proxy with TLS this one is enough."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0
    """0: a free one, kept from then on."""
    session_hours: Positive = 12
    """How long a sign-in lasts."""
    airflow: Annotated[str, msgspec.Meta(pattern=r"^(https?://\S+)?$")] = ""
    """Address of Airflow's pages, for links; empty: those of `kolwatch up`."""
    oidc: OidcSettings | None = None
    """OpenID Connect; without it, people sign in with a password."""


class NotifySettings(Section, frozen=True):
    webhook_connection: str = ""
    """Airflow connection id of a webhook; empty: log only."""
    email_to: tuple[str, ...] = ()


class Settings(Section, frozen=True):
    timezone: str = "Asia/Shanghai"
    scope: ScopeSettings = ScopeSettings()
    source: dict[str, SourceSettings] = msgspec.field(default_factory=dict)
    judge: JudgeSettings = JudgeSettings()
    report: ReportSettings = ReportSettings()
    retention: RetentionSettings = RetentionSettings()
    privacy: PrivacySettings = PrivacySettings()
    notify: NotifySettings = NotifySettings()
    review: ReviewSettings = ReviewSettings()
    console: ConsoleSettings = ConsoleSettings()
    root: Path = Path()
    home: Path = Path(".kolwatch")
    config_file: Path = Path("kolwatch.toml")
    database_url: str = ""
    hash_key: str = ""
    pg_bin: str = ""
    pg_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def model_folder(self) -> Path:
        """The judge's folder: a name under models/, or a path of the file."""
        named = PROJECT / "models" / self.judge.model
        return named if named.is_dir() else self.resolve(self.judge.model)

    def resolve(self, path: str) -> Path:
        """A path of the file, relative to the file's folder."""
        return self.root / path


def load(environ: dict[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises ConfigError naming file, table and key.
    """
    env = dict(os.environ) if environ is None else environ
    path = Path(env.get("KOLWATCH_CONFIG", "kolwatch.toml")).absolute()
    edge = {
        "root": path.parent,
        "home": Path(env.get("KOLWATCH_HOME", path.parent / ".kolwatch")).absolute(),
        "database_url": env.get("KOLWATCH_DATABASE_URL", ""),
        "hash_key": _hash_key(env.get("KOLWATCH_HASH_KEY", "")),
        "pg_bin": env.get("KOLWATCH_PG_BIN", ""),
        "pg_port": _port(env.get("KOLWATCH_PG_PORT", "")),
        "config_file": path,
    }
    settings = _convert(_read(path), path)
    _check(settings, path)
    return msgspec.structs.replace(settings, **edge)


def _hash_key(text: str) -> str:
    if text and len(text) < SHORTEST_HASH_KEY:
        raise ConfigError(
            f"KOLWATCH_HASH_KEY has {len(text)} characters; give it at least {SHORTEST_HASH_KEY}, at random"
        )
    return text


def inherited() -> dict[str, str]:
    """The environment that child processes start from."""
    return dict(os.environ)


def _port(text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch("[0-9]{4,5}", text) or not 1024 <= int(text) <= 65535:
        raise ConfigError(f"KOLWATCH_PG_PORT={text!r} is not a port from 1024 to 65535")
    return int(text)


def source(settings: Settings, name: str, environ: Mapping[str, str] | None = None) -> SourceSettings:
    """The table [source.`name`], with every `${NAME}` in it replaced by that variable of the environment.

    Raises ConfigError naming the sources there are, or the variable that is not set.
    """
    if name not in settings.source:
        known = ", ".join(settings.source) or "none"
        raise ConfigError(f"kolwatch.toml has no [source.{name}]; its sources are: {known}")
    env = os.environ if environ is None else environ
    table = _filled_in(msgspec.to_builtins(settings.source[name]), env, f"[source.{name}]")
    try:
        return msgspec.convert(table, SourceSettings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"[source.{name}], with its variables filled in: {error}") from None


def oidc(settings: Settings, environ: Mapping[str, str] | None = None) -> OidcSettings | None:
    """The table [console.oidc] with its secret, where there is one. Raises ConfigError as `source` does."""
    if settings.console.oidc is None:
        return None
    env = os.environ if environ is None else environ
    table = msgspec.to_builtins(settings.console.oidc)
    return msgspec.convert(_filled_in(table, env, "[console.oidc]"), OidcSettings)


def _filled_in(value: object, env: Mapping[str, str], where: str) -> object:
    if isinstance(value, dict):
        return {key: _filled_in(inner, env, f"{where} {key}") for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_filled_in(inner, env, where) for inner in value]
    return VARIABLE.sub(lambda found: _variable(found[1], env, where), value) if isinstance(value, str) else value


def _variable(name: str, env: Mapping[str, str], where: str) -> str:
    if name not in env:
        raise ConfigError(f"{where}: the environment has no {name}; set it for every process that needs it")
    return env[name]


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; run from the project's folder or set KOLWATCH_CONFIG") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder; KOLWATCH_CONFIG names the file in it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def _convert(data: dict[str, object], path: Path) -> Settings:
    for key in sorted(EDGE.keys() & data.keys()):
        raise ConfigError(f"{path}: `{key}` is set by the environment ({EDGE[key]}), not in this file")
    try:
        return msgspec.convert(data, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_fault_of_source(data) or error}") from error


def _fault_of_source(data: dict[str, object]) -> str:
    """What is wrong with a source's table, by the source's name, which msgspec leaves out; empty: nothing."""
    tables = data.get("source")
    for name, table in tables.items() if isinstance(tables, dict) else ():
        try:
            msgspec.convert(table, SourceSettings)
        except msgspec.ValidationError as error:
            return f"[source.{name}]: {error}"
    return ""


def _check(settings: Settings, path: Path) -> None:
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        message = f"{path}: timezone = {settings.timezone!r} is not an IANA zone such as Asia/Shanghai"
        raise ConfigError(message) from None
    for platform in settings.scope.follower_floor_by_platform:
        if platform not in list(Platform):
            known = ", ".join(Platform)
            raise ConfigError(f"{path}: [scope.follower_floor_by_platform]: {platform!r} is none of {known}")
    for name in settings.source:
        if not SOURCE_NAME.fullmatch(name):
            raise ConfigError(f"{path}: [source.{name}]: a source's name is lower-case letters, digits and _")
