"""Receipts: added once per bill, found by id or by bill; strangers look through `queries.public`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from shared.db.books import open_day
from shared.db.tables.columns import table
from shared.db.tables.money import Receipt
from shared.domain.errors import NotFound

RECEIPTS = table(Receipt)

#: A receipt that says what its bill has paid: neither taken back nor the taking back of another.
VALID = (RECEIPTS.c.kind == "receipt", RECEIPTS.c.state == "normal")


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt as the services need it."""

    id: UUID
    application_id: UUID
    bill_id: UUID
    code: str
    number: str
    check_code: str
    public_token: str
    kind: str
    state: str
    reverses: UUID | None
    lines: dict[str, Any]
    total_fen: int
    issued_at: datetime
    issued_on: date


_RECEIPT = [RECEIPTS.c[name] for name in ReceiptRow.__dataclass_fields__]


def add(session: Session, tenant: str, **values: Any) -> None:
    """Add a receipt; a second one for the same bill is a unique violation."""
    booked_on = open_day(session, tenant, values["issued_on"])
    session.execute(insert(RECEIPTS).values(tenant_id=tenant, booked_on=booked_on, **values))


def load(session: Session, receipt_id: UUID) -> ReceiptRow:
    """One receipt; raises `NotFound`."""
    row = session.execute(select(*_RECEIPT).where(RECEIPTS.c.id == receipt_id)).one_or_none()
    if row is None:
        raise NotFound("缴费凭证不存在")
    return ReceiptRow(**row._mapping)


def find_by_bill(session: Session, bill_id: UUID) -> ReceiptRow | None:
    """The receipt of a bill that is valid now."""
    row = session.execute(select(*_RECEIPT).where(RECEIPTS.c.bill_id == bill_id, *VALID)).one_or_none()
    return ReceiptRow(**row._mapping) if row else None
