"""转报: matters that lie with a higher organ, each with its follow-up dates, until the answer is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.db.tables.cases import Application, ReviewTask
from shared.db.tables.columns import table
from shared.db.tables.meetings import ExternalWait
from shared.domain.errors import Conflict

WAITS = table(ExternalWait)
TASKS = table(ReviewTask)
APPLICATIONS = table(Application)


@dataclass(frozen=True, slots=True)
class WaitRow:
    """One report to a higher organ; `follow_ups` oldest first, each with at, by, by_id, note and next_on."""

    id: UUID
    application_id: UUID
    task_id: UUID
    authority: str
    reference_number: str
    sent_at: datetime
    sent_by: UUID
    follow_up_on: date
    follow_ups: Sequence[Mapping[str, Any]]
    answer: str
    answer_note: str
    answered_at: datetime | None


_WAIT = [WAITS.c[name] for name in WaitRow.__dataclass_fields__]


def put(session: Session, tenant: str, **values: Any) -> None:
    """Record that a matter was reported upwards; a task that is reported again before an answer came is so anew."""
    anew = {name: value for name, value in values.items() if name not in ("application_id", "task_id")}
    session.execute(
        insert(WAITS)
        .values(id=uuid4(), tenant_id=tenant, **values)
        .on_conflict_do_update(
            index_elements=["task_id"], index_where=WAITS.c.answered_at.is_(None), set_={**anew, "follow_ups": []}
        )
    )


def of_task(session: Session, task_id: UUID) -> list[WaitRow]:
    """The reports of a task, oldest first; the last one may still be open."""
    rows = session.execute(select(*_WAIT).where(WAITS.c.task_id == task_id).order_by(WAITS.c.sent_at, WAITS.c.id))
    return [WaitRow(*row) for row in rows]


def open_of(session: Session, task_id: UUID) -> WaitRow:
    """The report of a task that has no answer yet; raises `Conflict` if there is none."""
    for wait in of_task(session, task_id):
        if wait.answered_at is None:
            return wait
    raise Conflict("这项任务没有在等上级答复")


def follow_up(session: Session, wait: WaitRow, entry: Mapping[str, Any], *, next_on: date) -> None:
    """Record that somebody urged an answer, and when to urge again (the caller holds the application)."""
    session.execute(
        update(WAITS)
        .where(WAITS.c.id == wait.id)
        .values(follow_ups=[*wait.follow_ups, dict(entry)], follow_up_on=next_on)
    )


def answered(session: Session, wait: WaitRow, *, answer: str, note: str, at: datetime) -> None:
    """Record the answer; raises `Conflict` if there is one already."""
    done = session.execute(
        update(WAITS)
        .where(WAITS.c.id == wait.id, WAITS.c.answered_at.is_(None))
        .values(answer=answer, answer_note=note, answered_at=at)
    )
    if not changed(done):
        raise Conflict("上级答复已经登记，请刷新后查看")


def is_answered(session: Session, task_id: UUID, verdict: str) -> bool:
    """Whether the last report of a task was answered with what came to this verdict."""
    told = of_task(session, task_id)
    return bool(told) and told[-1].answer == {"approved": "approved", "objected": "refused"}[verdict]


def due(session: Session, today: date) -> list[tuple[WaitRow, str, str, str]]:
    """Open reports whose follow-up date has come, earliest first: with application number, matter and unit."""
    rows = session.execute(
        select(*_WAIT, APPLICATIONS.c.number, TASKS.c.matter_name, TASKS.c.unit_code)
        .join(TASKS, TASKS.c.id == WAITS.c.task_id)
        .join(APPLICATIONS, APPLICATIONS.c.id == WAITS.c.application_id)
        .where(WAITS.c.answered_at.is_(None), WAITS.c.follow_up_on <= today, TASKS.c.status == "forwarded")
        .order_by(WAITS.c.follow_up_on, WAITS.c.id)
    )
    return [(WaitRow(*row[:-3]), row.number, row.matter_name, row.unit_code) for row in rows]
