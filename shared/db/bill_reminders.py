"""催缴: which steps of an unpaid bill's ladder have been reached and not been told yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.tables.bill_life import BillReminder
from shared.db.tables.columns import table

REMINDERS = table(BillReminder)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpaidBill:
    """A bill with money owed on it; `told` are the steps that were told before."""

    id: UUID
    number: str
    payment_code: str
    payer_name: str
    owed_fen: int
    due_on: date
    told: Sequence[str]


def due(session: Session, tenant: str, *, reached: Mapping[str, date], limit: int) -> list[UUID]:
    """Applications with an unpaid bill that has reached a step which is not written, in id order.

    `reached` says for each step up to which due date a bill has come to it.
    """
    rows = session.execute(
        text(
            "select distinct b.application_id from bill b "
            "join unnest(cast(:steps as text[]), cast(:days as date[])) as s(step, day) on b.due_on <= s.day "
            "where b.tenant_id = :tenant and b.status in ('issued', 'part_paid') and not exists "
            "(select from bill_reminder r where r.bill_id = b.id and r.step = s.step) order by 1 limit :limit"
        ),
        {"tenant": tenant, "steps": list(reached), "days": list(reached.values()), "limit": limit},
    )
    return list(rows.scalars())


def unpaid(session: Session, application_id: UUID) -> list[UnpaidBill]:
    """The unpaid bills of an application."""
    rows = session.execute(
        text(
            "select b.id, b.number, b.payment_code, b.payer_name, b.total_fen - b.paid_fen as owed_fen, b.due_on, "
            "coalesce((select array_agg(r.step) from bill_reminder r where r.bill_id = b.id), '{}') as told "
            "from bill b where b.application_id = :id and b.status in ('issued', 'part_paid') order by b.number"
        ),
        {"id": application_id},
    )
    return [UnpaidBill(**row._mapping) for row in rows]


def add(
    session: Session, tenant: str, application_id: UUID, *, bill_id: UUID, steps: Sequence[str], at: datetime
) -> set[str]:
    """Write steps; gives those that were new."""
    rows = [
        {"bill_id": bill_id, "step": step, "tenant_id": tenant, "application_id": application_id, "at": at}
        for step in steps
    ]
    done = setwise.insert_rows(session, REMINDERS, rows, tail="on conflict do nothing returning step")
    return set(done.scalars())
