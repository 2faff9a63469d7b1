"""Joint site surveys (集中现场踏勘) as rows: one visit, one finding from every invited unit.

The caller holds the application's row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shared.db import numbers, setwise
from shared.db.city import City
from shared.db.clock import on
from shared.db.outbox import changed
from shared.db.tables.columns import table
from shared.db.tables.meetings import Survey, SurveyFinding
from shared.domain.errors import Conflict, NotFound

SURVEYS = table(Survey)
FINDINGS = table(SurveyFinding)


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """A visit and where it stands; `pauses_clocks` until each invited unit has said what it found."""

    id: UUID
    application_id: UUID
    number: str
    state: str
    version: int
    planned_at: datetime
    place: str
    note: str
    pauses_clocks: bool
    called_by: UUID
    called_at: datetime
    held_at: datetime | None


@dataclass(frozen=True, slots=True)
class FindingRow:
    """What one unit found; `result` is empty until it has said so."""

    survey_id: UUID
    unit_code: str
    result: str
    finding: str
    found_by: UUID | None
    found_by_name: str
    found_at: datetime | None


_SURVEY = [SURVEYS.c[name] for name in SurveyRow.__dataclass_fields__]
_FINDING = [FINDINGS.c[name] for name in FindingRow.__dataclass_fields__]


def call(
    session: Session, city: City, *, application_id: UUID, units: Iterable[str], now: datetime, **values: Any
) -> SurveyRow:
    """Call a visit and invite units; an application has one ahead of it at a time (look with `ahead` first)."""
    survey_id, year = uuid4(), on(now).year
    running = numbers.take(session, tenant=city.tenant, series=f"survey:{year}")[0]
    common = {"tenant_id": city.tenant, "application_id": application_id}
    session.execute(
        insert(SURVEYS).values(
            id=survey_id, number=city.number("survey", year, running), called_at=now, **common, **values
        )
    )
    setwise.insert_rows(session, FINDINGS, [common | {"survey_id": survey_id, "unit_code": code} for code in units])
    return load(session, survey_id)


def load(session: Session, survey_id: UUID) -> SurveyRow:
    """One survey; raises `NotFound`."""
    row = session.execute(select(*_SURVEY).where(SURVEYS.c.id == survey_id)).one_or_none()
    if row is None:
        raise NotFound("没有这次踏勘，或它不在您的办理范围内")
    return SurveyRow(*row)


def ahead(session: Session, application_id: UUID) -> SurveyRow | None:
    """The visit that is still to be finished, if there is one."""
    row = session.execute(
        select(*_SURVEY).where(SURVEYS.c.application_id == application_id, SURVEYS.c.state == "planned")
    ).one_or_none()
    return SurveyRow(*row) if row else None


def of_application(session: Session, application_id: UUID) -> list[SurveyRow]:
    """An application's surveys, oldest first."""
    rows = session.execute(
        select(*_SURVEY).where(SURVEYS.c.application_id == application_id).order_by(SURVEYS.c.called_at)
    )
    return [SurveyRow(*row) for row in rows]


def findings(session: Session, survey_id: UUID) -> list[FindingRow]:
    """What the invited units found, by unit."""
    rows = session.execute(select(*_FINDING).where(FINDINGS.c.survey_id == survey_id).order_by(FINDINGS.c.unit_code))
    return [FindingRow(*row) for row in rows]


def save_finding(session: Session, row: FindingRow, **values: Any) -> None:
    """Write down what a unit found; raises `Conflict` if it has said so before."""
    done = session.execute(
        update(FINDINGS)
        .where(
            FINDINGS.c.survey_id == row.survey_id,
            FINDINGS.c.unit_code == row.unit_code,
            FINDINGS.c.result == "",
        )
        .values(**values)
    )
    if not changed(done):
        raise Conflict("本单位已经写过踏勘意见，不能再改")


def save(session: Session, survey: SurveyRow, **changes: Any) -> None:
    """Change a survey as it was read; raises `Conflict` if somebody changed it meanwhile."""
    done = session.execute(
        update(SURVEYS)
        .where(SURVEYS.c.id == survey.id, SURVEYS.c.version == survey.version)
        .values(version=survey.version + 1, **changes)
    )
    if not changed(done):
        raise Conflict("这次踏勘刚刚有变化，请刷新后再提交")
