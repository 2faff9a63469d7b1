"""Whose desk asks, and which tasks and fee lines are its: the conditions that every query of a desk shares.

A unit's desk sees its own only; a district's sees its own area. What is not a desk's does not exist for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from shared.db import handovers
from shared.db.city import City
from shared.db.clock import CHINA
from shared.db.tables.cases import Application, FeeLine, ReviewTask
from shared.db.tables.columns import table
from shared.domain.errors import Conflict, NotFound

APPLICATIONS = table(Application)
TASKS = table(ReviewTask)
LINES = table(FeeLine)

#: Applications whose tasks and lines may still be worked on.
IN_HAND = ("in_review", "objected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Whose desk it is; `area_code` is set where the unit belongs to a district.

    A lead window's desk may read every case, of the whole city or of its own district.
    """

    account_id: UUID
    unit_code: str
    area_code: str | None
    is_lead: bool = False

    @classmethod
    def of(cls, city: City, *, account_id: UUID, unit_code: str | None) -> Desk:
        """The desk of an officer or checker. Raises `NotFound` for somebody without a unit of this city."""
        unit = city.units.get(unit_code or "")
        if unit is None:
            raise NotFound("您的账号没有所属单位，请联系系统管理员")
        return cls(
            account_id=account_id,
            unit_code=unit.code,
            area_code=unit.area_code if unit.level == "district" else None,
            is_lead=unit.is_lead,
        )


def task_place(session: Session, desk: Desk, task_id: UUID) -> UUID:
    """The application that one of the unit's tasks belongs to; raises `NotFound` for any other.

    Raises `Conflict` for a task that the unit has passed on: somebody there still has it on their screen.
    """
    found: UUID | None = session.execute(
        select(TASKS.c.application_id).where(TASKS.c.id == task_id, belongs(desk))
    ).scalar_one_or_none()
    if found is None and handovers.was_with(session, task_id, desk.unit_code):
        raise Conflict("这项任务已移交其他单位，由接收单位办理；办件仍可查看")
    if found is None:
        raise NotFound("审核任务不存在，或不在您的办理范围内")
    return found


def task_place_also_passed_on(session: Session, desk: Desk, task_id: UUID) -> UUID:
    """The same, also of a task that the unit has passed on itself, for an act that may be repeated."""
    return handovers.was_with(session, task_id, desk.unit_code) or task_place(session, desk, task_id)


def line_place(session: Session, desk: Desk, line_id: UUID) -> UUID:
    """The application that one of the unit's fee lines belongs to; raises `NotFound` for any other."""
    found: UUID | None = session.execute(
        select(LINES.c.application_id)
        .join(APPLICATIONS, APPLICATIONS.c.id == LINES.c.application_id)
        .where(LINES.c.id == line_id, LINES.c.unit_code == desk.unit_code, in_area(desk))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("收费明细不存在，或不在您的办理范围内")
    return found


def in_area(desk: Desk) -> ColumnElement[bool]:
    return APPLICATIONS.c.area_code == desk.area_code if desk.area_code else APPLICATIONS.c.id.is_not(None)


def belongs(desk: Desk) -> ColumnElement[bool]:
    is_its = TASKS.c.unit_code == desk.unit_code
    return and_(is_its, TASKS.c.area_code == desk.area_code) if desk.area_code else is_its


def day_of(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(CHINA).date()
