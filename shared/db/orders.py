"""Orders at payment channels as rows: one live for a bill and channel, asked after until it is paid or closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, select, text, update
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.db.tables.channels import ChannelAsking, ChannelOrder
from shared.db.tables.columns import table
from shared.domain.errors import NotFound
from shared.domain.orders import LIVE

ORDERS = table(ChannelOrder)
ASKINGS = table(ChannelAsking)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order. `is_expired` is as of the database's real clock."""

    id: UUID
    application_id: UUID
    bill_id: UUID
    channel: str
    number: str
    amount_fen: int
    state: str
    qr: str
    transaction_no: str
    is_closing: bool
    opened_by: UUID | None
    opened_at: datetime
    expires_at: datetime
    asked: int
    problem: str
    settled_at: datetime | None
    is_expired: bool

    @property
    def is_live(self) -> bool:
        """Whether money may still come by it."""
        return self.state in LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One request about an order and its answer."""

    act: str
    outcome: str
    words: str = ""
    raw: str = ""


_ORDER = [
    *(ORDERS.c[name] for name in OrderRow.__dataclass_fields__ if name != "is_expired"),
    (ORDERS.c.expires_at <= func.clock_timestamp()).label("is_expired"),
]


def open_order(session: Session, tenant: str, *, minutes: int, **values: Any) -> None:
    """Write an order that lives so many minutes; a second live one for its bill and channel is a unique violation."""
    session.execute(
        insert(ORDERS).values(
            tenant_id=tenant,
            expires_at=func.date_trunc("second", func.clock_timestamp()) + func.make_interval(0, 0, 0, 0, 0, minutes),
            ask_at=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 1),
            **values,
        )
    )


def live(session: Session, *, bill_id: UUID, channel: str) -> OrderRow | None:
    """The order by which a bill can be paid at a channel."""
    return _one(session, ORDERS.c.bill_id == bill_id, ORDERS.c.channel == channel, ORDERS.c.state.in_(LIVE))


def find(session: Session, *, channel: str, number: str) -> OrderRow | None:
    """The order with a number of ours."""
    return _one(session, ORDERS.c.channel == channel, ORDERS.c.number == number)


def load(session: Session, order_id: UUID) -> OrderRow:
    """One order; raises `NotFound`."""
    found = _one(session, ORDERS.c.id == order_id)
    if found is None:
        raise NotFound("没有这笔支付订单")
    return found


def count_of_bill(session: Session, *, bill_id: UUID, channel: str) -> int:
    """How many orders a bill has had at a channel."""
    return int(
        session.execute(
            select(func.count()).where(ORDERS.c.bill_id == bill_id, ORDERS.c.channel == channel)
        ).scalar_one()
    )


def of_bill(session: Session, bill_id: UUID) -> list[OrderRow]:
    """A bill's orders, the latest first."""
    rows = session.execute(
        select(*_ORDER).where(ORDERS.c.bill_id == bill_id).order_by(ORDERS.c.recorded_at.desc(), ORDERS.c.id)
    )
    return [OrderRow(**row._mapping) for row in rows]


def settle(
    session: Session, order_id: UUID, *, state: str, at: datetime, transaction_no: str = "", problem: str = ""
) -> None:
    """An order is paid or closed: it is asked after no more."""
    session.execute(
        update(ORDERS)
        .where(ORDERS.c.id == order_id)
        .values(state=state, transaction_no=transaction_no, problem=problem, settled_at=at, ask_at=None)
    )


def go_on(session: Session, order: OrderRow, *, state: str, qr: str, problem: str, pause_s: int) -> None:
    """An order lives on and is asked after again in a while."""
    session.execute(
        update(ORDERS)
        .where(ORDERS.c.id == order.id)
        .values(
            state=state,
            qr=qr,
            problem=problem,
            asked=order.asked + 1,
            ask_at=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, pause_s),
        )
    )


def write_down(session: Session, tenant: str, order: OrderRow, askings: Sequence[Asking]) -> None:
    """Keep what was asked and answered; the caller holds the order's application."""
    if not askings:
        return
    last = session.execute(
        select(func.coalesce(func.max(ASKINGS.c.seq), 0)).where(ASKINGS.c.order_id == order.id)
    ).scalar_one()
    session.execute(
        insert(ASKINGS),
        [
            {
                "order_id": order.id,
                "seq": last + seq,
                "tenant_id": tenant,
                "application_id": order.application_id,
                "act": each.act,
                "outcome": each.outcome,
                "words": each.words,
                # The database takes no NUL in a text; nobody means anything by one.
                "raw": each.raw.replace("\x00", ""),
            }
            for seq, each in enumerate(askings, start=1)
        ],
    )


def mark_closing(session: Session, tenant: str) -> int:
    """Note orders whose bill is no longer open for just their amount, to be asked after at once; gives how many."""
    done = session.execute(
        text(
            "update channel_order o set is_closing = true, ask_at = clock_timestamp() from bill b "
            "where o.tenant_id = :tenant and o.ask_at is not null and not o.is_closing and b.id = o.bill_id "
            "and (b.status not in ('issued', 'part_paid') or b.total_fen - b.paid_fen <> o.amount_fen)"
        ),
        {"tenant": tenant},
    )
    return changed(done)


def to_be_asked(session: Session, tenant: str, *, limit: int) -> list[tuple[UUID, int]]:
    """Live orders whose time has come, with how often they were asked after."""
    rows = session.execute(
        select(ORDERS.c.id, ORDERS.c.asked)
        .where(ORDERS.c.tenant_id == tenant, ORDERS.c.ask_at <= func.clock_timestamp())
        .order_by(ORDERS.c.ask_at)
        .limit(limit)
    )
    return [(row.id, row.asked) for row in rows]


def _one(session: Session, *wanted: ColumnElement[bool]) -> OrderRow | None:
    row = session.execute(select(*_ORDER).where(*wanted)).one_or_none()
    return OrderRow(**row._mapping) if row else None
