"""面积实测结算: what an applicant measured at completion, and what two people made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shared.db.tables.bill_life import AreaSurvey
from shared.db.tables.columns import table
from shared.domain.errors import NotFound

SURVEYS = table(AreaSurvey)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRow:
    """One survey; `differences` are items with their amounts before and after, 分."""

    id: UUID
    application_id: UUID
    state: str
    facts: Mapping[str, Any]
    document: str
    surveyed_on: date
    differences: list[Any]
    supplement_fen: int
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    opinion: str
    bill_id: UUID | None


_COLUMNS = [SURVEYS.c[name] for name in SurveyRow.__dataclass_fields__]


def add(session: Session, tenant: str, **values: Any) -> UUID:
    """Add a survey; a second open one of the application is a unique violation."""
    survey_id = uuid4()
    session.execute(insert(SURVEYS).values(id=survey_id, tenant_id=tenant, **values))
    return survey_id


def load(session: Session, survey_id: UUID) -> SurveyRow:
    """One survey; raises `NotFound`."""
    row = session.execute(select(*_COLUMNS).where(SURVEYS.c.id == survey_id)).one_or_none()
    if row is None:
        raise NotFound("没有这项面积实测结算")
    return SurveyRow(**row._mapping)


def of_application(session: Session, application_id: UUID) -> list[SurveyRow]:
    """The surveys of an application, the latest first."""
    rows = session.execute(
        select(*_COLUMNS).where(SURVEYS.c.application_id == application_id).order_by(SURVEYS.c.asked_at.desc())
    )
    return [SurveyRow(**row._mapping) for row in rows]


def decide(session: Session, survey_id: UUID, **values: Any) -> None:
    """Write what was decided."""
    session.execute(update(SURVEYS).where(SURVEYS.c.id == survey_id).values(**values))
