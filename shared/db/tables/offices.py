"""Who answers for a unit: chief representatives, heads and liaisons, the deputies who stand in, and every change."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_object, moment, new_id, recorded, reference


class Post(SQLModel, table=True):
    """首席代表, 负责人, 联络员 or 督查: a named person of a unit, with a log-in where there is one."""

    __tablename__ = "post"
    __table_args__ = (
        CheckConstraint("kind in ('chief','head','liaison','supervisor')", name="post_kind"),
        CheckConstraint("name <> ''", name="post_name"),
    )
    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    unit_code: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    account_id: UUID | None = reference("account.id", nullable=True)
    name: str
    phone: str = Field(default="", sa_column_kwargs={"server_default": ""})
    email: str = Field(default="", sa_column_kwargs={"server_default": ""})


class Deputy(SQLModel, table=True):
    """Somebody who acts for an absent colleague of the same unit, on inclusive dates."""

    __tablename__ = "deputy"
    __table_args__ = (
        CheckConstraint("account_id <> deputy_id", name="deputy_other"),
        CheckConstraint("to_on >= from_on", name="deputy_period"),
        Index("deputy_of", "tenant_id", "account_id", "from_on"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    unit_code: str
    account_id: UUID = reference("account.id")
    deputy_id: UUID = reference("account.id")
    from_on: date
    to_on: date
    reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    set_by: UUID = reference("account.id")
    created_at: datetime = recorded()


class OfficeChange(SQLModel, table=True):
    """A post or a deputyship as it was and as it is: empty before it was there, or after it ended. Only added to."""

    __tablename__ = "office_change"
    __table_args__ = (
        CheckConstraint("subject in ('post','deputy')", name="office_change_subject"),
        CheckConstraint("(subject = 'post') = (post <> '')", name="office_change_post"),
        CheckConstraint("before <> after", name="office_change_differs"),
        CheckConstraint("by_name <> ''", name="office_change_by"),
        Index("office_change_latest", "tenant_id", "recorded_at"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    unit_code: str
    subject: str
    post: str = Field(default="", sa_column_kwargs={"server_default": ""}, description="which post of the unit")
    before: dict[str, Any] = json_object()
    after: dict[str, Any] = json_object()
    by_id: UUID | None = reference("account.id", nullable=True)
    by_name: str
    at: datetime = moment()
    recorded_at: datetime = recorded()
