"""What the bank said, raw, and the payments that came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, String, any_, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.tables.columns import table
from shared.db.tables.money import CallbackInbox, Credit, Payment, PaymentShare
from shared.db.tables.reconciliation import StatementLine

INBOX = table(CallbackInbox)
PAYMENTS = table(Payment)
SHARES = table(PaymentShare)
CREDITS = table(Credit)
STATEMENT_LINES = table(StatementLine)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """A payment to be; `shares` say by line of the bill (seq, item) what it pays, `over_fen` what it pays above it."""

    id: UUID
    bill_id: UUID
    application_id: UUID
    inbox_id: UUID | None
    source: str
    provider: str
    provider_txn_id: str
    amount_fen: int
    channel: str
    payer_name: str
    payer_account: str
    payer_uscc: str
    paid_at: datetime
    shares: tuple[tuple[int, str, int], ...]
    over_fen: int = 0


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


def by_references(session: Session, provider: str, references: Iterable[str]) -> list[PaymentRow]:
    """Payments with these bank numbers that no line of a statement speaks of yet."""
    rows = session.execute(
        select(*_PAYMENT).where(
            PAYMENTS.c.provider == provider,
            PAYMENTS.c.provider_txn_id == any_(literal(list(references), ARRAY(String))),
            ~exists().where(STATEMENT_LINES.c.payment_id == PAYMENTS.c.id),
        )
    )
    return [PaymentRow(**row._mapping) for row in rows]


def of_bill(session: Session, bill_id: UUID) -> list[PaymentRow]:
    """The payments of a bill, the first first."""
    rows = session.execute(
        select(*_PAYMENT).where(PAYMENTS.c.bill_id == bill_id).order_by(PAYMENTS.c.paid_at, PAYMENTS.c.id)
    )
    return [PaymentRow(**row._mapping) for row in rows]


def paid_by_line(session: Session, bill_ids: Iterable[UUID]) -> dict[tuple[UUID, int], int]:
    """What has been paid of each line (bill, seq) so far."""
    rows = session.execute(
        select(SHARES.c.bill_id, SHARES.c.seq, func.sum(SHARES.c.amount_fen).label("paid_fen"))
        .where(setwise.among(SHARES.c.bill_id, bill_ids))
        .group_by(SHARES.c.bill_id, SHARES.c.seq)
    )
    return {(row.bill_id, row.seq): int(row.paid_fen) for row in rows}


def paid_late(session: Session, bill_id: UUID, due_on: date) -> dict[int, list[tuple[date, int]]]:
    """What was paid of each line (seq) after a day, by the day in China on which the bank says it was."""
    day = func.date(func.timezone("Asia/Shanghai", PAYMENTS.c.paid_at))
    rows = session.execute(
        select(SHARES.c.seq, day.label("day"), func.sum(SHARES.c.amount_fen).label("fen"))
        .join(PAYMENTS, PAYMENTS.c.id == SHARES.c.payment_id)
        .where(SHARES.c.bill_id == bill_id, day > due_on)
        .group_by(SHARES.c.seq, day)
        .order_by(SHARES.c.seq, day)
    )
    found: dict[int, list[tuple[date, int]]] = {}
    for row in rows:
        found.setdefault(row.seq, []).append((row.day, int(row.fen)))
    return found


def secured_lines(session: Session, bill_id: UUID) -> set[int]:
    """The lines of a bill that a 保函 has paid."""
    rows = session.execute(
        select(SHARES.c.seq)
        .join(PAYMENTS, PAYMENTS.c.id == SHARES.c.payment_id)
        .where(SHARES.c.bill_id == bill_id, PAYMENTS.c.source == "guarantee")
    )
    return set(rows.scalars())


_COLUMNS = (
    "id", "bill_id", "inbox_id", "source", "provider", "provider_txn_id", "amount_fen", "channel", "payer_name",
    "payer_account", "paid_at",
)  # fmt: skip


def add(session: Session, tenant: str, new: Sequence[NewPayment]) -> None:
    """Add payments with their shares and credits; a second one for a bank transaction is a unique violation."""
    setwise.insert_rows(
        session,
        PAYMENTS,
        [{name: getattr(each, name) for name in _COLUMNS} | {"tenant_id": tenant} for each in new],
    )
    setwise.insert_rows(
        session,
        SHARES,
        [
            {
                "payment_id": each.id,
                "seq": seq,
                "tenant_id": tenant,
                "bill_id": each.bill_id,
                "item_code": item_code,
                "amount_fen": amount_fen,
            }
            for each in new
            for seq, item_code, amount_fen in each.shares
        ],
    )
    over = [
        {
            "tenant_id": tenant,
            "application_id": each.application_id,
            "payment_id": each.id,
            "payer_uscc": each.payer_uscc,
            "payer_name": each.payer_name,
            "amount_fen": each.over_fen,
            "left_fen": each.over_fen,
            "created_at": each.paid_at,
        }
        for each in new
        if each.over_fen
    ]
    if over:
        setwise.insert_rows(session, CREDITS, over)
