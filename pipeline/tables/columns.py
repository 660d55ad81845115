"""What the tables are made of."""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Identity, MetaData

METADATA = MetaData()
MOMENT = DateTime(timezone=True)


def key(name: str) -> Column[int]:
    return Column(name, BigInteger, Identity(always=True), primary_key=True)


def needed(name: str, kind: Any, *more: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, *more, nullable=False, **options)


def columns(names: str, kind: Any) -> list[Column[Any]]:
    """Several columns of one kind, for views."""
    return [Column(name, kind) for name in names.split()]
