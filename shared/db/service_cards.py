"""绿色通道服务卡 as rows: asks, of which one is open or granted at a time. The caller holds the application's row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.db.tables.cases import Application, ReviewTask
from shared.db.tables.columns import table
from shared.db.tables.promises import ServiceCard
from shared.domain.errors import Conflict, NotFound

CARDS = table(ServiceCard)
APPLICATIONS = table(Application)
TASKS = table(ReviewTask)


@dataclass(frozen=True, slots=True)
class CardRow:
    """An ask for the green channel and its answer; `document` proves the criterion."""

    id: UUID
    application_id: UUID
    number: str | None
    state: str
    criterion: str
    document: str
    statement: str
    asked_by: UUID
    asked_at: datetime
    due_on: date
    decided_by: UUID | None
    decided_at: datetime | None
    reason: str


_CARD = [CARDS.c[name] for name in CardRow.__dataclass_fields__]


def add(session: Session, tenant: str, **values: Any) -> None:
    """Write an ask."""
    session.execute(insert(CARDS).values(tenant_id=tenant, **values))


def of_application(session: Session, application_id: UUID) -> CardRow | None:
    """What an application asked for last, if it did."""
    row = session.execute(
        select(*_CARD).where(CARDS.c.application_id == application_id).order_by(CARDS.c.asked_at.desc()).limit(1)
    ).one_or_none()
    return CardRow(*row) if row else None


def load(session: Session, card_id: UUID) -> CardRow:
    """One card; raises `NotFound`."""
    row = session.execute(select(*_CARD).where(CARDS.c.id == card_id)).one_or_none()
    if row is None:
        raise NotFound("没有这张服务卡")
    return CardRow(*row)


def answer(session: Session, card: CardRow, **values: Any) -> None:
    """Write the answer to an ask; raises `Conflict` if somebody answered meanwhile."""
    done = session.execute(update(CARDS).where(CARDS.c.id == card.id, CARDS.c.state == "asked").values(**values))
    if not changed(done):
        raise Conflict("这份申请刚刚已有答复，请刷新后查看")


def set_lane(session: Session, application_id: UUID, lane: str) -> None:
    """Put an application and all its tasks into a lane."""
    session.execute(
        update(APPLICATIONS)
        .where(APPLICATIONS.c.id == application_id)
        .values(lane=lane, version=APPLICATIONS.c.version + 1)
    )
    session.execute(update(TASKS).where(TASKS.c.application_id == application_id).values(lane=lane))
