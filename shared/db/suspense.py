"""待查款: money that came in and fits no bill, until somebody finds out whose it is or it goes back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, any_, exists, literal, select, text, update
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.tables.columns import table
from shared.db.tables.reconciliation import Suspense
from shared.domain.errors import NotFound

SUSPENSE = table(Suspense)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSuspense:
    """Money to be looked into; it came by a callback (`inbox_id`), stands on a statement (`file_id`, `line_no`), or its
    channel told of it when asked (`order_id`)."""

    id: UUID
    provider: str
    bank_reference: str
    amount_fen: int
    why: str
    came_at: datetime
    payment_code: str = ""
    payer_name: str = ""
    payer_account: str = ""
    inbox_id: UUID | None = None
    file_id: UUID | None = None
    line_no: int | None = None
    order_id: UUID | None = None


def take_turns(session: Session, tenant: str) -> None:
    """Put money aside one after the other in a city: what a callback and a statement tell of is looked up first."""
    session.execute(text("select pg_advisory_xact_lock(hashtext('suspense'), hashtext(:tenant))"), {"tenant": tenant})


def add(session: Session, tenant: str, new: Sequence[NewSuspense]) -> None:
    """Put money into suspense; the same callback or statement line twice is a unique violation."""
    setwise.insert_rows(
        session,
        SUSPENSE,
        [
            {name: getattr(each, name) for name in NewSuspense.__dataclass_fields__} | {"tenant_id": tenant}
            for each in new
        ],
    )


def knows(session: Session, *, provider: str, bank_reference: str) -> bool:
    """Whether a bank's movement has been put into suspense before."""
    where = (SUSPENSE.c.provider == provider, SUSPENSE.c.bank_reference == bank_reference)
    return bool(session.execute(select(exists().where(*where))).scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspenseRow:
    """Money that waits; `bill_id` is what somebody claims it for."""

    id: UUID
    provider: str
    bank_reference: str
    amount_fen: int
    payment_code: str
    payer_name: str
    payer_account: str
    why: str
    state: str
    version: int
    came_at: datetime
    bill_id: UUID | None
    note: str
    claimed_by: UUID | None


_ROW = [SUSPENSE.c[name] for name in SuspenseRow.__dataclass_fields__]


def load(session: Session, suspense_id: UUID, *, hold: bool = False) -> SuspenseRow:
    """Money that waits, its row locked if it is to be changed; raises `NotFound`."""
    query = select(*_ROW).where(SUSPENSE.c.id == suspense_id)
    row = session.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None:
        raise NotFound("没有这笔待查款")
    return SuspenseRow(**row._mapping)


def by_references(session: Session, provider: str, references: Iterable[str]) -> dict[str, int]:
    """What was put aside before of a bank's movements: the amount by the bank's number."""
    rows = session.execute(
        select(SUSPENSE.c.bank_reference, SUSPENSE.c.amount_fen).where(
            SUSPENSE.c.provider == provider,
            SUSPENSE.c.bank_reference == any_(literal(list(references), ARRAY(String))),
        )
    )
    return {row.bank_reference: row.amount_fen for row in rows}


def change(session: Session, row: SuspenseRow, **values: Any) -> None:
    """Write what became of it."""
    session.execute(update(SUSPENSE).where(SUSPENSE.c.id == row.id).values(version=SUSPENSE.c.version + 1, **values))
