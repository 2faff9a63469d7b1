"""What the page of a matter's clock reads: every day of it explained, and the longer promises that wait for a word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from shared.db import clocks
from shared.db.clocks import ClockRow
from shared.db.extensions import ExtensionRow
from shared.db.tables.cases import Application, ReviewTask
from shared.db.tables.clocks import Clock, ClockExtension, ClockStep
from shared.db.tables.columns import table
from shared.domain.clocks import Mechanism
from shared.domain.errors import Broken

APPLICATIONS = table(Application)
TASKS = table(ReviewTask)
CLOCKS = table(Clock)
EXTENSIONS = table(ClockExtension)
STEPS = table(ClockStep)

EXTENSIONS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class StepRow:
    """A reminder or a rung that the clock has reached, and whom it was brought before."""

    step: str
    due_on: date
    reached_on: date
    at: datetime
    to_unit: str
    to_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskClock:
    """A task's clock with that of the whole, its extensions (the latest first) and its steps (in order)."""

    task_id: UUID
    application_id: UUID
    number: str
    project_name: str
    case_status: str
    matter_code: str
    matter_name: str
    unit_code: str
    status: str
    officer_id: UUID | None
    clock: ClockRow
    whole: ClockRow
    extensions: tuple[ExtensionRow, ...]
    steps: tuple[StepRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionView:
    """A longer promise that was asked for, with the case it is about; `days` are working days."""

    id: UUID
    days: int
    reason: str
    state: str
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    task_id: UUID
    application_id: UUID
    number: str
    project_name: str
    matter_name: str
    unit_code: str
    due_on: date


_EXTENSION = [EXTENSIONS.c[name] for name in ExtensionRow.__dataclass_fields__]
_STEP = [STEPS.c[name] for name in StepRow.__dataclass_fields__]


def task_clock(session: Session, task_id: UUID) -> TaskClock:
    """The clock of a task that the reader may see. Five queries."""
    names = ("matter_code", "matter_name", "unit_code", "status", "officer_id")
    row = session.execute(
        select(
            TASKS.c.id.label("task_id"),
            APPLICATIONS.c.id.label("application_id"),
            APPLICATIONS.c.number,
            APPLICATIONS.c.project_name,
            APPLICATIONS.c.status.label("case_status"),
            *(TASKS.c[name] for name in names),
        )
        .join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id)
        .where(TASKS.c.id == task_id)
    ).one()
    all_clocks = clocks.of_application(session, row.application_id)
    own = [each for each in all_clocks if each.mechanism == Mechanism.MATTER and each.subject_id == task_id]
    whole = [each for each in all_clocks if each.mechanism == Mechanism.JOINT]
    if not own or not whole:
        raise Broken(f"task {task_id} or its application has no clock")
    extensions = session.execute(
        select(*_EXTENSION).where(EXTENSIONS.c.clock_id == own[0].id).order_by(EXTENSIONS.c.asked_at.desc())
    )
    steps = session.execute(select(*_STEP).where(STEPS.c.clock_id == own[0].id).order_by(STEPS.c.reached_on))
    return TaskClock(
        **row._mapping,
        clock=own[0],
        whole=whole[0],
        extensions=tuple(ExtensionRow(*each) for each in extensions),
        steps=tuple(StepRow(*each) for each in steps),
    )


def extensions(session: Session, *, unit_code: str | None, is_open: bool) -> tuple[ExtensionView, ...]:
    """Longer promises asked for by a unit, or by all; the oldest open or the latest decided first. One query."""
    names = ("id", "days", "reason", "state", "asked_by", "asked_by_name", "asked_at", "decided_by_name", "decided_at")
    wanted: list[ColumnElement[bool]] = [EXTENSIONS.c.state == "asked" if is_open else EXTENSIONS.c.state != "asked"]
    if unit_code is not None:
        wanted.append(TASKS.c.unit_code == unit_code)
    rows = session.execute(
        select(
            *(EXTENSIONS.c[name] for name in names),
            TASKS.c.id.label("task_id"),
            TASKS.c.matter_name,
            TASKS.c.unit_code,
            TASKS.c.due_on,
            APPLICATIONS.c.id.label("application_id"),
            APPLICATIONS.c.number,
            APPLICATIONS.c.project_name,
        )
        .join(CLOCKS, CLOCKS.c.id == EXTENSIONS.c.clock_id)
        .join(TASKS, and_(TASKS.c.id == CLOCKS.c.subject_id, CLOCKS.c.mechanism == Mechanism.MATTER.value))
        .join(APPLICATIONS, APPLICATIONS.c.id == EXTENSIONS.c.application_id)
        .where(*wanted)
        .order_by(EXTENSIONS.c.asked_at if is_open else EXTENSIONS.c.decided_at.desc(), EXTENSIONS.c.id)
        .limit(EXTENSIONS_SHOWN)
    )
    return tuple(ExtensionView(**row._mapping) for row in rows)
