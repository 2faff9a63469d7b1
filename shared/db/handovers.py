"""Hand-overs as rows: a task changes its unit, its clock goes on, and who passed it to whom and why stays for ever."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.cases import TaskRow, save_task
from shared.db.tables.clocks import Clock
from shared.db.tables.columns import table
from shared.db.tables.meetings import Handover
from shared.db.tables.people import Account
from shared.db.trail import Actor
from shared.domain.clocks import Mechanism

HANDOVERS = table(Handover)
CLOCKS = table(Clock)
PEOPLE = table(Account)


@dataclass(frozen=True, slots=True)
class LastHandover:
    """The latest time that a task was passed on."""

    from_unit: str
    to_unit: str
    by_id: UUID


def last_of(session: Session, task_id: UUID) -> LastHandover | None:
    """The latest hand-over of a task."""
    row = session.execute(
        select(HANDOVERS.c.from_unit, HANDOVERS.c.to_unit, HANDOVERS.c.by_id)
        .where(HANDOVERS.c.task_id == task_id)
        .order_by(HANDOVERS.c.at.desc(), HANDOVERS.c.id)
        .limit(1)
    ).one_or_none()
    return LastHandover(**row._mapping) if row else None


def was_with(session: Session, task_id: UUID, unit_code: str) -> UUID | None:
    """The application of a task that a unit has passed on, also if it came back since."""
    return session.execute(
        select(HANDOVERS.c.application_id)
        .where(HANDOVERS.c.task_id == task_id, HANDOVERS.c.from_unit == unit_code)
        .limit(1)
    ).scalar_one_or_none()


def count_from(session: Session, task_id: UUID, unit_code: str) -> int:
    """How often a unit has passed a task on."""
    return session.execute(
        select(func.count()).where(HANDOVERS.c.task_id == task_id, HANDOVERS.c.from_unit == unit_code)
    ).scalar_one()


def pass_on(
    session: Session, tenant: str, tasks: Iterable[TaskRow], *, to_unit: str, reason: str, by: Actor, at: datetime
) -> UUID:
    """Put tasks on another unit's desk, in nobody's hands; their clocks go on as they are. Gives the last row's id.

    The caller holds the application. Raises `Conflict` if a task changed meanwhile.
    """
    moved = list(tasks)
    for task in moved:
        handover_id = uuid4()
        session.execute(
            insert(HANDOVERS).values(
                id=handover_id,
                tenant_id=tenant,
                application_id=task.application_id,
                task_id=task.id,
                from_unit=task.unit_code,
                to_unit=to_unit,
                reason=reason,
                by_id=by.id,
                by_name=by.name,
                at=at,
            )
        )
        status = "open" if task.status == "taken" else task.status
        save_task(session, task, unit_code=to_unit, status=status, officer_id=None, on_behalf_of=None, taken_at=None)
    session.execute(
        update(CLOCKS)
        .where(CLOCKS.c.mechanism == Mechanism.MATTER, setwise.among(CLOCKS.c.subject_id, [each.id for each in moved]))
        .values(unit_code=to_unit, version=CLOCKS.c.version + 1)
    )
    return handover_id


def is_staffed(session: Session, unit_code: str) -> bool:
    """Whether somebody in a unit has a log-in to review with."""
    query = select(
        select(PEOPLE.c.id)
        .where(PEOPLE.c.unit_code == unit_code, PEOPLE.c.is_active, PEOPLE.c.role.in_(("officer", "checker")))
        .exists()
    )
    return bool(session.execute(query).scalar_one())
