"""The few column shapes that every table shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import DateTime, LargeBinary, Table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field, SQLModel


def new_id() -> Any:
    """A primary key nobody can guess (122 random bits), made by the caller or by the default."""
    return Field(default_factory=uuid4, primary_key=True, sa_type=PG_UUID(as_uuid=True))


def reference(to: str, *, nullable: bool = False, index: bool = False) -> Any:
    """A foreign key to a row with a UUID."""
    if nullable:
        return Field(default=None, foreign_key=to, nullable=True, index=index)
    return Field(foreign_key=to, nullable=False, index=index)


def moment(*, nullable: bool = False) -> Any:
    """An aware point in time."""
    if nullable:
        return Field(default=None, sa_type=DateTime(timezone=True), nullable=True)
    return Field(sa_type=DateTime(timezone=True), nullable=False)


def recorded() -> Any:
    """When the database really wrote the row; never the business clock."""
    return Field(
        default=None,
        sa_type=DateTime(timezone=True),
        nullable=False,
        sa_column_kwargs={"server_default": text("now()")},
    )


def json_object() -> Any:
    """A JSON object; exact decimals stand in it as strings."""
    return Field(
        default_factory=dict, sa_type=JSONB, nullable=False, sa_column_kwargs={"server_default": text("'{}'::jsonb")}
    )


def json_list() -> Any:
    """A JSON array."""
    return Field(
        default_factory=list, sa_type=JSONB, nullable=False, sa_column_kwargs={"server_default": text("'[]'::jsonb")}
    )


def raw(*, nullable: bool = False) -> Any:
    """Bytes as they came, or a digest or signature."""
    if nullable:
        return Field(default=None, sa_type=LargeBinary, nullable=True)
    return Field(sa_type=LargeBinary, nullable=False)


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model, for set-wise statements."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


__all__ = ["UUID", "datetime", "json_list", "json_object", "moment", "new_id", "raw", "recorded", "reference", "table"]
