"""Days and months that finance has closed, who opened them again, and money passed on to the accounts it belongs to."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_list, json_object, moment, new_id, raw, recorded, reference


class Period(SQLModel, table=True):
    """A closed day or month with the figures it was closed on; reopened by two people, closed again as a new row.

    The figures never change. `acts` is what was done to it since, in order; the finance unit's seal covers the row and
    the digest of its document.
    """

    __tablename__ = "period"
    __table_args__ = (
        CheckConstraint("kind in ('day','month')", name="period_kind"),
        CheckConstraint("last_on >= first_on and (kind = 'month' or first_on = last_on)", name="period_days"),
        CheckConstraint("state in ('closed','reopening','reopened')", name="period_state"),
        CheckConstraint("reopened_by is null or reopened_by <> reopening_asked_by", name="period_two_people"),
        CheckConstraint("state <> 'reopened' or reopened_by is not null", name="period_reopened"),
        CheckConstraint(
            "state = 'closed' or (reopening_asked_by is not null and reopening_reason <> '')", name="period_asked"
        ),
        UniqueConstraint("tenant_id", "number"),
        Index(
            "period_closed", "tenant_id", "kind", "first_on", unique=True, postgresql_where=text("state <> 'reopened'")
        ),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    kind: str
    first_on: date
    last_on: date
    state: str = Field(default="closed", sa_column_kwargs={"server_default": "closed"})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    number: str
    figures: dict[str, Any] = json_object()
    closed_by: UUID = reference("account.id")
    closed_at: datetime = moment()
    recorded_at: datetime = recorded()
    reopening_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    reopening_asked_by: UUID | None = reference("account.id", nullable=True)
    reopening_asked_at: datetime | None = moment(nullable=True)
    reopened_by: UUID | None = reference("account.id", nullable=True)
    reopened_at: datetime | None = moment(nullable=True)
    acts: list[Any] = json_list()
    document_sha256: str | None = None
    seal_key_id: str | None = None
    seal: bytes | None = raw(nullable=True)


class Transfer(SQLModel, table=True):
    """划拨: a day's money of one item passed on to whom it belongs, set down by one person, confirmed by another.

    What one person set down at once is one `batch` and is decided at once; the finance unit's seal covers the row.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("state in ('proposed','confirmed','declined')", name="transfer_state"),
        CheckConstraint("amount_fen > 0", name="transfer_amount"),
        CheckConstraint("account in ('treasury','agency')", name="transfer_account"),
        CheckConstraint("decided_by is null or decided_by <> made_by", name="transfer_two_people"),
        CheckConstraint("(state = 'proposed') = (decided_by is null)", name="transfer_decided"),
        CheckConstraint("state <> 'declined' or opinion <> ''", name="transfer_declined"),
        Index("transfer_batch", "batch_id"),
        Index(
            "transfer_once",
            "tenant_id",
            "day",
            "account",
            "item_code",
            unique=True,
            postgresql_where=text("state <> 'declined'"),
        ),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    batch_id: UUID
    number: str
    day: date
    account: str
    item_code: str
    amount_fen: int = Field(sa_type=BigInteger)
    state: str = Field(default="proposed", sa_column_kwargs={"server_default": "proposed"})
    made_by: UUID = reference("account.id")
    made_at: datetime = moment()
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    opinion: str = Field(default="", sa_column_kwargs={"server_default": ""})
    seal_key_id: str | None = None
    seal: bytes | None = raw(nullable=True)


class Export(SQLModel, table=True):
    """Rows of the books that somebody took out of the house as a file: who, what, of which days, how many; added only.

    The finance unit's seal covers the row, and of a PDF its digest.
    """

    __tablename__ = "export"
    __table_args__ = (
        CheckConstraint("form in ('csv','xlsx','pdf')", name="export_form"),
        CheckConstraint("last_on >= first_on", name="export_days"),
        CheckConstraint("rows >= 0", name="export_rows"),
        CheckConstraint("document_sha256 is null or form = 'pdf'", name="export_document"),
        Index("export_asked", "tenant_id", "asked_at"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    subject: str
    by: str = Field(default="", sa_column_kwargs={"server_default": ""}, description="what the rows are grouped by")
    state: str = Field(default="", sa_column_kwargs={"server_default": ""}, description="which bills, by status")
    form: str
    first_on: date
    last_on: date
    rows: int
    asked_by: UUID = reference("account.id")
    asked_at: datetime = moment()
    recorded_at: datetime = recorded()
    document_sha256: str | None = None
    seal_key_id: str | None = None
    seal: bytes | None = raw(nullable=True)
