"""The working-day calendar is kept by two people: one imports a year or changes days, another approves.

Approving re-dates every open clock that the changed days lie in, application by application, in the background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.sitting import Sitting
from shared.db import calendars, cases, clocks, outbox, trail
from shared.db.accounts import AccountRow
from shared.db.calendars import ChangeRow
from shared.db.outbox import Wanted
from shared.db.trail import Act
from shared.domain.calendar import WorkingDays, read_notice, whole_year
from shared.domain.clocks import dates
from shared.domain.errors import CalendarNotLoaded, Conflict, Invalid, NotAllowed, Problem
from shared.logs import logger
from shared.tasks import CLOCKS_QUEUE, Task

log = logger(__name__)

ROLES = ("admin", "leader")
DOCUMENT_LENGTH_MAX = 100
NOTICE_LENGTH_MAX = 5000
YEARS = range(2003, 2100)


@dataclass(frozen=True, slots=True)
class Moved:
    """An open case whose last day a change moves."""

    number: str
    before: date
    after: date


def propose(sitting: Sitting, *, account: AccountRow, year: int, notice: str, document: str) -> UUID:
    """Propose the notice of a year that is not loaded, or other days in one that is; nothing changes until approved.

    Raises `Invalid` naming the line, `NotAllowed` for anyone but administrators and leaders.
    """
    _must_keep_calendar(account)
    document = document.strip()
    problems = []
    if year not in YEARS:
        problems.append(Problem("year", f"年份应在 {YEARS.start} 至 {YEARS.stop - 1} 之间"))
    if not document or len(document) > DOCUMENT_LENGTH_MAX or not document.isprintable():
        problems.append(Problem("document", f"必填：依据的通知及文号，不超过 {DOCUMENT_LENGTH_MAX} 字"))
    if not notice.strip() or len(notice) > NOTICE_LENGTH_MAX:
        problems.append(Problem("days", "必填：每行写一段放假或上班日期"))
    if problems:
        raise Invalid(problems)
    days = read_notice(notice, year)
    is_loaded = year in sitting.city.calendar.years
    if not is_loaded:
        days = whole_year(year, days)
    else:
        days = {day: works for day, works in days.items() if sitting.city.calendar.is_working(day) != works}
        if not days:
            raise Invalid([Problem("days", "这些日期与现行日历相同，没有需要变更的")])
    return calendars.propose(
        sitting.session,
        sitting.tenant,
        kind="change" if is_loaded else "import",
        year=year,
        days={day.isoformat(): works for day, works in days.items()},
        document=document,
        proposed_by=account.id,
        proposed_at=sitting.now,
    )


def preview(sitting: Sitting, change: ChangeRow) -> tuple[Moved, ...]:
    """Whose last day a proposal would move: the joint clock's, before and after."""
    days = _days(change)
    after = sitting.city.calendar.changed_by(days)
    found = calendars.open_over(sitting.session, tuple(days))
    everyone = clocks.of_applications(sitting.session, [case.application_id for case in found])
    moved = []
    for case in found:
        whole = next(each for each in everyone[case.application_id] if each.mechanism == "joint")
        new = _due_in(after, whole, sitting.today)
        if new is not None and new != case.due_on:
            moved.append(Moved(case.number, case.due_on, new))
    return tuple(moved)


def approve(sitting: Sitting, *, account: AccountRow, change_id: UUID) -> None:
    """Put a proposal in force; another person than its proposer. Approving twice changes nothing.

    Raises `NotAllowed` for the proposer, `Conflict` for a declined one.
    """
    change = _to_decide(sitting, account, change_id)
    if change is None:
        return
    affected = calendars.open_over(sitting.session, tuple(_days(change)))
    calendars.decide(
        sitting.session,
        change,
        state="approved",
        by=account.id,
        at=sitting.now,
        affected=[case.number for case in affected],
    )
    calendars.put_in_force(sitting.session, sitting.tenant, change)
    outbox.put(
        sitting.session,
        sitting.tenant,
        [Wanted(Task.REDATE_CLOCKS, CLOCKS_QUEUE, case.application_id, str(change.id)) for case in affected],
    )
    log.info("calendar_changed", year=change.year, days=len(change.days), cases=len(affected))


def decline(sitting: Sitting, *, account: AccountRow, change_id: UUID) -> None:
    """Turn a proposal down, or take one's own back; twice changes nothing."""
    _must_keep_calendar(account)
    change = calendars.lock_change(sitting.session, change_id)
    if change.state == "declined":
        return
    if change.state == "approved":
        raise Conflict("这份日历变更已经批准，不能再退回；请另提一份变更")
    by = account.id
    if by == change.proposed_by:
        raise NotAllowed("日历变更由另一人批准或退回，不能由提出人自己办理")
    calendars.decide(sitting.session, change, state="declined", by=by, at=sitting.now, affected=())


def redate_clocks(sitting: Sitting, application_ids: Sequence[UUID]) -> None:
    """Compute the dates of open clocks anew under today's calendar; what did not move stays. May be repeated."""
    held = cases.lock(sitting.session, application_ids)
    acts = {}
    for application_id, rows in clocks.of_applications(sitting.session, sorted(held)).items():
        moved = []
        for clock in rows:
            due_on = clocks.redate(sitting.session, sitting.city, clock, now=sitting.now)
            if due_on is not None and clock.due_on is not None:
                moved.append(
                    {
                        "mechanism": clock.mechanism,
                        "unit": clock.unit_code,
                        "before": clock.due_on.isoformat(),
                        "after": due_on.isoformat(),
                    }
                )
        if moved:
            acts[application_id] = [Act("clocks_redated", sitting.now, data={"clocks": moved})]
            log.info("clocks_redated", application=held[application_id].number, clocks=len(moved))
    trail.append(sitting.session, sitting.tenant, acts, signer=sitting.signer)


def _must_keep_calendar(account: AccountRow) -> None:
    if account.role not in ROLES:
        raise NotAllowed("工作日历由系统管理员提出，由另一位管理员或领导批准")


def _to_decide(sitting: Sitting, account: AccountRow, change_id: UUID) -> ChangeRow | None:
    _must_keep_calendar(account)
    change = calendars.lock_change(sitting.session, change_id)
    if change.state == "approved":
        return None
    if change.state == "declined":
        raise Conflict("这份日历变更已被退回，请另提一份")
    if account.id == change.proposed_by:
        raise NotAllowed("日历变更由另一人批准或退回，不能由提出人自己办理")
    return change


def _days(change: ChangeRow) -> dict[date, bool]:
    return {date.fromisoformat(day): works for day, works in change.days.items()}


def _due_in(calendar: WorkingDays, clock: clocks.ClockRow, today: date) -> date | None:
    if clock.started_on is None or clock.state == "stopped":
        return None
    # A pause that still lasts moves nothing yet: approving will leave its days in, so the preview does.
    pauses = [each.as_pause for each in clock.pauses if each.ended_on is not None]
    try:
        return dates(calendar, started_on=clock.started_on, days=clock.days, pauses=pauses, today=today).due_on
    except CalendarNotLoaded:
        return None
