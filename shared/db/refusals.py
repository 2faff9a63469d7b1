"""不予许可决定书 as rows: one for an application, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session

from shared.db.tables.columns import table
from shared.db.tables.meetings import Refusal
from shared.domain.errors import NotFound

REFUSALS = table(Refusal)


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """A decision to refuse; `grounds` in the order of the matters: matter, matter_name, unit, reason, clause, way."""

    id: UUID
    application_id: UUID
    number: str
    grounds: Sequence[Mapping[str, Any]]
    decided_by: UUID
    decided_at: datetime


_REFUSAL = [REFUSALS.c[name] for name in RefusalRow.__dataclass_fields__]


def add(session: Session, tenant: str, **values: Any) -> UUID:
    """Write a decision; a second one for the application is a unique violation."""
    refusal_id = uuid4()
    session.execute(insert(REFUSALS).values(id=refusal_id, tenant_id=tenant, **values))
    return refusal_id


def load(session: Session, refusal_id: UUID) -> RefusalRow:
    """One decision; raises `NotFound`."""
    found = _one(session, REFUSALS.c.id == refusal_id)
    if found is None:
        raise NotFound("没有这份不予许可决定书")
    return found


def of_application(session: Session, application_id: UUID) -> RefusalRow | None:
    """The decision on an application, if there is one."""
    return _one(session, REFUSALS.c.application_id == application_id)


def _one(session: Session, wanted: ColumnElement[bool]) -> RefusalRow | None:
    row = session.execute(select(*_REFUSAL).where(wanted)).one_or_none()
    return RefusalRow(*row) if row else None
