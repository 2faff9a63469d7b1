"""What an application leaves open when it ends before its time: corrections, meetings, visits, asks for more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from shared.db import meetings
from shared.db.tables.clocks import ClockExtension
from shared.db.tables.columns import table
from shared.db.tables.corrections import CorrectionNotice
from shared.db.tables.meetings import Appointment, Survey
from shared.db.tables.promises import ServiceCard

EXTENSIONS = table(ClockExtension)
CORRECTIONS = table(CorrectionNotice)

#: Applications that have ended before their time: nothing is reviewed, nothing is paid.
ENDED = ("withdrawn", "refused", "not_accepted")
#: What is called off, and the states in which it is still ahead.
_AHEAD = (
    (CORRECTIONS, ("collecting", "sent")),
    (table(Survey), ("planned",)),
    (table(Appointment), ("asked", "confirmed")),
    (table(ServiceCard), ("asked",)),
)


def call_off(session: Session, application_id: UUID, *, at: datetime) -> None:
    """Cancel whatever is still ahead of an application; the caller holds it. Twice is once."""
    for rows, states in _AHEAD:
        session.execute(
            update(rows)
            .where(rows.c.application_id == application_id, rows.c.state.in_(states))
            .values(state="cancelled")
        )
    meetings.cancel_open(session, application_id)
    session.execute(
        update(EXTENSIONS)
        .where(EXTENSIONS.c.application_id == application_id, EXTENSIONS.c.state == "asked")
        .values(state="declined", decided_at=at)
    )
