"""Papers as rows: who uploaded which bytes under which name, free until an application adopts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.db.tables.cases import Application, Attachment
from shared.db.tables.columns import table
from shared.domain.errors import Conflict, NotFound

ATTACHMENTS = table(Attachment)
APPLICATIONS = table(Application)


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """One paper."""

    id: UUID
    account_id: UUID
    application_id: UUID | None
    material_code: str
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    created_at: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class GivenBefore:
    """A paper of an earlier application, with that application's number and day of acceptance."""

    id: UUID
    material_code: str
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    accepted_on: date
    number: str


_ATTACHMENT = [ATTACHMENTS.c[name] for name in AttachmentRow.__dataclass_fields__]


def add(session: Session, tenant: str, **values: Any) -> UUID:
    """Record a paper whose bytes are already stored."""
    attachment_id = uuid4()
    session.execute(insert(ATTACHMENTS).values(id=attachment_id, tenant_id=tenant, **values))
    return attachment_id


def free(session: Session, ids: Sequence[UUID], *, account_id: UUID) -> dict[UUID, AttachmentRow]:
    """Those of `ids` that this account uploaded and no application has adopted."""
    if not ids:
        return {}
    rows = session.execute(
        select(*_ATTACHMENT).where(
            ATTACHMENTS.c.id.in_(ids), ATTACHMENTS.c.account_id == account_id, ATTACHMENTS.c.application_id.is_(None)
        )
    )
    return {row.id: AttachmentRow(**row._mapping) for row in rows}


def adopt(session: Session, ids: Sequence[UUID], application_id: UUID) -> None:
    """Give papers to an application; raises `Conflict` if another submission was faster."""
    done = session.execute(
        update(ATTACHMENTS)
        .where(ATTACHMENTS.c.id.in_(ids), ATTACHMENTS.c.application_id.is_(None))
        .values(application_id=application_id)
    )
    if changed(done) != len(ids):
        raise Conflict("有材料刚刚随另一申报提交，请刷新后重新选择")


def replace(session: Session, application_id: UUID, material_code: str, *, by: UUID) -> list[AttachmentRow]:
    """Let an adopted paper stand in the place of those of the same material; gives what it replaces, which is kept."""
    rows = session.execute(
        update(ATTACHMENTS)
        .where(
            ATTACHMENTS.c.application_id == application_id,
            ATTACHMENTS.c.material_code == material_code,
            ATTACHMENTS.c.replaced_by.is_(None),
            ATTACHMENTS.c.id != by,
        )
        .values(replaced_by=by)
        .returning(*_ATTACHMENT)
    )
    return sorted((AttachmentRow(**row._mapping) for row in rows), key=lambda row: (row.created_at, row.file_name))


def discard(session: Session, attachment_id: UUID, *, account_id: UUID) -> None:
    """Throw a paper away that belongs to no application yet; raises `NotFound`."""
    done = session.execute(
        delete(ATTACHMENTS).where(
            ATTACHMENTS.c.id == attachment_id,
            ATTACHMENTS.c.account_id == account_id,
            ATTACHMENTS.c.application_id.is_(None),
        )
    )
    if not changed(done):
        raise NotFound("没有这份材料，或它已随申报提交")


def load(session: Session, attachment_id: UUID) -> AttachmentRow:
    """One paper; raises `NotFound`."""
    row = session.execute(select(*_ATTACHMENT).where(ATTACHMENTS.c.id == attachment_id)).one_or_none()
    if row is None:
        raise NotFound("没有这份材料")
    return AttachmentRow(**row._mapping)


def content_of(session: Session, attachment_id: UUID) -> str:
    """What a paper contains, as its digest: the same file sent twice is the same. Empty for one that is not there."""
    found = session.execute(select(ATTACHMENTS.c.sha256).where(ATTACHMENTS.c.id == attachment_id)).scalar_one_or_none()
    return found or ""


def given_before(session: Session, *, account_id: UUID, developer_uscc: str) -> list[GivenBefore]:
    """For each material the latest paper that stands in the account's own applications for this developer."""
    its_own = ("number", "accepted_on")
    columns = [ATTACHMENTS.c[name] for name in GivenBefore.__dataclass_fields__ if name not in its_own]
    rows = session.execute(
        select(*columns, *(APPLICATIONS.c[name] for name in its_own))
        .join(APPLICATIONS, APPLICATIONS.c.id == ATTACHMENTS.c.application_id)
        .where(
            APPLICATIONS.c.applicant_id == account_id,
            APPLICATIONS.c.developer_uscc == developer_uscc,
            ATTACHMENTS.c.account_id == account_id,
            ATTACHMENTS.c.replaced_by.is_(None),
            ATTACHMENTS.c.material_code != "",
        )
        .order_by(ATTACHMENTS.c.material_code, ATTACHMENTS.c.created_at.desc(), ATTACHMENTS.c.id)
        .ext(distinct_on(ATTACHMENTS.c.material_code))
    )
    return [GivenBefore(**row._mapping) for row in rows]


def free_copy(
    session: Session, *, account_id: UUID, draft_id: UUID | None, material_code: str, sha256: str, origin: str
) -> UUID | None:
    """A copy that was taken over already and has gone out with no application yet, in the same draft or in none."""
    found: UUID | None = session.execute(
        select(ATTACHMENTS.c.id)
        .where(
            ATTACHMENTS.c.account_id == account_id,
            ATTACHMENTS.c.application_id.is_(None),
            ATTACHMENTS.c.draft_id == draft_id if draft_id else ATTACHMENTS.c.draft_id.is_(None),
            ATTACHMENTS.c.material_code == material_code,
            ATTACHMENTS.c.sha256 == sha256,
            ATTACHMENTS.c.origin == origin,
        )
        .limit(1)
    ).scalar_one_or_none()
    return found


def of_application(session: Session, application_id: UUID) -> list[AttachmentRow]:
    """An application's papers, in the order they came."""
    rows = session.execute(
        select(*_ATTACHMENT)
        .where(ATTACHMENTS.c.application_id == application_id)
        .order_by(ATTACHMENTS.c.created_at, ATTACHMENTS.c.file_name)
    )
    return [AttachmentRow(**row._mapping) for row in rows]


def of_draft(session: Session, draft_id: UUID) -> list[AttachmentRow]:
    """A draft's papers, in the order they came."""
    rows = session.execute(
        select(*_ATTACHMENT)
        .where(ATTACHMENTS.c.draft_id == draft_id, ATTACHMENTS.c.application_id.is_(None))
        .order_by(ATTACHMENTS.c.created_at, ATTACHMENTS.c.file_name)
    )
    return [AttachmentRow(**row._mapping) for row in rows]
