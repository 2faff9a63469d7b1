"""Applications with their review tasks and fee lines: written at intake, locked for every decision.

Whoever changes a task or a line locks the application's row first or last, always in id order;
that row is the turnstile of the fan-in (two departments that finish together pass one after the other).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.outbox import changed
from shared.db.tables.cases import Application, Attachment, AuditEvent, FeeLine, ReviewTask, Submission
from shared.db.tables.columns import table
from shared.domain.errors import Conflict, NotFound

APPLICATIONS = table(Application)
TASKS = table(ReviewTask)
LINES = table(FeeLine)
SUBMISSIONS = table(Submission)
EVENTS = table(AuditEvent)
PAPERS = table(Attachment)

#: Fees are worked out under these; an objection may still become a consent.
IN_REVIEW = ("in_review", "objected")
#: Applications that go no further: nothing more is asked of anybody in them.
ENDED = ("withdrawn", "refused", "not_accepted")

#: What a task is before anybody has said anything: the values of a new round, beside status, round and officer.
UNDECIDED: Mapping[str, Any] = {
    "first_verdict": None,
    "first_opinion": "",
    "first_decided_at": None,
    "proposal": {},
    "checker_id": None,
    "on_behalf_of": None,
    "decided_at": None,
    "opinion": "",
    "way": "",
    "is_by_default": False,
}


@dataclass(frozen=True, slots=True)
class Case:
    """An application as the services need it, its row locked."""

    id: UUID
    tenant: str
    number: str
    area_code: str
    status: str
    version: int
    project_code: str
    project_name: str
    site: str
    developer_name: str
    developer_uscc: str
    contractor_name: str
    contractor_uscc: str
    facts: Mapping[str, Any]
    accepted_on: date
    accepted_at: datetime
    due_on: date
    applicant_id: UUID
    situations: Sequence[str]
    lane: str
    reopened: int
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A review task as the services need it."""

    id: UUID
    application_id: UUID
    matter_code: str
    matter_name: str
    unit_code: str
    status: str
    version: int
    officer_id: UUID | None
    opinion: str
    seq: int
    kind: str
    mode: str
    step_code: str | None
    lane: str
    round: int
    due_on: date
    is_paused: bool
    first_verdict: str | None
    first_opinion: str
    checker_id: UUID | None
    decided_at: datetime | None
    on_behalf_of: UUID | None
    proposal: Mapping[str, Any]
    way: str
    is_by_default: bool


@dataclass(frozen=True, slots=True)
class LineRow:
    """A fee line as the services need it; `line` is the frozen computation."""

    id: UUID
    application_id: UUID
    item_code: str
    seq: int
    unit_code: str
    state: str
    confirm_required: bool
    version: int
    status: str | None
    payable_fen: int
    payer: str | None
    line: Mapping[str, Any]
    refused_claims: Mapping[str, Any]


_CASE = [
    APPLICATIONS.c[name] if name != "tenant" else APPLICATIONS.c.tenant_id.label("tenant")
    for name in Case.__dataclass_fields__
]
_TASK = [TASKS.c[name] for name in TaskRow.__dataclass_fields__]
_LINE = [LINES.c[name] for name in LineRow.__dataclass_fields__]


# Written at intake.


def add(
    session: Session,
    *,
    application: Mapping[str, Any],
    tasks: Sequence[Mapping[str, Any]],
    lines: Sequence[Mapping[str, Any]],
    events: Sequence[Mapping[str, Any]],
) -> None:
    """Write an application with all its tasks, lines and first audit events."""
    session.execute(insert(APPLICATIONS), dict(application))
    setwise.insert_rows(session, TASKS, tasks)
    setwise.insert_rows(session, LINES, lines)
    setwise.insert_rows(session, EVENTS, events)


def remember_submission(
    session: Session, *, tenant: str, account_id: UUID, key: str, body_digest: bytes, application_id: UUID
) -> tuple[UUID, bytes] | None:
    """Take an idempotency key for ever; gives None if it was free, else what it stands for.

    Two requests with one key meet here: the later waits for the earlier's transaction.
    """
    # By RETURNING, not by the row count: SQLAlchemy 2.1 keeps none for an INSERT.
    taken = session.execute(
        pg_insert(SUBMISSIONS)
        .values(
            tenant_id=tenant, account_id=account_id, key=key, body_digest=body_digest, application_id=application_id
        )
        .on_conflict_do_nothing()
        .returning(SUBMISSIONS.c.application_id)
    ).one_or_none()
    if taken is not None:
        return None
    row = session.execute(
        select(SUBMISSIONS.c.application_id, SUBMISSIONS.c.body_digest).where(
            SUBMISSIONS.c.tenant_id == tenant, SUBMISSIONS.c.account_id == account_id, SUBMISSIONS.c.key == key
        )
    ).one()
    return row.application_id, row.body_digest


# Locked and read for a decision.


def lock(session: Session, ids: Iterable[UUID]) -> dict[UUID, Case]:
    """Load applications and hold their rows until the transaction ends, taken in id order so that nobody deadlocks."""
    rows = session.execute(
        select(*_CASE).where(setwise.among(APPLICATIONS.c.id, ids)).order_by(APPLICATIONS.c.id).with_for_update()
    )
    return {row.id: Case(*row) for row in rows}


def hold(session: Session, ids: Iterable[UUID]) -> list[UUID]:
    """Hold the rows of applications as `lock` does, without loading what stands in them; gives those that exist."""
    rows = session.execute(
        select(APPLICATIONS.c.id)
        .where(setwise.among(APPLICATIONS.c.id, ids))
        .order_by(APPLICATIONS.c.id)
        .with_for_update(key_share=True)  # what only refers to the application need not wait
    )
    return list(rows.scalars())


def lock_one(session: Session, application_id: UUID) -> Case:
    """Lock one application; raises `NotFound`."""
    found = lock(session, [application_id])
    if application_id not in found:
        raise NotFound("办件不存在，或不在您的办理范围内")
    return found[application_id]


def ready_for_bill(session: Session, ids: Iterable[UUID]) -> dict[UUID, int]:
    """Which of `ids` have nothing open that their bill waits for, each with how often its reviews were reopened.

    In id order; the caller holds their rows.
    """
    rows = session.execute(
        text(
            "select a.id, a.reopened from application a where a.id = any(:ids) and a.status = 'in_review' "
            "and not exists (select from fee_line l where l.application_id = a.id and l.state <> 'final') "
            "and (a.bill_waits_for = 'lines' or not exists "
            "  (select from review_task t where t.application_id = a.id and t.status <> 'approved')) order by a.id"
        ),
        {"ids": list(ids)},
    )
    return {row.id: row.reopened for row in rows}


def find_task(session: Session, task_id: UUID) -> TaskRow:
    """One review task, unlocked; raises `NotFound`."""
    row = session.execute(select(*_TASK).where(TASKS.c.id == task_id)).one_or_none()
    if row is None:
        raise NotFound("审核任务不存在，或不在您的办理范围内")
    return TaskRow(**row._mapping)


def tasks_of(session: Session, application_id: UUID) -> list[TaskRow]:
    """The review tasks of one application, in the order of the matters."""
    rows = session.execute(select(*_TASK).where(TASKS.c.application_id == application_id).order_by(TASKS.c.seq))
    return [TaskRow(*row) for row in rows]


def together(session: Session, task: TaskRow) -> list[TaskRow]:
    """The tasks that are decided in one act with a task (合并办理): its step's in the same unit, else itself alone."""
    if task.step_code is None:
        return [task]
    rows = session.execute(
        select(*_TASK)
        .where(
            TASKS.c.application_id == task.application_id,
            TASKS.c.step_code == task.step_code,
            TASKS.c.unit_code == task.unit_code,
        )
        .order_by(TASKS.c.seq)
    )
    return [TaskRow(*row) for row in rows]


def papers_of(session: Session, application_id: UUID) -> list[tuple[str, str]]:
    """What lies before a reviewer: material and digest of every paper that no later one has replaced."""
    rows = session.execute(
        select(PAPERS.c.material_code, PAPERS.c.sha256)
        .where(PAPERS.c.application_id == application_id, PAPERS.c.replaced_by.is_(None))
        .order_by(PAPERS.c.material_code, PAPERS.c.sha256)
    )
    return [(row.material_code, row.sha256) for row in rows]


def late_tasks(session: Session, today: date) -> list[TaskRow]:
    """Tasks on a desk whose running clock is past its last day, by application; unlocked."""
    rows = session.execute(
        select(*_TASK)
        .join(APPLICATIONS, APPLICATIONS.c.id == TASKS.c.application_id)
        .where(
            TASKS.c.status.in_(("open", "taken")),
            TASKS.c.is_paused.is_(False),
            TASKS.c.due_on < today,
            APPLICATIONS.c.status.in_((*IN_REVIEW, "billed")),
        )
        .order_by(TASKS.c.application_id, TASKS.c.seq)
    )
    return [TaskRow(*row) for row in rows]


def find_line(session: Session, line_id: UUID) -> LineRow:
    """One fee line, unlocked; raises `NotFound`."""
    row = session.execute(select(*_LINE).where(LINES.c.id == line_id)).one_or_none()
    if row is None:
        raise NotFound("收费明细不存在，或不在您的办理范围内")
    return LineRow(**row._mapping)


def lines_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[LineRow]]:
    """The fee lines of applications, each list in the order of the items."""
    lines: dict[UUID, list[LineRow]] = {}
    rows = session.execute(
        select(*_LINE).where(setwise.among(LINES.c.application_id, ids)).order_by(LINES.c.application_id, LINES.c.seq)
    )
    for row in rows:
        line = LineRow(*row)
        lines.setdefault(line.application_id, []).append(line)
    return lines


def pending_lines(session: Session, ids: Iterable[UUID]) -> list[tuple[LineRow, str, int]]:
    """Lines still to be assessed, by application id; with each its application's facts, as JSON text, and version."""
    rows = session.execute(
        select(*_LINE, cast(APPLICATIONS.c.facts, Text), APPLICATIONS.c.version)
        .join(APPLICATIONS, APPLICATIONS.c.id == LINES.c.application_id)
        .where(setwise.among(LINES.c.id, ids), LINES.c.state == "pending", APPLICATIONS.c.status.in_(IN_REVIEW))
        .order_by(LINES.c.application_id, LINES.c.seq)
    )
    return [(LineRow(*row[:-2]), row[-2], row[-1]) for row in rows]


def have_moved(session: Session, versions: Mapping[UUID, int]) -> bool:
    """Whether any of these applications is no longer as it was at its version; the caller holds their rows."""
    now = session.execute(
        select(APPLICATIONS.c.id, APPLICATIONS.c.version).where(setwise.among(APPLICATIONS.c.id, versions))
    )
    return any(versions[row.id] != row.version for row in now)


# Decided.


def open_tasks(session: Session, ids: Iterable[UUID]) -> None:
    """Put waiting tasks on their units' desks; the caller holds the applications."""
    session.execute(
        update(TASKS)
        .where(setwise.among(TASKS.c.id, ids), TASKS.c.status == "waiting")
        .values(status="open", version=TASKS.c.version + 1)
    )


def save_task(session: Session, task: TaskRow, **changes: Any) -> None:
    """Change a task as it was read; raises `Conflict` if somebody changed it meanwhile."""
    done = session.execute(
        update(TASKS)
        .where(TASKS.c.id == task.id, TASKS.c.version == task.version)
        .values(version=task.version + 1, **changes)
    )
    if not changed(done):
        raise Conflict("这项任务刚刚已被他人处理，请刷新后再看")


def worksheet_of(session: Session, task_id: UUID) -> Mapping[str, Any]:
    """What whoever works on a task has noted so far; empty at first."""
    found: Mapping[str, Any] = session.execute(select(TASKS.c.worksheet).where(TASKS.c.id == task_id)).scalar_one()
    return found


def save_worksheet(session: Session, task_id: UUID, worksheet: Mapping[str, Any]) -> None:
    """Keep working notes; they are nobody's act, so the task's version stays and no decision is disturbed."""
    session.execute(update(TASKS).where(TASKS.c.id == task_id).values(worksheet=dict(worksheet)))


def save_assessed(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the computed amounts of many lines at once; lines no longer pending stay as they are."""
    if not rows:
        return
    names = tuple(rows[0])
    sets = ", ".join(f"{name} = new.{name}" for name in names if name != "id")
    session.execute(
        text(
            f"update fee_line set {sets}, version = fee_line.version + 1 from {setwise.source(LINES, names)} "  # noqa: S608 names of columns
            "where fee_line.id = new.id and fee_line.state = 'pending'"
        ),
        {"rows": setwise.as_json(rows)},
    )


def save_line(session: Session, line: LineRow, **changes: Any) -> None:
    """Change a line as it was read; raises `Conflict` if somebody changed it meanwhile."""
    done = session.execute(
        update(LINES)
        .where(LINES.c.id == line.id, LINES.c.version == line.version)
        .values(version=line.version + 1, **changes)
    )
    if not changed(done):
        raise Conflict("这条收费明细刚刚已被他人处理，请刷新后再看")


def set_status(session: Session, ids: Iterable[UUID], status: str, *, closed_at: datetime | None = None) -> None:
    """Move applications on; the caller holds their rows."""
    session.execute(
        update(APPLICATIONS)
        .where(setwise.among(APPLICATIONS.c.id, ids))
        .values(status=status, version=APPLICATIONS.c.version + 1, closed_at=closed_at)
    )


def reopen(session: Session, application_id: UUID) -> None:
    """Put an application under review again after an objection was lifted; its bill is asked for anew."""
    session.execute(
        update(APPLICATIONS)
        .where(APPLICATIONS.c.id == application_id)
        .values(status="in_review", version=APPLICATIONS.c.version + 1, reopened=APPLICATIONS.c.reopened + 1)
    )


def cancel_tasks(session: Session, application_id: UUID) -> None:
    """End every task that nobody has decided; the caller holds the application and stops the clocks."""
    session.execute(
        update(TASKS)
        .where(TASKS.c.application_id == application_id, TASKS.c.status.not_in(("approved", "objected", "cancelled")))
        .values(status="cancelled", version=TASKS.c.version + 1, is_paused=False)
    )


def complete(session: Session, ids: Sequence[UUID], *, at: datetime) -> None:
    """Complete those billed applications where nothing is left to review, to pay or to receipt.

    The caller holds their rows. Where the bill does not wait for the reviews, the last verdict may be the last step.
    """
    if not ids:
        return
    session.execute(
        text(
            "update application a set status = 'completed', version = version + 1, closed_at = :at "
            "where a.id = any(:ids) and a.status = 'billed' "
            "and not exists (select from review_task t where t.application_id = a.id and t.status <> 'approved') "
            "and not exists (select from bill b where b.application_id = a.id and b.kind in ('original', 'reissue') "
            "  and b.status in ('issued', 'part_paid', 'paid') "
            "  and not exists (select from receipt r where r.bill_id = b.id and r.kind = 'receipt'))"
        ),
        {"ids": list(ids), "at": at},
    )


# Opened again after a correction.


def save_facts(session: Session, case: Case, facts: Mapping[str, Any], **columns: Any) -> None:
    """Correct the facts of an application, with the columns that repeat them; the caller holds its row."""
    session.execute(
        update(APPLICATIONS)
        .where(APPLICATIONS.c.id == case.id)
        .values(facts=dict(facts), version=APPLICATIONS.c.version + 1, **columns)
    )


def count_reopening(session: Session, application_id: UUID) -> None:
    """Note that something finished was opened again, so that the bill is asked for anew; the caller holds the row."""
    session.execute(
        update(APPLICATIONS).where(APPLICATIONS.c.id == application_id).values(reopened=APPLICATIONS.c.reopened + 1)
    )


def reopen_task(session: Session, task: TaskRow) -> None:
    """Put a decided task back into its officer's hands for another round; its verdict stays in the trail."""
    status = "taken" if task.officer_id else "open"
    save_task(session, task, **{**UNDECIDED, "status": status, "round": task.round + 1})


def put_back_lines(session: Session, ids: Iterable[UUID]) -> None:
    """Take the result, seal and confirmation off fee lines, so that they are computed anew; pending ones are as new.

    The caller holds the application, and none of the lines is pending: those are in the hands of whoever computes them.
    """
    session.execute(
        update(LINES)
        .where(setwise.among(LINES.c.id, ids), LINES.c.state != "pending")
        .values(
            version=LINES.c.version + 1,
            state="pending",
            status=None,
            tariff_version=None,
            gross_fen=0,
            reduction_fen=0,
            subsidy_fen=0,
            payable_fen=0,
            payer=None,
            line={},
            assessed_at=None,
            confirmed_by=None,
            confirmed_at=None,
            seal_key_id=None,
            seal=None,
        )
    )
