"""Drafts: what an applicant has typed so far, valid or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.db.tables.cases import Attachment, Draft
from shared.db.tables.columns import table
from shared.db.tables.promises import IntakeNotice
from shared.domain.errors import Conflict, NotFound

DRAFTS = table(Draft)
ATTACHMENTS = table(Attachment)
NOTICES = table(IntakeNotice)


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft of one applicant; `submitted_as` names the application it became."""

    id: UUID
    data: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    submitted_as: UUID | None


_DRAFT = [DRAFTS.c[name] for name in DraftRow.__dataclass_fields__]


def save(session: Session, tenant: str, *, account_id: UUID, draft_id: UUID | None, data: Mapping[str, Any]) -> UUID:
    """Keep a draft, a new one without `draft_id`; raises `NotFound` for another's or a submitted one."""
    if draft_id is None:
        draft_id = uuid4()
        session.execute(insert(DRAFTS).values(id=draft_id, tenant_id=tenant, account_id=account_id, data=dict(data)))
        return draft_id
    done = session.execute(
        update(DRAFTS)
        .where(DRAFTS.c.id == draft_id, DRAFTS.c.account_id == account_id, DRAFTS.c.submitted_as.is_(None))
        .values(data=dict(data), updated_at=func.now())
    )
    if not changed(done):
        raise NotFound("草稿不存在，或已提交")
    return draft_id


def load(session: Session, draft_id: UUID, *, account_id: UUID) -> DraftRow:
    """One draft of the account; raises `NotFound`."""
    row = session.execute(
        select(*_DRAFT).where(DRAFTS.c.id == draft_id, DRAFTS.c.account_id == account_id)
    ).one_or_none()
    if row is None:
        raise NotFound("草稿不存在")
    return DraftRow(**row._mapping)


def hold(session: Session, draft_id: UUID, *, account_id: UUID) -> DraftRow:
    """An open draft of the account, its row held until the transaction ends; raises `NotFound`."""
    row = session.execute(
        select(*_DRAFT)
        .where(DRAFTS.c.id == draft_id, DRAFTS.c.account_id == account_id, DRAFTS.c.submitted_as.is_(None))
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("草稿不存在，或已提交")
    return DraftRow(**row._mapping)


def of_account(session: Session, account_id: UUID) -> list[DraftRow]:
    """The account's open drafts, newest first."""
    rows = session.execute(
        select(*_DRAFT)
        .where(DRAFTS.c.account_id == account_id, DRAFTS.c.submitted_as.is_(None))
        .order_by(DRAFTS.c.updated_at.desc())
        .limit(50)
    )
    return [DraftRow(**row._mapping) for row in rows]


def close(session: Session, draft_id: UUID, *, account_id: UUID, application_id: UUID) -> None:
    """Note which application a draft became."""
    session.execute(
        update(DRAFTS)
        .where(DRAFTS.c.id == draft_id, DRAFTS.c.account_id == account_id)
        .values(submitted_as=application_id)
    )


def discard(session: Session, draft_id: UUID, *, account_id: UUID) -> None:
    """Throw an open draft away, its papers with it; raises `NotFound`, or `Conflict` where it got an answer."""
    hold(session, draft_id, account_id=account_id)
    if session.execute(select(NOTICES.c.id).where(NOTICES.c.draft_id == draft_id).limit(1)).first() is not None:
        raise Conflict("这份草稿已经出具过书面答复，须留存备查，不能删除；不再申报的，不必处理")
    session.execute(
        delete(ATTACHMENTS).where(
            ATTACHMENTS.c.draft_id == draft_id,
            ATTACHMENTS.c.account_id == account_id,
            ATTACHMENTS.c.application_id.is_(None),
        )
    )
    session.execute(delete(DRAFTS).where(DRAFTS.c.id == draft_id))
