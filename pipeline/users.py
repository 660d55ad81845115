"""Writes who may use the console, their sessions, and what they looked at.

Every function works inside the caller's transaction. Passwords are kept as argon2 hashes, session cookies as SHA-256.
"""

import re
import secrets
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from threading import BoundedSemaphore
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from psycopg.types.json import Jsonb

from pipeline import db
from pipeline.decisions import AuditAction, Role, User
from pipeline.errors import UserError

NAME = re.compile(r"[\w.@-]{1,64}")
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 512
FAILURES_OF_NAME = 5
FAILURES_OF_ADDRESS = 30
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE = BoundedSemaphore(2)
"""Each hash takes 19 MiB; a crowd at the door must not take the server's memory."""

# ---- users --------------------------------------------------------------------------------------------


def add(connection: db.Connection, name: str, role: Role, password: str) -> None:
    """Raises UserError for a name that is taken or no name, or a password that is too short."""
    if not NAME.fullmatch(name):
        raise UserError(f"{name!r} is no user name: up to 64 letters, digits and . _ @ -")
    values = {"name": name, "role": role.value, "password_hash": hashed(password), "subject": None}
    if not db.run(connection, "users.add_user", **values).rowcount:
        raise UserError(f"there is a user {name!r} already; `kolwatch users list` shows them")


def first_admin(connection: db.Connection) -> str | None:
    """Make the user `admin` where there is no user at all; the password, which is shown this once."""
    db.run(connection, "users.lock_users")
    if db.one(connection, "users.count"):
        return None
    password = secrets.token_urlsafe(12)
    add(connection, "admin", Role.ADMIN, password)
    return password


def change(
    connection: db.Connection,
    name: str,
    *,
    role: Role | None = None,
    password: str | None = None,
    is_disabled: bool | None = None,
) -> None:
    """Change a user and end their sessions. Raises UserError where there is none of that name."""
    if db.run(connection, "users.user", name=name).fetchone() is None:
        raise UserError(f"there is no user {name!r}; `kolwatch users list` shows them")
    if role is not None:
        db.run(connection, "users.set_role", name=name, role=role.value)
    if password is not None:
        db.run(connection, "users.set_password", name=name, password_hash=hashed(password))
    if is_disabled is not None:
        db.run(connection, "users.set_disabled", name=name, is_disabled=is_disabled)
    db.run(connection, "users.end_sessions", name=name)


def all_users(connection: db.Connection) -> list[Mapping[str, Any]]:
    return list(db.run(connection, "users.all_users").fetchall())


def hashed(password: str) -> str:
    """The argon2 hash of a password. Raises UserError for one that is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UserError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    with _AT_ONCE:
        return _HASHER.hash(password)


@cache
def _nobody() -> str:
    """Checked for names that do not exist, so that they take as long as those that do."""
    return _HASHER.hash(secrets.token_urlsafe(32))


def _fits(password: str, password_hash: str | None) -> bool:
    with _AT_ONCE:
        try:
            return _HASHER.verify(password_hash or _nobody(), password[:LONGEST_PASSWORD]) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


# ---- signing in ---------------------------------------------------------------------------------------


def is_limited(connection: db.Connection, name: str, address: str) -> bool:
    """Whether there were too many failures of late under this name or from this address."""
    row = db.run(connection, "users.failures", name=name, address=address).fetchone() or {}
    return bool(row["of_name"] >= FAILURES_OF_NAME or row["of_address"] >= FAILURES_OF_ADDRESS)


def check_password(connection: db.Connection, name: str, password: str, address: str) -> User | None:
    """The user, if it is theirs; every attempt is noted."""
    row = db.run(connection, "users.user", name=name).fetchone()
    fits = _fits(password, row["password_hash"] if row else None)
    is_let_in = bool(row and fits and not row["is_disabled"])
    db.run(connection, "users.note_attempt", name=name, address=address, succeeded=is_let_in)
    return _as_user(row) if row and is_let_in else None


def known_subject(connection: db.Connection, subject: str, name: str, role: Role) -> User | None:
    """The user who signed in elsewhere, added on their first visit; None where they are disabled here."""
    values = {"name": name, "role": role.value, "password_hash": None, "subject": subject}
    db.run(connection, "users.add_user", **values)
    row = db.run(connection, "users.user_of_subject", subject=subject).fetchone()
    if row is None:
        raise UserError(f"the name {name!r} is another user's here; ask an admin")
    if row["role"] != role.value:
        db.run(connection, "users.set_role", name=row["name"], role=role.value)
    return None if row["is_disabled"] else User(name=row["name"], role=role)


def start_session(connection: db.Connection, user: User, hours: int) -> str:
    """A new cookie for a user; sessions that have ended are forgotten on the way."""
    token = secrets.token_urlsafe(32)
    db.run(connection, "users.end_sessions", name="")
    db.run(connection, "users.forget_attempts")
    db.run(connection, "users.start_session", token_hash=_token_hash(token), name=user.name, hours=hours)
    note(connection, user, AuditAction.SIGN_IN, user.name)
    return token


def session_user(connection: db.Connection, token: str) -> User | None:
    """Whose cookie it is, with the role they have now."""
    row = db.run(connection, "users.user_of_session", token_hash=_token_hash(token)).fetchone()
    return _as_user(row) if row else None


def end_session(connection: db.Connection, token: str) -> None:
    db.run(connection, "users.end_session", token_hash=_token_hash(token))


def _token_hash(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _as_user(row: Mapping[str, Any]) -> User:
    return User(name=row["name"], role=Role(row["role"]), is_disabled=row["is_disabled"])


# ---- the audit log --------------------------------------------------------------------------------------


def note(connection: db.Connection, user: User, action: AuditAction, subject: str, **detail: object) -> None:
    """Keep that a user saw or took out personal data, such as `flag 13` or `day 2026-11-20`."""
    values = {"name": user.name, "action": action.value, "subject": subject, "detail": Jsonb(detail)}
    db.run(connection, "users.note", **values)
