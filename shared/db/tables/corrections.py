"""补正: what departments ask for, merged into one numbered notice; answered item by item."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_object, moment, new_id, reference


class CorrectionNotice(SQLModel, table=True):
    """One round of corrections: collecting until its window closes, then sent once under a number, then answered."""

    __tablename__ = "correction_notice"
    __table_args__ = (
        UniqueConstraint("application_id", "seq"),
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("state in ('collecting','sent','answered','cancelled')", name="correction_notice_state"),
        CheckConstraint("state = 'collecting' or state = 'cancelled' or number is not null", name="correction_number"),
        Index(
            "correction_notice_open",
            "application_id",
            unique=True,
            postgresql_where=text("state in ('collecting','sent')"),
        ),
        Index("correction_notice_window", "tenant_id", "window_until", postgresql_where=text("state = 'collecting'")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    seq: int
    number: str | None = None
    state: str = Field(default="collecting", sa_column_kwargs={"server_default": "collecting"})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    opened_at: datetime = moment()
    window_until: date
    sent_at: datetime | None = moment(nullable=True)
    sent_on: date | None = None
    reply_due_on: date | None = None
    answered_at: datetime | None = moment(nullable=True)


class CorrectionItem(SQLModel, table=True):
    """One thing one department asks for; `target` is a material, a fact, or the subject of a statement in words.

    `typed` is the answer so far, valid or not; what it came to when it was handed in stands in the columns after it.
    """

    __tablename__ = "correction_item"
    __table_args__ = (
        UniqueConstraint("notice_id", "task_id", "kind", "target"),
        CheckConstraint("kind in ('paper','fact','statement')", name="correction_item_kind"),
        CheckConstraint("state in ('asked','answered','withdrawn')", name="correction_item_state"),
        CheckConstraint("reason <> '' and clause <> ''", name="correction_item_reason"),
        CheckConstraint("kind = 'statement' or target <> ''", name="correction_item_target"),
        Index("correction_item_application", "application_id"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    notice_id: UUID = reference("correction_notice.id")
    task_id: UUID = reference("review_task.id", index=True)
    seq: int
    unit_code: str
    matter_code: str
    kind: str
    target: str = Field(default="", sa_column_kwargs={"server_default": ""})
    reason: str
    clause: str
    wanted: str = Field(default="", sa_column_kwargs={"server_default": ""}, description="what to do about it")
    state: str = Field(default="asked", sa_column_kwargs={"server_default": "asked"})
    asked_by: UUID = reference("account.id")
    asked_at: datetime = moment()
    old_value: str = Field(default="", sa_column_kwargs={"server_default": ""}, description="a fact, as JSON")
    typed: dict[str, Any] = json_object()
    new_value: str = Field(
        default="", sa_column_kwargs={"server_default": ""}, description="a fact, as JSON, or the words of a statement"
    )
    explanation: str = Field(
        default="", sa_column_kwargs={"server_default": ""}, description="why a paper or fact stays as it is"
    )
    attachment_id: UUID | None = reference("attachment.id", nullable=True)
    answered_at: datetime | None = moment(nullable=True)
