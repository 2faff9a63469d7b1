"""Working-day clocks: what was promised, when it ran, every pause with its author, every extension and reminder."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_list, json_object, moment, new_id, recorded, reference


class Clock(SQLModel, table=True):
    """One promise in working days, computed once; only an act (pause, resume, extension, new holiday) moves its dates.

    `subject_id` is the application (joint), the review task (matter), the card or the commitment.
    """

    __tablename__ = "clock"
    __table_args__ = (
        UniqueConstraint("mechanism", "subject_id"),
        CheckConstraint("mechanism in ('joint','matter','card','commitment','correction')", name="clock_mechanism"),
        CheckConstraint("state in ('waiting','running','paused','stopped')", name="clock_state"),
        CheckConstraint("(state = 'waiting') = (started_on is null)", name="clock_started"),
        CheckConstraint("state in ('waiting','stopped') or due_on is not null", name="clock_due"),
        CheckConstraint("(state = 'stopped') = (stopped_on is not null)", name="clock_stopped"),
        CheckConstraint("kind <> 'special' or reason <> ''", name="clock_special_reason"),
        Index("clock_application", "application_id"),
        Index("clock_arrived", "tenant_id", "unit_code", "started_at", postgresql_where=text("mechanism = 'matter'")),
        Index("clock_ticking", "tenant_id", "hint_on", postgresql_where=text("state = 'running'")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    mechanism: str
    kind: str
    subject_id: UUID
    unit_code: str
    promise_days: int
    extended_days: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    state: str
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    started_at: datetime | None = moment(nullable=True)
    started_on: date | None = None
    due_on: date | None = None
    hint_on: date | None = Field(default=None, description="one working day before due")
    amber_on: date | None = Field(default=None, description="the working day on which 90 % of the promise is used")
    stopped_at: datetime | None = moment(nullable=True)
    stopped_on: date | None = None
    stopped_for: str = Field(default="", sa_column_kwargs={"server_default": ""})
    calendar_revision: str
    created_at: datetime = recorded()


class ClockPause(SQLModel, table=True):
    """停表: days after `started_on` up to and including `ended_on` do not count (行政许可法 45)."""

    __tablename__ = "clock_pause"
    __table_args__ = (
        CheckConstraint(
            "kind in ('correction','hearing','inspection','testing','quarantine','appraisal','expert_review',"
            "'forwarded','decided','meeting')",
            name="clock_pause_kind",
        ),
        CheckConstraint("reason <> ''", name="clock_pause_reason"),
        CheckConstraint("(ended_at is null) = (ended_on is null)", name="clock_pause_ended"),
        CheckConstraint("ended_on is null or ended_on >= started_on", name="clock_pause_order"),
        Index("clock_pause_open", "clock_id", "kind", unique=True, postgresql_where=text("ended_at is null")),
        Index("clock_pause_application", "application_id"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    clock_id: UUID = reference("clock.id", index=True)
    kind: str
    reason: str
    started_at: datetime = moment()
    started_on: date
    started_by: UUID | None = reference("account.id", nullable=True)
    started_by_name: str
    ended_at: datetime | None = moment(nullable=True)
    ended_on: date | None = None
    ended_by: UUID | None = reference("account.id", nullable=True)
    ended_by_name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    recorded_at: datetime = recorded()


class ClockExtension(SQLModel, table=True):
    """A longer promise, asked for by one person and granted by another; once for each clock."""

    __tablename__ = "clock_extension"
    __table_args__ = (
        CheckConstraint("days > 0", name="clock_extension_days"),
        CheckConstraint("reason <> ''", name="clock_extension_reason"),
        CheckConstraint("state in ('asked','granted','declined')", name="clock_extension_state"),
        CheckConstraint("decided_by is null or decided_by <> asked_by", name="clock_extension_two_people"),
        CheckConstraint("(state = 'asked') = (decided_at is null)", name="clock_extension_decided"),
        Index("clock_extension_once", "clock_id", unique=True, postgresql_where=text("state <> 'declined'")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    clock_id: UUID = reference("clock.id")
    days: int
    reason: str
    state: str = Field(default="asked", sa_column_kwargs={"server_default": "asked"})
    asked_by: UUID = reference("account.id")
    asked_by_name: str
    asked_at: datetime = moment()
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_by_name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    decided_at: datetime | None = moment(nullable=True)


class ClockStep(SQLModel, table=True):
    """A reminder or a rung of the ladder that a clock has reached; each once for each due date."""

    __tablename__ = "clock_step"
    __table_args__ = (
        UniqueConstraint("clock_id", "step", "due_on"),
        CheckConstraint(
            "step in ('hint','amber','red','officer','chief','lead','supervisor','meeting')", name="clock_step_step"
        ),
        Index("clock_step_application", "application_id"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    clock_id: UUID = reference("clock.id")
    step: str
    due_on: date
    reached_on: date
    at: datetime = moment()
    to_unit: str = Field(default="", sa_column_kwargs={"server_default": ""})
    to_name: str = Field(default="", sa_column_kwargs={"server_default": ""})


class CalendarChange(SQLModel, table=True):
    """A year of working days to import, or days announced later; proposed by one person, approved by another.

    `days` maps ISO dates to true (working) or false (off); `affected` is frozen when it is approved.
    """

    __tablename__ = "calendar_change"
    __table_args__ = (
        CheckConstraint("kind in ('import','change')", name="calendar_change_kind"),
        CheckConstraint("state in ('proposed','approved','declined')", name="calendar_change_state"),
        CheckConstraint("decided_by is null or decided_by <> proposed_by", name="calendar_change_two_people"),
        CheckConstraint("document <> ''", name="calendar_change_document"),
        Index("calendar_change_tenant", "tenant_id", "proposed_at"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    kind: str
    year: int
    days: dict[str, Any] = json_object()
    document: str
    state: str = Field(default="proposed", sa_column_kwargs={"server_default": "proposed"})
    proposed_by: UUID = reference("account.id")
    proposed_at: datetime = moment()
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    affected: list[Any] = json_list()
