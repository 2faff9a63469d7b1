"""A unit's inbox: its tasks by tab, and the queue that leads from one to the next.

Running clocks come first, by due date, within a day the green channel first, then by number; what stands still follows
them, what waits for other matters or is over comes last. Rows are found through indexes in that order, and nothing is
counted further than `COUNTED_MAX`, so a page costs the same however much lies on the desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.city import City
from shared.db.queries.desk import APPLICATIONS, LINES, TASKS, Desk, belongs, day_of
from shared.db.tables.columns import table
from shared.db.tables.meetings import ExternalWait
from shared.db.tables.offices import Post
from shared.db.tables.people import Account
from shared.domain.deadlines import Deadlines, Light, Standing

PEOPLE = table(Account)
POSTS = table(Post)
WAITS = table(ExternalWait)

WITH_CASES = TASKS.join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id)

PAGE_ROWS = 25
#: How far the queue is looked at to find the task before and after the one on the page.
QUEUE_ROWS = 500
#: How far anything is counted; a page shows more than that as "999+".
COUNTED_MAX = 999

#: Where a task stands in a queue: 0 running, 1 standing still, 2 waiting for other matters, 3 over.
PLACE = func.queue_place(TASKS.c.status, TASKS.c.is_paused, type_=Integer)
RUNNING: ColumnElement[int] = literal_column("0", Integer)
PAUSED: ColumnElement[int] = literal_column("1", Integer)


class Tab(StrEnum):
    """The views of an inbox."""

    MINE = "mine"
    UNCLAIMED = "unclaimed"
    SOON = "soon"
    PAUSED = "paused"
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
    """How much waits in each tab; `COUNTED_MAX` + 1 says that it is more than that."""

    mine: int
    unclaimed: int
    soon: int
    paused: int
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
    lane: str
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
    """A page of an inbox; `found` is counted as the tabs are."""

    counts: InboxCounts
    rows: tuple[InboxRow, ...]
    found: int
    page: int
    has_more: bool


def inbox(session: Session, city: City, desk: Desk, wanted: InboxFilter, *, today: date) -> Inbox:
    """One page of the unit's tasks, the most pressing first (done ones: the latest first). Three or four queries."""
    days = Deadlines(city.calendar, today)
    to_urge = _to_urge(session, desk, today)
    counts = count_tasks(session, desk, days=days, to_urge=to_urge)
    in_tab = _in_tab(desk, wanted.tab, days, to_urge)
    narrowed = _narrowed(wanted, days)
    total = getattr(counts, wanted.tab.value)
    if narrowed:
        total = session.execute(select(_counted(WITH_CASES, desk, in_tab, *narrowed))).scalar_one()
    found = session.execute(
        _rows(desk, wanted.tab, in_tab, *narrowed, skipped=(wanted.page - 1) * PAGE_ROWS, rows=PAGE_ROWS + 1)
    ).all()
    promised = {matter.code: matter.promise_days for matter in city.matters}
    return Inbox(
        counts,
        tuple(_row(row, desk, days, promised.get(row.matter_code, 0)) for row in found[:PAGE_ROWS]),
        total,
        wanted.page,
        len(found) > PAGE_ROWS,
    )


def count_tasks(session: Session, desk: Desk, *, days: Deadlines, to_urge: Sequence[UUID] = ()) -> InboxCounts:
    """How much waits in each tab, in one look."""
    columns = [_counted(TASKS, desk, _in_tab(desk, tab, days, to_urge)).label(tab.value) for tab in Tab]
    return InboxCounts(**session.execute(select(*columns)).one()._mapping)


def next_task(session: Session, desk: Desk, *, after: UUID | None = None) -> UUID | None:
    """The most pressing task that waits for this officer, other than `after`."""
    return next((each for each in queue(session, desk, rows=2) if each != after), None)


def queue(session: Session, desk: Desk, *, rows: int = QUEUE_ROWS) -> tuple[UUID, ...]:
    """The tasks that wait for this officer, in hand or to be taken, the most pressing first."""
    waits_for_me = or_(_in_hand(desk), TASKS.c.status == "open")
    query = _in_order(select(TASKS.c.id).where(belongs(desk), _is_open(), waits_for_me))
    return tuple(session.execute(query.limit(rows)).scalars())


# Which tasks, in which order.


def _is_open() -> ColumnElement[bool]:
    return PLACE <= PAUSED


def _in_hand(desk: Desk) -> ColumnElement[bool]:
    """What waits for this person: taken or reported upwards by them, or to be checked by them after a colleague."""
    may_check = or_(
        exists().where(PEOPLE.c.id == desk.account_id, PEOPLE.c.role == "checker"),
        exists().where(
            POSTS.c.unit_code == desk.unit_code,
            POSTS.c.account_id == desk.account_id,
            POSTS.c.kind.in_(("chief", "head")),
        ),
    )
    return or_(
        and_(TASKS.c.status.in_(("taken", "forwarded")), TASKS.c.officer_id == desk.account_id),
        and_(TASKS.c.status == "checking", TASKS.c.officer_id != desk.account_id, may_check),
    )


def _is_near(days: Deadlines) -> ColumnElement[bool]:
    """Amber or red: the clock's first amber day has come, or the due date is as near as `Deadlines` calls near."""
    return or_(TASKS.c.near_on <= days.today, TASKS.c.due_on <= days.near_until)


def _to_urge(session: Session, desk: Desk, today: date) -> list[UUID]:
    """The unit's tasks whose higher organ should be asked for its answer by now; their clocks stand still."""
    rows = session.execute(
        select(WAITS.c.task_id)
        .join(TASKS, TASKS.c.id == WAITS.c.task_id)
        .where(
            WAITS.c.answered_at.is_(None),
            WAITS.c.follow_up_on <= today,
            TASKS.c.status == "forwarded",
            TASKS.c.unit_code == desk.unit_code,
        )
        .order_by(WAITS.c.follow_up_on, WAITS.c.task_id)
        .limit(COUNTED_MAX)
    )
    return list(rows.scalars())


def _in_tab(desk: Desk, tab: Tab, days: Deadlines, to_urge: Sequence[UUID]) -> ColumnElement[bool]:
    match tab:
        case Tab.MINE:
            return _in_hand(desk)
        case Tab.UNCLAIMED:
            return and_(_is_open(), TASKS.c.status == "open")
        case Tab.SOON:
            near = and_(PLACE == RUNNING, _is_near(days))
            return or_(near, setwise.among(TASKS.c.id, to_urge)) if to_urge else near
        case Tab.PAUSED:
            return PLACE == PAUSED
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
            conditions += [PLACE == RUNNING, TASKS.c.due_on < days.today]
        case Light.AMBER:
            conditions += [PLACE == RUNNING, TASKS.c.due_on >= days.today, _is_near(days)]
        case Light.GREEN:
            conditions += [PLACE == RUNNING, ~func.coalesce(_is_near(days), False)]
    return conditions


def _counted(tasks: FromClause, desk: Desk, *conditions: ColumnElement[bool]) -> Any:
    """How many, up to one more than `COUNTED_MAX`."""
    some = select(literal(1).label("one")).select_from(tasks).where(belongs(desk), *conditions).limit(COUNTED_MAX + 1)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


def _in_order(query: Select[Any]) -> Select[Any]:
    return query.join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id).order_by(
        PLACE, TASKS.c.lane, TASKS.c.due_on, APPLICATIONS.c.number, TASKS.c.seq
    )


def _rows(desk: Desk, tab: Tab, *conditions: ColumnElement[bool], skipped: int, rows: int) -> Select[Any]:
    """The tasks of one page, found first and only then told at length."""
    found = select(TASKS.c.id).where(belongs(desk), *conditions)
    if tab is Tab.DONE:
        found = found.join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id)
        order: Sequence[Any] = (TASKS.c.decided_at.desc(), TASKS.c.id)
        found = found.order_by(*order)
    else:
        order = (PLACE, TASKS.c.lane, TASKS.c.due_on, APPLICATIONS.c.number, TASKS.c.seq)
        found = _in_order(found)
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
    return (
        select(
            TASKS.c.id, TASKS.c.matter_code, TASKS.c.matter_name, TASKS.c.due_on, TASKS.c.near_on, TASKS.c.is_paused,
            TASKS.c.status, TASKS.c.lane, TASKS.c.officer_id, TASKS.c.decided_at, APPLICATIONS.c.number,
            APPLICATIONS.c.project_name, APPLICATIONS.c.developer_name, APPLICATIONS.c.area_code,
            APPLICATIONS.c.accepted_on, PEOPLE.c.display_name, fees.c.payable_fen, fees.c.lines, fees.c.pending,
            fees.c.to_confirm, fees.c.status.label("line_status"),
        )
        .join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id)
        .outerjoin(PEOPLE, PEOPLE.c.id == TASKS.c.officer_id)
        .outerjoin(fees, fees.c.lines > 0)
        .where(TASKS.c.id.in_(found.offset(skipped).limit(rows)))
        .order_by(*order)
    )  # fmt: skip


def _row(row: Any, desk: Desk, days: Deadlines, promised_days: int) -> InboxRow:
    done_on = day_of(row.decided_at)
    return InboxRow(
        task_id=row.id,
        number=row.number,
        project_name=row.project_name,
        developer_name=row.developer_name,
        matter_name=row.matter_name,
        area_code=row.area_code,
        accepted_on=row.accepted_on,
        due_on=row.due_on,
        status=row.status,
        lane=row.lane,
        officer_name=row.display_name or "",
        is_mine=row.officer_id == desk.account_id,
        standing=days.standing(row.due_on, done_on=done_on, near_on=row.near_on, is_paused=row.is_paused),
        used_days=days.between(row.accepted_on, done_on or days.today),
        promised_days=promised_days,
        payable_fen=None if row.payable_fen is None else int(row.payable_fen),
        lines_pending=row.pending or 0,
        lines_to_confirm=row.to_confirm or 0,
        line_status=row.line_status or "" if row.lines == 1 else "",
    )
