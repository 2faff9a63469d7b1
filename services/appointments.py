"""提前预约: an applicant of the green channel comes to a unit's window at a time that is kept for one case."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from services import notices
from services.sitting import Sitting
from shared.db import appointments, cases, clock, trail
from shared.db.accounts import AccountRow
from shared.db.appointments import AppointmentRow
from shared.db.cases import Case
from shared.db.trail import Act, Actor
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.errors import Conflict, Invalid, NotFound, Problem

TOPIC_LENGTH_MAX: Final = 100


def ask(
    sitting: Sitting, *, application_id: UUID, account: AccountRow, unit_code: str, at: datetime, topic: str
) -> UUID:
    """Ask for a time at the window of a unit that handles the case; gives the appointment's id.

    The same ask again gives the same id. Raises `Invalid` for a slot outside the office hours, on a day off, past, or
    taken; `Conflict` for a case outside the green channel; `CalendarNotLoaded`.
    """
    case = cases.lock_one(sitting.session, application_id)
    if case.applicant_id != account.id:
        raise NotFound("办件不存在，或不在您的办理范围内")
    if case.lane != "green":
        raise Conflict("提前预约只为绿色通道的办件提供；请先申请进入绿色通道")
    for known in appointments.of_application(sitting.session, application_id):
        if (known.unit_code, known.at) == (unit_code, at) and known.state != "cancelled":
            return known.id
    if case.status in ("withdrawn", "refused", "not_accepted"):
        raise Conflict("办件已经结束，不能再预约")
    problems: list[Problem] = []
    units = {task.unit_code for task in cases.tasks_of(sitting.session, application_id)} | {sitting.city.lead_unit}
    if unit_code not in units:
        problems.append(Problem("unit", "请选择办理本办件的单位"))
    local = at.astimezone(clock.CHINA)
    found = sitting.city.pack.green_channel.slot_problem(
        local, now=sitting.now.astimezone(clock.CHINA), calendar=sitting.city.calendar
    )
    if found:
        problems.append(Problem("at", found))
    if not topic.strip():
        problems.append(Problem("topic", "请写明要办的事"))
    elif len(topic) > TOPIC_LENGTH_MAX:
        problems.append(Problem("topic", f"不能超过 {TOPIC_LENGTH_MAX} 个字"))
    elif not is_keepable(topic):
        problems.append(Problem("topic", UNKEEPABLE))
    if problems:
        raise Invalid(problems)
    made = appointments.book(
        sitting.session,
        sitting.tenant,
        application_id=application_id,
        unit_code=unit_code,
        at=at,
        topic=topic.strip(),
        asked_by=account.id,
        asked_at=sitting.now,
    )
    if made is None:
        raise Invalid([Problem("at", "这个时间已被预约，请另选一个时段")])
    data = {"unit": unit_code, "at": local.isoformat(timespec="minutes"), "topic": topic.strip()}
    _write(sitting, case, Act("appointment_asked", sitting.now, Actor(account.id, account.display_name), data=data))
    notices.tell(
        sitting,
        notices.desk(sitting, unit_code),
        kind="appointment",
        key=f"appointment:{made}:asked",
        title="绿色通道预约",
        body=f"{case.number} {case.project_name}：{_when(local)}，{topic.strip()}；请确认",
        application_id=case.id,
        href="/desk/green-channel#appointments",
    )
    return made


def confirm(sitting: Sitting, *, appointment_id: UUID, actor: Actor) -> None:
    """The unit says that it will be there; repeated changes nothing."""
    case, appointment = _hold(sitting, appointment_id)
    if appointment.unit_code != actor.unit_code:
        raise NotFound("没有这次预约，或它不属于您")
    if appointment.state == "confirmed":
        return
    if appointment.state == "cancelled":
        raise Conflict("这次预约已取消，不能再确认")
    _answer(sitting, case, appointment, state="confirmed", actor=actor)


def cancel(sitting: Sitting, *, appointment_id: UUID, actor: Actor) -> None:
    """Give the slot back: the unit, or the applicant whose case it is; repeated changes nothing."""
    case, appointment = _hold(sitting, appointment_id)
    if actor.unit_code != appointment.unit_code and actor.id != case.applicant_id:
        raise NotFound("没有这次预约，或它不属于您")
    if appointment.state != "cancelled":
        _answer(sitting, case, appointment, state="cancelled", actor=actor)


def _hold(sitting: Sitting, appointment_id: UUID) -> tuple[Case, AppointmentRow]:
    unlocked = appointments.load(sitting.session, appointment_id)
    case = cases.lock_one(sitting.session, unlocked.application_id)
    return case, appointments.load(sitting.session, appointment_id)


def _answer(sitting: Sitting, case: Case, appointment: AppointmentRow, *, state: str, actor: Actor) -> None:
    appointments.answer(sitting.session, appointment, state=state, answered_by=actor.id, answered_at=sitting.now)
    local = appointment.at.astimezone(clock.CHINA)
    data = {"unit": appointment.unit_code, "at": local.isoformat(timespec="minutes")}
    by_unit = appointment.unit_code if actor.unit_code == appointment.unit_code else None
    _write(sitting, case, Act(f"appointment_{state}", sitting.now, actor, by_unit, data))
    told = notices.applicant(sitting, case.id) if by_unit else notices.desk(sitting, appointment.unit_code)
    unit = sitting.city.units[appointment.unit_code].short_name
    notices.tell(
        sitting,
        told,
        kind="appointment",
        key=f"appointment:{appointment.id}:{state}",
        title="预约已确认" if state == "confirmed" else "预约已取消",
        body=f"{case.number} {case.project_name}：{unit}，{_when(local)}",
        application_id=case.id,
        href=f"/apply/cases/{case.id}/green-channel" if by_unit else "/desk/green-channel#appointments",
    )


def _when(at: datetime) -> str:
    return f"{at.month}月{at.day}日{at:%H:%M}"


def _write(sitting: Sitting, case: Case, act: Act) -> None:
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
