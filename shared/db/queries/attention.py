"""Cases that wait for a person, as the finance office and the operators list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.db.tables.cases import Application
from shared.db.tables.columns import table
from shared.db.tables.money import Bill
from shared.db.tables.people import Account
from shared.db.tables.work import CaseItem

CASES = table(CaseItem)
APPLICATIONS = table(Application)
BILLS = table(Bill)
PEOPLE = table(Account)

PAGE_ROWS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionRow:
    """A case with what it is about; `bill_id` where its payment code is one of ours."""

    id: UUID
    kind: str
    key: str
    reason: str
    data: Mapping[str, Any]
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    resolution: str
    number: str
    project_name: str
    bill_id: UUID | None
    bill_number: str


@dataclass(frozen=True, slots=True)
class AttentionPage:
    """A page of cases; the counts are of all of them."""

    rows: tuple[AttentionRow, ...]
    open: int
    closed: int
    has_more: bool


def kind_of(session: Session, case_id: UUID) -> str | None:
    """What kind a case is, None if there is no such case."""
    found: str | None = session.execute(select(CASES.c.kind).where(CASES.c.id == case_id)).scalar_one_or_none()
    return found


def listed(session: Session, kinds: Sequence[str], *, is_closed: bool = False, page: int = 1) -> AttentionPage:
    """Cases of these kinds, the oldest open first or the latest closed first. Two queries."""
    counts = session.execute(
        select(
            func.count().filter(CASES.c.closed_at.is_(None)).label("open"),
            func.count().filter(CASES.c.closed_at.is_not(None)).label("closed"),
        ).where(CASES.c.kind.in_(kinds))
    ).one()
    query = (
        select(
            *(CASES.c[name] for name in ("id", "kind", "key", "reason", "data", "opened_at", "closed_at")),
            CASES.c.resolution,
            PEOPLE.c.display_name,
            APPLICATIONS.c.number,
            APPLICATIONS.c.project_name,
            BILLS.c.id.label("bill_id"),
            BILLS.c.number.label("bill_number"),
        )
        .outerjoin(PEOPLE, PEOPLE.c.id == CASES.c.closed_by)
        .outerjoin(APPLICATIONS, APPLICATIONS.c.id == CASES.c.application_id)
        .outerjoin(BILLS, BILLS.c.payment_code == CASES.c.data["payment_code"].astext)
        .where(CASES.c.kind.in_(kinds), CASES.c.closed_at.is_not(None) if is_closed else CASES.c.closed_at.is_(None))
        .order_by(CASES.c.closed_at.desc() if is_closed else CASES.c.opened_at, CASES.c.id)
        .offset((page - 1) * PAGE_ROWS)
        .limit(PAGE_ROWS)
    )
    rows = tuple(
        AttentionRow(
            id=row.id,
            kind=row.kind,
            key=row.key,
            reason=row.reason,
            data=row.data,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            closed_by=row.display_name or "",
            resolution=row.resolution,
            number=row.number or "",
            project_name=row.project_name or "",
            bill_id=row.bill_id,
            bill_number=row.bill_number or "",
        )
        for row in session.execute(query)
    )
    total = counts.closed if is_closed else counts.open
    return AttentionPage(rows, counts.open, counts.closed, page * PAGE_ROWS < total)
