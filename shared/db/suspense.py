"""待查款: money that came in and fits no bill, until somebody finds out whose it is or it goes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.tables.columns import table
from shared.db.tables.reconciliation import Suspense

SUSPENSE = table(Suspense)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSuspense:
    """Money to be looked into; it came by a callback (`inbox_id`) or stands on a statement (`file_id`, `line_no`)."""

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
