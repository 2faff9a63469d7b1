"""Reminders and the ladder: every step that a running clock reaches becomes a row and is told, once for its due date.

What one pass finds is gathered into one notice for each person and step (`notices.tell_gathered`). Run by
`workers.clock` at any interval, by any number of processes, after any pause: what a clock has reached follows from its
dates and the business day, and what is missing is written in order. A clock that stands still or has stopped does not
climb; one that was dated anew starts anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services import meetings, notices
from services.sitting import Sitting
from services.vacancies import STANDING_FOR
from shared.db import attention, cases, clocks, reminders
from shared.db.cases import Case, TaskRow
from shared.db.clocks import ClockRow
from shared.db.notices import Addressee
from shared.domain.clocks import Mechanism
from shared.domain.errors import CalendarNotLoaded
from shared.domain.ladder import OWED_BY_APPLICANT, Step, reached
from shared.logs import logger

log = logger(__name__)

_NAMES: Final = {
    Mechanism.JOINT: "联合审核",
    Mechanism.CARD: "绿色通道服务卡",
    Mechanism.COMMITMENT: "承诺后补的材料",
    Mechanism.CORRECTION: "补正材料",
}
_IN_HAND: Final = ("open", "taken", "checking")


@dataclass(frozen=True, slots=True)
class _Matter:
    """What a clock is about and in whose hands it is."""

    case: Case
    clock: ClockRow
    task: TaskRow | None

    @property
    def name(self) -> str:
        return self.task.matter_name if self.task else _NAMES.get(Mechanism(self.clock.mechanism), "")

    @property
    def is_owed_by_applicant(self) -> bool:
        return Mechanism(self.clock.mechanism) in OWED_BY_APPLICANT

    @property
    def desk_page(self) -> str:
        return f"/desk/tasks/{self.task.id}" if self.task else f"/desk/cases/{self.case.id}"


# Steps.


def due(sitting: Sitting) -> list[UUID]:
    """Applications where a step may have to be written today."""
    return reminders.due(sitting.session, sitting.tenant, today=sitting.today, late_since=_late_since(sitting))


def remind(sitting: Sitting, application_id: UUID) -> int:
    """Write the steps that an application's running clocks have reached, in order, and tell whoever each is for.

    Gives how many were new; an application that somebody else holds is left to them, or to the next look.
    """
    if not reminders.hold_free(sitting.session, application_id):
        return 0
    case = cases.lock_one(sitting.session, application_id)
    tasks = {task.id: task for task in cases.tasks_of(sitting.session, application_id)}
    rungs = _rungs(sitting)
    steps: list[tuple[_Matter, Step, date]] = []
    for clock in clocks.of_application(sitting.session, application_id):
        if clock.state != "running" or clock.hint_on is None or clock.amber_on is None or clock.due_on is None:
            continue
        matter = _Matter(case, clock, tasks.get(clock.subject_id))
        steps += [
            (matter, step, day)
            for step, day in reached(
                sitting.city.calendar,
                hint_on=clock.hint_on,
                amber_on=clock.amber_on,
                due_on=clock.due_on,
                pauses=[each.as_pause for each in clock.pauses],
                rungs={} if matter.is_owed_by_applicant else rungs,
                today=sitting.today,
            )
        ]
    people = {(matter.clock.id, step): _people(sitting, matter, step) for matter, step, _ in steps}
    new = reminders.add_steps(
        sitting.session,
        [
            {
                "tenant_id": sitting.tenant,
                "application_id": case.id,
                "clock_id": matter.clock.id,
                "step": step.value,
                "due_on": matter.clock.due_on,
                "reached_on": day,
                "at": sitting.now,
                "to_unit": _unit_of(sitting, matter, step),
                "to_name": "、".join(each.name for each in people[matter.clock.id, step]),
            }
            for matter, step, day in steps
        ],
    )
    reached_now = [(matter, step) for matter, step, _ in steps if (matter.clock.id, step.value) in new]
    notices.gather(
        sitting,
        [line for matter, step in reached_now for line in _lines(sitting, matter, step, people[matter.clock.id, step])],
    )
    if late := [matter for matter, step in reached_now if step is Step.MEETING]:
        _call_meeting(sitting, case, late, [task for task in tasks.values() if task.status in _IN_HAND])
    if new:
        log.info("steps_reached", application=case.number, steps=len(new))
    return len(new)


def _rungs(sitting: Sitting) -> dict[Step, int]:
    """The rungs of today; none while nobody has loaded the year, which a person is told once."""
    try:
        sitting.city.calendar.is_working(sitting.today)
    except CalendarNotLoaded as missing:
        attention.open_case(
            sitting.session, sitting.tenant, kind="calendar_missing", key=f"{sitting.today.year}", reason=str(missing)
        )
        return {}
    return sitting.city.pack.ladder.on(sitting.today)


def _late_since(sitting: Sitting) -> dict[Step, date]:
    """Up to which due date a clock without pauses has come to each rung by today."""
    found: dict[Step, date] = {}
    for step, days in sitting.city.pack.ladder.on(sitting.today).items():
        with suppress(CalendarNotLoaded):
            found[step] = sitting.city.calendar.start(sitting.today, days)
    return found


def _unit_of(sitting: Sitting, matter: _Matter, step: Step) -> str:
    return sitting.city.lead_unit if step in (Step.LEAD, Step.MEETING) else matter.clock.unit_code


def _people(sitting: Sitting, matter: _Matter, step: Step) -> list[Addressee]:
    """Before whom a step brings the work."""
    unit, lead = matter.clock.unit_code, sitting.city.lead_unit
    match step:
        case Step.HINT | Step.AMBER | Step.RED if matter.is_owed_by_applicant:
            return notices.applicant(sitting, matter.case.id)
        case Step.HINT | Step.AMBER:
            return _holder(sitting, matter) or notices.desk(sitting, unit)
        case Step.RED:
            return notices.desk(sitting, unit)
        case Step.OFFICER:
            return _holder(sitting, matter) or notices.officers(sitting, unit) or notices.desk(sitting, unit)
        case Step.CHIEF:
            return notices.posts(sitting, unit, STANDING_FOR) or notices.desk(sitting, unit)
        case Step.LEAD:
            return notices.desk(sitting, lead)
        case Step.SUPERVISOR:
            return notices.leaders(sitting)
        case Step.MEETING:
            return [*notices.leaders(sitting), *notices.desk(sitting, lead)]


def _holder(sitting: Sitting, matter: _Matter) -> list[Addressee]:
    return notices.person(sitting, matter.task.officer_id) if matter.task else []


def _lines(
    sitting: Sitting, matter: _Matter, step: Step, people: Iterable[Addressee]
) -> list[tuple[Addressee, notices.Line]]:
    """What a step says to each of those it is for: alone, and as a line among others."""
    case, clock, due_on = matter.case, matter.clock, matter.clock.due_on
    day = f"{due_on.year}年{due_on.month}月{due_on.day}日" if due_on else ""
    unit = sitting.city.units[clock.unit_code].short_name
    what = f"{case.number} {matter.name}"
    supervision = sitting.city.pack.settings.supervision
    heading, ask = {
        Step.HINT: ("距承诺时限还有一个工作日", "请安排办理。"),
        Step.AMBER: ("承诺时限已用九成", "请尽快办结；确需延期的，请在到期前申请。"),
        Step.RED: ("已超过承诺时限", "请尽快办结，并写明超期的原因。"),
        Step.OFFICER: ("超期，请立即办理", "逐级提醒自今日起开始。"),
        Step.CHIEF: ("超期，报首席代表", "请督促经办人办结。"),
        Step.LEAD: ("超期，报牵头窗口", "请协调有关部门办结。"),
        Step.SUPERVISOR: (f"超期，报{supervision}", "请督办。"),
        Step.MEETING: ("超期，应召开联席会议", "逐级提醒后仍未办结，应召开联席会议决定。"),
    }[step]
    title = f"{what}的{heading}" if step is Step.AMBER else f"{what}{heading}"
    body = f"{case.project_name}的{matter.name}由{unit}办理，应于{day}前办结。{ask}"
    entry = f"{what}（{case.project_name}，{unit}），应于{day}前办结"
    if matter.is_owed_by_applicant:
        entry = f"{what}（{case.project_name}），应于{day}前交来"
        if step in (Step.HINT, Step.AMBER):
            title, heading, ask = f"{what}应于{day}前交来", "材料应尽快交来", "逾期可能影响审核，请尽快办理。"
        elif step is Step.RED:
            title, heading, ask = f"{what}已过交来的期限", "材料已过交来的期限", "逾期可能影响审核，请尽快办理。"
        else:
            title, heading, ask = f"{what}逾期未交来", "材料逾期未交来", "应由申请人交来，请核查处理。"
        body = f"{case.project_name}的{matter.name}应于{day}前交来。{ask}"
    leaders = notices.leaders(sitting) if step in (Step.SUPERVISOR, Step.MEETING) else []
    return [
        (
            each,
            notices.Line(
                kind=f"step_{step.value}",
                key=f"step:{clock.id}:{due_on}:{step.value}",
                application_id=case.id,
                title=title,
                body=body,
                href=href,
                heading=heading,
                ask=ask,
                entry=entry,
                list_href=list_href,
            ),
        )
        for each in people
        for href, list_href in [_pages_for(sitting, matter, each, leaders)]
    ]


def _call_meeting(sitting: Sitting, case: Case, late: list[_Matter], in_hand: list[TaskRow]) -> None:
    """Call the joint meeting about matters that climbed the whole ladder, and put it before the supervising office.

    A late review as a whole brings every matter that is still in hand before the meeting.
    """
    about = {each.task.id: each.task for each in late if each.task} or {task.id: task for task in in_hand}
    names = "、".join(task.matter_name for task in about.values()) or "、".join(each.name for each in late)
    reason = f"{case.number} 的{names}逐级提醒后仍未办结：请召开联席会议"
    attention.open_case(
        sitting.session,
        sitting.tenant,
        kind="meeting_due",
        key=f"{case.id}:{sitting.today}",
        reason=reason,
        application_id=case.id,
    )
    if about:
        meetings.call(
            sitting,
            application_id=case.id,
            kind="escalation",
            task_ids=list(about),
            unit_codes=[task.unit_code for task in about.values()],
            reason=f"{'、'.join(task.matter_name for task in about.values())}逐级提醒后仍未办结"[
                : meetings.NOTE_LENGTH_MAX
            ],
        )


def _pages_for(sitting: Sitting, matter: _Matter, to: Addressee, leaders: list[Addressee]) -> tuple[str, str]:
    """The page on which an addressee sees the case, and the one that lists it among others."""
    if to.account_id == matter.case.applicant_id:
        return f"/apply/cases/{matter.case.id}", "/apply"
    if to.unit_code == sitting.city.lead_unit != matter.clock.unit_code:
        return f"/desk/cases/{matter.case.id}", "/desk/cases"
    if to in leaders:
        return f"/board/cases?q={matter.case.number}", "/board/tasks?light=red"
    return matter.desk_page, "/desk"
