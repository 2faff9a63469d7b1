"""What finance reads of a bill's orders at payment channels: each with everything that was asked about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

#: Requests shown of one bill, the latest.
ASKINGS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingView:
    """One request and the provider's word."""

    number: str
    channel: str
    at: datetime
    act: str
    outcome: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """One order."""

    channel: str
    number: str
    amount_fen: int
    state: str
    transaction_no: str
    opened_at: datetime
    asked: int
    problem: str


def orders(session: Session, bill_id: UUID) -> tuple[OrderView, ...]:
    """A bill's orders, the latest first."""
    rows = session.execute(
        text(
            "select channel, number, amount_fen, state, transaction_no, opened_at, problem, "
            "(select count(*) from channel_asking a where a.order_id = o.id) as asked from channel_order o "
            "where bill_id = :bill order by recorded_at desc, id"
        ),
        {"bill": bill_id},
    )
    return tuple(OrderView(**row._mapping) for row in rows)


def askings(session: Session, bill_id: UUID) -> tuple[AskingView, ...]:
    """What was asked about a bill's orders, the latest first."""
    rows = session.execute(
        text(
            "select o.number, o.channel, a.at, a.act, a.outcome, a.words from channel_asking a "
            "join channel_order o on o.id = a.order_id where o.bill_id = :bill "
            "order by a.at desc, a.seq desc limit :most"
        ),
        {"bill": bill_id, "most": ASKINGS_MAX},
    )
    return tuple(AskingView(**row._mapping) for row in rows)
