"""Before and beside the reviews: notices at the door, commitments to bring a paper later, the green channel's card."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_list, moment, new_id, raw, reference


class IntakeNotice(SQLModel, table=True):
    """What the door answers in writing: accepted, told once what is missing, or not accepted.

    `basis` is a digest of what the answer rests on, `papers` are the materials that were there then. An answer on a
    draft has no application whose trail could hold it: it carries its unit's seal, and its document's digest, itself.
    """

    __tablename__ = "intake_notice"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("kind in ('accepted','one_time','not_accepted')", name="intake_notice_kind"),
        CheckConstraint("application_id is not null or draft_id is not null", name="intake_notice_belongs"),
        CheckConstraint("application_id is not null or seal is not null", name="intake_notice_sealed"),
        Index("intake_notice_account", "tenant_id", "account_id"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    account_id: UUID = reference("account.id")
    draft_id: UUID | None = reference("draft.id", nullable=True, index=True)
    application_id: UUID | None = reference("application.id", nullable=True, index=True)
    kind: str
    number: str
    addressee: str
    project_name: str
    items: list[Any] = json_list()
    basis: str = Field(default="", sa_column_kwargs={"server_default": ""})
    papers: list[Any] = json_list()
    reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    clause: str = Field(default="", sa_column_kwargs={"server_default": ""})
    go_to: str = Field(default="", sa_column_kwargs={"server_default": ""})
    issued_at: datetime = moment()
    issued_on: date
    due_on: date | None = None
    unit_code: str
    document_sha256: str | None = None
    seal_key_id: str | None = None
    seal: bytes | None = raw(nullable=True)


class Commitment(SQLModel, table=True):
    """告知承诺: a paper promised for later, and the check that follows when it is brought or fails to come."""

    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("application_id", "material_code"),
        CheckConstraint("state in ('promised','brought','fulfilled','failed')", name="commitment_state"),
        CheckConstraint("state not in ('brought','fulfilled') or attachment_id is not null", name="commitment_paper"),
        CheckConstraint("state <> 'failed' or opinion <> ''", name="commitment_reason"),
        Index("commitment_desk", "tenant_id", "unit_code", "due_on"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    material_code: str
    unit_code: str
    state: str = Field(default="promised", sa_column_kwargs={"server_default": "promised"})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    promised_at: datetime = moment()
    due_on: date
    attachment_id: UUID | None = reference("attachment.id", nullable=True)
    brought_at: datetime | None = moment(nullable=True)
    checked_by: UUID | None = reference("account.id", nullable=True)
    checked_at: datetime | None = moment(nullable=True)
    opinion: str = Field(default="", sa_column_kwargs={"server_default": ""})
    late_noted_on: date | None = Field(default=None, description="when the lead window learnt that it had not come")


class ServiceCard(SQLModel, table=True):
    """绿色通道服务卡: asked for, checked against the pack's criteria, granted or declined within its own promise."""

    __tablename__ = "service_card"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("state in ('asked','granted','declined','cancelled')", name="service_card_state"),
        CheckConstraint("(state = 'granted') = (number is not null)", name="service_card_number"),
        CheckConstraint("state <> 'declined' or reason <> ''", name="service_card_reason"),
        CheckConstraint("criterion <> ''", name="service_card_criterion"),
        Index("service_card_open", "tenant_id", "state"),
        Index("service_card_application", "application_id", "asked_at"),
        Index(
            "service_card_once",
            "application_id",
            unique=True,
            postgresql_where=text("state in ('asked','granted')"),
        ),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    number: str | None = None
    state: str = Field(default="asked", sa_column_kwargs={"server_default": "asked"})
    criterion: str
    document: str = Field(default="", sa_column_kwargs={"server_default": ""}, description="what proves the criterion")
    statement: str = Field(default="", sa_column_kwargs={"server_default": ""})
    asked_by: UUID = reference("account.id")
    asked_at: datetime = moment()
    due_on: date
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
