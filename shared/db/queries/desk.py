"""What a department's desk reads: its inbox, one case as its officers see it, and its fee lines.

Every function takes the `Desk` that looks and answers only for its unit; a district's desk sees its own area.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from shared.db.city import City
from shared.db.clock import CHINA
from shared.db.tables.cases import Application, Attachment, AuditEvent, FeeLine, ReviewTask
from shared.db.tables.columns import table
from shared.db.tables.people import Account
from shared.domain.deadlines import Deadlines, Light, Standing
from shared.domain.errors import NotFound
from shared.domain.lines import Line

APPLICATIONS = table(Application)
TASKS = table(ReviewTask)
LINES = table(FeeLine)
ATTACHMENTS = table(Attachment)
EVENTS = table(AuditEvent)
PEOPLE = table(Account)

PAGE_ROWS = 25
#: How far the queue is looked at to find the task before and after the one on the page.
QUEUE_ROWS = 500
LINES_SHOWN = 200
EVENTS_SHOWN = 60

#: Applications whose tasks and lines may still be worked on.
IN_HAND = ("in_review", "objected")


class Tab(StrEnum):
    """The views of an inbox."""

    MINE = "mine"
    UNCLAIMED = "unclaimed"
    SOON = "soon"
    DONE = "done"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Whose desk it is; `area_code` is set where the unit belongs to a district."""

    account_id: UUID
    unit_code: str
    area_code: str | None

    @classmethod
    def of(cls, city: City, *, account_id: UUID, unit_code: str | None) -> Desk:
        """The desk of an officer or checker. Raises `NotFound` for somebody without a unit of this city."""
        unit = city.units.get(unit_code or "")
        if unit is None:
            raise NotFound("您的账号没有所属单位，请联系系统管理员")
        return cls(
            account_id=account_id,
            unit_code=unit.code,
            area_code=unit.area_code if unit.level == "district" else None,
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHead:
    """The application and, where the unit has one, its task on it."""

    application_id: UUID
    number: str
    project_code: str
    project_name: str
    developer_name: str
    contractor_name: str
    site: str
    area_code: str
    case_status: str
    accepted_at: datetime
    case_due_on: date
    facts: Mapping[str, Any]
    task: OwnTask | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTask:
    """The task that the page is about."""

    id: UUID
    matter_code: str
    matter_name: str
    unit_code: str
    status: str
    version: int
    due_on: date
    officer_id: UUID | None
    officer_name: str
    taken_at: datetime | None
    decided_at: datetime | None
    opinion: str
    standing: Standing
    used_days: int
    promised_days: int

    @property
    def is_decided(self) -> bool:
        return self.decided_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTask:
    """Another matter of the same application, to be read only."""

    unit_code: str
    matter_name: str
    status: str
    officer_name: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Paper:
    """A material that the applicant handed in."""

    id: UUID
    material_code: str
    file_name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLine:
    """A fee line of the unit; `line` is None until it is assessed."""

    id: UUID
    item_code: str
    state: str
    confirm_required: bool
    version: int
    line: Line | None
    confirmed_by: str
    confirmed_at: datetime | None

    @property
    def can_be_confirmed(self) -> bool:
        return self.state == "assessed" and self.line is not None and self.line.is_final


@dataclass(frozen=True, slots=True)
class PastAct:
    """One entry of the audit trail."""

    at: datetime
    verb: str
    actor_name: str
    unit_code: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case on a desk; `queue` are the ids of the tasks that wait for this officer, the most pressing first."""

    head: CaseHead
    others: tuple[OtherTask, ...]
    papers: tuple[Paper, ...]
    lines: tuple[OwnLine, ...]
    history: tuple[PastAct, ...]
    queue: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A fee line of the unit in its list."""

    id: UUID
    application_id: UUID
    task_id: UUID | None
    number: str
    project_name: str
    developer_name: str
    item_code: str
    state: str
    status: str | None
    payable_fen: int
    tariff_version: str | None
    due_on: date
    standing: Standing


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
        .where(_belongs(desk), _in_tab(desk, wanted.tab, days.near_until), *_narrowed(wanted, days))
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
            standing=days.standing(row.due_on, done_on=_day(row.decided_at)),
            used_days=days.between(row.accepted_on, _day(row.decided_at) or today),
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
        .where(_belongs(desk))
    ).one()
    return InboxCounts(**row._mapping)


def case_of_task(session: Session, city: City, desk: Desk, task_id: UUID, *, today: date) -> CaseView:
    """The case around one of the unit's tasks; raises `NotFound` for any other. Six queries."""
    return _case(session, city, desk, TASKS.c.id == task_id, today=today)


def case_of_application(session: Session, city: City, desk: Desk, application_id: UUID, *, today: date) -> CaseView:
    """The case where the unit has a task or a fee line; raises `NotFound` for any other."""
    has_line = select(LINES.c.id).where(
        LINES.c.application_id == APPLICATIONS.c.id, LINES.c.unit_code == desk.unit_code
    )
    wanted = and_(APPLICATIONS.c.id == application_id, or_(TASKS.c.id.is_not(None), has_line.exists()))
    return _case(session, city, desk, wanted, today=today)


def next_task(session: Session, desk: Desk, *, after: UUID | None = None) -> UUID | None:
    """The most pressing task that waits for this officer, other than `after`."""
    return next((each for each in _queue(session, desk) if each != after), None)


def lines(session: Session, city: City, desk: Desk, *, state: str, today: date) -> tuple[LineRow, ...]:
    """The unit's fee lines in a state (all if empty), the nearest deadline first."""
    days = Deadlines(city.calendar, today)
    query = (
        select(
            LINES.c.id, LINES.c.application_id, LINES.c.item_code, LINES.c.state, LINES.c.status,
            LINES.c.payable_fen, LINES.c.tariff_version, LINES.c.confirmed_at, LINES.c.assessed_at,
            APPLICATIONS.c.number, APPLICATIONS.c.project_name, APPLICATIONS.c.developer_name, APPLICATIONS.c.due_on,
            select(func.min(TASKS.c.seq).label("seq"))
            .where(TASKS.c.application_id == LINES.c.application_id, TASKS.c.unit_code == desk.unit_code)
            .scalar_subquery()
            .label("seq"),
        )
        .join(APPLICATIONS, APPLICATIONS.c.id == LINES.c.application_id)
        .where(LINES.c.unit_code == desk.unit_code, APPLICATIONS.c.status != "withdrawn", _in_area(desk))
    )  # fmt: skip
    if state:
        query = query.where(LINES.c.state == state)
    query = query.order_by((LINES.c.state == "final"), APPLICATIONS.c.due_on, APPLICATIONS.c.number, LINES.c.seq)
    found = session.execute(query.limit(LINES_SHOWN)).all()
    tasks = _tasks_by_seq(session, desk, {row.application_id for row in found})
    return tuple(
        LineRow(
            id=row.id,
            application_id=row.application_id,
            task_id=tasks.get((row.application_id, row.seq)),
            number=row.number,
            project_name=row.project_name,
            developer_name=row.developer_name,
            item_code=row.item_code,
            state=row.state,
            status=row.status,
            payable_fen=row.payable_fen,
            tariff_version=row.tariff_version,
            due_on=row.due_on,
            standing=days.standing(
                row.due_on, done_on=_day(row.confirmed_at or row.assessed_at) if row.state == "final" else None
            ),
        )
        for row in found
    )


def count_lines(session: Session, desk: Desk, *, state: str, application_id: UUID | None = None) -> int:
    """How many of the unit's fee lines are in a state, of one application or of all."""
    query = (
        select(func.count())
        .select_from(LINES)
        .join(APPLICATIONS, APPLICATIONS.c.id == LINES.c.application_id)
        .where(
            LINES.c.unit_code == desk.unit_code,
            LINES.c.state == state,
            APPLICATIONS.c.status.in_(IN_HAND),
            _in_area(desk),
        )
    )
    if application_id is not None:
        query = query.where(LINES.c.application_id == application_id)
    return session.execute(query).scalar_one()


def task_place(session: Session, desk: Desk, task_id: UUID) -> UUID:
    """The application that one of the unit's tasks belongs to; raises `NotFound` for any other."""
    found: UUID | None = session.execute(
        select(TASKS.c.application_id)
        .join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id)
        .where(TASKS.c.id == task_id, _belongs(desk))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("审核任务不存在，或不在您的办理范围内")
    return found


def line_place(session: Session, desk: Desk, line_id: UUID) -> UUID:
    """The application that one of the unit's fee lines belongs to; raises `NotFound` for any other."""
    found: UUID | None = session.execute(
        select(LINES.c.application_id)
        .join(APPLICATIONS, APPLICATIONS.c.id == LINES.c.application_id)
        .where(LINES.c.id == line_id, LINES.c.unit_code == desk.unit_code, _in_area(desk))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("收费明细不存在，或不在您的办理范围内")
    return found


# Which tasks.


def _in_area(desk: Desk) -> ColumnElement[bool]:
    return APPLICATIONS.c.area_code == desk.area_code if desk.area_code else APPLICATIONS.c.id.is_not(None)


def _belongs(desk: Desk) -> ColumnElement[bool]:
    return and_(TASKS.c.unit_code == desk.unit_code, _in_area(desk))


def _is_open() -> ColumnElement[bool]:
    return and_(TASKS.c.status.in_(("open", "taken")), APPLICATIONS.c.status.in_(IN_HAND))


def _in_tab(desk: Desk, tab: Tab, near_until: date) -> ColumnElement[bool]:
    match tab:
        case Tab.MINE:
            return and_(_is_open(), TASKS.c.status == "taken", TASKS.c.officer_id == desk.account_id)
        case Tab.UNCLAIMED:
            return and_(_is_open(), TASKS.c.status == "open")
        case Tab.SOON:
            return and_(_is_open(), TASKS.c.due_on <= near_until)
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
            conditions += [_is_open(), TASKS.c.due_on < days.today]
        case Light.AMBER:
            conditions += [_is_open(), TASKS.c.due_on >= days.today, TASKS.c.due_on <= days.near_until]
        case Light.GREEN:
            conditions += [_is_open(), TASKS.c.due_on > days.near_until]
    return conditions


def _queue(session: Session, desk: Desk) -> tuple[UUID, ...]:
    waits_for_me = or_(_in_tab(desk, Tab.MINE, date.min), _in_tab(desk, Tab.UNCLAIMED, date.min))
    return tuple(
        session.execute(
            select(TASKS.c.id)
            .join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id)
            .where(_belongs(desk), waits_for_me)
            .order_by(TASKS.c.due_on, APPLICATIONS.c.number, TASKS.c.seq)
            .limit(QUEUE_ROWS)
        ).scalars()
    )


# One case.


def _case(session: Session, city: City, desk: Desk, wanted: ColumnElement[bool], *, today: date) -> CaseView:
    days = Deadlines(city.calendar, today)
    head = _head(session, city, desk, wanted, days)
    return CaseView(
        head=head,
        others=_others(session, head, days),
        papers=_papers(session, head.application_id),
        lines=_own_lines(session, desk, head.application_id),
        history=_history(session, head.application_id),
        queue=_queue(session, desk),
    )


def _head(session: Session, city: City, desk: Desk, wanted: ColumnElement[bool], days: Deadlines) -> CaseHead:
    own = and_(TASKS.c.application_id == APPLICATIONS.c.id, TASKS.c.unit_code == desk.unit_code)
    task_columns = {
        name: TASKS.c[name]
        for name in (
            "matter_code", "matter_name", "unit_code", "status", "version", "due_on", "officer_id", "taken_at",
            "decided_at", "opinion",
        )
    }  # fmt: skip
    query: Select[Any] = (
        select(
            APPLICATIONS.c.id.label("application_id"), APPLICATIONS.c.number, APPLICATIONS.c.project_code,
            APPLICATIONS.c.project_name, APPLICATIONS.c.developer_name, APPLICATIONS.c.contractor_name,
            APPLICATIONS.c.site, APPLICATIONS.c.area_code, APPLICATIONS.c.status.label("case_status"),
            APPLICATIONS.c.accepted_at, APPLICATIONS.c.accepted_on, APPLICATIONS.c.due_on.label("case_due_on"),
            APPLICATIONS.c.facts, TASKS.c.id.label("task_id"),
            *(column.label(f"task_{name}") for name, column in task_columns.items()),
            PEOPLE.c.display_name.label("officer_name"),
        )
        .select_from(APPLICATIONS)
        .outerjoin(TASKS, own)
        .outerjoin(PEOPLE, PEOPLE.c.id == TASKS.c.officer_id)
        .where(wanted, _in_area(desk))
        .order_by(TASKS.c.seq)
        .limit(1)
    )  # fmt: skip
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("审核任务不存在，或不在您的办理范围内")
    task = None
    if row.task_id is not None:
        promised = {matter.code: matter.promise_days for matter in city.matters}
        task = OwnTask(
            id=row.task_id,
            **{name: row._mapping[f"task_{name}"] for name in task_columns},
            officer_name=row.officer_name or "",
            standing=days.standing(row.task_due_on, done_on=_day(row.task_decided_at)),
            used_days=days.between(row.accepted_on, _day(row.task_decided_at) or days.today),
            promised_days=promised.get(row.task_matter_code, 0),
        )
    names = [name for name in CaseHead.__dataclass_fields__ if name != "task"]
    return CaseHead(**{name: row._mapping[name] for name in names}, task=task)


def _others(session: Session, head: CaseHead, days: Deadlines) -> tuple[OtherTask, ...]:
    query = (
        select(
            TASKS.c.unit_code,
            TASKS.c.matter_name,
            TASKS.c.status,
            TASKS.c.due_on,
            TASKS.c.decided_at,
            PEOPLE.c.display_name,
        )
        .outerjoin(PEOPLE, PEOPLE.c.id == TASKS.c.officer_id)
        .where(TASKS.c.application_id == head.application_id)
        .order_by(TASKS.c.decided_at.is_not(None), TASKS.c.due_on, TASKS.c.seq)
    )
    if head.task is not None:
        query = query.where(TASKS.c.id != head.task.id)
    return tuple(
        OtherTask(
            unit_code=row.unit_code,
            matter_name=row.matter_name,
            status=row.status,
            officer_name=row.display_name or "",
            standing=days.standing(row.due_on, done_on=_day(row.decided_at)),
        )
        for row in session.execute(query)
    )


def _papers(session: Session, application_id: UUID) -> tuple[Paper, ...]:
    columns = [ATTACHMENTS.c[name] for name in Paper.__dataclass_fields__]
    query = select(*columns).where(ATTACHMENTS.c.application_id == application_id)
    return tuple(Paper(**row._mapping) for row in session.execute(query.order_by(ATTACHMENTS.c.created_at)))


def _own_lines(session: Session, desk: Desk, application_id: UUID) -> tuple[OwnLine, ...]:
    names = ("id", "item_code", "state", "confirm_required", "version", "line", "confirmed_at")
    query = (
        select(*(LINES.c[name] for name in names), PEOPLE.c.display_name)
        .outerjoin(PEOPLE, PEOPLE.c.id == LINES.c.confirmed_by)
        .where(LINES.c.application_id == application_id, LINES.c.unit_code == desk.unit_code)
        .order_by(LINES.c.seq)
    )
    return tuple(
        OwnLine(
            **{name: row._mapping[name] for name in names if name != "line"},
            line=Line.from_json(row.line) if row.state != "pending" else None,
            confirmed_by=row.display_name or "",
        )
        for row in session.execute(query)
    )


def _history(session: Session, application_id: UUID) -> tuple[PastAct, ...]:
    columns = [EVENTS.c[name] for name in PastAct.__dataclass_fields__]
    query = select(*columns).where(EVENTS.c.application_id == application_id)
    rows = session.execute(query.order_by(EVENTS.c.seq.desc()).limit(EVENTS_SHOWN))
    return tuple(PastAct(**row._mapping) for row in rows)


def _tasks_by_seq(session: Session, desk: Desk, applications: set[UUID]) -> dict[tuple[UUID, int], UUID]:
    if not applications:
        return {}
    rows = session.execute(
        select(TASKS.c.id, TASKS.c.application_id, TASKS.c.seq).where(
            TASKS.c.application_id.in_(applications), TASKS.c.unit_code == desk.unit_code
        )
    )
    return {(row.application_id, row.seq): row.id for row in rows}


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(CHINA).date()
