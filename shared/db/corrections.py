"""Notices of corrections as rows: collecting, sent once, answered once; each request with what came of it.

The caller holds the application's row, so that of two who ask, send or answer at once one comes after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.outbox import changed
from shared.db.tables.columns import table
from shared.db.tables.corrections import CorrectionItem, CorrectionNotice
from shared.domain.errors import Conflict, NotFound

NOTICES = table(CorrectionNotice)
ITEMS = table(CorrectionItem)


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice; without number until it is sent."""

    id: UUID
    application_id: UUID
    seq: int
    number: str | None
    state: str
    version: int
    opened_at: datetime
    window_until: date
    sent_at: datetime | None
    sent_on: date | None
    reply_due_on: date | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One request of one unit."""

    id: UUID
    application_id: UUID
    notice_id: UUID
    task_id: UUID
    seq: int
    unit_code: str
    matter_code: str
    kind: str
    target: str
    reason: str
    clause: str
    wanted: str
    state: str
    old_value: str
    typed: Mapping[str, Any]
    new_value: str
    explanation: str
    attachment_id: UUID | None


_NOTICE = [NOTICES.c[name] for name in NoticeRow.__dataclass_fields__]
_ITEM = [ITEMS.c[name] for name in ItemRow.__dataclass_fields__]


# Read.


def notices_of(session: Session, application_id: UUID) -> list[NoticeRow]:
    """The notices of an application, oldest first."""
    rows = session.execute(select(*_NOTICE).where(NOTICES.c.application_id == application_id).order_by(NOTICES.c.seq))
    return [NoticeRow(*row) for row in rows]


def items_of(session: Session, notice_ids: Iterable[UUID]) -> list[ItemRow]:
    """The requests of notices in the order in which they were made."""
    rows = session.execute(
        select(*_ITEM)
        .join(NOTICES, NOTICES.c.id == ITEMS.c.notice_id)
        .where(setwise.among(ITEMS.c.notice_id, notice_ids))
        .order_by(NOTICES.c.seq, ITEMS.c.seq)
    )
    return [ItemRow(*row) for row in rows]


def find_item(session: Session, item_id: UUID) -> ItemRow:
    """One request, unlocked; raises `NotFound`."""
    row = session.execute(select(*_ITEM).where(ITEMS.c.id == item_id)).one_or_none()
    if row is None:
        raise NotFound("没有这项补正要求，或不在您的办理范围内")
    return ItemRow(*row)


def load(session: Session, notice_id: UUID) -> NoticeRow:
    """One notice; raises `NotFound`."""
    row = session.execute(select(*_NOTICE).where(NOTICES.c.id == notice_id)).one_or_none()
    if row is None:
        raise NotFound("没有这份补正告知书，或不在您的办理范围内")
    return NoticeRow(*row)


def to_be_looked_at(session: Session, *, today: date) -> list[UUID]:
    """Applications with a notice that something must happen to: its window is over, everybody has spoken, the case is
    no longer under review, nobody waits for its answer any more, or its answer is overdue and nobody was told."""
    rows = session.execute(
        text(
            "select n.application_id from correction_notice n join application a on a.id = n.application_id "
            "where n.state in ('collecting', 'sent') and (a.status not in ('in_review', 'objected', 'billed') "
            "or not exists (select from correction_item i join review_task t on t.id = i.task_id "
            "  where i.notice_id = n.id and i.state = 'asked' and t.status not in ('approved', 'cancelled')) "
            "or (n.state = 'collecting' and (n.window_until < :today or not exists (select from review_task t "
            "  where t.application_id = n.application_id and t.status not in ('approved', 'objected', 'cancelled') "
            "  and not exists (select from correction_item i where i.notice_id = n.id and i.state = 'asked' "
            "    and i.unit_code = t.unit_code)))) "
            "or (n.state = 'sent' and n.reply_due_on < :today and not exists (select from case_item c "
            "  where c.kind = 'correction_unanswered' and c.key = n.id || ':' || n.reply_due_on))) "
            "order by n.application_id"
        ),
        {"today": today},
    )
    return list(rows.scalars())


# Written.


def open_notice(
    session: Session, tenant: str, *, application_id: UUID, seq: int, window_until: date, now: datetime
) -> NoticeRow:
    """Begin to collect requests; an application has one notice at a time that is not answered."""
    notice_id = uuid4()
    session.execute(
        insert(NOTICES).values(
            id=notice_id,
            tenant_id=tenant,
            application_id=application_id,
            seq=seq,
            opened_at=now,
            window_until=window_until,
        )
    )
    return load(session, notice_id)


def save_notice(session: Session, notice: NoticeRow, **changes: Any) -> None:
    """Change a notice as it was read; raises `Conflict` if somebody changed it meanwhile."""
    done = session.execute(
        update(NOTICES)
        .where(NOTICES.c.id == notice.id, NOTICES.c.version == notice.version)
        .values(version=notice.version + 1, **changes)
    )
    if not changed(done):
        raise Conflict("补正告知书刚刚有变化，请刷新后再看")


def add_items(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new requests."""
    if rows:
        setwise.insert_rows(session, ITEMS, rows)


def save_items(session: Session, ids: Iterable[UUID], **changes: Any) -> None:
    """Change requests; those of one target are always changed together."""
    session.execute(update(ITEMS).where(setwise.among(ITEMS.c.id, ids)).values(**changes))
