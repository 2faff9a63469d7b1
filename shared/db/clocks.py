"""Working-day clocks as rows: started, stopped, paused and resumed, always with the day and whoever did it.

The caller holds the application's row. Whatever moves a clock writes its dates anew, and the copies that queues are
sorted by: those on the review task, those of the joint clock on the application, those of a promise and of a card.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.city import City
from shared.db.clock import on
from shared.db.tables.cases import Application, ReviewTask
from shared.db.tables.clocks import Clock, ClockPause
from shared.db.tables.columns import table
from shared.db.tables.promises import Commitment, ServiceCard
from shared.db.trail import Actor
from shared.domain.clocks import Dates, Kind, Mechanism, Pause, PauseKind, dates, gross_days, net_days
from shared.domain.errors import Broken

CLOCKS = table(Clock)
PAUSES = table(ClockPause)
TASKS = table(ReviewTask)
APPLICATIONS = table(Application)
#: What else repeats the due date of its clock.
_COPIES: Final = {Mechanism.COMMITMENT: table(Commitment), Mechanism.CARD: table(ServiceCard)}


@dataclass(frozen=True, slots=True)
class PauseRow:
    """One stop of one clock; `ended_on` is None while it lasts."""

    id: UUID
    clock_id: UUID
    kind: str
    reason: str
    started_at: datetime
    started_on: date
    started_by_name: str
    ended_at: datetime | None
    ended_on: date | None
    ended_by_name: str

    @property
    def as_pause(self) -> Pause:
        return Pause(self.started_on, self.ended_on)


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One promise and where it stands; `pauses` oldest first."""

    id: UUID
    application_id: UUID
    mechanism: str
    kind: str
    subject_id: UUID
    unit_code: str
    promise_days: int
    extended_days: int
    reason: str
    state: str
    version: int
    started_at: datetime | None
    started_on: date | None
    due_on: date | None
    hint_on: date | None
    amber_on: date | None
    stopped_at: datetime | None
    stopped_on: date | None
    stopped_for: str
    pauses: tuple[PauseRow, ...] = ()

    @property
    def days(self) -> int:
        """The promise with its extension, in working days."""
        return self.promise_days + self.extended_days

    @property
    def open_pauses(self) -> tuple[PauseRow, ...]:
        return tuple(pause for pause in self.pauses if pause.ended_on is None)

    def net_days(self, city: City, today: date) -> int:
        """Working days used so far, or until it was stopped, without pauses; 0 before the start."""
        if self.started_on is None:
            return 0
        stood_still = [pause.as_pause for pause in self.pauses]
        until = self.stopped_on or today
        return net_days(city.calendar, started_on=self.started_on, pauses=stood_still, until=until)

    def gross_days(self, city: City, today: date) -> int:
        """The same with pauses."""
        if self.started_on is None:
            return 0
        return gross_days(city.calendar, started_on=self.started_on, until=self.stopped_on or today)


_CLOCK = [CLOCKS.c[name] for name in ClockRow.__dataclass_fields__ if name != "pauses"]
_PAUSE = [PAUSES.c[name] for name in PauseRow.__dataclass_fields__]


# Made and read.


def new(
    city: City,
    *,
    application_id: UUID,
    mechanism: Mechanism,
    kind: Kind,
    subject_id: UUID,
    unit_code: str,
    days: int,
    now: datetime,
    reason: str = "",
    is_started: bool = True,
) -> dict[str, Any]:
    """The row of a clock for `add`; raises `CalendarNotLoaded` if its last day is in no loaded year."""
    row: dict[str, Any] = {
        "id": uuid4(),
        "tenant_id": city.tenant,
        "application_id": application_id,
        "mechanism": mechanism.value,
        "kind": kind.value,
        "subject_id": subject_id,
        "unit_code": unit_code,
        "promise_days": days,
        "reason": reason,
        "state": "running" if is_started else "waiting",
        "started_at": now if is_started else None,
        "started_on": on(now) if is_started else None,
        "due_on": None,
        "hint_on": None,
        "amber_on": None,
        "calendar_revision": city.revision,
    }
    if is_started:
        when = dates(city.calendar, started_on=on(now), days=days, pauses=(), today=on(now))
        row |= {"due_on": when.due_on, "hint_on": when.hint_on, "amber_on": when.amber_on}
    return row


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new clocks."""
    setwise.insert_rows(session, CLOCKS, rows)


def of_applications(session: Session, application_ids: Iterable[UUID]) -> dict[UUID, list[ClockRow]]:
    """The clocks of applications with their pauses."""
    wanted = list(application_ids)
    pauses: dict[UUID, list[PauseRow]] = {}
    for row in session.execute(
        select(*_PAUSE).where(setwise.among(PAUSES.c.application_id, wanted)).order_by(PAUSES.c.started_at, PAUSES.c.id)
    ):
        pauses.setdefault(row.clock_id, []).append(PauseRow(*row))
    clocks: dict[UUID, list[ClockRow]] = {each: [] for each in wanted}
    for row in session.execute(
        select(*_CLOCK).where(setwise.among(CLOCKS.c.application_id, wanted)).order_by(CLOCKS.c.created_at, CLOCKS.c.id)
    ):
        clock = ClockRow(**row._mapping, pauses=tuple(pauses.get(row.id, ())))
        clocks[clock.application_id].append(clock)
    return clocks


def of_application(session: Session, application_id: UUID) -> list[ClockRow]:
    """The clocks of one application."""
    return of_applications(session, [application_id])[application_id]


def find(session: Session, application_id: UUID, mechanism: Mechanism, subject_id: UUID) -> ClockRow:
    """One clock, read anew; raises `Broken` if it is not there: every subject gets its clock when it is made."""
    for clock in of_application(session, application_id):
        if clock.mechanism == mechanism and clock.subject_id == subject_id:
            return clock
    raise Broken(f"{mechanism} {subject_id} of application {application_id} has no clock")


def joint(session: Session, application_id: UUID) -> ClockRow:
    """The clock of the whole joint review."""
    return find(session, application_id, Mechanism.JOINT, application_id)


# Moved.


def start(session: Session, city: City, clock: ClockRow, *, now: datetime) -> None:
    """Start a clock that waited for its prerequisites; a started one stays as it is."""
    if clock.state == "waiting":
        started = _with(clock, state="running", started_at=now, started_on=on(now))
        _save(session, city, started, now=now, started_at=now, started_on=on(now), state="running")


def pause(
    session: Session, city: City, clock: ClockRow, *, kind: PauseKind, reason: str, by: Actor, now: datetime
) -> UUID | None:
    """Stop a running clock for a while; the joint clock stands still with it. Twice for the same kind is once.

    A clock that has not started, or is stopped for good, has nothing to pause. Gives the id of a new pause.
    """
    if clock.state not in ("running", "paused"):
        return None
    pause_id = _pause(session, city, clock, kind=kind, reason=reason, by=by, now=now)
    if pause_id is not None and clock.mechanism == Mechanism.MATTER:
        _pause(session, city, joint(session, clock.application_id), kind=kind, reason=reason, by=by, now=now)
    return pause_id


def resume(session: Session, city: City, clock: ClockRow, *, kind: PauseKind, by: Actor, now: datetime) -> None:
    """End one kind of pause; the clock runs again unless another kind still holds it.

    The joint clock follows once no matter stands still for that kind. Raises `CalendarNotLoaded`.
    """
    _resume(session, city, clock, kind=kind, by=by, now=now)
    if clock.mechanism == Mechanism.MATTER:
        everyone = of_application(session, clock.application_id)
        if not any(_holds(each, kind) for each in everyone if each.mechanism == Mechanism.MATTER):
            _resume(session, city, joint(session, clock.application_id), kind=kind, by=by, now=now)


def stop(session: Session, city: City, clock: ClockRow, *, now: datetime, why: str, by: Actor) -> None:
    """Stop a clock for good: decided, withdrawn, done. Its open pauses end; a stopped clock stays as it is."""
    if clock.state == "stopped":
        return
    for each in clock.open_pauses:
        resume(session, city, _again(session, clock), kind=PauseKind(each.kind), by=by, now=now)
    values = {"state": "stopped", "stopped_at": now, "stopped_on": on(now), "stopped_for": why}
    if clock.state == "waiting":
        # It never ran: it began and ended at once, so that every stopped clock has both ends.
        values |= {"started_at": now, "started_on": on(now)}
    _write(session, clock.id, values)
    _mirror(session, clock, is_paused=False)


def stop_done(session: Session, application_ids: Iterable[UUID], *, now: datetime) -> None:
    """Stop the joint clocks of those applications where the office has nothing left to do: every matter is approved
    and the bill is out. What follows is the payer's time. May be repeated; the caller holds the applications."""
    session.execute(
        text(
            "with done as (select k.id, k.application_id from clock k join application a on a.id = k.application_id "
            "  where k.mechanism = 'joint' and k.state in ('running', 'paused') and a.id = any(:ids) "
            "  and a.status in ('billed', 'completed') and not exists (select from review_task t "
            "    where t.application_id = a.id and t.status not in ('approved', 'cancelled'))), "
            "mirrored as (update application a set is_paused = false from done where a.id = done.application_id "
            "  and a.is_paused), "
            "resumed as (update clock_pause p set ended_at = :now, ended_on = :today, ended_by_name = '系统' from done "
            "  where p.clock_id = done.id and p.ended_at is null) "
            "update clock k set state = 'stopped', stopped_at = :now, stopped_on = :today, stopped_for = 'done', "
            "version = k.version + 1 from done where k.id = done.id"
        ),
        {"ids": list(application_ids), "now": now, "today": on(now)},
    )


def reopen(session: Session, city: City, clock: ClockRow, *, reason: str, by: Actor, now: datetime) -> None:
    """Let a stopped clock go on, and the joint one with it; a clock that is not stopped stays as it is.

    The time since does not count, nor the day of the verdict itself, so that at least one day is left of the promise.
    """
    if clock.state != "stopped" or clock.stopped_on is None or clock.started_on is None:
        return
    first = max(clock.started_on, clock.stopped_on - timedelta(days=1))
    session.execute(
        insert(PAUSES).values(
            id=uuid4(),
            tenant_id=city.tenant,
            application_id=clock.application_id,
            clock_id=clock.id,
            kind=PauseKind.DECIDED.value,
            reason=reason,
            started_at=clock.stopped_at,
            started_on=first,
            started_by_name=by.name,
            ended_at=now,
            ended_on=max(on(now), first),
            ended_by=by.id,
            ended_by_name=by.name,
        )
    )
    again = _with(_again(session, clock), state="running")
    _save(session, city, again, now=now, state="running", stopped_at=None, stopped_on=None, stopped_for="")
    if clock.mechanism == Mechanism.MATTER:
        reopen(session, city, joint(session, clock.application_id), reason=reason, by=by, now=now)


def set_promise(
    session: Session, city: City, clock: ClockRow, *, now: datetime, kind: Kind, days: int, reason: str
) -> None:
    """Another promise for a clock: a special case with its reason. The dates follow at once, the joint clock's too."""
    again = _with(clock, kind=kind.value, promise_days=days, reason=reason)
    _save(session, city, again, now=now, kind=kind.value, promise_days=days, reason=reason)
    _stretch_joint(session, city, clock, now=now)


def extend(session: Session, city: City, clock: ClockRow, *, now: datetime, days: int) -> None:
    """A longer promise, granted once; the dates follow at once. The joint clock is longer by as much as it must be."""
    _save(session, city, _with(clock, extended_days=days), now=now, extended_days=days)
    _stretch_joint(session, city, clock, now=now)


def redate(session: Session, city: City, clock: ClockRow, *, now: datetime) -> date | None:
    """Compute the dates of an open clock anew, after the calendar changed; gives the new due date if it moved."""
    if clock.state not in ("running", "paused"):
        return None
    due_on = _save(session, city, clock, now=now)
    return due_on if due_on != clock.due_on else None


def _stretch_joint(session: Session, city: City, clock: ClockRow, *, now: datetime) -> None:
    """Make the joint promise longer by as much as a matter's longer one makes necessary."""
    if clock.mechanism != Mechanism.MATTER:
        return
    whole, part = joint(session, clock.application_id), _again(session, clock)
    if whole.state == "stopped" or whole.due_on is None or part.due_on is None or part.due_on <= whole.due_on:
        return
    longer = whole.extended_days + city.calendar.between(whole.due_on, part.due_on)
    _save(session, city, _with(whole, extended_days=longer), now=now, extended_days=longer)


def _pause(
    session: Session, city: City, clock: ClockRow, *, kind: PauseKind, reason: str, by: Actor, now: datetime
) -> UUID | None:
    if clock.state not in ("running", "paused") or _holds(clock, kind):
        return None
    pause_id = uuid4()
    session.execute(
        insert(PAUSES).values(
            id=pause_id,
            tenant_id=city.tenant,
            application_id=clock.application_id,
            clock_id=clock.id,
            kind=kind.value,
            reason=reason,
            started_at=now,
            started_on=on(now),
            started_by=by.id,
            started_by_name=by.name,
        )
    )
    _write(session, clock.id, {"state": "paused"})
    _mirror(session, clock, is_paused=True)
    return pause_id


def _resume(session: Session, city: City, clock: ClockRow, *, kind: PauseKind, by: Actor, now: datetime) -> None:
    if not _holds(clock, kind):
        return
    session.execute(
        update(PAUSES)
        .where(PAUSES.c.clock_id == clock.id, PAUSES.c.kind == kind.value, PAUSES.c.ended_at.is_(None))
        .values(ended_at=now, ended_on=on(now), ended_by=by.id, ended_by_name=by.name)
    )
    again = _again(session, clock)
    state = "paused" if again.open_pauses else "running"
    _save(session, city, _with(again, state=state), now=now, state=state)


def _holds(clock: ClockRow, kind: PauseKind) -> bool:
    return any(each.kind == kind for each in clock.open_pauses)


def _again(session: Session, clock: ClockRow) -> ClockRow:
    return find(session, clock.application_id, Mechanism(clock.mechanism), clock.subject_id)


def _with(clock: ClockRow, **changes: Any) -> ClockRow:
    return ClockRow(**{name: changes.get(name, getattr(clock, name)) for name in ClockRow.__dataclass_fields__})


def _save(session: Session, city: City, clock: ClockRow, *, now: datetime, **changes: Any) -> date:
    """Write changes together with the dates that follow from the clock as it then stands; gives the due date.

    A pause that still lasts moves nothing: its days are taken out when it ends.
    """
    if clock.started_on is None:
        raise Broken(f"clock {clock.id} has not started and has no dates")
    when = dates(
        city.calendar,
        started_on=clock.started_on,
        days=clock.days,
        pauses=[each.as_pause for each in clock.pauses if each.ended_on is not None],
        today=on(now),
    )
    dated = {"due_on": when.due_on, "hint_on": when.hint_on, "amber_on": when.amber_on}
    _write(session, clock.id, {**changes, **dated, "calendar_revision": city.revision})
    _mirror(session, clock, is_paused=clock.state == "paused", when=when)
    return when.due_on


def _write(session: Session, clock_id: UUID, values: Mapping[str, Any]) -> None:
    session.execute(update(CLOCKS).where(CLOCKS.c.id == clock_id).values(version=CLOCKS.c.version + 1, **values))


def _mirror(session: Session, clock: ClockRow, *, is_paused: bool, when: Dates | None = None) -> None:
    dated = {"due_on": when.due_on, "near_on": when.near_on} if when else {}
    if clock.mechanism == Mechanism.MATTER:
        session.execute(update(TASKS).where(TASKS.c.id == clock.subject_id).values(is_paused=is_paused, **dated))
    elif clock.mechanism == Mechanism.JOINT:
        session.execute(
            update(APPLICATIONS).where(APPLICATIONS.c.id == clock.subject_id).values(is_paused=is_paused, **dated)
        )
    elif when and (copies := _COPIES.get(Mechanism(clock.mechanism))) is not None:
        session.execute(update(copies).where(copies.c.id == clock.subject_id).values(due_on=when.due_on))
