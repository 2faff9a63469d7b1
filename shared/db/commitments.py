"""告知承诺 as rows: a paper promised for later, brought, and judged by the unit that needs it first.

The caller holds the application's row for every change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.cases import ENDED
from shared.db.outbox import changed
from shared.db.tables.cases import Application
from shared.db.tables.columns import table
from shared.db.tables.promises import Commitment
from shared.domain.errors import Conflict, NotFound

COMMITMENTS = table(Commitment)
APPLICATIONS = table(Application)


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """One promised paper."""

    id: UUID
    application_id: UUID
    material_code: str
    unit_code: str
    state: str
    version: int
    promised_at: datetime
    due_on: date
    attachment_id: UUID | None
    brought_at: datetime | None
    checked_by: UUID | None
    checked_at: datetime | None
    opinion: str
    late_noted_on: date | None


_COMMITMENT = [COMMITMENTS.c[name] for name in CommitmentRow.__dataclass_fields__]


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new promises, if any."""
    if not rows:
        return
    setwise.insert_rows(session, COMMITMENTS, rows)


def find(session: Session, commitment_id: UUID) -> CommitmentRow:
    """One promise, unlocked; raises `NotFound`."""
    row = session.execute(select(*_COMMITMENT).where(COMMITMENTS.c.id == commitment_id)).one_or_none()
    if row is None:
        raise NotFound("没有这项承诺，或不在您的办理范围内")
    return CommitmentRow(*row)


def of_application(session: Session, application_id: UUID) -> list[CommitmentRow]:
    """What was promised in an application, the earliest due first."""
    rows = session.execute(
        select(*_COMMITMENT)
        .where(COMMITMENTS.c.application_id == application_id)
        .order_by(COMMITMENTS.c.due_on, COMMITMENTS.c.material_code)
    )
    return [CommitmentRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One promised paper on a unit's list, with its application and, once it came, the paper."""

    id: UUID
    application_id: UUID
    number: str
    project_name: str
    material_code: str
    unit_code: str
    state: str
    version: int
    due_on: date
    brought_at: datetime | None
    attachment_id: UUID | None
    checked_at: datetime | None
    opinion: str


def of_unit(session: Session, unit_code: str, *, is_closed: bool, most: int) -> list[DeskRow]:
    """A unit's promises in living applications: what came first, then by due date; or those already judged."""
    columns = [COMMITMENTS.c[name] for name in DeskRow.__dataclass_fields__ if name not in ("number", "project_name")]
    states = ("fulfilled", "failed") if is_closed else ("promised", "brought")
    query = (
        select(*columns, APPLICATIONS.c.number, APPLICATIONS.c.project_name)
        .join(APPLICATIONS, APPLICATIONS.c.id == COMMITMENTS.c.application_id)
        .where(
            COMMITMENTS.c.unit_code == unit_code,
            COMMITMENTS.c.state.in_(states),
            APPLICATIONS.c.status.not_in(ENDED),
        )
        .limit(most)
    )
    if is_closed:
        query = query.order_by(COMMITMENTS.c.checked_at.desc(), COMMITMENTS.c.id)
    else:
        query = query.order_by(COMMITMENTS.c.state, COMMITMENTS.c.due_on, COMMITMENTS.c.id)
    return [DeskRow(**row._mapping) for row in session.execute(query)]


def late(session: Session, *, today: date, most: int) -> list[CommitmentRow]:
    """Promises of living applications whose paper has not come in time, the oldest first."""
    rows = session.execute(
        select(*_COMMITMENT)
        .join(APPLICATIONS, APPLICATIONS.c.id == COMMITMENTS.c.application_id)
        .where(
            COMMITMENTS.c.state == "promised",
            COMMITMENTS.c.due_on < today,
            COMMITMENTS.c.late_noted_on.is_(None),
            APPLICATIONS.c.status.not_in(ENDED),
        )
        .order_by(COMMITMENTS.c.due_on, COMMITMENTS.c.id)
        .limit(most)
    )
    return [CommitmentRow(*row) for row in rows]


def save(session: Session, commitment: CommitmentRow, **changes: Any) -> None:
    """Change a promise as it was read; raises `Conflict` if somebody changed it meanwhile."""
    done = session.execute(
        update(COMMITMENTS)
        .where(COMMITMENTS.c.id == commitment.id, COMMITMENTS.c.version == commitment.version)
        .values(version=commitment.version + 1, **changes)
    )
    if not changed(done):
        raise Conflict("这项承诺刚刚已被他人处理，请刷新后再看")


def note_late(session: Session, commitment_id: UUID, *, on: date) -> None:
    """Note that the lead window knows that a paper has not come; the promise itself stays as it was read."""
    session.execute(update(COMMITMENTS).where(COMMITMENTS.c.id == commitment_id).values(late_noted_on=on))
