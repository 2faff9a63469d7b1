"""A unit's fee lines as a list, and how many of them wait for an officer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.db.cases import ENDED
from shared.db.city import City
from shared.db.queries.desk import APPLICATIONS, IN_HAND, LINES, TASKS, Desk, day_of, in_area
from shared.domain.deadlines import Deadlines, Standing

LINES_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A fee line of the unit in its list."""

    id: UUID
    application_id: UUID
    task_id: UUID | None
    number: str
    project_name: str
    developer_name: str
    item_code: str
    state: str
    status: str | None
    payable_fen: int
    tariff_version: str | None
    due_on: date
    standing: Standing


def lines(session: Session, city: City, desk: Desk, *, state: str, today: date) -> tuple[LineRow, ...]:
    """The unit's fee lines in a state (all if empty), the nearest deadline first."""
    days = Deadlines(city.calendar, today)
    query = (
        select(
            LINES.c.id, LINES.c.application_id, LINES.c.item_code, LINES.c.state, LINES.c.status,
            LINES.c.payable_fen, LINES.c.tariff_version, LINES.c.confirmed_at, LINES.c.assessed_at,
            APPLICATIONS.c.number, APPLICATIONS.c.project_name, APPLICATIONS.c.developer_name, APPLICATIONS.c.due_on,
            select(func.min(TASKS.c.seq).label("seq"))
            .where(TASKS.c.application_id == LINES.c.application_id, TASKS.c.unit_code == desk.unit_code)
            .scalar_subquery()
            .label("seq"),
        )
        .join(APPLICATIONS, APPLICATIONS.c.id == LINES.c.application_id)
        .where(LINES.c.unit_code == desk.unit_code, APPLICATIONS.c.status.not_in(ENDED), in_area(desk))
    )  # fmt: skip
    if state:
        query = query.where(LINES.c.state == state)
    query = query.order_by((LINES.c.state == "final"), APPLICATIONS.c.due_on, APPLICATIONS.c.number, LINES.c.seq)
    found = session.execute(query.limit(LINES_SHOWN)).all()
    tasks = _tasks_by_seq(session, desk, {row.application_id for row in found})
    return tuple(
        LineRow(
            id=row.id,
            application_id=row.application_id,
            task_id=tasks.get((row.application_id, row.seq)),
            number=row.number,
            project_name=row.project_name,
            developer_name=row.developer_name,
            item_code=row.item_code,
            state=row.state,
            status=row.status,
            payable_fen=row.payable_fen,
            tariff_version=row.tariff_version,
            due_on=row.due_on,
            standing=days.standing(
                row.due_on, done_on=day_of(row.confirmed_at or row.assessed_at) if row.state == "final" else None
            ),
        )
        for row in found
    )


def count_lines(session: Session, desk: Desk, *, state: str, application_id: UUID | None = None) -> int:
    """How many of the unit's fee lines are in a state, of one application or of all."""
    query = (
        select(func.count())
        .select_from(LINES)
        .join(APPLICATIONS, APPLICATIONS.c.id == LINES.c.application_id)
        .where(
            LINES.c.unit_code == desk.unit_code,
            LINES.c.state == state,
            APPLICATIONS.c.status.in_(IN_HAND),
            in_area(desk),
        )
    )
    if application_id is not None:
        query = query.where(LINES.c.application_id == application_id)
    return session.execute(query).scalar_one()


def _tasks_by_seq(session: Session, desk: Desk, applications: set[UUID]) -> dict[tuple[UUID, int], UUID]:
    if not applications:
        return {}
    rows = session.execute(
        select(TASKS.c.id, TASKS.c.application_id, TASKS.c.seq).where(
            TASKS.c.application_id.in_(applications), TASKS.c.unit_code == desk.unit_code
        )
    )
    return {(row.application_id, row.seq): row.id for row in rows}
