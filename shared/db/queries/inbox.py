"""A unit's inbox: its tasks by tab, the nearest deadline first, and the queue that leads from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from shared.db.city import City
from shared.db.queries.desk import APPLICATIONS, LINES, TASKS, Desk, belongs, day_of, is_open
from shared.db.tables.columns import table
from shared.db.tables.people import Account
from shared.domain.deadlines import Deadlines, Light, Standing

PEOPLE = table(Account)

PAGE_ROWS = 25
#: How far the queue is looked at to find the task before and after the one on the page.
QUEUE_ROWS = 500


class Tab(StrEnum):
    """The views of an inbox."""

    MINE = "mine"
    UNCLAIMED = "unclaimed"
    SOON = "soon"
    DONE = "done"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilter:
    """What an inbox is asked for; empty texts filter nothing."""

    tab: Tab = Tab.MINE
    words: str = ""
    matter: str = ""
    area: str = ""
    light: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """How much waits in each tab."""

    mine: int
    unclaimed: int
    soon: int
    done: int
    all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One task in an inbox; the amount is what the unit's own fee lines of the case come to, None without a line."""

    task_id: UUID
    number: str
    project_name: str
    developer_name: str
    matter_name: str
    area_code: str
    accepted_on: date
    due_on: date
    status: str
    officer_name: str
    is_mine: bool
    standing: Standing
    used_days: int
    promised_days: int
    payable_fen: int | None
    lines_pending: int
    lines_to_confirm: int
    line_status: str


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of an inbox."""

    counts: InboxCounts
    rows: tuple[InboxRow, ...]
    found: int
    page: int
    has_more: bool


def inbox(session: Session, city: City, desk: Desk, wanted: InboxFilter, *, today: date) -> Inbox:
    """One page of the unit's tasks, the nearest deadline first (done ones: the latest first). Two queries."""
    days = Deadlines(city.calendar, today)
    counts = count_tasks(session, desk, near_until=days.near_until)
    fees = (
        select(
            func.sum(case((LINES.c.state != "pending", LINES.c.payable_fen), else_=0)).label("payable_fen"),
            func.count().label("lines"),
            func.count().filter(LINES.c.state == "pending").label("pending"),
            func.count().filter(LINES.c.state == "assessed").label("to_confirm"),
            func.min(LINES.c.status).label("status"),
        )
        .where(LINES.c.application_id == TASKS.c.application_id, LINES.c.unit_code == TASKS.c.unit_code)
        .lateral("fees")
    )
    query = (
        select(
            TASKS.c.id, TASKS.c.matter_code, TASKS.c.matter_name, TASKS.c.due_on, TASKS.c.status, TASKS.c.officer_id,
            TASKS.c.decided_at, APPLICATIONS.c.number, APPLICATIONS.c.project_name, APPLICATIONS.c.developer_name,
            APPLICATIONS.c.area_code, APPLICATIONS.c.accepted_on, PEOPLE.c.display_name, fees.c.payable_fen,
            fees.c.lines, fees.c.pending, fees.c.to_confirm, fees.c.status.label("line_status"),
            func.count().over().label("found"),
        )
        .join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id)
        .outerjoin(PEOPLE, PEOPLE.c.id == TASKS.c.officer_id)
        .outerjoin(fees, fees.c.lines > 0)
        .where(belongs(desk), _in_tab(desk, wanted.tab, days.near_until), *_narrowed(wanted, days))
    )  # fmt: skip
    if wanted.tab is Tab.DONE:
        query = query.order_by(TASKS.c.decided_at.desc(), TASKS.c.id)
    else:
        # Finished work has no deadline any more: it follows what is open.
        query = query.order_by(TASKS.c.decided_at.is_not(None), TASKS.c.due_on, APPLICATIONS.c.number, TASKS.c.seq)
    found = session.execute(query.offset((wanted.page - 1) * PAGE_ROWS).limit(PAGE_ROWS)).all()
    promised = {matter.code: matter.promise_days for matter in city.matters}
    rows = tuple(
        InboxRow(
            task_id=row.id,
            number=row.number,
            project_name=row.project_name,
            developer_name=row.developer_name,
            matter_name=row.matter_name,
            area_code=row.area_code,
            accepted_on=row.accepted_on,
            due_on=row.due_on,
            status=row.status,
            officer_name=row.display_name or "",
            is_mine=row.officer_id == desk.account_id,
            standing=days.standing(row.due_on, done_on=day_of(row.decided_at)),
            used_days=days.between(row.accepted_on, day_of(row.decided_at) or today),
            promised_days=promised.get(row.matter_code, 0),
            payable_fen=None if row.payable_fen is None else int(row.payable_fen),
            lines_pending=row.pending or 0,
            lines_to_confirm=row.to_confirm or 0,
            line_status=row.line_status or "" if row.lines == 1 else "",
        )
        for row in found
    )
    total = found[0].found if found else 0
    return Inbox(counts, rows, total, wanted.page, wanted.page * PAGE_ROWS < total)


def count_tasks(session: Session, desk: Desk, *, near_until: date) -> InboxCounts:
    """How much waits in each tab, in one look."""
    columns = [func.count().filter(_in_tab(desk, tab, near_until)).label(tab.value) for tab in Tab]
    row = session.execute(
        select(*columns)
        .select_from(TASKS)
        .join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id)
        .where(belongs(desk))
    ).one()
    return InboxCounts(**row._mapping)


def next_task(session: Session, desk: Desk, *, after: UUID | None = None) -> UUID | None:
    """The most pressing task that waits for this officer, other than `after`."""
    return next((each for each in queue(session, desk) if each != after), None)


def queue(session: Session, desk: Desk) -> tuple[UUID, ...]:
    waits_for_me = or_(_in_tab(desk, Tab.MINE, date.min), _in_tab(desk, Tab.UNCLAIMED, date.min))
    return tuple(
        session.execute(
            select(TASKS.c.id)
            .join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id)
            .where(belongs(desk), waits_for_me)
            .order_by(TASKS.c.due_on, APPLICATIONS.c.number, TASKS.c.seq)
            .limit(QUEUE_ROWS)
        ).scalars()
    )


def _in_tab(desk: Desk, tab: Tab, near_until: date) -> ColumnElement[bool]:
    match tab:
        case Tab.MINE:
            return and_(is_open(), TASKS.c.status == "taken", TASKS.c.officer_id == desk.account_id)
        case Tab.UNCLAIMED:
            return and_(is_open(), TASKS.c.status == "open")
        case Tab.SOON:
            return and_(is_open(), TASKS.c.due_on <= near_until)
        case Tab.DONE:
            return TASKS.c.status.in_(("approved", "objected"))
        case Tab.ALL:
            return TASKS.c.id.is_not(None)


def _narrowed(wanted: InboxFilter, days: Deadlines) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.words:
        conditions.append(
            or_(
                *(
                    column.icontains(wanted.words, autoescape=True)
                    for column in (
                        APPLICATIONS.c.number,
                        APPLICATIONS.c.project_name,
                        APPLICATIONS.c.developer_name,
                    )
                )
            )
        )
    if wanted.matter:
        conditions.append(TASKS.c.matter_code == wanted.matter)
    if wanted.area:
        conditions.append(APPLICATIONS.c.area_code == wanted.area)
    match wanted.light:
        case Light.RED:
            conditions += [is_open(), TASKS.c.due_on < days.today]
        case Light.AMBER:
            conditions += [is_open(), TASKS.c.due_on >= days.today, TASKS.c.due_on <= days.near_until]
        case Light.GREEN:
            conditions += [is_open(), TASKS.c.due_on > days.near_until]
    return conditions
