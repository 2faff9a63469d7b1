"""Cases for people: what machines could not finish, with the reason, until somebody closes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.db.tables.columns import table
from shared.db.tables.work import CaseItem
from shared.domain.errors import NotFound

CASES = table(CaseItem)


def open_case(
    session: Session,
    tenant: str,
    *,
    kind: str,
    key: str,
    reason: str,
    application_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> bool:
    """Put something before a person; the same matter twice is one case. Gives whether it is new."""
    added = session.execute(
        insert(CASES)
        .values(
            id=uuid4(),
            tenant_id=tenant,
            kind=kind,
            key=key,
            reason=reason,
            application_id=application_id,
            data=dict(data or {}),
        )
        .on_conflict_do_nothing(index_elements=["kind", "key"])
        .returning(CASES.c.id)
    )
    return added.first() is not None


def close_case(session: Session, case_id: UUID, *, by: UUID, resolution: str) -> None:
    """Close a case with what was done about it; raises `NotFound` if it is not open."""
    done = session.execute(
        update(CASES)
        .where(CASES.c.id == case_id, CASES.c.closed_at.is_(None))
        .values(closed_at=func.now(), closed_by=by, resolution=resolution)
    )
    if not changed(done):
        raise NotFound("这件待处理事项不存在或已处理")


def settle(session: Session, kind: str, prefix: str, *, by: UUID | None, resolution: str) -> None:
    """Close the open cases of a kind whose keys begin so, because what they asked for has happened; none is fine."""
    session.execute(
        update(CASES)
        .where(CASES.c.kind == kind, CASES.c.key.startswith(prefix, autoescape=True), CASES.c.closed_at.is_(None))
        .values(closed_at=func.now(), closed_by=by, resolution=resolution)
    )
