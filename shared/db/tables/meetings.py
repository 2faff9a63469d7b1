"""People together: joint meetings with their verdicts, site surveys with findings, appointments, refusals, waits."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_list, moment, new_id, reference


class Meeting(SQLModel, table=True):
    """联席会议: called for mutual prerequisites, an objection or a late case; its verdicts fall in one transaction."""

    __tablename__ = "meeting"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("kind in ('mutual','objection','escalation')", name="meeting_kind"),
        CheckConstraint("state in ('called','held','cancelled')", name="meeting_state"),
        CheckConstraint("reason <> ''", name="meeting_reason"),
        CheckConstraint("state <> 'held' or (held_at is not null and discussed <> '')", name="meeting_held"),
        Index("meeting_open", "application_id", "kind", "key", unique=True, postgresql_where=text("state = 'called'")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    kind: str
    key: str = Field(
        default="", sa_column_kwargs={"server_default": ""}, description="what it is about, so that it is called once"
    )
    number: str
    state: str = Field(default="called", sa_column_kwargs={"server_default": "called"})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    reason: str
    task_ids: list[Any] = json_list()
    called_at: datetime = moment()
    called_by: UUID | None = reference("account.id", nullable=True)
    planned_at: datetime | None = moment(nullable=True)
    place: str = Field(default="", sa_column_kwargs={"server_default": ""})
    chair: str = Field(default="", sa_column_kwargs={"server_default": ""})
    held_at: datetime | None = moment(nullable=True)
    held_by: UUID | None = reference("account.id", nullable=True)
    discussed: str = Field(default="", sa_column_kwargs={"server_default": ""})


class MeetingSeat(SQLModel, table=True):
    """An invited unit and whether it came."""

    __tablename__ = "meeting_seat"
    meeting_id: UUID = Field(primary_key=True, foreign_key="meeting.id")
    unit_code: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    post: str = Field(default="", sa_column_kwargs={"server_default": ""})
    attended: bool | None = None
    speaker_id: UUID | None = reference("account.id", nullable=True)
    note: str = Field(default="", sa_column_kwargs={"server_default": ""})


class MeetingVerdict(SQLModel, table=True):
    """What a meeting decided for one task."""

    __tablename__ = "meeting_verdict"
    __table_args__ = (CheckConstraint("verdict in ('approved','objected')", name="meeting_verdict_verdict"),)
    meeting_id: UUID = Field(primary_key=True, foreign_key="meeting.id")
    task_id: UUID = Field(primary_key=True, foreign_key="review_task.id")
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    verdict: str
    opinion: str


class Survey(SQLModel, table=True):
    """集中现场踏勘: one visit for all units that need to see the site."""

    __tablename__ = "survey"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("state in ('planned','held','cancelled')", name="survey_state"),
        Index("survey_open", "application_id", unique=True, postgresql_where=text("state = 'planned'")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    number: str
    state: str = Field(default="planned", sa_column_kwargs={"server_default": "planned"})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    planned_at: datetime = moment()
    place: str
    note: str = Field(default="", sa_column_kwargs={"server_default": ""})
    pauses_clocks: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": text("false")},
        description="whether the invited units' clocks stand still until each has said what it found",
    )
    called_by: UUID = reference("account.id")
    called_at: datetime = moment()
    held_at: datetime | None = moment(nullable=True)


class SurveyFinding(SQLModel, table=True):
    """What one unit found on site; empty until it has said so."""

    __tablename__ = "survey_finding"
    __table_args__ = (CheckConstraint("result in ('','fine','problem')", name="survey_finding_result"),)
    survey_id: UUID = Field(primary_key=True, foreign_key="survey.id")
    unit_code: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    result: str = Field(default="", sa_column_kwargs={"server_default": ""})
    finding: str = Field(default="", sa_column_kwargs={"server_default": ""})
    found_by: UUID | None = reference("account.id", nullable=True)
    found_by_name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    found_at: datetime | None = moment(nullable=True)


class Appointment(SQLModel, table=True):
    """提前预约: a time at the window for an applicant of the green channel."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("state in ('asked','confirmed','cancelled')", name="appointment_state"),
        Index(
            "appointment_slot",
            "tenant_id",
            "unit_code",
            "at",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    unit_code: str
    at: datetime = moment()
    topic: str
    state: str = Field(default="asked", sa_column_kwargs={"server_default": "asked"})
    asked_by: UUID = reference("account.id")
    asked_at: datetime = moment()
    answered_by: UUID | None = reference("account.id", nullable=True)
    answered_at: datetime | None = moment(nullable=True)


class ExternalWait(SQLModel, table=True):
    """转报: a matter that a higher organ has to decide; urged on its follow-up dates until the answer is in."""

    __tablename__ = "external_wait"
    __table_args__ = (
        CheckConstraint("answer in ('','approved','refused')", name="external_wait_answer"),
        CheckConstraint("(answer = '') = (answered_at is null)", name="external_wait_answered"),
        CheckConstraint("authority <> ''", name="external_wait_authority"),
        Index("external_wait_open", "task_id", unique=True, postgresql_where=text("answered_at is null")),
        Index("external_wait_due", "tenant_id", "follow_up_on", postgresql_where=text("answered_at is null")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    task_id: UUID = reference("review_task.id")
    authority: str
    reference_number: str = Field(default="", sa_column_kwargs={"server_default": ""})
    sent_at: datetime = moment()
    sent_by: UUID = reference("account.id")
    follow_up_on: date
    follow_ups: list[Any] = json_list()
    answer: str = Field(default="", sa_column_kwargs={"server_default": ""})
    answer_note: str = Field(default="", sa_column_kwargs={"server_default": ""})
    answered_at: datetime | None = moment(nullable=True)


class Refusal(SQLModel, table=True):
    """不予许可决定书: one for an application, with reasons, the way to approval and remedies."""

    __tablename__ = "refusal"
    __table_args__ = (UniqueConstraint("application_id"), UniqueConstraint("tenant_id", "number"))
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    number: str
    grounds: list[Any] = json_list()
    decided_by: UUID = reference("account.id")
    decided_at: datetime = moment()


class Handover(SQLModel, table=True):
    """A task passed to another unit, also to another level; its clock goes on."""

    __tablename__ = "handover"
    __table_args__ = (
        CheckConstraint("from_unit <> to_unit", name="handover_units"),
        CheckConstraint("reason <> ''", name="handover_reason"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    task_id: UUID = reference("review_task.id")
    from_unit: str
    to_unit: str
    reason: str
    by_id: UUID = reference("account.id")
    by_name: str
    at: datetime = moment()
