"""What the rows of an inbox's page say of their clocks: days used, why one stands still, what one waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shared.db.city import City
from shared.db.clocks import ClockRow, PauseRow
from shared.db.from_json import read
from shared.db.queries.desk import APPLICATIONS, TASKS, Desk, belongs
from shared.domain import prerequisites
from shared.domain.errors import CalendarNotLoaded


@dataclass(frozen=True, slots=True, kw_only=True)
class RowClock:
    """One task's clock; days are working days, None where a year of them is not loaded. `pause` is the kind of the
    pause that lasts, `waits_for` are the names of matters before this one."""

    net_days: int | None
    gross_days: int | None
    promised_days: int
    pause: str
    reason: str
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What has come to a desk since a moment."""

    count: int
    urgent: int


def row_clocks(session: Session, city: City, task_ids: Sequence[UUID], *, today: date) -> dict[UUID, RowClock]:
    """The clocks of the tasks on one page. One query."""
    if not task_ids:
        return {}
    rows = session.execute(
        text(
            "select t.id, t.matter_code, t.status, (select to_jsonb(c) || jsonb_build_object('pauses', coalesce("
            "  (select jsonb_agg(to_jsonb(p) order by p.started_at, p.id) from clock_pause p where p.clock_id = c.id), "
            "  '[]')) from clock c where c.mechanism = 'matter' and c.subject_id = t.id) as clock, "
            "case when t.status = 'waiting' then (select jsonb_object_agg(o.matter_code, o.status) from review_task o "
            "  where o.application_id = t.application_id) end as beside "
            "from review_task t where t.id = any(:ids)"
        ),
        {"ids": list(task_ids)},
    )
    found = {}
    for row in rows:
        if row.clock is None:
            continue
        clock = read(ClockRow, row.clock, pauses=tuple(read(PauseRow, each) for each in row.clock["pauses"]))
        paused = clock.open_pauses
        found[row.id] = RowClock(
            net_days=_days(clock, city, today, gross=False),
            gross_days=_days(clock, city, today, gross=True),
            promised_days=clock.days,
            pause=paused[-1].kind if paused else "",
            reason=paused[-1].reason if paused else "",
            waits_for=_waits_for(city, row.matter_code, row.beside or {}),
        )
    return found


def arrivals(session: Session, desk: Desk, *, since: datetime) -> Arrivals:
    """How many tasks have come to the unit after a moment: their clock started, or they were handed over."""
    row = session.execute(
        text(
            "select count(*) as found, count(*) filter (where t.lane = 'green') as urgent "
            "from review_task t join application a on a.id = t.application_id "
            "where t.unit_code = :unit and t.status in ('open', 'taken', 'checking') "
            "and (cast(:area as text) is null or a.area_code = :area) and t.id in ("
            "  select subject_id from clock where unit_code = :unit and mechanism = 'matter' and started_at > :since "
            "  union select task_id from handover where to_unit = :unit and at > :since)"
        ),
        {"unit": desk.unit_code, "area": desk.area_code, "since": since},
    ).one()
    return Arrivals(row.found, row.urgent)


def numbers_of(session: Session, desk: Desk, task_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The application numbers of those tasks that are the desk's; what is foreign is not among them."""
    rows = session.execute(
        select(TASKS.c.id, APPLICATIONS.c.number)
        .join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id)
        .where(TASKS.c.id.in_(task_ids), belongs(desk))
    )
    return {row.id: row.number for row in rows}


def _days(clock: ClockRow, city: City, today: date, *, gross: bool) -> int | None:
    try:
        return clock.gross_days(city, today) if gross else clock.net_days(city, today)
    except CalendarNotLoaded:
        return None


def _waits_for(city: City, code: str, beside: dict[str, str]) -> tuple[str, ...]:
    if code not in beside:
        return ()
    graph = prerequisites.within(city.pack.graph, beside)
    approved = {each for each, status in beside.items() if status == "approved"}
    return tuple(city.matters_by_code[each].name for each in prerequisites.missing(graph, code, approved))
