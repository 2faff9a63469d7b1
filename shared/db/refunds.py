"""Refunds as rows: asked for once per key, decided, ordered, paid; and what of a bill's lines they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.db.tables.columns import table
from shared.db.tables.money import Bill, Credit
from shared.db.tables.refunds import Refund
from shared.domain.errors import Conflict, NotFound
from shared.domain.refunds import TAKES_BACK

REFUNDS = table(Refund)
CREDITS = table(Credit)
BILLS = table(Bill)

#: Not over yet, and not failed for good: the money is held.
OPEN = ("checking", "asked", "approved", "sent", "failed")


@dataclass(frozen=True, slots=True)
class RefundRow:
    """A refund as the services need it."""

    id: UUID
    application_id: UUID | None
    bill_id: UUID | None
    credit_id: UUID | None
    deposit_id: UUID | None
    suspense_id: UUID | None
    idempotency_key: str
    digest: bytes
    number: str
    kind: str
    state: str
    version: int
    amount_fen: int
    interest_fen: int
    expected_fen: int
    lines: list[dict[str, Any]]
    reason: str
    evidence: dict[str, Any]
    documents: list[str]
    payee_name: str
    payee_uscc: str
    payee_account: str
    payee_bank: str
    asked_by: UUID | None
    asked_at: datetime
    asked_on: date
    unit_code: str
    checked_by: UUID | None
    checked_at: datetime | None
    check_note: str
    decided_by: UUID | None
    decided_at: datetime | None
    opinion: str
    sent_at: datetime | None
    attempts: int
    failure: str
    paid_at: datetime | None
    bank_txn_id: str

    @property
    def principal_fen(self) -> int:
        """What it takes out of the lines of its bill; the rest is interest."""
        return self.amount_fen - self.interest_fen

    @property
    def by_line(self) -> dict[int, int]:
        """What it takes from each line of its bill."""
        return {int(line["seq"]): int(line["amount_fen"]) for line in self.lines}


@dataclass(frozen=True, slots=True)
class CreditRow:
    """What somebody paid above what he owed, by the payment that brought it."""

    id: UUID
    application_id: UUID
    payment_id: UUID
    payer_uscc: str
    payer_name: str
    amount_fen: int
    left_fen: int


_REFUND = [REFUNDS.c[name] for name in RefundRow.__dataclass_fields__]


def add(session: Session, tenant: str, **values: Any) -> None:
    """Add an ask; a used key, and more than was paid on a line, is refused by the database."""
    session.execute(insert(REFUNDS).values(tenant_id=tenant, **values))


def by_key(session: Session, tenant: str, key: str) -> RefundRow | None:
    """The refund that was asked for under a key."""
    row = session.execute(
        select(*_REFUND).where(REFUNDS.c.tenant_id == tenant, REFUNDS.c.idempotency_key == key)
    ).one_or_none()
    return RefundRow(**row._mapping) if row else None


def with_key(session: Session, tenant: str, key: str) -> tuple[UUID, ...]:
    """The refunds of one ask: the one with the key, and those that other bills of its application needed."""
    rows = session.execute(
        select(REFUNDS.c.id)
        .where(
            REFUNDS.c.tenant_id == tenant,
            or_(
                REFUNDS.c.idempotency_key == key, REFUNDS.c.idempotency_key.startswith(f"{key}#bill-", autoescape=True)
            ),
        )
        .order_by(REFUNDS.c.number)
    )
    return tuple(rows.scalars())


def find(session: Session, refund_id: UUID) -> RefundRow:
    """One refund; raises `NotFound`."""
    row = session.execute(select(*_REFUND).where(REFUNDS.c.id == refund_id)).one_or_none()
    if row is None:
        raise NotFound("没有这笔退费，或不在您的办理范围内")
    return RefundRow(**row._mapping)


def ordered(session: Session, tenant: str) -> list[RefundRow]:
    """What the bank has been told to pay and has not confirmed."""
    rows = session.execute(select(*_REFUND).where(REFUNDS.c.tenant_id == tenant, REFUNDS.c.state == "sent"))
    return [RefundRow(**row._mapping) for row in rows]


def hold_ordered(session: Session, ids: Collection[UUID]) -> list[RefundRow]:
    """Those of the refunds that are still ordered, held in id order (their applications first)."""
    rows = session.execute(
        select(*_REFUND)
        .where(REFUNDS.c.id.in_(ids), REFUNDS.c.state == "sent")
        .order_by(REFUNDS.c.id)
        .with_for_update()
    )
    return [RefundRow(**row._mapping) for row in rows]


def paid_under_any(session: Session, tenant: str, bank_txn_ids: Collection[str]) -> dict[str, RefundRow]:
    """The refunds that were paid under these numbers of the bank, by the number."""
    rows = session.execute(
        select(*_REFUND).where(REFUNDS.c.tenant_id == tenant, REFUNDS.c.bank_txn_id.in_(set(bank_txn_ids) - {""}))
    )
    return {row.bank_txn_id: RefundRow(**row._mapping) for row in rows}


def lock(session: Session, refund_id: UUID) -> RefundRow:
    """Hold one refund (its application first, if it has one); raises `NotFound`."""
    row = session.execute(select(*_REFUND).where(REFUNDS.c.id == refund_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("没有这笔退费，或不在您的办理范围内")
    return RefundRow(**row._mapping)


def move(session: Session, refund: RefundRow, **values: Any) -> None:
    """Change a refund that nobody has changed since it was read; raises `Conflict`."""
    done = session.execute(
        update(REFUNDS)
        .where(REFUNDS.c.id == refund.id, REFUNDS.c.version == refund.version)
        .values(version=refund.version + 1, **values)
    )
    if not changed(done):
        raise Conflict("这笔退费刚刚有变化，请刷新后再办理")


def of_application(session: Session, application_id: UUID) -> list[RefundRow]:
    """The refunds of an application, the first first."""
    rows = session.execute(
        select(*_REFUND)
        .where(REFUNDS.c.application_id == application_id)
        .order_by(REFUNDS.c.asked_at, REFUNDS.c.number)
    )
    return [RefundRow(**row._mapping) for row in rows]


def of_bill(session: Session, bill_id: UUID) -> list[RefundRow]:
    """The refunds of a bill, the first first."""
    rows = session.execute(
        select(*_REFUND).where(REFUNDS.c.bill_id == bill_id).order_by(REFUNDS.c.asked_at, REFUNDS.c.number)
    )
    return [RefundRow(**row._mapping) for row in rows]


def of_deposit(session: Session, deposit_id: UUID) -> list[RefundRow]:
    """The draws on a deposit and its release, the first first."""
    rows = session.execute(
        select(*_REFUND).where(REFUNDS.c.deposit_id == deposit_id).order_by(REFUNDS.c.asked_at, REFUNDS.c.number)
    )
    return [RefundRow(**row._mapping) for row in rows]


def asked_by_line(session: Session, bill_ids: Iterable[UUID]) -> dict[tuple[UUID, int], int]:
    """What was asked for and not declined, of each line (bill, seq)."""
    return _by_line(session, bill_ids, "r.state <> 'declined'")


def taken_back_by_line(session: Session, bill_id: UUID) -> dict[int, int]:
    """What has gone back to who paid it, of each line of a bill: what its receipt no longer stands for."""
    kinds = ", ".join(f"'{kind.value}'" for kind in sorted(TAKES_BACK))
    found = _by_line(session, [bill_id], f"r.state = 'paid' and r.kind in ({kinds})")
    return {seq: fen for (_, seq), fen in found.items()}


def _by_line(session: Session, bill_ids: Iterable[UUID], which: str) -> dict[tuple[UUID, int], int]:
    rows = session.execute(
        # `which` is one of the two conditions above, never from outside.
        text(
            "select r.bill_id, (l->>'seq')::int as seq, sum((l->>'amount_fen')::bigint) as fen from refund r "  # noqa: S608
            "cross join lateral jsonb_array_elements(r.lines) l "
            f"where r.bill_id = any(cast(:ids as uuid[])) and {which} group by 1, 2"
        ),
        {"ids": list(bill_ids)},
    )
    return {(row.bill_id, row.seq): int(row.fen) for row in rows}


def credit(session: Session, credit_id: UUID) -> CreditRow:
    """One credit, held until the transaction ends; raises `NotFound`."""
    row = session.execute(
        select(*(CREDITS.c[name] for name in CreditRow.__dataclass_fields__))
        .where(CREDITS.c.id == credit_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("没有这笔多缴款，或不在您的办理范围内")
    return CreditRow(**row._mapping)


def credits_of(session: Session, application_id: UUID) -> list[CreditRow]:
    """What was paid above the bills of an application and is still there."""
    rows = session.execute(
        select(*(CREDITS.c[name] for name in CreditRow.__dataclass_fields__))
        .where(CREDITS.c.application_id == application_id, CREDITS.c.left_fen > 0)
        .order_by(CREDITS.c.created_at, CREDITS.c.id)
    )
    return [CreditRow(**row._mapping) for row in rows]


def credit_held_fen(session: Session, credit_id: UUID) -> int:
    """What of a credit was asked back and has not gone: it can pay no bill."""
    held: int = session.execute(
        select(func.coalesce(func.sum(REFUNDS.c.amount_fen), 0)).where(
            REFUNDS.c.credit_id == credit_id, REFUNDS.c.state.in_(OPEN)
        )
    ).scalar_one()
    return int(held)


def use_credit(session: Session, credit_id: UUID, amount_fen: int) -> None:
    """Take from a credit; raises `Conflict` where less is left (the caller holds it)."""
    done = session.execute(
        update(CREDITS)
        .where(CREDITS.c.id == credit_id, CREDITS.c.left_fen >= amount_fen)
        .values(left_fen=CREDITS.c.left_fen - amount_fen)
    )
    if not changed(done):
        raise Conflict("这笔多缴款的余额已不足，请核对后重新申请")


def mark_bill_refunded(session: Session, bill_id: UUID) -> None:
    """Nothing of what was paid on a bill is left."""
    session.execute(
        update(BILLS).where(BILLS.c.id == bill_id, BILLS.c.status.in_(("paid", "part_paid"))).values(status="refunded")
    )


def paid_accounts(session: Session, bill_id: UUID) -> tuple[str, str]:
    """Name and account that a bill was last paid from, as the bank told; both empty where it did not."""
    row = session.execute(
        text(
            "select payer_name, payer_account from payment where bill_id = :bill and payer_account <> '' "
            "and source <> 'guarantee' order by paid_at desc, id limit 1"
        ),
        {"bill": bill_id},
    ).one_or_none()
    return (row.payer_name, row.payer_account) if row else ("", "")


def paid_from(session: Session, payment_id: UUID) -> tuple[str, str]:
    """Name and account that a payment came from, as the bank told; empty where it did not."""
    row = session.execute(
        text("select payer_name, payer_account from payment where id = :payment"), {"payment": payment_id}
    ).one()
    return row.payer_name, row.payer_account


def paid_under(session: Session, tenant: str, bank_txn_id: str) -> bool:
    """Whether a number of the bank stands on a refund already."""
    where = (REFUNDS.c.tenant_id == tenant, REFUNDS.c.bank_txn_id == bank_txn_id)
    return bool(session.execute(select(exists().where(*where))).scalar_one())


def as_lines(parts: Mapping[int, int], items: Mapping[int, str]) -> list[dict[str, Any]]:
    """Amounts by line as a refund keeps them."""
    return [{"seq": seq, "item": items[seq], "amount_fen": fen} for seq, fen in sorted(parts.items())]
