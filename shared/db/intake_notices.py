"""Answers of the door in writing: accepted, told once what is missing, not accepted; never changed, only completed
with the digest of their document."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shared.db.tables.columns import table
from shared.db.tables.promises import IntakeNotice
from shared.domain.errors import NotFound
from shared.signing import ActSeal

NOTICES = table(IntakeNotice)


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One answer. One on a draft is sealed here; one on an application stands in its trail."""

    id: UUID
    account_id: UUID
    draft_id: UUID | None
    application_id: UUID | None
    kind: str
    number: str
    addressee: str
    project_name: str
    items: Sequence[Mapping[str, str]]
    basis: str
    papers: Sequence[str]
    reason: str
    clause: str
    go_to: str
    issued_at: datetime
    issued_on: date
    due_on: date | None
    unit_code: str
    document_sha256: str | None
    seal_key_id: str | None
    seal: bytes | None


_NOTICE = [NOTICES.c[name] for name in NoticeRow.__dataclass_fields__]
#: What the seal covers: all but itself.
_SEALED = tuple(name for name in NoticeRow.__dataclass_fields__ if name not in ("seal_key_id", "seal"))


def content(notice: Mapping[str, Any]) -> bytes:
    """What a notice's seal covers, as canonical JSON (sorted keys, times in whole seconds since 1970)."""
    plain = {name: notice.get(name) for name in _SEALED}
    plain["issued_at"] = int(notice["issued_at"].timestamp())
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str).encode()


def add(session: Session, tenant: str, values: Mapping[str, Any]) -> None:
    """Write a notice as it was issued."""
    session.execute(insert(NOTICES).values(tenant_id=tenant, **values))


def load(session: Session, notice_id: UUID) -> NoticeRow:
    """One notice; raises `NotFound`."""
    row = session.execute(select(*_NOTICE).where(NOTICES.c.id == notice_id)).one_or_none()
    if row is None:
        raise NotFound("没有这份通知书")
    return NoticeRow(**row._mapping)


def of_draft(session: Session, draft_id: UUID) -> list[NoticeRow]:
    """The answers on a draft, newest first."""
    rows = session.execute(
        select(*_NOTICE).where(NOTICES.c.draft_id == draft_id).order_by(NOTICES.c.issued_at.desc(), NOTICES.c.id)
    )
    return [NoticeRow(**row._mapping) for row in rows]


def of_application(session: Session, application_id: UUID) -> list[NoticeRow]:
    """The answers on an application, oldest first."""
    rows = session.execute(
        select(*_NOTICE).where(NOTICES.c.application_id == application_id).order_by(NOTICES.c.issued_at, NOTICES.c.id)
    )
    return [NoticeRow(**row._mapping) for row in rows]


def without_application(session: Session) -> list[NoticeRow]:
    """Every answer that stands on a draft alone, of all tenants that the session sees."""
    rows = session.execute(
        select(*_NOTICE).where(NOTICES.c.application_id.is_(None)).order_by(NOTICES.c.issued_at, NOTICES.c.id)
    )
    return [NoticeRow(**row._mapping) for row in rows]


def complete(session: Session, notice_id: UUID, *, sha256: str, seal: ActSeal) -> None:
    """Note the digest of the finished document, with the seal over the notice as it then is. The first counts."""
    session.execute(
        update(NOTICES)
        .where(NOTICES.c.id == notice_id, NOTICES.c.document_sha256.is_(None))
        .values(document_sha256=sha256, seal_key_id=seal.key_id, seal=seal.signature)
    )
