"""Appointments at a unit's window as rows: a slot belongs to one case at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.db.tables.columns import table
from shared.db.tables.meetings import Appointment
from shared.domain.errors import Conflict, NotFound

APPOINTMENTS = table(Appointment)


@dataclass(frozen=True, slots=True)
class AppointmentRow:
    """A time at a window and whether the unit said yes."""

    id: UUID
    application_id: UUID
    unit_code: str
    at: datetime
    topic: str
    state: str
    asked_by: UUID
    asked_at: datetime
    answered_at: datetime | None


_APPOINTMENT = [APPOINTMENTS.c[name] for name in AppointmentRow.__dataclass_fields__]


def book(session: Session, tenant: str, **values: Any) -> UUID | None:
    """Take a slot; None if somebody has it. Two that ask at once meet at the unique index."""
    return session.execute(
        insert(APPOINTMENTS)
        .values(id=uuid4(), tenant_id=tenant, **values)
        .on_conflict_do_nothing(
            index_elements=["tenant_id", "unit_code", "at"], index_where=text("state <> 'cancelled'")
        )
        .returning(APPOINTMENTS.c.id)
    ).scalar_one_or_none()


def load(session: Session, appointment_id: UUID) -> AppointmentRow:
    """One appointment; raises `NotFound`."""
    row = session.execute(select(*_APPOINTMENT).where(APPOINTMENTS.c.id == appointment_id)).one_or_none()
    if row is None:
        raise NotFound("没有这次预约，或它不属于您")
    return AppointmentRow(*row)


def of_application(session: Session, application_id: UUID) -> list[AppointmentRow]:
    """An application's appointments, by time."""
    rows = session.execute(
        select(*_APPOINTMENT).where(APPOINTMENTS.c.application_id == application_id).order_by(APPOINTMENTS.c.at)
    )
    return [AppointmentRow(*row) for row in rows]


def answer(session: Session, appointment: AppointmentRow, **values: Any) -> None:
    """Change an appointment as it was read; raises `Conflict` if somebody answered meanwhile."""
    done = session.execute(
        update(APPOINTMENTS)
        .where(APPOINTMENTS.c.id == appointment.id, APPOINTMENTS.c.state == appointment.state)
        .values(**values)
    )
    if not changed(done):
        raise Conflict("这次预约刚刚有变化，请刷新后再看")
