"""What happens to lines and bills: waivers by two people, area surveys, reminders, disputes."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_list, json_object, moment, new_id, reference


class Waiver(SQLModel, table=True):
    """A line's amount set by decision (缓免): asked for with a document, granted by another person, or declined.

    It lapses when the line comes to another amount than was waived: the decision was about that one.
    """

    __tablename__ = "waiver"
    __table_args__ = (
        CheckConstraint("state in ('asked','granted','declined','lapsed')", name="waiver_state"),
        CheckConstraint("reason <> '' and document <> ''", name="waiver_reason"),
        CheckConstraint("decided_by is null or decided_by <> asked_by", name="waiver_two_people"),
        CheckConstraint("state = 'asked' or decided_by is not null", name="waiver_decided"),
        CheckConstraint("state <> 'declined' or opinion <> ''", name="waiver_declined"),
        Index("waiver_application", "application_id"),
        Index("waiver_once", "fee_line_id", unique=True, postgresql_where=text("state in ('asked','granted')")),
        Index("waiver_open", "tenant_id", "unit_code", postgresql_where=text("state = 'asked'")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    fee_line_id: UUID = reference("fee_line.id")
    item_code: str
    unit_code: str
    state: str = Field(default="asked", sa_column_kwargs={"server_default": "asked"})
    reason: str
    document: str
    waived_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    asked_by: UUID = reference("account.id")
    asked_at: datetime = moment()
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    opinion: str = Field(default="", sa_column_kwargs={"server_default": ""})


class AreaSurvey(SQLModel, table=True):
    """面积实测结算 at completion: the surveyed facts, what each item differs by, the bill or refunds that follow."""

    __tablename__ = "area_survey"
    __table_args__ = (
        CheckConstraint("state in ('asked','settled','declined')", name="area_survey_state"),
        CheckConstraint("decided_by is null or decided_by <> asked_by", name="area_survey_two_people"),
        CheckConstraint("state <> 'declined' or opinion <> ''", name="area_survey_declined"),
        Index("area_survey_application", "application_id"),
        Index("area_survey_open", "application_id", unique=True, postgresql_where=text("state = 'asked'")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    state: str = Field(default="asked", sa_column_kwargs={"server_default": "asked"})
    facts: dict[str, Any] = json_object()
    document: str
    surveyed_on: date
    differences: list[Any] = json_list()
    supplement_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    asked_by: UUID = reference("account.id")
    asked_at: datetime = moment()
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    opinion: str = Field(default="", sa_column_kwargs={"server_default": ""})
    bill_id: UUID | None = reference("bill.id", nullable=True)


class BillReminder(SQLModel, table=True):
    """催缴: one step of the ladder of an unpaid bill, once."""

    __tablename__ = "bill_reminder"
    __table_args__ = (CheckConstraint("step in ('near','due','overdue','final')", name="bill_reminder_step"),)
    bill_id: UUID = Field(primary_key=True, foreign_key="bill.id")
    step: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    at: datetime = moment()


class Dispute(SQLModel, table=True):
    """异议 of the applicant against a bill, with the answer in writing; one open at a time."""

    __tablename__ = "dispute"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("state in ('open','answered','withdrawn')", name="dispute_state"),
        CheckConstraint("outcome in ('','kept','corrected')", name="dispute_outcome"),
        CheckConstraint("grounds <> ''", name="dispute_grounds"),
        CheckConstraint("state <> 'answered' or (answer <> '' and outcome <> '')", name="dispute_answer"),
        Index("dispute_application", "application_id"),
        Index("dispute_one", "bill_id", unique=True, postgresql_where=text("state = 'open'")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    bill_id: UUID = reference("bill.id")
    number: str
    state: str = Field(default="open", sa_column_kwargs={"server_default": "open"})
    item_codes: list[str] = json_list()
    grounds: str
    raised_by: UUID = reference("account.id")
    raised_at: datetime = moment()
    due_on: date
    outcome: str = Field(default="", sa_column_kwargs={"server_default": ""})
    answer: str = Field(default="", sa_column_kwargs={"server_default": ""})
    answered_by: UUID | None = reference("account.id", nullable=True)
    answered_at: datetime | None = moment(nullable=True)
