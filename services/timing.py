"""Acts on clocks: an officer stops and restarts one, asks for a longer promise, or handles a matter as a special case.

A longer promise is asked for by one person and granted by another, once for each matter. Whatever moves a clock stands
in the trail under its unit's seal, and the applicant is told (行政许可法 42, 45).
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services import notices
from services.authority import UNDER_REVIEW
from services.sitting import Sitting
from shared.db import accounts, cases, clocks, extensions, offices, trail
from shared.db.cases import Case, TaskRow
from shared.db.clocks import ClockRow
from shared.db.extensions import ExtensionRow
from shared.db.trail import Act, Actor
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.clocks import OFFICER_PAUSES, PAUSE_NAMES, Kind, Mechanism, PauseKind
from shared.domain.errors import Conflict, Invalid, NotAllowed, Problem
from shared.logs import logger

log = logger(__name__)

#: Longest reason, characters; the forms say so too.
REASON_LENGTH_MAX: Final = 500
_IN_HAND: Final = ("open", "taken", "checking")


# Standing still.


def pause(sitting: Sitting, *, task_id: UUID, actor: Actor, kind: str, reason: str) -> None:
    """Stop a matter's clock for a hearing, an inspection or the like; the applicant is told. Twice is once.

    Raises `Invalid` for another kind or no reason, `NotAllowed` for others than the unit's people, `Conflict` where the
    task is in somebody else's hands or has no running clock.
    """
    if kind not in OFFICER_PAUSES:
        raise Invalid([Problem("kind", f"请选择停表事由：{'、'.join(PAUSE_NAMES[each] for each in OFFICER_PAUSES)}")])
    why, reason = PauseKind(kind), _reason(reason)
    case, task, clock = _hold(sitting, task_id, actor)
    pause_id = clocks.pause(sitting.session, sitting.city, clock, kind=why, reason=reason, by=actor, now=sitting.now)
    if pause_id is None:
        return
    _write(sitting, case, task, actor, "clock_paused", kind=why.value, reason=reason)
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="clock_paused",
        key=f"pause:{pause_id}",
        title=f"{task.matter_name}因{PAUSE_NAMES[why]}停表",
        body=f"{case.number} 的{task.matter_name}自{_day(sitting)}起因{PAUSE_NAMES[why]}停表，所需时间不计入承诺时限。"
        f"理由：{reason}",
        application_id=case.id,
        href=f"/apply/cases/{case.id}",
    )


def resume(sitting: Sitting, *, task_id: UUID, actor: Actor, kind: str) -> None:
    """Let the clock go on after one kind of pause; the applicant is told the new date. Twice is once.

    Raises as `pause` does, and `CalendarNotLoaded` if the new date lies in a year that nobody has loaded.
    """
    if kind not in OFFICER_PAUSES:
        raise Invalid([Problem("kind", f"请选择停表事由：{'、'.join(PAUSE_NAMES[each] for each in OFFICER_PAUSES)}")])
    why = PauseKind(kind)
    case, task, clock = _hold(sitting, task_id, actor)
    ending = next((each for each in clock.open_pauses if each.kind == why), None)
    if ending is None:
        return
    clocks.resume(sitting.session, sitting.city, clock, kind=why, by=actor, now=sitting.now)
    again = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
    _write(sitting, case, task, actor, "clock_resumed", kind=why.value, due_on=str(again.due_on))
    still = "、".join(PAUSE_NAMES[PauseKind(each.kind)] for each in again.open_pauses)
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="clock_resumed",
        key=f"resume:{ending.id}",
        title=f"{task.matter_name}的{PAUSE_NAMES[why]}已结束",
        body=f"{case.number} 的{task.matter_name}因{PAUSE_NAMES[why]}停表至{_day(sitting)}，"
        + (f"仍因{still}停表。" if still else f"现已恢复计时，承诺于{_in_words(again)}前办结。"),
        application_id=case.id,
        href=f"/apply/cases/{case.id}",
    )


# A longer promise.


def ask_extension(sitting: Sitting, *, task_id: UUID, actor: Actor, days: int, reason: str) -> None:
    """Ask for more working days, once for each matter; a second person decides. The same request twice is one.

    Raises `Invalid` for days or a reason that cannot be, `Conflict` where one was asked for before.
    """
    most = sitting.city.pack.settings.extension_days_max
    if not 1 <= days <= most:
        raise Invalid([Problem("days", f"延期天数应为 1 至 {most} 个工作日")])
    reason = _reason(reason)
    case, task, clock = _hold(sitting, task_id, actor)
    known = extensions.that_counts(sitting.session, clock.id)
    if known is not None:
        if (known.asked_by, known.days, known.reason) == (actor.id, days, reason):
            return
        raise Conflict("这项任务已经申请过延期；每项只能延期一次")
    extension_id = extensions.add(
        sitting.session,
        sitting.tenant,
        application_id=case.id,
        clock_id=clock.id,
        days=days,
        reason=reason,
        asked_by=_person(actor),
        asked_by_name=actor.name,
        asked_at=sitting.now,
    )
    _write(sitting, case, task, actor, "extension_asked", days=days, reason=reason)
    notices.tell(
        sitting,
        [
            *notices.posts(sitting, task.unit_code, ("chief", "head")),
            *(notices.desk(sitting, sitting.city.lead_unit) if task.unit_code != sitting.city.lead_unit else ()),
        ],
        kind="extension_asked",
        key=f"extension:{extension_id}:asked",
        title=f"{case.number} {task.matter_name}申请延期 {days} 个工作日",
        body=f"{actor.name}申请将{case.project_name}的{task.matter_name}延期 {days} 个工作日，等待批准。理由：{reason}",
        application_id=case.id,
        href="/desk/extensions",
    )


def decide_extension(sitting: Sitting, *, extension_id: UUID, actor: Actor, grant: bool) -> UUID:
    """Grant or decline a longer promise as a second person: the unit's checker or chief, or the lead window's.

    Gives the task that it is about.

    The joint promise becomes longer by as much as it must. Deciding the same again changes nothing. Raises `NotAllowed`
    for whoever asked and for others, `Conflict` once it is decided otherwise or the clock has stopped,
    `CalendarNotLoaded`.
    """
    asked = extensions.find(sitting.session, extension_id)
    case = cases.lock_one(sitting.session, asked.application_id)
    asked = extensions.find(sitting.session, extension_id)
    clock = next(each for each in clocks.of_application(sitting.session, case.id) if each.id == asked.clock_id)
    task = cases.find_task(sitting.session, clock.subject_id)
    _may_grant(sitting, task, asked, actor)
    state = "granted" if grant else "declined"
    if asked.state != "asked":
        if (asked.state, asked.decided_by) == (state, actor.id):
            return task.id
        raise Conflict("这项延期申请已有决定，不能再改；请刷新后查看")
    if grant and clock.state not in ("running", "paused"):
        raise Conflict("这项任务已经办结，不再需要延期")
    extensions.decide(sitting.session, asked.id, state=state, by=_person(actor), name=actor.name, at=sitting.now)
    if grant:
        clocks.extend(sitting.session, sitting.city, clock, now=sitting.now, days=asked.days)
    again = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
    _write(sitting, case, task, actor, f"extension_{state}", days=asked.days, due_on=str(again.due_on))
    words = f"延期 {asked.days} 个工作日" + ("已获批准" if grant else "未获批准")
    told = notices.person(sitting, asked.asked_by)
    notices.tell(
        sitting,
        told,
        kind=f"extension_{state}",
        key=f"extension:{asked.id}:{state}",
        title=f"{case.number} {task.matter_name}{words}",
        body=f"{actor.name}已作出决定。{task.matter_name}应于{_in_words(again)}前办结。",
        application_id=case.id,
        href=f"/desk/tasks/{task.id}",
    )
    if grant:
        notices.tell(
            sitting,
            notices.applicant(sitting, case.id),
            kind="extension_granted",
            key=f"extension:{asked.id}:{state}",
            title=f"{task.matter_name}延长办理期限 {asked.days} 个工作日",
            body=f"{case.number} 的{task.matter_name}经批准延长 {asked.days} 个工作日，"
            f"承诺于{_in_words(again)}前办结。理由：{asked.reason}",
            application_id=case.id,
            href=f"/apply/cases/{case.id}",
        )
    log.info("extension_decided", application=case.number, matter=task.matter_code, state=state, days=asked.days)
    return task.id


# A special case.


def handle_as_special(sitting: Sitting, *, task_id: UUID, actor: Actor, reason: str) -> None:
    """Handle a matter as a special case, once, with a reason; its promise is the city's for special cases.

    The joint promise follows where it would be shorter. Twice is once. Raises as `pause` does, and `CalendarNotLoaded`.
    """
    reason = _reason(reason)
    case, task, clock = _hold(sitting, task_id, actor)
    if task.kind == Kind.SPECIAL:
        if clock.reason == reason:
            return
        raise Conflict("这项任务已按特殊情形办理，不能再改")
    days = sitting.city.promise_days(Mechanism.MATTER, Kind.SPECIAL, clock.started_on or sitting.today)
    if days <= clock.promise_days:
        raise Conflict("这项任务的承诺时限不短于特殊情形的时限，无需改按特殊情形办理")
    cases.save_task(sitting.session, task, kind=Kind.SPECIAL.value)
    whole = clocks.joint(sitting.session, case.id)
    if whole.state in ("running", "paused") and whole.kind != Kind.SPECIAL:
        longest = sitting.city.promise_days(Mechanism.JOINT, Kind.SPECIAL, case.accepted_on)
        clocks.set_promise(
            sitting.session,
            sitting.city,
            whole,
            now=sitting.now,
            kind=Kind.SPECIAL,
            days=max(whole.promise_days, longest),
            reason=f"{task.matter_name}按特殊情形办理：{reason}",
        )
    clocks.set_promise(
        sitting.session, sitting.city, clock, now=sitting.now, kind=Kind.SPECIAL, days=days, reason=reason
    )
    again = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
    _write(sitting, case, task, actor, "handled_as_special", days=days, reason=reason, due_on=str(again.due_on))
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="handled_as_special",
        key=f"special:{clock.id}",
        title=f"{task.matter_name}按特殊情形办理",
        body=f"{case.number} 的{task.matter_name}按特殊情形办理，承诺时限为 {days} 个工作日，"
        f"于{_in_words(again)}前办结。理由：{reason}",
        application_id=case.id,
        href=f"/apply/cases/{case.id}",
    )


def may_grant(sitting: Sitting, *, unit_code: str, actor: Actor) -> bool:
    """Whether somebody may decide about longer promises of a unit: its checker or chief, or the lead window's."""
    if actor.id is None or actor.unit_code not in (unit_code, sitting.city.lead_unit):
        return False
    account = accounts.load(sitting.session, actor.id)
    if account is not None and account.is_active and account.role == "checker":
        return True
    return offices.holds_post(sitting.session, actor.id, unit_code=actor.unit_code)


def _may_grant(sitting: Sitting, task: TaskRow, asked: ExtensionRow, actor: Actor) -> None:
    if not may_grant(sitting, unit_code=task.unit_code, actor=actor):
        raise NotAllowed("延期由本单位的复核人、首席代表或牵头窗口批准")
    if asked.asked_by == actor.id:
        raise NotAllowed("延期须由另一人批准，不能批准自己的申请")


def _hold(sitting: Sitting, task_id: UUID, actor: Actor) -> tuple[Case, TaskRow, ClockRow]:
    """Lock the task's application, then read task and clock: the order that every decision keeps."""
    unlocked = cases.find_task(sitting.session, task_id)
    if unlocked.unit_code != actor.unit_code:
        raise NotAllowed("这项任务属于其他单位")
    case = cases.lock_one(sitting.session, unlocked.application_id)
    task = cases.find_task(sitting.session, task_id)
    if task.unit_code != actor.unit_code:
        raise Conflict("这项任务刚刚已移交其他单位，请刷新后查看")
    if case.status not in UNDER_REVIEW:
        raise Conflict("办件已不在审核阶段")
    if task.status == "waiting":
        raise Conflict("这项任务还在等前置事项，尚未开始计时")
    if task.status not in _IN_HAND:
        raise Conflict("这项任务已有结论或已转报，不能再改动计时")
    if task.status == "taken" and task.officer_id != actor.id and not _stands_in(sitting, task, actor):
        raise Conflict("这项任务已由他人认领")
    clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
    if clock.state not in ("running", "paused"):
        raise Conflict("这项任务没有在走的计时")
    return case, task, clock


def _stands_in(sitting: Sitting, task: TaskRow, actor: Actor) -> bool:
    return actor.id is not None and task.officer_id in offices.stands_in_for(
        sitting.session, actor.id, on=sitting.today
    )


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason:
        raise Invalid([Problem("reason", "请写明理由；申请人会看到")])
    if len(reason) > REASON_LENGTH_MAX:
        raise Invalid([Problem("reason", f"理由不能超过 {REASON_LENGTH_MAX} 字")])
    if not is_keepable(reason):
        raise Invalid([Problem("reason", UNKEEPABLE)])
    return reason


def _person(actor: Actor) -> UUID:
    if actor.id is None:
        raise NotAllowed("没有登录的人不能改动计时")
    return actor.id


def _write(sitting: Sitting, case: Case, task: TaskRow, actor: Actor, verb: str, **data: str | int) -> None:
    act = Act(verb, sitting.now, actor, actor.unit_code, {"matter": task.matter_code, **data})
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)


def _day(sitting: Sitting) -> str:
    return f"{sitting.today.year}年{sitting.today.month}月{sitting.today.day}日"


def _in_words(clock: ClockRow) -> str:
    due = clock.due_on
    return f"{due.year}年{due.month}月{due.day}日" if due else ""
