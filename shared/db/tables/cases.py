"""An application and all that belongs to it: drafts, attachments, review tasks, fee lines, its audit trail."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_list, json_object, moment, new_id, raw, recorded, reference


class Draft(SQLModel, table=True):
    """What an applicant has typed so far, valid or not; kept until submitted or thrown away."""

    __tablename__ = "draft"
    __table_args__ = (Index("draft_account", "tenant_id", "account_id"),)
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    account_id: UUID = reference("account.id")
    data: dict[str, Any] = json_object()
    created_at: datetime = recorded()
    updated_at: datetime = recorded()
    submitted_as: UUID | None = Field(default=None)


class Application(SQLModel, table=True):
    """One application (办件); its row is the turnstile of the fan-in."""

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("id", "area_code", name="application_area"),
        CheckConstraint(
            "status in ('in_review','objected','billed','completed','withdrawn','refused','not_accepted')",
            name="application_status",
        ),
        CheckConstraint("lane in ('ordinary','green')", name="application_lane"),
        CheckConstraint("bill_waits_for in ('reviews_and_lines','lines')", name="application_bill_waits_for"),
        Index("application_applicant", "tenant_id", "applicant_id", "area_code"),
        Index(
            "application_open",
            "tenant_id",
            "due_on",
            postgresql_where=text("status in ('in_review','objected','billed')"),
        ),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    number: str
    area_code: str
    status: str = "in_review"
    version: int = 1
    applicant_id: UUID = reference("account.id")
    project_code: str
    project_name: str
    site: str = ""
    developer_name: str
    developer_uscc: str
    contractor_name: str = ""
    contractor_uscc: str = ""
    facts: dict[str, Any] = json_object()
    bill_waits_for: str = "reviews_and_lines"
    situations: list[str] = json_list()
    lane: str = Field(default="ordinary", sa_column_kwargs={"server_default": "ordinary"})
    reopened: int = Field(
        default=0,
        sa_column_kwargs={"server_default": "0"},
        description="how often decided reviews were opened again; names the wish for the bill",
    )
    accepted_on: date
    accepted_at: datetime = moment()
    due_on: date
    near_on: date | None = Field(default=None, description="from this day the light is amber")
    is_paused: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    closed_at: datetime | None = moment(nullable=True)
    created_at: datetime = recorded()
    audit_seq: int = Field(default=0, description="events so far; written under this row's lock only")
    audit_hash: bytes = raw()


class Submission(SQLModel, table=True):
    """An idempotency key and what it led to: same key, same answer, for ever."""

    __tablename__ = "submission"
    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    key: str = Field(primary_key=True)
    body_digest: bytes = raw()
    application_id: UUID
    created_at: datetime = recorded()


class Attachment(SQLModel, table=True):
    """A paper as the applicant named it; its bytes are stored once under their SHA-256."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("attachment_application", "application_id"),
        Index("attachment_draft", "draft_id"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    account_id: UUID = reference("account.id")
    draft_id: UUID | None = reference("draft.id", nullable=True)
    application_id: UUID | None = reference("application.id", nullable=True)
    material_code: str = ""
    file_name: str
    media_type: str
    size_bytes: int = Field(sa_type=BigInteger)
    sha256: str
    origin: str = Field(default="applicant", sa_column_kwargs={"server_default": "applicant"})
    replaced_by: UUID | None = reference("attachment.id", nullable=True)
    created_at: datetime = recorded()


class ReviewTask(SQLModel, table=True):
    """One matter of one application on one unit's desk."""

    __tablename__ = "review_task"
    __table_args__ = (
        UniqueConstraint("application_id", "matter_code"),
        ForeignKeyConstraint(
            ["application_id", "area_code"], ["application.id", "application.area_code"], name="review_task_area"
        ),
        CheckConstraint(
            "status in ('waiting','open','taken','checking','forwarded','approved','objected','cancelled')",
            name="review_task_status",
        ),
        CheckConstraint("kind in ('ordinary','special','simple','instant')", name="review_task_kind"),
        CheckConstraint("mode in ('single','two_person')", name="review_task_mode"),
        CheckConstraint("status <> 'objected' or opinion <> ''", name="review_task_reason"),
        CheckConstraint("checker_id is null or checker_id <> officer_id", name="review_task_two_people"),
        CheckConstraint(
            "status <> 'checking' or (first_verdict is not null and officer_id is not null)", name="review_task_first"
        ),
        CheckConstraint(
            "not is_by_default or (status = 'approved' and officer_id is null)", name="review_task_default"
        ),
        Index(
            "review_task_inbox",
            "tenant_id",
            "unit_code",
            text("queue_place(status, is_paused)"),
            "lane",
            "due_on",
            postgresql_include=["application_id", "area_code", "status", "is_paused", "officer_id", "near_on"],
        ),
        Index("review_task_mine", "officer_id", postgresql_where=text("status in ('taken','forwarded')")),
        Index("review_task_checking", "tenant_id", "unit_code", postgresql_where=text("status = 'checking'")),
        Index(
            "review_task_done",
            "tenant_id",
            "unit_code",
            "decided_at",
            postgresql_where=text("status in ('approved','objected')"),
        ),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    area_code: str = Field(description="its application's, so that queues are kept apart without looking there")
    matter_code: str
    matter_name: str
    seq: int
    unit_code: str
    kind: str = Field(default="ordinary", sa_column_kwargs={"server_default": "ordinary"})
    mode: str = Field(default="single", sa_column_kwargs={"server_default": "single"})
    step_code: str | None = Field(default=None, description="tasks of one step are decided in one act")
    lane: str = Field(default="ordinary", sa_column_kwargs={"server_default": "ordinary"})
    status: str = "open"
    round: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    version: int = 1
    due_on: date = Field(description="the clock's due date, or the planned one while the clock has not started")
    near_on: date | None = Field(default=None, description="from this day the light is amber")
    is_paused: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    officer_id: UUID | None = reference("account.id", nullable=True)
    on_behalf_of: UUID | None = reference("account.id", nullable=True)
    taken_at: datetime | None = moment(nullable=True)
    first_opinion: str = Field(default="", sa_column_kwargs={"server_default": ""})
    first_verdict: str | None = Field(default=None, description="what the officer proposed to the checker")
    first_decided_at: datetime | None = moment(nullable=True)
    proposal: dict[str, Any] = json_object()
    checker_id: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    opinion: str = ""
    way: str = Field(
        default="", sa_column_kwargs={"server_default": ""}, description="an objection's way to approval (怎样才能办)"
    )
    is_by_default: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    worksheet: dict[str, Any] = json_object()


class FeeLine(SQLModel, table=True):
    """One item of the catalogue for one application: what it costs, computed how, by which version, sealed by whom.

    `refused_claims` are reductions by code that the unit has looked at and not accepted, with the reason.
    """

    __tablename__ = "fee_line"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_code"], ["fee_item.tenant_id", "fee_item.code"], name="fee_line_item"),
        UniqueConstraint("application_id", "item_code"),
        CheckConstraint("state in ('pending','assessed','final')", name="fee_line_state"),
        CheckConstraint(
            "state = 'pending' or payable_fen = gross_fen - reduction_fen - subsidy_fen", name="fee_line_adds_up"
        ),
        CheckConstraint("state <> 'final' or seal is not null", name="fee_line_sealed"),
        Index("fee_line_open", "tenant_id", "unit_code", postgresql_where=text("state <> 'final'")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    item_code: str
    seq: int
    unit_code: str
    state: str = "pending"
    confirm_required: bool = False
    version: int = 1
    status: str | None = None
    tariff_version: str | None = None
    gross_fen: int = Field(default=0, sa_type=BigInteger)
    reduction_fen: int = Field(default=0, sa_type=BigInteger)
    subsidy_fen: int = Field(default=0, sa_type=BigInteger)
    payable_fen: int = Field(default=0, sa_type=BigInteger)
    payer: str | None = None
    line: dict[str, Any] = json_object()
    assessed_at: datetime | None = moment(nullable=True)
    refused_claims: dict[str, Any] = json_object()
    confirmed_by: UUID | None = reference("account.id", nullable=True)
    confirmed_at: datetime | None = moment(nullable=True)
    seal_key_id: str | None = None
    seal: bytes | None = raw(nullable=True)


class AuditEvent(SQLModel, table=True):
    """One act on one application; append-only, each event holds the hash of the one before it."""

    __tablename__ = "audit_event"
    __table_args__ = (UniqueConstraint("application_id", "seq"),)
    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    seq: int
    at: datetime = moment()
    recorded_at: datetime = recorded()
    verb: str
    actor_id: UUID | None = Field(default=None)
    actor_name: str = ""
    unit_code: str | None = None
    data: dict[str, Any] = json_object()
    previous_hash: bytes = raw()
    hash: bytes = raw()
    seal_key_id: str | None = None
    seal: bytes | None = raw(nullable=True)


__all__ = ["Application", "Attachment", "AuditEvent", "Draft", "FeeLine", "ReviewTask", "Submission", "json_list"]
