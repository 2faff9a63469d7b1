"""Receipts: one that is valid at a time per bill, found by id or by bill; strangers look through `queries.public`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
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
    reason: str
    prints: int
    total_fen: int
    issued_at: datetime
    issued_on: date
    replaced_by: UUID | None

    @property
    def by_line(self) -> dict[int, int]:
        """Amounts by line of the bill where they are its own; empty, they are those of the bill."""
        return {int(seq): int(fen) for seq, fen in self.lines.items()}

    @property
    def full_number(self) -> str:
        """Code and number, as people write them: 37060114-0000000017."""
        return f"{self.code}-{self.number}"


_RECEIPT = [RECEIPTS.c[name] for name in ReceiptRow.__dataclass_fields__]


def add(session: Session, tenant: str, **values: Any) -> None:
    """Add a receipt; a second valid one for the same bill, and a second reversal of one, is a unique violation."""
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


def chain(session: Session, bill_id: UUID) -> list[ReceiptRow]:
    """All receipts of a bill and their reversals, the first first."""
    rows = session.execute(
        select(*_RECEIPT).where(RECEIPTS.c.bill_id == bill_id).order_by(RECEIPTS.c.issued_at, RECEIPTS.c.number)
    )
    return [ReceiptRow(**row._mapping) for row in rows]


def reversal_of(session: Session, receipt_id: UUID) -> ReceiptRow | None:
    """The receipt that takes this one back."""
    row = session.execute(select(*_RECEIPT).where(RECEIPTS.c.reverses == receipt_id)).one_or_none()
    return ReceiptRow(**row._mapping) if row else None


def replaced_by(session: Session, receipt_id: UUID) -> ReceiptRow | None:
    """The receipt in whose place this one stands."""
    row = session.execute(select(*_RECEIPT).where(RECEIPTS.c.replaced_by == receipt_id)).one_or_none()
    return ReceiptRow(**row._mapping) if row else None


def end(session: Session, receipt_id: UUID, *, state: str) -> None:
    """A receipt no longer counts: `reversed`, or `replaced` where another is made out for what remains."""
    session.execute(update(RECEIPTS).where(RECEIPTS.c.id == receipt_id).values(state=state))


def link(session: Session, receipt_id: UUID, *, replaced_by: UUID) -> None:
    """Say which receipt stands in the place of one that was reversed."""
    session.execute(update(RECEIPTS).where(RECEIPTS.c.id == receipt_id).values(replaced_by=replaced_by))


def count_print(session: Session, receipt_id: UUID) -> int:
    """Count one more printing (补打); gives how many there were."""
    return int(
        session.execute(
            update(RECEIPTS)
            .where(RECEIPTS.c.id == receipt_id)
            .values(prints=RECEIPTS.c.prints + 1)
            .returning(RECEIPTS.c.prints)
        ).scalar_one()
    )
