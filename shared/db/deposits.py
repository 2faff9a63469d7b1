"""Wage deposits (农民工工资保障金): opened when their bill is paid, moved only by acts that are written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.outbox import changed
from shared.db.tables.columns import table
from shared.db.tables.refunds import Deposit, DepositMove
from shared.domain.deposits import Principal
from shared.domain.errors import Conflict, NotFound

DEPOSITS = table(Deposit)
MOVES = table(DepositMove)

#: There is something on deposit.
THERE = ("held", "releasing")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeposit:
    """A deposit to be opened; a paid line of a bill opens one."""

    application_id: UUID
    bill_id: UUID
    fee_line_id: UUID
    item_code: str
    payer_name: str
    payer_uscc: str
    amount_fen: int
    opened_on: date


@dataclass(frozen=True, slots=True)
class DepositRow:
    """A deposit as the services need it."""

    id: UUID
    application_id: UUID
    bill_id: UUID
    fee_line_id: UUID
    item_code: str
    payer_name: str
    payer_uscc: str
    form: str
    state: str
    version: int
    amount_fen: int
    held_fen: int
    interest_fen: int
    opened_on: date
    accrued_to: date
    issuer: str
    guarantee_number: str
    expires_on: date | None
    completed_on: date | None
    notice_ends_on: date | None
    released_on: date | None
    paper_id: UUID | None
    asked_by: UUID | None
    decided_by: UUID | None
    opinion: str
    watched: int | None


@dataclass(frozen=True, slots=True)
class MoveRow:
    """Something that happened to a deposit, or was asked for."""

    id: UUID
    deposit_id: UUID
    kind: str
    state: str
    amount_fen: int
    reason: str
    document: str
    paper_id: UUID | None
    data: Mapping[str, Any]
    at: datetime
    day: date
    asked_by: UUID | None
    decided_by: UUID | None
    opinion: str


_DEPOSIT = [DEPOSITS.c[name] for name in DepositRow.__dataclass_fields__]
_MOVE = [MOVES.c[name] for name in MoveRow.__dataclass_fields__]


def open_in_cash(session: Session, tenant: str, new: Sequence[NewDeposit]) -> None:
    """Open deposits for cash that has come in; one that is open already stays as it is."""
    setwise.insert_rows(
        session,
        DEPOSITS,
        [
            {name: getattr(each, name) for name in NewDeposit.__dataclass_fields__}
            | {"tenant_id": tenant, "form": "cash", "held_fen": each.amount_fen, "accrued_to": each.opened_on}
            for each in new
        ],
        tail="on conflict (bill_id, fee_line_id) where state <> 'declined' do nothing",
    )


def offer(session: Session, tenant: str, new: NewDeposit, **values: Any) -> UUID:
    """Note a 保函 that somebody offers; it is no deposit until another person accepts it.

    Raises `Conflict` where the line has a deposit, or an offer that nobody has answered.
    """
    deposit_id = uuid4()
    row = {name: getattr(new, name) for name in NewDeposit.__dataclass_fields__} | values
    row |= {"id": deposit_id, "tenant_id": tenant, "form": "guarantee", "state": "offered", "held_fen": 0}
    row |= {"accrued_to": new.opened_on}
    added = setwise.insert_rows(
        session,
        DEPOSITS,
        [row],
        tail="on conflict (bill_id, fee_line_id) where state <> 'declined' do nothing returning id",
    )
    if added.first() is None:
        raise Conflict("这一项已有保证金或待核对的保函，请刷新后查看")
    return deposit_id


def find(session: Session, deposit_id: UUID) -> DepositRow:
    """One deposit; raises `NotFound`."""
    row = session.execute(select(*_DEPOSIT).where(DEPOSITS.c.id == deposit_id)).one_or_none()
    if row is None:
        raise NotFound("没有这笔保证金，或不在您的办理范围内")
    return DepositRow(**row._mapping)


def of_application(session: Session, application_id: UUID) -> list[DepositRow]:
    """An application's deposits and offers, the first first."""
    rows = session.execute(
        select(*_DEPOSIT)
        .where(DEPOSITS.c.application_id == application_id)
        .order_by(DEPOSITS.c.opened_on, DEPOSITS.c.item_code, DEPOSITS.c.id)
    )
    return [DepositRow(**row._mapping) for row in rows]


def save(session: Session, deposit: DepositRow, **values: Any) -> None:
    """Change a deposit that nobody has changed since it was read; raises `Conflict`."""
    done = session.execute(
        update(DEPOSITS)
        .where(DEPOSITS.c.id == deposit.id, DEPOSITS.c.version == deposit.version)
        .values(version=deposit.version + 1, **values)
    )
    if not changed(done):
        raise Conflict("这笔保证金刚刚有变化，请刷新后再办理")


def note_watch(session: Session, deposit_id: UUID, days: int) -> None:
    """Note which look at a 保函 was told of."""
    session.execute(update(DEPOSITS).where(DEPOSITS.c.id == deposit_id).values(watched=days))


def add_move(session: Session, tenant: str, deposit: DepositRow, **values: Any) -> UUID:
    """Write down what happened to a deposit, or what somebody asks for; one ask of a kind waits at a time."""
    move_id = uuid4()
    session.execute(
        insert(MOVES).values(
            id=move_id, tenant_id=tenant, application_id=deposit.application_id, deposit_id=deposit.id, **values
        )
    )
    return move_id


def asked_move(session: Session, deposit_id: UUID, kind: str) -> MoveRow | None:
    """The ask of a kind that waits for its answer."""
    row = session.execute(
        select(*_MOVE).where(MOVES.c.deposit_id == deposit_id, MOVES.c.kind == kind, MOVES.c.state == "asked")
    ).one_or_none()
    return MoveRow(**row._mapping) if row else None


def find_move(session: Session, move_id: UUID) -> MoveRow:
    """One move; raises `NotFound`."""
    row = session.execute(select(*_MOVE).where(MOVES.c.id == move_id)).one_or_none()
    if row is None:
        raise NotFound("没有这项保证金申请，或不在您的办理范围内")
    return MoveRow(**row._mapping)


def decide_move(session: Session, move: MoveRow, **values: Any) -> None:
    """Answer an ask (the caller holds the application); raises `Conflict` for one that was answered."""
    done = session.execute(update(MOVES).where(MOVES.c.id == move.id, MOVES.c.state == "asked").values(**values))
    if not changed(done):
        raise Conflict("这项保证金申请刚刚已有答复，请刷新后查看")


def moves(session: Session, deposit_id: UUID) -> list[MoveRow]:
    """What happened to a deposit, the first first."""
    rows = session.execute(
        select(*_MOVE).where(MOVES.c.deposit_id == deposit_id).order_by(MOVES.c.at, MOVES.c.kind, MOVES.c.id)
    )
    return [MoveRow(**row._mapping) for row in rows]


def principals(session: Session, deposit: DepositRow) -> list[Principal]:
    """What lay on deposit, from which day on: the amount, less each draw from its day on."""
    found, amount = [Principal(deposit.opened_on, deposit.amount_fen)], deposit.amount_fen
    for each in moves(session, deposit.id):
        if each.kind == "draw" and each.state == "done":
            amount -= each.amount_fen
            found.append(Principal(each.day, amount))
    return found


def accrued_fen(session: Session, deposit_id: UUID) -> int:
    """All the interest that was ever posted for a deposit."""
    return sum(each.amount_fen for each in moves(session, deposit_id) if each.kind == "interest")


def to_accrue(session: Session, *, before: date, most: int) -> list[UUID]:
    """Applications with cash on deposit whose interest was last posted before a day."""
    rows = session.execute(
        select(DEPOSITS.c.application_id)
        .where(DEPOSITS.c.state == "held", DEPOSITS.c.form == "cash", DEPOSITS.c.accrued_to < before)
        .order_by(DEPOSITS.c.application_id)
        .limit(most)
    )
    return list(dict.fromkeys(rows.scalars()))


def to_watch(session: Session, *, expiring_by: date, most: int) -> list[DepositRow]:
    """保函 that run out by a day, the earliest first."""
    rows = session.execute(
        select(*_DEPOSIT)
        .where(
            DEPOSITS.c.state.in_(THERE),
            DEPOSITS.c.form == "guarantee",
            DEPOSITS.c.expires_on <= expiring_by,
        )
        .order_by(DEPOSITS.c.expires_on, DEPOSITS.c.id)
        .limit(most)
    )
    return [DepositRow(**row._mapping) for row in rows]
