"""异议: what an applicant objects to on a bill, and the answer in writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shared.db.tables.bill_life import Dispute
from shared.db.tables.columns import table
from shared.domain.errors import NotFound

DISPUTES = table(Dispute)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRow:
    """One objection; `item_codes` are the items it is about, none of them meaning the whole bill."""

    id: UUID
    application_id: UUID
    bill_id: UUID
    number: str
    state: str
    item_codes: Sequence[str]
    grounds: str
    raised_by: UUID
    raised_at: datetime
    due_on: date
    outcome: str
    answer: str
    answered_by: UUID | None
    answered_at: datetime | None


_COLUMNS = [DISPUTES.c[name] for name in DisputeRow.__dataclass_fields__]


def add(session: Session, tenant: str, **values: Any) -> UUID:
    """Add an objection; a second open one against the bill is a unique violation."""
    dispute_id = uuid4()
    session.execute(insert(DISPUTES).values(id=dispute_id, tenant_id=tenant, **values))
    return dispute_id


def load(session: Session, dispute_id: UUID) -> DisputeRow:
    """One objection; raises `NotFound`."""
    row = session.execute(select(*_COLUMNS).where(DISPUTES.c.id == dispute_id)).one_or_none()
    if row is None:
        raise NotFound("没有这项异议")
    return DisputeRow(**row._mapping)


def of_bill(session: Session, bill_id: UUID) -> list[DisputeRow]:
    """The objections against a bill, the first first."""
    rows = session.execute(select(*_COLUMNS).where(DISPUTES.c.bill_id == bill_id).order_by(DISPUTES.c.raised_at))
    return [DisputeRow(**row._mapping) for row in rows]


def change(session: Session, dispute_id: UUID, **values: Any) -> None:
    """Write what became of an objection."""
    session.execute(update(DISPUTES).where(DISPUTES.c.id == dispute_id).values(**values))
