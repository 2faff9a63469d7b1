"""What the bank said, raw, and the payments and books that came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from shared.db.tables.columns import table
from shared.db.tables.money import CallbackInbox, LedgerEntry, LedgerPosting, Payment

INBOX = table(CallbackInbox)
PAYMENTS = table(Payment)
ENTRIES = table(LedgerEntry)
POSTINGS = table(LedgerPosting)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One thing the bank said."""

    id: UUID
    provider: str
    key: str
    body: bytes
    outcome: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """Money that arrived."""

    id: UUID
    bill_id: UUID
    provider: str
    provider_txn_id: str
    amount_fen: int
    channel: str
    payer_name: str
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class NewPosting:
    """One leg of an entry: debit positive, credit negative."""

    account: str
    amount_fen: int
    item_code: str | None = None
    fee_line_id: UUID | None = None


_PAYMENT = [PAYMENTS.c[name] for name in PaymentRow.__dataclass_fields__]


def keep_callback(
    session: Session,
    tenant: str,
    *,
    provider: str,
    key: str,
    headers: Mapping[str, str],
    body: bytes,
    outcome: str = "received",
    reason: str = "",
) -> tuple[UUID, bool]:
    """Store what came, raw; a repeated delivery only counts up. Gives the row and whether it is new."""
    new_id = uuid4()
    row = session.execute(
        pg_insert(INBOX)
        .values(
            id=new_id,
            tenant_id=tenant,
            provider=provider,
            key=key,
            headers=dict(headers),
            body=body,
            outcome=outcome,
            reason=reason,
        )
        .on_conflict_do_update(index_elements=["provider", "key"], set_={"deliveries": INBOX.c.deliveries + 1})
        .returning(INBOX.c.id)
    ).scalar_one()
    return row, row == new_id


def kept_body(session: Session, inbox_id: UUID) -> bytes:
    """What the bank said when it spoke of this for the first time."""
    body: bytes = session.execute(select(INBOX.c.body).where(INBOX.c.id == inbox_id)).scalar_one()
    return body


def waiting_callbacks(session: Session, ids: Sequence[UUID]) -> list[InboxRow]:
    """Callbacks not yet acted upon, in id order."""
    rows = session.execute(
        select(INBOX.c.id, INBOX.c.provider, INBOX.c.key, INBOX.c.body, INBOX.c.outcome)
        .where(INBOX.c.id.in_(ids), INBOX.c.outcome == "received")
        .order_by(INBOX.c.id)
    )
    return [InboxRow(**row._mapping) for row in rows]


def settle_callback(session: Session, inbox_id: UUID, *, outcome: str, reason: str = "") -> None:
    """Record what became of a callback."""
    session.execute(update(INBOX).where(INBOX.c.id == inbox_id).values(outcome=outcome, reason=reason))


def find_payment(session: Session, *, provider: str, provider_txn_id: str) -> PaymentRow | None:
    """The payment that a bank transaction led to."""
    row = session.execute(
        select(*_PAYMENT).where(PAYMENTS.c.provider == provider, PAYMENTS.c.provider_txn_id == provider_txn_id)
    ).one_or_none()
    return PaymentRow(**row._mapping) if row else None


def of_bill(session: Session, bill_id: UUID) -> PaymentRow | None:
    """The payment of a bill."""
    row = session.execute(select(*_PAYMENT).where(PAYMENTS.c.bill_id == bill_id)).one_or_none()
    return PaymentRow(**row._mapping) if row else None


def add(session: Session, tenant: str, **values: Any) -> UUID:
    """Add a payment; a second one for the bill or the bank transaction is a unique violation."""
    payment_id = uuid4()
    session.execute(insert(PAYMENTS).values(id=payment_id, tenant_id=tenant, **values))
    return payment_id


def post(
    session: Session,
    tenant: str,
    *,
    kind: str,
    key: str,
    postings: Sequence[NewPosting],
    occurred_at: datetime,
    bill_id: UUID | None = None,
    payment_id: UUID | None = None,
) -> UUID:
    """Add one entry to the books; the database refuses it at commit unless its legs sum to zero."""
    entry_id = uuid4()
    session.execute(
        insert(ENTRIES).values(
            id=entry_id,
            tenant_id=tenant,
            kind=kind,
            key=key,
            bill_id=bill_id,
            payment_id=payment_id,
            occurred_at=occurred_at,
        )
    )
    session.execute(
        insert(POSTINGS),
        [
            {
                "entry_id": entry_id,
                "seq": seq,
                "tenant_id": tenant,
                "account": posting.account,
                "item_code": posting.item_code,
                "fee_line_id": posting.fee_line_id,
                "amount_fen": posting.amount_fen,
            }
            for seq, posting in enumerate(postings, start=1)
        ],
    )
    return entry_id
