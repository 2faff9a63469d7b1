"""What the door's letters say: accepted, told once what is missing, not accepted."""

from __future__ import annotations

from uuid import UUID

from services.letters import long_day, materials_address, of_lead, progress_address, working_days
from services.progress import graph_of
from services.sitting import Sitting
from shared.db import cases, clocks, commitments, intake_notices
from shared.db.cases import TaskRow
from shared.db.clocks import ClockRow
from shared.documents.views import (
    AcceptanceView,
    AcceptedMatter,
    Ground,
    MissingItem,
    NotAcceptedView,
    OneTimeNoticeView,
    PromisedPaper,
)
from shared.domain.clocks import Kind, Mechanism
from shared.domain.errors import Broken

#: What is applied for, as a letter names it where no single matter is meant.
_APPLIED_FOR = "施工许可阶段并联审批"


def acceptance_view(sitting: Sitting, notice_id: UUID) -> AcceptanceView:
    """受理通知书: every matter with who handles it and its promise, and the papers promised for later."""
    city = sitting.city
    notice = intake_notices.load(sitting.session, notice_id)
    if notice.application_id is None:
        raise Broken(f"acceptance {notice.number} has no application")
    case = cases.lock_one(sitting.session, notice.application_id)
    tasks = cases.tasks_of(sitting.session, case.id)
    timed = clocks.of_application(sitting.session, case.id)
    by_task = {clock.subject_id: clock for clock in timed if clock.mechanism == Mechanism.MATTER}
    whole = next(clock for clock in timed if clock.mechanism == Mechanism.JOINT)
    graph, names = graph_of(sitting, tasks), {task.matter_code: task.matter_name for task in tasks}
    facts = {
        "project_name": case.project_name,
        "project_code": case.project_code,
        "number": case.number,
        "accepted_on": long_day(case.accepted_on),
        "matters": len(tasks),
        "promise": working_days(whole.promise_days),
        "due_on": long_day(notice.due_on or case.due_on),
    }
    wording = city.pack.wording
    return AcceptanceView(
        **of_lead(sitting),
        number=notice.number,
        addressee=notice.addressee,
        opening=tuple(text.format(**facts) for text in wording["acceptance_opening"]),
        matters=tuple(
            AcceptedMatter(
                name=task.matter_name,
                unit=city.units[task.unit_code].short_name,
                note=_note(task, [names[code] for code in graph[task.matter_code]]),
                promise=working_days(by_task[task.id].promise_days),
                due=_due(by_task[task.id]),
            )
            for task in tasks
        ),
        promised=tuple(
            PromisedPaper(
                name=city.materials[each.material_code].name,
                unit=city.units[each.unit_code].short_name,
                due_on=long_day(each.due_on),
            )
            for each in commitments.of_application(sitting.session, case.id)
        ),
        closing=tuple(text.format(**facts) for text in wording["acceptance_closing"]),
        names=(case.project_name,),
        qr_text=progress_address(case.number),
        issued_on=long_day(notice.issued_on),
    )


def one_time_view(sitting: Sitting, notice_id: UUID) -> OneTimeNoticeView:
    """一次性告知书: everything missing, once, with what needs it and what to do."""
    notice = intake_notices.load(sitting.session, notice_id)
    wording = sitting.city.pack.wording
    facts = {"project_name": notice.project_name, "day": long_day(notice.issued_on), "items": len(notice.items)}
    return OneTimeNoticeView(
        **of_lead(sitting),
        number=notice.number,
        addressee=notice.addressee,
        opening=tuple(text.format(**facts) for text in wording["one_time_opening"]),
        items=tuple(
            MissingItem(**{name: item[name] for name in ("what", "needed_by", "reason", "clause", "action")})
            for item in notice.items
        ),
        closing=tuple(text.format(**facts) for text in wording["one_time_closing"]),
        names=(notice.project_name,),
        qr_text=materials_address(),
        qr_caption="扫码看材料清单",
        issued_on=long_day(notice.issued_on),
    )


def not_accepted_view(sitting: Sitting, notice_id: UUID) -> NotAcceptedView:
    """不予受理通知书: why, by which law, and where to go instead."""
    notice = intake_notices.load(sitting.session, notice_id)
    wording = sitting.city.pack.wording
    number = ""
    if notice.application_id is not None:
        number = f"（办件编号{cases.lock_one(sitting.session, notice.application_id).number}）"
    facts = {"project_name": notice.project_name, "day": long_day(notice.issued_on), "number": number}
    return NotAcceptedView(
        **of_lead(sitting),
        number=notice.number,
        addressee=notice.addressee,
        opening=tuple(text.format(**facts) for text in wording["not_accepted_opening"]),
        grounds=tuple(
            Ground(
                matter=_APPLIED_FOR,
                reason=item["reason"],
                clause=item["clause"],
                go_to=item["go_to"],
            )
            for item in notice.items
        ),
        closing=tuple(text.format(**facts) for text in wording["not_accepted_closing"]),
        remedies=wording["letter_remedies"],
        names=(notice.project_name,),
        qr_text=materials_address(),
        qr_caption="扫码看受理范围",
        issued_on=long_day(notice.issued_on),
    )


def _note(task: TaskRow, before: list[str]) -> str:
    notes = []
    if task.kind == Kind.SPECIAL:
        notes.append("特殊情形")
    if task.mode == "two_person":
        notes.append("一审一核")
    if before:
        notes.append(f"以{'、'.join(before)}为前置")
    return "；".join(notes)


def _due(clock: ClockRow) -> str:
    """Until when: a clock that has not started runs from the day on which its prerequisites are met."""
    return f"至{long_day(clock.due_on)}" if clock.due_on else "自前置事项办结之日起"
