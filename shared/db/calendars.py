"""The working-day calendar as rows: years imported and days changed by two people, and whose clocks that moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from shared.db import city as cities
from shared.db.outbox import changed
from shared.db.tables.clocks import CalendarChange
from shared.db.tables.columns import table
from shared.domain.errors import Conflict, NotFound

CHANGES = table(CalendarChange)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A proposed or decided change; `days` by ISO date: true works, false is off."""

    id: UUID
    kind: str
    year: int
    days: Mapping[str, bool]
    document: str
    state: str
    proposed_by: UUID
    proposed_at: datetime
    decided_at: datetime | None
    affected: Sequence[str]
    proposer: str
    decider: str


@dataclass(frozen=True, slots=True)
class Year:
    """One loaded year."""

    year: int
    working_days: int
    source: str


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An application with an open clock that began before a day and ends after another."""

    application_id: UUID
    number: str
    due_on: date


_CHANGE = (
    "select c.id, c.kind, c.year, c.days, c.document, c.state, c.proposed_by, c.proposed_at, c.decided_at, c.affected, "
    "p.display_name as proposer, coalesce(d.display_name, '') as decider from calendar_change c "
    "join account p on p.id = c.proposed_by left join account d on d.id = c.decided_by "
)


def years(session: Session) -> list[Year]:
    """The loaded years, oldest first."""
    rows = session.execute(
        text(
            "select extract(year from day)::int as year, count(*) filter (where is_working) as working_days, "
            "max(source) as source from calendar_day group by 1 order by 1"
        )
    )
    return [Year(**row._mapping) for row in rows]


def changes(session: Session) -> list[ChangeRow]:
    """Proposed and decided changes, the latest first."""
    rows = session.execute(text(_CHANGE + "order by c.proposed_at desc, c.id limit 100"))
    return [ChangeRow(**row._mapping) for row in rows]


def lock_change(session: Session, change_id: UUID) -> ChangeRow:
    """One change, held; raises `NotFound`."""
    row = session.execute(text(_CHANGE + "where c.id = :id for update of c"), {"id": change_id}).one_or_none()
    if row is None:
        raise NotFound("没有这份日历变更")
    return ChangeRow(**row._mapping)


def propose(session: Session, tenant: str, **values: Any) -> UUID:
    """Write a proposal down."""
    change_id = uuid4()
    session.execute(insert(CHANGES).values(id=change_id, tenant_id=tenant, **values))
    return change_id


def decide(session: Session, change: ChangeRow, *, state: str, by: UUID, at: datetime, affected: Sequence[str]) -> None:
    """Approve or decline a proposal; raises `Conflict` if somebody has done so meanwhile."""
    done = session.execute(
        update(CHANGES)
        .where(CHANGES.c.id == change.id, CHANGES.c.state == "proposed")
        .values(state=state, decided_by=by, decided_at=at, affected=list(affected))
    )
    if not changed(done):
        raise Conflict("这份日历变更刚刚已被处理，请刷新后再看")


def put_in_force(session: Session, tenant: str, change: ChangeRow) -> None:
    """Write the days of an approved change and give the city a new revision, so that every process reads them anew."""
    cities.write_days(
        session,
        tenant,
        {date.fromisoformat(day): works for day, works in change.days.items()},
        source=change.document,
    )
    cities.mark_changed(session, tenant)


def open_over(session: Session, days: Sequence[date]) -> list[OpenCase]:
    """Applications with a clock that is running or paused and that one of the days lies in, or that ends after it."""
    if not days:
        return []
    rows = session.execute(
        text(
            "select a.id as application_id, a.number, a.due_on from application a where exists "
            "(select from clock k where k.application_id = a.id and k.state in ('running', 'paused') "
            "and k.due_on >= :first) order by a.id"
        ),
        {"first": min(days)},
    )
    return [OpenCase(**row._mapping) for row in rows]
