"""One case as a desk shows it: the application, the unit's own task and lines, the other units' lanes, papers, history.

Every function takes the `Desk` that looks and answers only for its unit; a district's desk sees its own area.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, literal_column, or_, select, text
from sqlalchemy.orm import Session

from shared.db import handovers
from shared.db.city import City
from shared.db.from_json import moment, read
from shared.db.handovers import HANDOVERS
from shared.db.queries.corrections import CHANGES, ChangeView, read_changes
from shared.db.queries.desk import APPLICATIONS, LINES, TASKS, Desk, day_of, in_area
from shared.db.queries.inbox import queue
from shared.db.tables.columns import table
from shared.db.tables.people import Account
from shared.domain.deadlines import Deadlines, Standing
from shared.domain.errors import NotFound
from shared.domain.lines import Line

PEOPLE = table(Account)

EVENTS_SHOWN = 60


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
    changes: tuple[ChangeView, ...]
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
    worksheet: Mapping[str, Any]
    standing: Standing
    used_days: int
    promised_days: int

    @property
    def is_decided(self) -> bool:
        return self.decided_at is not None

    @property
    def officer(self) -> str:
        return self.officer_name


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
    """A material that the applicant handed in, and that no later one has replaced."""

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


def case_of_task(session: Session, city: City, desk: Desk, task_id: UUID, *, today: date) -> CaseView:
    """The case around one of the unit's tasks, or around one that it has passed on; raises `NotFound` for any other.

    Four queries.
    """
    try:
        return _case(session, city, desk, TASKS.c.id == task_id, today=today)
    except NotFound:
        passed_on = handovers.was_with(session, task_id, desk.unit_code)
        if passed_on is None:
            raise
        return _case(session, city, desk, APPLICATIONS.c.id == passed_on, today=today)


def case_of_application(session: Session, city: City, desk: Desk, application_id: UUID, *, today: date) -> CaseView:
    """The case where the unit has, or had, a task or a fee line; any case at a lead window. Else raises `NotFound`."""
    had_task = select(HANDOVERS.c.id).where(
        HANDOVERS.c.application_id == APPLICATIONS.c.id, HANDOVERS.c.from_unit == desk.unit_code
    )
    has_line = select(LINES.c.id).where(
        LINES.c.application_id == APPLICATIONS.c.id, LINES.c.unit_code == desk.unit_code
    )
    wanted = APPLICATIONS.c.id == application_id
    if not desk.is_lead:
        wanted = and_(wanted, or_(TASKS.c.id.is_not(None), has_line.exists(), had_task.exists()))
    return _case(session, city, desk, wanted, today=today)


def head_of_task(session: Session, city: City, desk: Desk, task_id: UUID, *, today: date) -> CaseHead:
    """The application around one of the unit's tasks, without what belongs to it; raises `NotFound` for any other."""
    return _head(session, city, desk, TASKS.c.id == task_id, Deadlines(city.calendar, today))


def _case(session: Session, city: City, desk: Desk, wanted: ColumnElement[bool], *, today: date) -> CaseView:
    days = Deadlines(city.calendar, today)
    head = _head(session, city, desk, wanted, days)
    own = head.task.id if head.task else None
    beside = session.execute(text(_BESIDE), {"id": head.application_id, "own": own, "events": EVENTS_SHOWN}).one()
    return CaseView(
        head=head,
        others=tuple(_other(row, days) for row in beside.others or ()),
        papers=tuple(read(Paper, row) for row in beside.papers or ()),
        lines=_own_lines(session, desk, head.application_id),
        history=tuple(read(PastAct, row) for row in beside.history or ()),
        queue=queue(session, desk),
    )


def _head(session: Session, city: City, desk: Desk, wanted: ColumnElement[bool], days: Deadlines) -> CaseHead:
    own = and_(TASKS.c.application_id == APPLICATIONS.c.id, TASKS.c.unit_code == desk.unit_code)
    task_columns = {
        name: TASKS.c[name]
        for name in (
            "matter_code", "matter_name", "unit_code", "status", "version", "due_on", "officer_id", "taken_at",
            "decided_at", "opinion", "worksheet",
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
            TASKS.c.near_on.label("task_near_on"), TASKS.c.is_paused.label("task_is_paused"),
            PEOPLE.c.display_name.label("officer_name"), literal_column(CHANGES).label("changes"),
        )
        .select_from(APPLICATIONS)
        .outerjoin(TASKS, own)
        .outerjoin(PEOPLE, PEOPLE.c.id == TASKS.c.officer_id)
        .where(wanted, in_area(desk))
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
            standing=days.standing(
                row.task_due_on,
                done_on=day_of(row.task_decided_at),
                near_on=row.task_near_on,
                is_paused=row.task_is_paused,
            ),
            used_days=days.between(row.accepted_on, day_of(row.task_decided_at) or days.today),
            promised_days=promised.get(row.task_matter_code, 0),
        )
    names = [name for name in CaseHead.__dataclass_fields__ if name not in ("task", "changes")]
    # Marked until the task is decided again.
    changes = read_changes(row.changes) if task is not None and not task.is_decided else ()
    return CaseHead(**{name: row._mapping[name] for name in names}, task=task, changes=changes)


#: The other matters, the papers and the latest acts in one look: the page asks for so much else.
_BESIDE = """
select (select jsonb_agg(jsonb_build_object('unit_code', t.unit_code, 'matter_name', t.matter_name, 'status', t.status,
   'due_on', t.due_on, 'near_on', t.near_on, 'decided_at', t.decided_at, 'is_paused', t.is_paused,
   'officer', o.display_name) order by t.decided_at is not null, t.due_on, t.seq)
   from review_task t left join account o on o.id = t.officer_id
   where t.application_id = :id and t.id is distinct from cast(:own as uuid)) as others,
 (select jsonb_agg(to_jsonb(p) order by p.created_at) from attachment p
   where p.application_id = :id and p.replaced_by is null) as papers,
 (select jsonb_agg(to_jsonb(e) order by e.seq desc) from (select seq, at, verb, actor_name, unit_code, data
   from audit_event where application_id = :id order by seq desc limit :events) e) as history
"""


def _other(row: Mapping[str, Any], days: Deadlines) -> OtherTask:
    decided_at = moment(row["decided_at"]) if row["decided_at"] else None
    near_on = date.fromisoformat(row["near_on"]) if row["near_on"] else None
    return OtherTask(
        unit_code=row["unit_code"],
        matter_name=row["matter_name"],
        status=row["status"],
        officer_name=row["officer"] or "",
        standing=days.standing(
            date.fromisoformat(row["due_on"]), done_on=day_of(decided_at), near_on=near_on, is_paused=row["is_paused"]
        ),
    )


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
