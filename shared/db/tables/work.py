"""Work between transactions: the outbox, documents to produce, cases for people, number series, the clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_object, moment, new_id, recorded, reference


class Outbox(SQLModel, table=True):
    """Work that a committed transaction asked for; the row lives on as the guard against doing it twice.

    ready (published_at null) → rung (published_at set) → claimed (lease) → done, or dead with a case for a person.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("task", "subject_id", "occasion"),
        Index(
            "outbox_ready",
            text("is_urgent desc"),
            "id",
            postgresql_where=text("published_at is null and done_at is null and dead_at is null"),
        ),
        Index("outbox_rung", "ring_again_at", postgresql_where=text("done_at is null and dead_at is null")),
    )
    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    tenant_id: str = Field(foreign_key="tenant.id")
    task: str
    queue: str
    subject_id: UUID
    occasion: str = Field(default="", sa_column_kwargs={"server_default": ""})
    is_urgent: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}, description="of a green case: rung first"
    )
    created_at: datetime = recorded()
    not_before: datetime = recorded()
    published_at: datetime | None = moment(nullable=True)
    ring_again_at: datetime | None = moment(nullable=True)
    rings: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    lease: UUID | None = Field(default=None)
    lease_until: datetime | None = moment(nullable=True)
    done_at: datetime | None = moment(nullable=True)
    dead_at: datetime | None = moment(nullable=True)
    problem: str = Field(default="", sa_column_kwargs={"server_default": ""})


class Document(SQLModel, table=True):
    """A PDF: its frozen view when asked for, its digest once made. Made once, the same bytes for ever."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "rendition"),
        UniqueConstraint("tenant_id", "verification_code"),
        Index("document_application", "application_id"),
        CheckConstraint("(ready_at is null) = (sha256 is null)", name="document_ready"),
        CheckConstraint(
            "application_id is not null or draft_id is not null "
            "or kind in ('day_close','month_close','transfers','export')",
            name="document_belongs",
        ),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID | None = reference("application.id", nullable=True)
    draft_id: UUID | None = reference("draft.id", nullable=True, index=True)
    kind: str
    subject_id: UUID
    rendition: int = 1
    title: str
    template_version: int
    view: dict[str, Any] = json_object()
    requested_at: datetime = moment()
    ready_at: datetime | None = moment(nullable=True)
    sha256: str | None = None
    size_bytes: int | None = None
    pages: int | None = None
    verification_code: str | None = None


class CaseItem(SQLModel, table=True):
    """Something that a person must look at, with the reason; what machines could not finish ends here."""

    __tablename__ = "case_item"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index("case_item_open", "tenant_id", "opened_at", postgresql_where=text("closed_at is null")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    kind: str
    key: str
    reason: str
    application_id: UUID | None = reference("application.id", nullable=True)
    data: dict[str, Any] = json_object()
    opened_at: datetime = recorded()
    closed_at: datetime | None = moment(nullable=True)
    closed_by: UUID | None = reference("account.id", nullable=True)
    resolution: str = ""


class NumberSeries(SQLModel, table=True):
    """The last number given out; taken inside the transaction that uses it, so a series has no gaps."""

    __tablename__ = "number_series"
    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    series: str = Field(primary_key=True)
    last: int = Field(sa_type=BigInteger)


class BusinessClock(SQLModel, table=True):
    """Set only in a demo: the business time at a real moment; without a row the business clock is the real one."""

    __tablename__ = "business_clock"
    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    set_at: datetime = recorded()
    shows: datetime = moment()
