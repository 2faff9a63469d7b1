"""Joint meetings (联席会议) as rows: called once for what they are about, planned, held with all their verdicts.

The caller holds the application's row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shared.db import numbers, offices, setwise
from shared.db.city import City
from shared.db.clock import on
from shared.db.outbox import changed
from shared.db.tables.columns import table
from shared.db.tables.meetings import Meeting, MeetingSeat, MeetingVerdict
from shared.domain.errors import Conflict, NotFound

MEETINGS = table(Meeting)
SEATS = table(MeetingSeat)
VERDICTS = table(MeetingVerdict)


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting and where it stands; `tasks` are the matters that it is about."""

    id: UUID
    application_id: UUID
    kind: str
    number: str
    state: str
    version: int
    reason: str
    tasks: tuple[UUID, ...]
    called_at: datetime
    planned_at: datetime | None
    place: str
    chair: str
    held_at: datetime | None
    held_by: UUID | None
    discussed: str


@dataclass(frozen=True, slots=True)
class SeatRow:
    """An invited unit: whom it names, whether it came (None before), and who spoke for it."""

    meeting_id: UUID
    unit_code: str
    name: str
    post: str
    attended: bool | None
    speaker_id: UUID | None
    note: str


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What a meeting decided for one task."""

    meeting_id: UUID
    task_id: UUID
    verdict: str
    opinion: str


_MEETING = [
    MEETINGS.c[name] if name != "tasks" else MEETINGS.c.task_ids.label("tasks")
    for name in MeetingRow.__dataclass_fields__
]
_SEAT = [SEATS.c[name] for name in SeatRow.__dataclass_fields__]
_VERDICT = [VERDICTS.c[name] for name in VerdictRow.__dataclass_fields__]


# Called and read.


def call(
    session: Session,
    city: City,
    *,
    application_id: UUID,
    kind: str,
    key: str,
    reason: str,
    tasks: Sequence[UUID],
    units: Iterable[str],
    now: datetime,
    by: UUID | None = None,
) -> MeetingRow:
    """Call a meeting and invite units, each by its chief representative or head; once while one with this key is open
    (look with `open_with` first)."""
    meeting_id, year = uuid4(), on(now).year
    running = numbers.take(session, tenant=city.tenant, series=f"meeting:{year}")[0]
    session.execute(
        insert(MEETINGS).values(
            id=meeting_id,
            tenant_id=city.tenant,
            application_id=application_id,
            kind=kind,
            key=key,
            number=city.number("meeting", year, running),
            reason=reason,
            task_ids=[str(task) for task in tasks],
            called_at=now,
            called_by=by,
        )
    )
    _add_seats(session, city, meeting_id=meeting_id, application_id=application_id, units=units)
    return load(session, meeting_id)


def invite(session: Session, city: City, meeting: MeetingRow, unit_code: str) -> bool:
    """Invite one more unit to a meeting that is still to be held; gives whether it was not invited before."""
    if any(seat.unit_code == unit_code for seat in seats(session, meeting.id)):
        return False
    _add_seats(session, city, meeting_id=meeting.id, application_id=meeting.application_id, units=[unit_code])
    return True


def open_with(session: Session, application_id: UUID, *, kind: str, key: str) -> MeetingRow | None:
    """The meeting about this that is still to be held, if there is one."""
    row = session.execute(
        select(*_MEETING).where(
            MEETINGS.c.application_id == application_id,
            MEETINGS.c.kind == kind,
            MEETINGS.c.key == key,
            MEETINGS.c.state == "called",
        )
    ).one_or_none()
    return _row(row) if row else None


def load(session: Session, meeting_id: UUID) -> MeetingRow:
    """One meeting; raises `NotFound`."""
    row = session.execute(select(*_MEETING).where(MEETINGS.c.id == meeting_id)).one_or_none()
    if row is None:
        raise NotFound("没有这次联席会议，或它不在您的办理范围内")
    return _row(row)


def of_application(session: Session, application_id: UUID) -> list[MeetingRow]:
    """The meetings of one application, oldest first."""
    rows = session.execute(
        select(*_MEETING).where(MEETINGS.c.application_id == application_id).order_by(MEETINGS.c.called_at)
    )
    return [_row(row) for row in rows]


def seats(session: Session, meeting_id: UUID) -> list[SeatRow]:
    """The invited units, by code."""
    rows = session.execute(select(*_SEAT).where(SEATS.c.meeting_id == meeting_id).order_by(SEATS.c.unit_code))
    return [SeatRow(*row) for row in rows]


def verdicts(session: Session, meeting_id: UUID) -> list[VerdictRow]:
    """What the meeting decided."""
    rows = session.execute(select(*_VERDICT).where(VERDICTS.c.meeting_id == meeting_id).order_by(VERDICTS.c.task_id))
    return [VerdictRow(*row) for row in rows]


# Changed.


def save(session: Session, meeting: MeetingRow, **changes: Any) -> None:
    """Change a meeting as it was read; raises `Conflict` if somebody changed it meanwhile."""
    done = session.execute(
        update(MEETINGS)
        .where(MEETINGS.c.id == meeting.id, MEETINGS.c.version == meeting.version)
        .values(version=meeting.version + 1, **changes)
    )
    if not changed(done):
        raise Conflict("这次联席会议刚刚有变化，请刷新后再提交")


def save_seat(session: Session, seat: SeatRow, **values: Any) -> None:
    """Note whether an invited unit came and who spoke for it."""
    session.execute(
        update(SEATS).where(SEATS.c.meeting_id == seat.meeting_id, SEATS.c.unit_code == seat.unit_code).values(**values)
    )


def add_verdicts(session: Session, city: City, meeting: MeetingRow, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down what a meeting decided, for good."""
    common = {"tenant_id": city.tenant, "application_id": meeting.application_id, "meeting_id": meeting.id}
    setwise.insert_rows(session, VERDICTS, [common | dict(row) for row in rows])


def cancel_open(session: Session, application_id: UUID) -> list[str]:
    """Cancel the meetings of an application that ends before they are held; gives their numbers."""
    return list(
        session.execute(
            update(MEETINGS)
            .where(MEETINGS.c.application_id == application_id, MEETINGS.c.state == "called")
            .values(state="cancelled", version=MEETINGS.c.version + 1)
            .returning(MEETINGS.c.number)
        ).scalars()
    )


def _add_seats(session: Session, city: City, *, meeting_id: UUID, application_id: UUID, units: Iterable[str]) -> None:
    invited = list(dict.fromkeys(units))
    posts = offices.posts_of(session, invited)
    common = {"meeting_id": meeting_id, "tenant_id": city.tenant, "application_id": application_id}
    setwise.insert_rows(
        session, SEATS, [common | {"unit_code": code} | _named(posts.get(code, {})) for code in invited]
    )


def _named(posts: Mapping[str, offices.PostRow]) -> dict[str, str]:
    for kind, name in (("chief", "首席代表"), ("head", "负责人")):
        if kind in posts:
            return {"name": posts[kind].name, "post": name}
    return {"name": "", "post": ""}


def _row(row: Any) -> MeetingRow:
    return MeetingRow(**{**row._mapping, "tasks": tuple(UUID(each) for each in row.tasks)})
