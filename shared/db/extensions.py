"""A longer promise, asked for by one person and granted or declined by another, as rows: at most one counts a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.db.tables.clocks import ClockExtension
from shared.db.tables.columns import table
from shared.domain.errors import Conflict, NotFound

EXTENSIONS = table(ClockExtension)


@dataclass(frozen=True, slots=True)
class ExtensionRow:
    """One request; `days` are working days."""

    id: UUID
    application_id: UUID
    clock_id: UUID
    days: int
    reason: str
    state: str
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    decided_by: UUID | None
    decided_by_name: str
    decided_at: datetime | None


_EXTENSION = [EXTENSIONS.c[name] for name in ExtensionRow.__dataclass_fields__]


def that_counts(session: Session, clock_id: UUID) -> ExtensionRow | None:
    """The request of a clock that was asked and not declined."""
    row = session.execute(
        select(*_EXTENSION).where(EXTENSIONS.c.clock_id == clock_id, EXTENSIONS.c.state != "declined")
    ).one_or_none()
    return ExtensionRow(*row) if row else None


def find(session: Session, extension_id: UUID) -> ExtensionRow:
    """One request; raises `NotFound`."""
    row = session.execute(select(*_EXTENSION).where(EXTENSIONS.c.id == extension_id)).one_or_none()
    if row is None:
        raise NotFound("没有这项延期申请，或它不在您的办理范围内")
    return ExtensionRow(*row)


def add(session: Session, tenant: str, **values: Any) -> UUID:
    """Write a request; the caller holds the application."""
    extension_id = uuid4()
    session.execute(insert(EXTENSIONS).values(id=extension_id, tenant_id=tenant, **values))
    return extension_id


def decide(session: Session, extension_id: UUID, *, state: str, by: UUID, name: str, at: datetime) -> None:
    """Grant or decline an open request; raises `Conflict` if somebody has decided it meanwhile."""
    done = session.execute(
        update(EXTENSIONS)
        .where(EXTENSIONS.c.id == extension_id, EXTENSIONS.c.state == "asked")
        .values(state=state, decided_by=by, decided_by_name=name, decided_at=at)
    )
    if not changed(done):
        raise Conflict("这项延期申请刚刚已被他人决定，请刷新后再看")
