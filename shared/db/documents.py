"""Documents: asked for in the transaction that makes them due, made once, the same bytes for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.db import outbox, setwise
from shared.db.outbox import Wanted, changed
from shared.db.tables.cases import Application
from shared.db.tables.columns import table
from shared.db.tables.work import Document
from shared.domain.errors import NotFound
from shared.tasks import DOCUMENTS_QUEUE, Task

DOCUMENTS = table(Document)
APPLICATIONS = table(Application)

#: The template that a document asked for today is drawn with; older documents keep theirs.
TEMPLATE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Wish:
    """A document to be made: of an application, or of a draft that has not become one."""

    kind: str
    subject_id: UUID
    application_id: UUID | None
    title: str
    draft_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A finished document of an earlier application, with that application's number."""

    id: UUID
    kind: str
    title: str
    sha256: str
    size_bytes: int
    requested_at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document; `sha256` is None until it is made, `view` empty until it is composed."""

    id: UUID
    application_id: UUID | None
    draft_id: UUID | None
    kind: str
    subject_id: UUID
    title: str
    template_version: int
    view: Mapping[str, Any]
    requested_at: datetime
    ready_at: datetime | None
    sha256: str | None
    rendition: int


_DOCUMENT = [DOCUMENTS.c[name] for name in DocumentRow.__dataclass_fields__]


def request(session: Session, tenant: str, wishes: Sequence[Wish], *, now: datetime) -> None:
    """Ask for documents; asking twice for the same one is asking once."""
    rows = [
        {
            "id": uuid4(),
            "tenant_id": tenant,
            "application_id": wish.application_id,
            "draft_id": wish.draft_id,
            "kind": wish.kind,
            "subject_id": wish.subject_id,
            "title": wish.title,
            "template_version": TEMPLATE_VERSION,
            "requested_at": now,
        }
        for wish in wishes
    ]
    if not rows:
        return
    made = setwise.insert_rows(
        session,
        DOCUMENTS,
        rows,
        tail="on conflict (kind, subject_id, rendition) do nothing returning id, application_id",
    )
    outbox.put(
        session,
        tenant,
        [Wanted(Task.PRODUCE_DOCUMENTS, DOCUMENTS_QUEUE, row.id, application_id=row.application_id) for row in made],
    )


def request_again(session: Session, tenant: str, wish: Wish, *, now: datetime) -> UUID:
    """Ask for the next rendition of a document that runs on; one that is still to be made is the one asked for.

    The caller holds the application.
    """
    last = latest(session, wish.kind, wish.subject_id)
    if last is not None and last.sha256 is None:
        return last.id
    document_id = uuid4()
    session.execute(
        insert(DOCUMENTS).values(
            id=document_id,
            tenant_id=tenant,
            application_id=wish.application_id,
            kind=wish.kind,
            subject_id=wish.subject_id,
            rendition=(last.rendition if last else 0) + 1,
            title=wish.title,
            template_version=TEMPLATE_VERSION,
            requested_at=now,
        )
    )
    wanted = Wanted(Task.PRODUCE_DOCUMENTS, DOCUMENTS_QUEUE, document_id, application_id=wish.application_id)
    outbox.put(session, tenant, [wanted])
    return document_id


def latest(session: Session, kind: str, subject_id: UUID) -> DocumentRow | None:
    """The newest rendition of a document, made or still to be made."""
    row = session.execute(
        select(*_DOCUMENT)
        .where(DOCUMENTS.c.kind == kind, DOCUMENTS.c.subject_id == subject_id)
        .order_by(DOCUMENTS.c.rendition.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else DocumentRow(**row._mapping)


def load(session: Session, document_id: UUID) -> DocumentRow:
    """One document; raises `NotFound`."""
    row = session.execute(select(*_DOCUMENT).where(DOCUMENTS.c.id == document_id)).one_or_none()
    if row is None:
        raise NotFound("文书不存在")
    return DocumentRow(**row._mapping)


def of_application(session: Session, application_id: UUID) -> list[DocumentRow]:
    """An application's documents, oldest first."""
    rows = session.execute(
        select(*_DOCUMENT)
        .where(DOCUMENTS.c.application_id == application_id)
        .order_by(DOCUMENTS.c.requested_at, DOCUMENTS.c.kind)
    )
    return [DocumentRow(**row._mapping) for row in rows]


def of_draft(session: Session, draft_id: UUID) -> list[DocumentRow]:
    """The documents on a draft, newest first."""
    rows = session.execute(
        select(*_DOCUMENT).where(DOCUMENTS.c.draft_id == draft_id).order_by(DOCUMENTS.c.requested_at.desc())
    )
    return [DocumentRow(**row._mapping) for row in rows]


def issued_to(session: Session, *, account_id: UUID, developer_uscc: str, kinds: Sequence[str]) -> list[Issued]:
    """For each of these kinds the latest finished document in the account's own applications for this developer."""
    columns = [DOCUMENTS.c[name] for name in Issued.__dataclass_fields__ if name != "number"]
    rows = session.execute(
        select(*columns, APPLICATIONS.c.number)
        .join(APPLICATIONS, APPLICATIONS.c.id == DOCUMENTS.c.application_id)
        .where(
            APPLICATIONS.c.applicant_id == account_id,
            APPLICATIONS.c.developer_uscc == developer_uscc,
            DOCUMENTS.c.kind.in_(kinds),
            DOCUMENTS.c.sha256.is_not(None),
        )
        .order_by(DOCUMENTS.c.kind, DOCUMENTS.c.requested_at.desc(), DOCUMENTS.c.id)
        .ext(distinct_on(DOCUMENTS.c.kind))
    )
    return [Issued(**row._mapping) for row in rows]


def freeze(session: Session, document_id: UUID, view: Mapping[str, Any], *, verification_code: str | None) -> None:
    """Store what the document says, once, and by which code strangers find it; a view that is frozen stays."""
    session.execute(
        update(DOCUMENTS)
        .where(DOCUMENTS.c.id == document_id, DOCUMENTS.c.view == {})
        .values(view=dict(view), verification_code=verification_code)
    )


def record(session: Session, document_id: UUID, *, sha256: str, size_bytes: int, pages: int) -> bool:
    """Record the finished bytes; gives whether this was the first time (later bytes are not kept)."""
    done = session.execute(
        update(DOCUMENTS)
        .where(DOCUMENTS.c.id == document_id, DOCUMENTS.c.sha256.is_(None))
        .values(sha256=sha256, size_bytes=size_bytes, pages=pages, ready_at=func.now())
    )
    return bool(changed(done))
