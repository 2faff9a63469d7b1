"""One application as its page shows it, and the lists that lead to it, for those who may see it.

The wall stands in the query: what is not the viewer's is not found, exactly like what does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db.accounts import AccountRow
from shared.db.bills import OPEN
from shared.db.from_json import read
from shared.domain.errors import NotFound

#: Longest list on one page; who has more looks an application up by its number.
LIST_MAX = 100


@dataclass(frozen=True, slots=True)
class CaseView:
    """The application itself; `facts` as the applicant stated them."""

    id: UUID
    number: str
    status: str
    area_code: str
    project_code: str
    project_name: str
    site: str
    developer_name: str
    developer_uscc: str
    contractor_name: str
    contractor_uscc: str
    facts: Mapping[str, Any]
    bill_waits_for: str
    accepted_on: date
    accepted_at: datetime
    due_on: date
    closed_at: datetime | None
    applicant_id: UUID


@dataclass(frozen=True, slots=True)
class TaskView:
    """One unit's review of one matter; `officer` is a name, empty while nobody has taken it."""

    id: UUID
    matter_code: str
    matter_name: str
    unit_code: str
    status: str
    version: int
    due_on: date
    officer: str
    taken_at: datetime | None
    decided_at: datetime | None
    opinion: str
    way: str
    checker: str
    is_by_default: bool

    @property
    def is_open(self) -> bool:
        return self.status in ("open", "taken")


@dataclass(frozen=True, slots=True)
class LineView:
    """One fee line; `line` is the frozen computation (empty while pending), `due_fen` what it adds to its bill."""

    id: UUID
    item_code: str
    unit_code: str
    state: str
    status: str | None
    confirm_required: bool
    version: int
    payable_fen: int
    payer: str | None
    line: Mapping[str, Any]
    confirmer: str
    confirmed_at: datetime | None
    bill_id: UUID | None
    due_fen: int | None


@dataclass(frozen=True, slots=True)
class BillView:
    """One bill with the receipt that followed it, if any."""

    id: UUID
    payer: str
    payer_name: str
    number: str
    payment_code: str
    total_fen: int
    paid_fen: int
    status: str
    issued_at: datetime
    due_on: date
    paid_at: datetime | None
    receipt_id: UUID | None
    receipt_code: str | None
    receipt_number: str | None
    receipt_check_code: str | None
    receipt_token: str | None
    receipt_state: str | None
    receipt_issued_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether money may still be paid on it."""
        return self.status in OPEN

    @property
    def owed_fen(self) -> int:
        """What is still to be paid."""
        return self.total_fen - self.paid_fen if self.is_open else 0


@dataclass(frozen=True, slots=True)
class DocumentView:
    """One document; ready once its bytes are stored."""

    id: UUID
    kind: str
    subject_id: UUID
    title: str
    requested_at: datetime
    sha256: str | None

    @property
    def is_ready(self) -> bool:
        return self.sha256 is not None


@dataclass(frozen=True, slots=True)
class PaperView:
    """One paper that the applicant handed in, and that no later one has replaced."""

    id: UUID
    material_code: str
    file_name: str
    media_type: str
    size_bytes: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EventView:
    """One act of the audit trail."""

    seq: int
    at: datetime
    verb: str
    actor_name: str
    unit_code: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything about one application; events newest first."""

    case: CaseView
    tasks: tuple[TaskView, ...]
    lines: tuple[LineView, ...]
    bills: tuple[BillView, ...]
    documents: tuple[DocumentView, ...]
    papers: tuple[PaperView, ...]
    events: tuple[EventView, ...]

    def document_of(self, kind: str, subject_id: UUID) -> DocumentView | None:
        """The document of a bill, a receipt or the application."""
        return next((each for each in self.documents if (each.kind, each.subject_id) == (kind, subject_id)), None)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One application in a list; `owed_fen` is what open bills still ask for, `pay_by` the earliest due date."""

    id: UUID
    number: str
    status: str
    project_name: str
    area_code: str
    accepted_on: date
    due_on: date
    closed_at: datetime | None
    tasks: int
    tasks_approved: int
    tasks_objected: int
    lines: int
    lines_final: int
    owed_fen: int
    pay_by: date | None


def case_file(session: Session, application_id: UUID, viewer: AccountRow) -> CaseFile:
    """An application with everything that belongs to it; raises `NotFound` for what the viewer may not see."""
    wall, values = _wall(viewer)
    columns = ", ".join(f"a.{name}" for name in CaseView.__dataclass_fields__)
    row = session.execute(
        text(f"select {columns} from application a where a.id = :id and {wall}"),  # noqa: S608 both made here
        {"id": application_id, **values},
    ).one_or_none()
    if row is None:
        raise NotFound("办件不存在，或不在您的办理范围内")
    return _file(session, CaseView(**row._mapping))


def find_by_number(session: Session, number: str) -> CaseFile | None:
    """An application by its number, for whoever knows it; the page that shows it hides what is not public."""
    columns = ", ".join(CaseView.__dataclass_fields__)
    row = session.execute(
        text(f"select {columns} from application where number = :number"),  # noqa: S608 made here
        {"number": number},
    ).one_or_none()
    return None if row is None else _file(session, CaseView(**row._mapping))


def whole_file(session: Session, application_id: UUID) -> CaseFile:
    """An application for a document that speaks of it; who may read that is asked where it is handed out."""
    columns = ", ".join(CaseView.__dataclass_fields__)
    row = session.execute(
        text(f"select {columns} from application where id = :id"),  # noqa: S608 made here
        {"id": application_id},
    ).one()
    return _file(session, CaseView(**row._mapping))


def listed(session: Session, viewer: AccountRow) -> tuple[CaseRow, ...]:
    """The applications that the viewer may see, newest first, at most `LIST_MAX`."""
    wall, values = _wall(viewer)
    rows = session.execute(
        text(
            "select a.id, a.number, a.status, a.project_name, a.area_code, a.accepted_on, a.due_on, a.closed_at, "  # noqa: S608 made here
            "t.tasks, t.tasks_approved, t.tasks_objected, l.lines, l.lines_final, b.owed_fen, b.pay_by "
            "from application a "
            "cross join lateral (select count(*) as tasks, count(*) filter (where status = 'approved') "
            "  as tasks_approved, count(*) filter (where status = 'objected') as tasks_objected "
            "  from review_task where application_id = a.id) t "
            "cross join lateral (select count(*) as lines, count(*) filter (where state = 'final') as lines_final "
            "  from fee_line where application_id = a.id) l "
            "cross join lateral (select coalesce(sum(total_fen - paid_fen), 0)::bigint as owed_fen, "
            "  min(due_on) as pay_by from bill where application_id = a.id and status in ('issued', 'part_paid')) b "
            f"where {wall} order by a.accepted_at desc, a.number desc limit :most"
        ),
        {"most": LIST_MAX, **values},
    )
    return tuple(CaseRow(**row._mapping) for row in rows)


def may_see(session: Session, application_id: UUID, viewer: AccountRow) -> bool:
    """Whether an application is the viewer's to see, for a file or a document of it."""
    wall, values = _wall(viewer)
    found = session.execute(
        text(f"select 1 from application a where a.id = :id and {wall}"),  # noqa: S608 made here
        {"id": application_id, **values},
    )
    return found.one_or_none() is not None


def may_see_document(session: Session, document_id: UUID, viewer: AccountRow) -> bool:
    """Whether a document is the viewer's to see: by its application, or because the draft it was given on is theirs;
    documents of the books are finance's."""
    wall, values = _wall(viewer)
    found = session.execute(
        text(
            "select 1 from document d left join application a on a.id = d.application_id "  # noqa: S608 made here
            "left join draft f on f.id = d.draft_id "
            f"where d.id = :id and ((a.id is not null and {wall}) or f.account_id = :owner "
            "or (:is_finance and d.kind in ('day_close', 'month_close', 'export')))"
        ),
        {"id": document_id, "owner": viewer.id, "is_finance": viewer.role == "finance", **values},
    )
    return found.one_or_none() is not None


def _wall(viewer: AccountRow) -> tuple[str, dict[str, Any]]:
    """What the viewer may see, as a condition on `application a`.

    Applicants see their own, departments what they take or took part in, a lead window everything of its city or its
    district, finance everything that money
    may come from; leaders, administrators and operators have pages of their own.
    """
    if viewer.role == "applicant":
        return "a.applicant_id = :viewer", {"viewer": viewer.id}
    if viewer.role in ("officer", "checker"):
        return (
            "(exists (select from review_task t where t.application_id = a.id and t.unit_code = :unit) "
            "or exists (select from fee_line l where l.application_id = a.id and l.unit_code = :unit) "
            "or exists (select from handover h where h.application_id = a.id and h.from_unit = :unit) "
            "or exists (select from unit u where u.code = :unit and u.is_lead "
            "  and (u.level = 'city' or u.area_code = a.area_code)))"
        ), {"unit": viewer.unit_code}
    if viewer.role == "finance":
        return "true", {}
    return "false", {}


_PAPERWORK = """
select (select jsonb_agg(to_jsonb(b) || jsonb_build_object('receipt_id', r.id, 'receipt_code', r.code,
   'receipt_number', r.number, 'receipt_check_code', r.check_code, 'receipt_token', r.public_token,
   'receipt_state', r.state, 'receipt_issued_at', r.issued_at) order by b.occasion, b.payer desc, b.number)
   from bill b left join receipt r on r.bill_id = b.id and r.kind = 'receipt' and r.state = 'normal'
   where b.application_id = :id) as bills,
 (select jsonb_agg(to_jsonb(d) - 'view' order by d.requested_at, d.kind desc)
   from document d where d.application_id = :id) as documents,
 (select jsonb_agg(to_jsonb(p) order by p.created_at, p.file_name)
   from attachment p where p.application_id = :id and p.replaced_by is null) as papers
"""


def _file(session: Session, case: CaseView) -> CaseFile:
    known = {"id": case.id}
    tasks = session.execute(
        text(
            "select t.id, t.matter_code, t.matter_name, t.unit_code, t.status, t.version, t.due_on, "
            "coalesce(o.display_name, '') as officer, t.taken_at, t.decided_at, t.opinion, t.way, "
            "coalesce(c.display_name, '') as checker, t.is_by_default "
            "from review_task t left join account o on o.id = t.officer_id "
            "left join account c on c.id = t.checker_id "
            "where t.application_id = :id order by t.seq"
        ),
        known,
    )
    lines = session.execute(
        text(
            "select l.id, l.item_code, l.unit_code, l.state, l.status, l.confirm_required, l.version, l.payable_fen, "
            "l.payer, l.line, coalesce(c.display_name, '') as confirmer, l.confirmed_at, b.bill_id, b.due_fen "
            "from fee_line l left join account c on c.id = l.confirmed_by "
            "left join bill_line b on b.fee_line_id = l.id "
            "where l.application_id = :id order by l.seq"
        ),
        known,
    )
    # Bills, documents and papers in one look: a page of a case asks for so much else.
    paperwork = session.execute(text(_PAPERWORK), known).one()
    events = session.execute(
        text(
            "select seq, at, verb, actor_name, unit_code, data from audit_event "
            "where application_id = :id order by seq desc"
        ),
        known,
    )
    return CaseFile(
        case=case,
        tasks=tuple(TaskView(**row._mapping) for row in tasks),
        lines=tuple(LineView(**row._mapping) for row in lines),
        bills=tuple(read(BillView, row) for row in paperwork.bills or ()),
        documents=tuple(read(DocumentView, row) for row in paperwork.documents or ()),
        papers=tuple(read(PaperView, row) for row in paperwork.papers or ()),
        events=tuple(EventView(**row._mapping) for row in events),
    )


@dataclass(frozen=True, slots=True)
class UnitTask:
    """A review task of one unit, with what a program needs to act on it."""

    id: UUID
    application_id: UUID
    number: str
    project_name: str
    matter_code: str
    matter_name: str
    status: str
    due_on: date
    version: int


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A fee line of one unit, with what a program needs to act on it."""

    id: UUID
    application_id: UUID
    number: str
    project_name: str
    item_code: str
    state: str
    status: str | None
    payable_fen: int
    version: int
    line: Mapping[str, Any]


_TASK_STATES = {
    "open": "t.status = 'open'",
    "taken": "t.status = 'taken'",
    "mine": "t.status = 'taken' and t.officer_id = :viewer",
    "checking": "t.status = 'checking'",
    "forwarded": "t.status = 'forwarded'",
    "decided": "t.status in ('approved', 'objected')",
}


def unit_tasks(session: Session, viewer: AccountRow, *, status: str) -> tuple[UnitTask, ...]:
    """Tasks of the viewer's unit, earliest due first: open, taken, mine or decided; at most `LIST_MAX`."""
    rows = session.execute(
        text(
            "select t.id, t.application_id, a.number, a.project_name, t.matter_code, "  # noqa: S608 from the table above
            "t.matter_name, t.status, t.due_on, t.version "
            "from review_task t join application a on a.id = t.application_id "
            f"where t.unit_code = :unit and {_TASK_STATES[status]} order by t.due_on, a.number limit :most"
        ),
        {"unit": viewer.unit_code, "viewer": viewer.id, "most": LIST_MAX},
    )
    return tuple(UnitTask(**row._mapping) for row in rows)


def unit_lines(session: Session, viewer: AccountRow, *, state: str) -> tuple[UnitLine, ...]:
    """Fee lines of the viewer's unit in one state; at most `LIST_MAX`."""
    rows = session.execute(
        text(
            "select l.id, l.application_id, a.number, a.project_name, l.item_code, l.state, l.status, l.payable_fen, "
            "l.version, l.line from fee_line l join application a on a.id = l.application_id "
            "where l.unit_code = :unit and l.state = :state order by a.accepted_at, a.number limit :most"
        ),
        {"unit": viewer.unit_code, "state": state, "most": LIST_MAX},
    )
    return tuple(UnitLine(**row._mapping) for row in rows)


def task_state(session: Session, task_id: UUID) -> tuple[str, int]:
    """A task's status and version; raises `NotFound`."""
    row = session.execute(text("select status, version from review_task where id = :id"), {"id": task_id}).one_or_none()
    if row is None:
        raise NotFound("审核任务不存在，或不在您的办理范围内")
    return row.status, row.version


def case_state(session: Session, application_id: UUID) -> tuple[str, int]:
    """An application's status and version; raises `NotFound`."""
    found = text("select status, version from application where id = :id")
    row = session.execute(found, {"id": application_id}).one_or_none()
    if row is None:
        raise NotFound("办件不存在，或不在您的办理范围内")
    return row.status, row.version


def line_state(session: Session, line_id: UUID) -> tuple[str, int]:
    """A fee line's state and version; raises `NotFound`."""
    row = session.execute(text("select state, version from fee_line where id = :id"), {"id": line_id}).one_or_none()
    if row is None:
        raise NotFound("收费明细不存在，或不在您的办理范围内")
    return row.state, row.version


def is_units_task(session: Session, task_id: UUID, viewer: AccountRow) -> bool:
    """Whether a task lies on the viewer's unit's desk."""
    found = session.execute(
        text("select 1 from review_task where id = :id and unit_code = :unit"),
        {"id": task_id, "unit": viewer.unit_code},
    )
    return found.one_or_none() is not None


def is_units_line(session: Session, line_id: UUID, viewer: AccountRow) -> bool:
    """Whether a fee line belongs to the viewer's unit."""
    found = session.execute(
        text("select 1 from fee_line where id = :id and unit_code = :unit"), {"id": line_id, "unit": viewer.unit_code}
    )
    return found.one_or_none() is not None


def application_of(session: Session, task_id: UUID) -> UUID:
    """The application that a review task belongs to; raises `NotFound`."""
    found: UUID | None = session.execute(
        text("select application_id from review_task where id = :id"), {"id": task_id}
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("审核任务不存在，或不在您的办理范围内")
    return found
