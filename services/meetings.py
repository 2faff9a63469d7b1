"""Joint meetings (联席会议): called, planned, and held with the verdicts of all their matters in one transaction.

Mutual prerequisites call theirs by themselves (`progress.call_meetings`); objections and late work are brought here by
hand or by the ladder. Only the lead window keeps the record; only a unit that came is decided for, by who spoke for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services import invitations, progress
from services.authority import UNDER_REVIEW
from services.sitting import Sitting
from shared.db import accounts, cases, clocks, documents, meetings, offices, trail
from shared.db.accounts import AccountRow
from shared.db.cases import Case, TaskRow
from shared.db.meetings import MeetingRow, SeatRow
from shared.db.trail import SYSTEM, Act, Actor
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.clocks import Mechanism
from shared.domain.errors import Conflict, Invalid, NotAllowed, Problem
from shared.logs import logger

log = logger(__name__)

PLACE_LENGTH_MAX = 100
NAME_LENGTH_MAX = 40
NOTE_LENGTH_MAX = 200
OPINION_LENGTH_MAX = 2000
DISCUSSED_LENGTH_MAX = 4000

DECIDED = ("approved", "objected", "cancelled")
VERDICTS = ("approved", "objected")
#: Kinds that somebody calls; mutual prerequisites call their own.
CALLED_BY_HAND = ("objection", "escalation")


@dataclass(frozen=True, slots=True)
class Attendance:
    """Whether an invited unit came, and whose account spoke for it; `note` says what else there is to say."""

    attended: bool
    speaker_id: UUID | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a unit said about its matter: "approved" or "objected", its opinion, and what would make it approve."""

    verdict: str
    opinion: str = ""
    way: str = ""


def call(
    sitting: Sitting,
    *,
    application_id: UUID,
    kind: str,
    task_ids: Collection[UUID],
    unit_codes: Collection[str],
    reason: str,
    actor: Actor = SYSTEM,
) -> UUID:
    """Call a meeting about objections ("objection") or late work ("escalation"); gives its id.

    The units of the matters and the lead window are always invited. May be repeated: while one about the same matters
    is open, this gives that one. A person who calls is of the lead window; without one it is the ladder.
    """
    case = cases.lock_one(sitting.session, application_id)
    if actor.id is not None:
        _of_lead(sitting, actor)
    _still_open(case)
    tasks = cases.tasks_of(sitting.session, application_id)
    about = [task for task in tasks if task.id in task_ids]
    problems = _problems_of_text("reason", reason, NOTE_LENGTH_MAX, empty="请写明召集会议的原因")
    if kind not in CALLED_BY_HAND:
        problems.append(Problem("kind", "应为不同意见协调或督办"))
    if not about or len(about) < len(set(task_ids)):
        problems.append(Problem("tasks", "请选择本办件要议的事项"))
    if not unit_codes:
        problems.append(Problem("units", "请至少邀请一个单位"))
    problems += [Problem("units", f"没有单位 {code}") for code in unit_codes if code not in sitting.city.units]
    for task in about:
        if kind == "objection" and task.status != "objected":
            problems.append(Problem("tasks", f"{task.matter_name}没有不同意见，不需要协调"))
        if kind == "escalation" and task.status in DECIDED:
            problems.append(Problem("tasks", f"{task.matter_name}已有结论，不需要督办"))
    if problems:
        raise Invalid(problems)
    key = "+".join(task.matter_code for task in about)
    invited = [*(task.unit_code for task in about), *sorted(unit_codes), sitting.city.lead_unit]
    before = meetings.open_with(sitting.session, application_id, kind=kind, key=key)
    if before is not None:
        return before.id
    meeting = meetings.call(
        sitting.session,
        sitting.city,
        application_id=application_id,
        kind=kind,
        key=key,
        reason=reason.strip(),
        tasks=[task.id for task in about],
        units=invited,
        now=sitting.now,
        by=actor.id,
    )
    invitations.announce(sitting, meeting, by=actor)
    return meeting.id


def plan(
    sitting: Sitting,
    *,
    meeting_id: UUID,
    planned_at: datetime,
    place: str,
    chair: str,
    actor: Actor,
    version: int | None = None,
) -> None:
    """Fix time, place and chair, and tell the invited units. May be repeated.

    Raises `Invalid` for a time that is past or on a day off.
    """
    case, meeting = _hold(sitting, meeting_id, actor, version)
    problems = _problems_of_text("place", place, PLACE_LENGTH_MAX, empty="请写明会议地点")
    problems += _problems_of_text("chair", chair, NAME_LENGTH_MAX, empty="请写明主持人")
    if planned_at < sitting.now.replace(second=0, microsecond=0):
        problems.append(Problem("planned_at", "会议时间已经过去，请改为现在以后的时间"))
    elif not sitting.city.calendar.is_working(planned_at.astimezone(sitting.now.tzinfo).date()):
        problems.append(Problem("planned_at", "这一天不是工作日，请另选时间"))
    if problems:
        raise Invalid(problems)
    place, chair = place.strip(), chair.strip()
    if (meeting.planned_at, meeting.place, meeting.chair) == (planned_at, place, chair):
        return
    meetings.save(sitting.session, meeting, planned_at=planned_at, place=place, chair=chair)
    when = planned_at.astimezone(sitting.now.tzinfo)
    at = when.isoformat(timespec="minutes")
    _write(sitting, case, actor, "meeting_planned", {"meeting": meeting.number, "at": at, "place": place})
    body = f"{when.month}月{when.day}日{when:%H:%M}在{place}召开，{meeting.reason}"
    invitations.tell(sitting, meeting, occasion=f"planned:{at}:{place}", title="联席会议的时间地点", body=body)


def adjourn(
    sitting: Sitting,
    *,
    meeting_id: UUID,
    attendance: Mapping[str, Attendance],
    note: str,
    actor: Actor,
    version: int | None = None,
) -> None:
    """Note who came and who did not, and that the meeting has to be held again at another time."""
    case, meeting = _hold(sitting, meeting_id, actor, version)
    seats = meetings.seats(sitting.session, meeting.id)
    problems = _problems_of_text("note", note, NOTE_LENGTH_MAX, empty="请写明为什么要另行开会")
    problems += _attendance_problems(seats, attendance)
    speakers = _speakers(sitting, attendance, problems, needed=())
    if meeting.planned_at is None:
        raise Conflict("会议还没有确定时间、地点和主持人，请先安排")
    if problems:
        raise Invalid(problems)
    _seat(sitting, seats, attendance, speakers)
    meetings.save(sitting.session, meeting, planned_at=None)
    absent = [seat.unit_code for seat in seats if not attendance[seat.unit_code].attended]
    data = {"meeting": meeting.number, "absent": absent, "note": note.strip()}
    _write(sitting, case, actor, "meeting_adjourned", data)
    body = f"未能议定，另行开会：{note.strip()}"
    invitations.tell(sitting, meeting, occasion=f"adjourned:{meeting.version}", title="联席会议改期", body=body)


def hold(
    sitting: Sitting,
    *,
    meeting_id: UUID,
    attendance: Mapping[str, Attendance],
    verdicts: Mapping[UUID, Verdict],
    discussed: str,
    actor: Actor,
    version: int | None = None,
) -> None:
    """Record a meeting with every verdict: all matters at once, each under its unit's seal (同时审批、同时办结).

    What follows opens, the clocks stop together, minutes are made. May be repeated by the same person. Raises `Invalid`
    beside the field (`attendance.<unit>`, `verdict.<task>`, `opinion.<task>`, `way.<task>`, `discussed`), also where
    a unit is to be decided for that did not come: then the meeting is adjourned and held again.
    """
    if _is_repeated(sitting, meeting_id, verdicts, discussed, actor):
        return
    case, meeting = _hold(sitting, meeting_id, actor, version)
    if meeting.planned_at is None:
        raise Conflict("会议还没有确定时间、地点和主持人，请先安排")
    seats = meetings.seats(sitting.session, meeting.id)
    tasks = {task.id: task for task in cases.tasks_of(sitting.session, case.id) if task.id in meeting.tasks}
    decides = meeting.kind != "escalation"
    problems = _problems_of_text("discussed", discussed, DISCUSSED_LENGTH_MAX, empty="请写明会议讨论的情况")
    problems += _attendance_problems(seats, attendance)
    needed = {task.unit_code for task in tasks.values()} if decides else set()
    speakers = _speakers(sitting, attendance, problems, needed=needed)
    if decides:
        problems += _verdict_problems(sitting, tasks.values(), attendance, speakers, verdicts)
    problems += [
        Problem(f"verdict.{task_id}", "这个事项不在本次会议上议定")
        for task_id in verdicts
        if task_id not in tasks or not decides
    ]
    if problems:
        raise Invalid(problems)
    _refuse_moved(meeting, tasks.values())
    _seat(sitting, seats, attendance, speakers)
    said = {
        task_id: Verdict(each.verdict, each.opinion.strip(), each.way.strip()) for task_id, each in verdicts.items()
    }
    for task in tasks.values() if decides else ():
        speaker = speakers[task.unit_code]
        by = Actor(speaker.id, speaker.display_name, task.unit_code)
        _decide(sitting, case, task, said[task.id], meeting=meeting, by=by)
    meetings.save(
        sitting.session,
        meeting,
        state="held",
        held_at=sitting.now,
        held_by=actor.id,
        discussed=discussed.strip(),
    )
    if said:
        rows = [
            {"task_id": task_id, "verdict": each.verdict, "opinion": each.opinion} for task_id, each in said.items()
        ]
        meetings.add_verdicts(sitting.session, sitting.city, meeting, rows)
    _write(
        sitting,
        case,
        actor,
        "meeting_held",
        {
            "meeting": meeting.number,
            "attended": [code for code, each in sorted(attendance.items()) if each.attended],
            "verdicts": {tasks[task_id].matter_code: each.verdict for task_id, each in said.items()},
        },
    )
    wish = documents.Wish("minutes", meeting.id, case.id, f"联席会议纪要 {meeting.number}")
    documents.request(sitting.session, sitting.tenant, [wish], now=sitting.now)
    body = f"{meeting.reason}：已议定，纪要随后可以下载"
    invitations.tell(sitting, meeting, occasion="held", title="联席会议已召开", body=body)
    log.info("meeting_held", application=case.number, meeting=meeting.number, verdicts=len(said))
    if said:
        progress.note_consent(sitting, case)
        progress.go_on(sitting, cases.lock_one(sitting.session, case.id))


def cancel(sitting: Sitting, *, meeting_id: UUID, reason: str, actor: Actor, version: int | None = None) -> None:
    """Cancel a meeting that somebody called; one for mutual prerequisites is needed and cannot be cancelled."""
    case, meeting = _hold(sitting, meeting_id, actor, version)
    if meeting.kind not in CALLED_BY_HAND:
        raise Conflict("互为前置的事项只能由联席会议决定，这次会议不能取消；可以改时间")
    problems = _problems_of_text("reason", reason, NOTE_LENGTH_MAX, empty="请写明取消的原因")
    if problems:
        raise Invalid(problems)
    meetings.save(sitting.session, meeting, state="cancelled")
    _write(sitting, case, actor, "meeting_cancelled", {"meeting": meeting.number, "reason": reason.strip()})
    invitations.tell(sitting, meeting, occasion="cancelled", title="联席会议取消", body=reason.strip())


# What one verdict of a meeting writes.


def _decide(sitting: Sitting, case: Case, task: TaskRow, said: Verdict, *, meeting: MeetingRow, by: Actor) -> None:
    about = {"meeting": meeting.number}
    if task.status == "objected":
        if said.verdict == "objected":
            data = {"matter": task.matter_code, "opinion": said.opinion, **about}
            act = Act("objection_upheld", sitting.now, by, task.unit_code, data)
            trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
            return
        # The clock stood still since the objection and is stopped again at once: its end is that of the consent.
        clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
        reason = f"联席会议 {meeting.number}"
        clocks.reopen(sitting.session, sitting.city, clock, reason=reason, by=by, now=sitting.now)
    progress.conclude(
        sitting,
        case,
        task,
        verdict=said.verdict,
        opinion=said.opinion,
        by=by,
        data=about | ({"way": said.way} if said.way else {}),
        way=said.way if said.verdict == "objected" else "",
        checker_id=None,
    )
    if said.verdict == "objected":
        progress.note_objection(sitting, case, task)


def _seat(
    sitting: Sitting,
    seats: Sequence[SeatRow],
    attendance: Mapping[str, Attendance],
    speakers: Mapping[str, AccountRow],
) -> None:
    for seat in seats:
        came = attendance[seat.unit_code]
        speaker = speakers.get(seat.unit_code)
        values = {"attended": came.attended, "note": came.note.strip(), "speaker_id": speaker.id if speaker else None}
        meetings.save_seat(sitting.session, seat, **values)


# What stands against it.


def _of_lead(sitting: Sitting, actor: Actor) -> None:
    if actor.unit_code != sitting.city.lead_unit:
        raise NotAllowed("联席会议由牵头窗口召集和记录")


def _still_open(case: Case) -> None:
    if case.status not in UNDER_REVIEW:
        raise Conflict("办件已不在审核阶段")


def _hold(sitting: Sitting, meeting_id: UUID, actor: Actor, version: int | None) -> tuple[Case, MeetingRow]:
    """Lock the application, then read the meeting: it must still be open, and as the page showed it."""
    _of_lead(sitting, actor)
    case = cases.lock_one(sitting.session, meetings.load(sitting.session, meeting_id).application_id)
    meeting = meetings.load(sitting.session, meeting_id)
    if meeting.state != "called":
        raise Conflict("这次联席会议已经结束，不能再改；请刷新后查看")
    if version is not None and meeting.version != version:
        raise Conflict("这次联席会议刚刚有变化，请核对后再提交；您填写的内容仍在页面上")
    _still_open(case)
    return case, meeting


def _is_repeated(
    sitting: Sitting, meeting_id: UUID, verdicts: Mapping[UUID, Verdict], discussed: str, actor: Actor
) -> bool:
    """Whether the same person has recorded the same before."""
    unlocked = meetings.load(sitting.session, meeting_id)
    cases.lock_one(sitting.session, unlocked.application_id)
    meeting = meetings.load(sitting.session, meeting_id)
    if meeting.state != "held" or meeting.held_by != actor.id or meeting.discussed != discussed.strip():
        return False
    before = {each.task_id: (each.verdict, each.opinion) for each in meetings.verdicts(sitting.session, meeting_id)}
    return before == {task_id: (each.verdict, each.opinion.strip()) for task_id, each in verdicts.items()}


def _refuse_moved(meeting: MeetingRow, tasks: Collection[TaskRow]) -> None:
    """A matter that was decided, opened or ended since the meeting was called is not the meeting's any more."""
    expected = {"mutual": ("waiting",), "objection": ("objected",)}.get(meeting.kind)
    for task in tasks:
        if expected and task.status not in expected:
            raise Conflict(f"{task.matter_name}的状态已经变化，不能再由本次会议决定；请刷新后核对")


def _problems_of_text(field: str, given: str, longest: int, *, empty: str) -> list[Problem]:
    if not given.strip():
        return [Problem(field, empty)]
    if len(given) > longest:
        return [Problem(field, f"不能超过 {longest} 个字")]
    return [] if is_keepable(given) else [Problem(field, UNKEEPABLE)]


def _attendance_problems(seats: Sequence[SeatRow], attendance: Mapping[str, Attendance]) -> list[Problem]:
    invited = {seat.unit_code for seat in seats}
    problems = [
        Problem(f"attendance.{code}", "请写明这个单位是否到会") for code in sorted(invited) if code not in attendance
    ]
    problems += [
        Problem(f"attendance.{code}", "这个单位不在邀请之列") for code in sorted(attendance) if code not in invited
    ]
    for code, each in sorted(attendance.items()):
        if len(each.note) > NOTE_LENGTH_MAX or not is_keepable(each.note):
            problems.append(Problem(f"attendance.{code}", f"说明不能超过 {NOTE_LENGTH_MAX} 字"))
    return problems


def _speakers(
    sitting: Sitting, attendance: Mapping[str, Attendance], problems: list[Problem], *, needed: Collection[str]
) -> dict[str, AccountRow]:
    """Whose account spoke for each unit that came; somebody of that unit, and named where the unit decides."""
    found: dict[str, AccountRow] = {}
    for code, each in attendance.items():
        if not each.attended:
            continue
        account = accounts.load(sitting.session, each.speaker_id) if each.speaker_id else None
        if account is not None and account.is_active and account.unit_code == code:
            found[code] = account
        elif each.speaker_id is not None:
            problems.append(Problem(f"attendance.{code}", "发言人应为该单位在岗的人员"))
        elif code in needed:
            problems.append(Problem(f"attendance.{code}", "请选择代表该单位发表意见的人"))
    return found


def _verdict_problems(
    sitting: Sitting,
    tasks: Collection[TaskRow],
    attendance: Mapping[str, Attendance],
    speakers: Mapping[str, AccountRow],
    verdicts: Mapping[UUID, Verdict],
) -> list[Problem]:
    problems: list[Problem] = []
    for task in tasks:
        came, given = attendance.get(task.unit_code), verdicts.get(task.id)
        if came is not None and not came.attended:
            name = sitting.city.units[task.unit_code].short_name
            text = f"{name}没有到会，不能代为作出结论；请记录缺席，另行开会"
            problems.append(Problem(f"attendance.{task.unit_code}", text))
        if given is None or given.verdict not in VERDICTS:
            problems.append(Problem(f"verdict.{task.id}", "请选择同意或不同意"))
        elif given.verdict == "objected" and not given.opinion.strip():
            problems.append(Problem(f"opinion.{task.id}", "不同意时须写明理由和补救办法"))
        if given is not None and given.verdict == "objected" and task.status != "objected" and not given.way.strip():
            problems.append(Problem(f"way.{task.id}", "不同意时须写明怎样才能办（补救办法）"))
        for field, text in (("opinion", given.opinion), ("way", given.way)) if given is not None else ():
            if len(text) > OPINION_LENGTH_MAX:
                problems.append(Problem(f"{field}.{task.id}", f"意见不能超过 {OPINION_LENGTH_MAX} 字"))
            elif not is_keepable(text):
                problems.append(Problem(f"{field}.{task.id}", UNKEEPABLE))
        matter, speaker = sitting.city.matters_by_code.get(task.matter_code), speakers.get(task.unit_code)
        if matter is None or speaker is None or matter.delegated:
            continue
        if not offices.holds_post(sitting.session, speaker.id, unit_code=task.unit_code):
            text = f"{task.matter_name}未授权窗口，应由首席代表或负责人发表意见"
            problems.append(Problem(f"attendance.{task.unit_code}", text))
    return problems


def _write(sitting: Sitting, case: Case, actor: Actor, verb: str, data: Mapping[str, object]) -> None:
    act = Act(verb, sitting.now, actor, actor.unit_code, data)
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
