"""Bills and their lines: added once, found by payment code, marked paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    String,
    and_,
    any_,
    case,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from shared.db import clock, setwise
from shared.db.books import open_day
from shared.db.outbox import changed
from shared.db.tables.cases import Application, FeeLine
from shared.db.tables.columns import table
from shared.db.tables.money import Bill, BillLine
from shared.domain.errors import Broken, NotFound

BILLS = table(Bill)
BILL_LINES = table(BillLine)
FEE_LINES = table(FeeLine)
APPLICATIONS = table(Application)

#: What a bill is while money may be paid on it.
OPEN = ("issued", "part_paid")


@dataclass(frozen=True, slots=True)
class NewBillLine:
    """A line of a bill to be; `due_fen` counts towards its total. `line` is what it prints if not the fee line."""

    fee_line_id: UUID
    item_code: str
    unit_code: str
    due_fen: int
    line: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewBill:
    """A bill to be."""

    id: UUID
    application_id: UUID
    payer: str
    payer_name: str
    payer_uscc: str
    number: str
    payment_code: str
    verification_code: str
    total_fen: int
    status: str
    issued_at: datetime
    issued_on: date
    due_on: date
    lines: tuple[NewBillLine, ...]
    occasion: int = 0
    kind: str = "original"
    replaces: UUID | None = None

    def __post_init__(self) -> None:
        # Raised, not asserted: `python -O` must not let a wrong bill out.
        if self.total_fen != sum(line.due_fen for line in self.lines):
            raise Broken(f"bill {self.number}: its total is not the sum of its lines")


@dataclass(frozen=True, slots=True)
class BillRow:
    """A bill as the services need it."""

    id: UUID
    application_id: UUID
    payer: str
    payer_name: str
    payer_uscc: str
    number: str
    payment_code: str
    verification_code: str
    total_fen: int
    paid_fen: int
    kind: str
    occasion: int
    replaces: UUID | None
    status: str
    issued_at: datetime
    issued_on: date
    due_on: date
    paid_at: datetime | None
    void_reason: str


@dataclass(frozen=True, slots=True)
class BillLineRow:
    """A bill's line with the frozen computation behind it."""

    seq: int
    fee_line_id: UUID
    item_code: str
    unit_code: str
    due_fen: int
    line: dict[str, Any]


_BILL = [BILLS.c[name] for name in BillRow.__dataclass_fields__]


def add(session: Session, tenant: str, new: Sequence[NewBill]) -> None:
    """Write bills with their lines; a second bill for the same payer of an application is a unique violation."""
    booked_on = {day: open_day(session, tenant, day) for day in {bill.issued_on for bill in new}}
    setwise.insert_rows(
        session,
        BILLS,
        [
            {name: getattr(bill, name) for name in NewBill.__dataclass_fields__ if name != "lines"}
            | {"tenant_id": tenant, "booked_on": booked_on[bill.issued_on]}
            for bill in new
        ],
    )
    setwise.insert_rows(
        session,
        BILL_LINES,
        [
            {
                "bill_id": bill.id,
                "seq": seq,
                "tenant_id": tenant,
                "fee_line_id": line.fee_line_id,
                "item_code": line.item_code,
                "unit_code": line.unit_code,
                "due_fen": line.due_fen,
                "occasion": bill.occasion,
                "line": dict(line.line),
            }
            for bill in new
            for seq, line in enumerate(bill.lines, start=1)
        ],
    )


def find_by_payment_code(session: Session, code: str) -> BillRow | None:
    """The bill that a payment code stands for."""
    row = session.execute(select(*_BILL).where(BILLS.c.payment_code == code)).one_or_none()
    return BillRow(**row._mapping) if row else None


def awaited(session: Session, *, codes: Iterable[str], amounts: Iterable[int]) -> list[BillRow]:
    """Bills under these payment codes, whatever became of them, and open bills that still owe one of these amounts."""
    rows = session.execute(
        select(*_BILL).where(
            or_(
                BILLS.c.payment_code == any_(literal(list(codes), ARRAY(String))),
                and_(
                    BILLS.c.status.in_(OPEN),
                    BILLS.c.total_fen - BILLS.c.paid_fen == any_(literal(list(amounts), ARRAY(BigInteger))),
                ),
            )
        )
    )
    return [BillRow(**row._mapping) for row in rows]


def load(session: Session, bill_id: UUID) -> BillRow:
    """One bill; raises `NotFound`."""
    row = session.execute(select(*_BILL).where(BILLS.c.id == bill_id)).one_or_none()
    if row is None:
        raise NotFound("缴费通知书不存在")
    return BillRow(**row._mapping)


def of_application(session: Session, application_id: UUID) -> list[BillRow]:
    """The bills of one application, the developer's first."""
    rows = session.execute(
        select(*_BILL)
        .where(BILLS.c.application_id == application_id)
        .order_by(BILLS.c.occasion, BILLS.c.payer.desc(), BILLS.c.number)
    )
    return [BillRow(**row._mapping) for row in rows]


def lines(session: Session, bill_id: UUID) -> list[BillLineRow]:
    """A bill's lines in order."""
    rows = session.execute(
        select(
            BILL_LINES.c.seq,
            BILL_LINES.c.fee_line_id,
            BILL_LINES.c.item_code,
            BILL_LINES.c.unit_code,
            BILL_LINES.c.due_fen,
            printed_line().label("line"),
        )
        .join(FEE_LINES, FEE_LINES.c.id == BILL_LINES.c.fee_line_id)
        .where(BILL_LINES.c.bill_id == bill_id)
        .order_by(BILL_LINES.c.seq)
    )
    return [BillLineRow(**row._mapping) for row in rows]


def lines_of(session: Session, bill_ids: Iterable[UUID]) -> dict[UUID, list[tuple[int, str, UUID, int]]]:
    """What several bills ask for, each as (seq, item, fee line, due 分) in order."""
    found: dict[UUID, list[tuple[int, str, UUID, int]]] = {}
    rows = session.execute(
        select(
            BILL_LINES.c.bill_id,
            BILL_LINES.c.seq,
            BILL_LINES.c.item_code,
            BILL_LINES.c.fee_line_id,
            BILL_LINES.c.due_fen,
        )
        .where(setwise.among(BILL_LINES.c.bill_id, bill_ids))
        .order_by(BILL_LINES.c.bill_id, BILL_LINES.c.seq)
    )
    for row in rows:
        found.setdefault(row.bill_id, []).append((row.seq, row.item_code, row.fee_line_id, row.due_fen))
    return found


def printed_line() -> ColumnElement[Any]:
    """What a bill prints of a line: its own words, or the fee line as it was assessed."""
    return case((BILL_LINES.c.line == text("'{}'::jsonb"), FEE_LINES.c.line), else_=BILL_LINES.c.line)


def take_payment(session: Session, bill_id: UUID, amount_fen: int, at: datetime) -> str:
    """Count money towards an open bill; gives its new status (the caller holds its application).

    Raises `Broken` if the bill is not open for payment or owes less.
    """
    paid = BILLS.c.paid_fen + amount_fen
    row = session.execute(
        update(BILLS)
        .where(BILLS.c.id == bill_id, BILLS.c.status.in_(OPEN), paid <= BILLS.c.total_fen)
        .values(
            paid_fen=paid,
            status=case((paid == BILLS.c.total_fen, "paid"), else_="part_paid"),
            paid_at=case((paid == BILLS.c.total_fen, at)),
        )
        .returning(BILLS.c.status)
    ).one_or_none()
    if row is None:
        raise Broken(f"bill {bill_id} is not open for a payment of {amount_fen} fen")
    return str(row.status)


def void(session: Session, bill_id: UUID, *, reason: str, at: datetime) -> None:
    """Take an unpaid bill back; raises `Broken` for one with money on it (the caller holds its application)."""
    done = session.execute(
        update(BILLS)
        .where(BILLS.c.id == bill_id, BILLS.c.status.in_(("issued", "nothing_due")))
        .values(
            status="void",
            void_reason=reason,
            voided_at=at,
            void_booked_on=func.open_day(BILLS.c.tenant_id, clock.on(at)),
        )
    )
    if not changed(done):
        raise Broken(f"bill {bill_id} cannot be taken back")


def project_name(session: Session, application_id: UUID) -> str:
    """The project that a bill is about."""
    return str(
        session.execute(select(APPLICATIONS.c.project_name).where(APPLICATIONS.c.id == application_id)).scalar_one()
    )
