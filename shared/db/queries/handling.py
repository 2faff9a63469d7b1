"""The running handling slip as figures: what each unit did, when, by whom, in how many days, and every standstill.

The page and the sealed document word the same rows, so they cannot say different things.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from shared.db.city import City
from shared.db.clock import on
from shared.db.clocks import ClockRow
from shared.db.queries.cases import CaseFile, LineView, TaskView
from shared.db.queries.progress import Progress
from shared.domain.clocks import Mechanism, gross_days
from shared.domain.deadlines import Deadlines, Standing
from shared.domain.errors import CalendarNotLoaded


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingRow:
    """One matter, or one fee line of a unit that reviews nothing else (`line_state` is set then).

    Days are working days, net without pauses; None where a year of them is not loaded. `standing` is None while the
    clock has not started.
    """

    name: str
    unit_code: str
    status: str
    line_state: str
    people: str
    opinion: str
    started_at: datetime | None
    ended_at: datetime | None
    net_days: int | None
    gross_days: int | None
    promised_days: int
    standing: Standing | None
    paused_for: str
    waits_for: tuple[str, ...]
    came_from: tuple[str, ...]
    is_by_default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """One pause of one matter's clock; `ended_at` is None while it lasts, `days` are working days so far."""

    name: str
    kind: str
    reason: str
    by: str
    started_at: datetime
    ended_at: datetime | None
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """All of it as of a day; the figures of the whole case are those of the joint clock."""

    rows: tuple[HandlingRow, ...]
    standstills: tuple[Standstill, ...]
    net_days: int | None
    gross_days: int | None
    promised_days: int
    due_on: date
    standing: Standing | None

    @property
    def open_rows(self) -> int:
        return sum(row.ended_at is None for row in self.rows)


def handling(file: CaseFile, progress: Progress, city: City, *, today: date) -> Handling:
    """What each unit did with an application, in the order of the matters, then of the fee items. No query."""
    days = Deadlines(city.calendar, today)
    joint = progress.joint
    reviewing = {task.unit_code for task in file.tasks}
    closed_on = on(file.case.closed_at) if file.case.closed_at else None
    return Handling(
        rows=(
            *(_review(task, progress, city, days) for task in file.tasks),
            *(_fee(line, file, joint, city, days) for line in file.lines if line.unit_code not in reviewing),
        ),
        standstills=tuple(_standstills(file, progress, city, today)),
        net_days=_net(joint, city, closed_on or today) if joint else None,
        gross_days=_gross(joint, city, closed_on or today) if joint else None,
        promised_days=joint.days if joint else 0,
        due_on=(joint.due_on if joint else None) or file.case.due_on,
        standing=_standing(days, joint, closed_on) if joint else None,
    )


def _review(task: TaskView, progress: Progress, city: City, days: Deadlines) -> HandlingRow:
    clock = progress.clock_of(task.id)
    ended_at = task.decided_at if task.status == "approved" else None
    if task.status == "cancelled" and clock is not None:
        ended_at = clock.stopped_at
    paused = clock.open_pauses if clock else ()
    has_started = clock is not None and clock.started_on is not None
    names = {code: each.name for code, each in city.matters_by_code.items()}
    return HandlingRow(
        name=task.matter_name,
        unit_code=task.unit_code,
        status=task.status,
        line_state="",
        people=task.officer,
        opinion=task.opinion,
        started_at=clock.started_at if clock and has_started else None,
        ended_at=ended_at,
        net_days=_net(clock, city, days.today) if clock else None,
        gross_days=_gross(clock, city, days.today) if clock else None,
        promised_days=clock.days if clock else 0,
        standing=_standing(days, clock, on(ended_at) if ended_at else None) if clock and has_started else None,
        paused_for=paused[-1].kind if paused else "",
        waits_for=tuple(names.get(code, code) for code in progress.waits_for.get(task.matter_code, ())),
        came_from=tuple(each.from_unit for each in progress.handovers if each.task_id == task.id),
        is_by_default=task.matter_code in progress.by_default,
    )


def _fee(line: LineView, file: CaseFile, joint: ClockRow | None, city: City, days: Deadlines) -> HandlingRow:
    accepted_on, due_on = file.case.accepted_on, file.case.due_on
    is_final = line.state == "final"
    ended_at = (line.confirmed_at or file.case.accepted_at) if is_final else None
    used: int | None
    try:
        used = gross_days(city.calendar, started_on=accepted_on, until=on(ended_at) if ended_at else days.today)
        standing = days.standing(due_on, done_on=on(ended_at) if ended_at else None)
    except CalendarNotLoaded:
        used, standing = None, None
    return HandlingRow(
        name=city.item(line.item_code).name,
        unit_code=line.unit_code,
        status="needs_facts" if line.status == "needs_facts" else line.state,
        line_state=line.state,
        people=line.confirmer,
        opinion="",
        started_at=file.case.accepted_at,
        ended_at=ended_at,
        net_days=used,
        gross_days=used,
        promised_days=joint.days if joint else 0,
        standing=standing,
        paused_for="",
        waits_for=(),
        came_from=(),
        is_by_default=False,
    )


def _standstills(file: CaseFile, progress: Progress, city: City, today: date) -> Iterator[Standstill]:
    names = {task.id: task.matter_name for task in file.tasks}
    found = [
        (clock, pause) for clock in progress.clocks if clock.mechanism == Mechanism.MATTER for pause in clock.pauses
    ]
    for clock, pause in sorted(found, key=lambda each: each[1].started_at):
        days: int | None
        try:
            days = gross_days(city.calendar, started_on=pause.started_on, until=pause.ended_on or today)
        except CalendarNotLoaded:
            days = None
        yield Standstill(
            name=names.get(clock.subject_id, ""),
            kind=pause.kind,
            reason=pause.reason,
            by=pause.started_by_name,
            started_at=pause.started_at,
            ended_at=pause.ended_at,
            days=days,
        )


def _net(clock: ClockRow, city: City, today: date) -> int | None:
    try:
        return clock.net_days(city, today)
    except CalendarNotLoaded:
        return None


def _gross(clock: ClockRow, city: City, today: date) -> int | None:
    try:
        return clock.gross_days(city, today)
    except CalendarNotLoaded:
        return None


def _standing(days: Deadlines, clock: ClockRow, done_on: date | None) -> Standing | None:
    if clock.due_on is None:
        return None
    near_on = min((each for each in (clock.hint_on, clock.amber_on) if each), default=None)
    try:
        return days.standing(clock.due_on, done_on=done_on, near_on=near_on, is_paused=clock.state == "paused")
    except CalendarNotLoaded:
        return None
