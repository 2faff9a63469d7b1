"""补正, the departments' side: units ask within a window, and all that they ask goes out once, as one numbered notice.

Every act holds the application's row, so two units that ask at once share one notice, and a notice is sent once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID, uuid4

from services import authority, endings, notices
from services.authority import UNDER_REVIEW
from services.sitting import Sitting
from shared.db import attention, bills, cases, clocks, corrections, documents, numbers, trail
from shared.db.cases import Case, TaskRow
from shared.db.corrections import ItemRow, NoticeRow
from shared.db.documents import Wish
from shared.db.trail import SYSTEM, Act, Actor
from shared.domain.clocks import Mechanism, PauseKind
from shared.domain.corrections import (
    REQUESTS_MAX,
    CorrectionKind,
    Request,
    everybody_has_spoken,
    is_window_over,
    may_ask,
    request_problems,
)
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from shared.domain.facts import FACT_NAMES
from shared.logs import logger

log = logger(__name__)

#: Tasks that nobody decides any more; an objection may still be taken back after an answer.
DECIDED: Final = ("approved", "objected", "cancelled")
#: Tasks that wait for no answer: what they asked for is not needed any more.
SATISFIED: Final = ("approved", "cancelled")


def ask(sitting: Sitting, *, task_id: UUID, actor: Actor, requests: Sequence[Request]) -> UUID:
    """Add a unit's requests to the notice that is being collected, and send it if nobody else can still ask.

    Asking for the same target again changes its words; the same words again change nothing. Gives the notice's id.
    Raises `Invalid` for a request that says too little, `Conflict` after the window, or for something new after the
    unit's requests were sent (一次性告知), `CalendarNotLoaded`.
    """
    asked = [each.tidied() for each in requests]
    case, task = _hold(sitting, task_id, actor)
    _refuse_incomplete(sitting, case, asked)
    known = corrections.notices_of(sitting.session, case.id)
    items = corrections.items_of(sitting.session, [notice.id for notice in known])
    collecting = _collecting(sitting, known)
    _refuse_second_thoughts(sitting, asked, task.unit_code, known, items)
    if collecting is None:
        collecting = corrections.open_notice(
            sitting.session,
            sitting.tenant,
            application_id=case.id,
            seq=len(known) + 1,
            window_until=sitting.city.calendar.add(sitting.today, sitting.city.pack.settings.correction_window_days),
            now=sitting.now,
        )
    written = _write_down(sitting, case, task, actor=actor, notice=collecting, items=items, asked=asked)
    if written:
        _seal(
            sitting,
            case,
            Act(
                "correction_asked",
                sitting.now,
                actor,
                task.unit_code,
                {
                    "matter": task.matter_code,
                    "items": [
                        {name: getattr(each, name) for name in ("kind", "target", "reason", "clause", "wanted")}
                        for each in written
                    ],
                },
            ),
        )
        log.info("correction_asked", application=case.number, unit=task.unit_code, items=len(written))
    if _is_complete(sitting, case, collecting):
        _send(sitting, case, collecting, by=actor)
    return collecting.id


def take_back(sitting: Sitting, *, item_id: UUID, actor: Actor) -> UUID:
    """Take a request back that was not sent yet; twice is once. Gives its task. Raises `Conflict` once it is sent."""
    found = corrections.find_item(sitting.session, item_id)
    if found.unit_code != actor.unit_code:
        raise NotFound("没有这项补正要求，或不在您的办理范围内")
    case = cases.lock_one(sitting.session, found.application_id)
    item = corrections.find_item(sitting.session, item_id)
    notice = corrections.load(sitting.session, item.notice_id)
    if item.state == "withdrawn":
        return item.task_id
    if notice.state != "collecting":
        raise Conflict(f"补正告知书 {notice.number} 已发出，不能再撤回其中的要求")
    corrections.save_items(sitting.session, [item.id], state="withdrawn")
    left = [each for each in corrections.items_of(sitting.session, [notice.id]) if each.state == "asked"]
    if not left:
        corrections.save_notice(sitting.session, notice, state="cancelled")
    act = Act(
        "correction_taken_back",
        sitting.now,
        actor,
        item.unit_code,
        {"matter": item.matter_code, "kind": item.kind, "target": item.target},
    )
    _seal(sitting, case, act)
    return item.task_id


def send_now(sitting: Sitting, *, application_id: UUID, actor: Actor) -> None:
    """The lead window sends the collected notice before its window is over; one that is sent stays as it is.

    Raises `NotAllowed` for anybody else, `Conflict` if nothing is collected, `CalendarNotLoaded`.
    """
    _lead_only(sitting, actor)
    case = cases.lock_one(sitting.session, application_id)
    known = corrections.notices_of(sitting.session, case.id)
    if not known or known[-1].state == "cancelled":
        raise Conflict("没有正在征集的补正要求，无须发出")
    if known[-1].state == "collecting":
        authority.refuse_ended(case)
        _send(sitting, case, known[-1], by=actor)


def due(sitting: Sitting) -> list[UUID]:
    """Applications with a notice that the passing of days, or what others did, asks something of; run by the clock."""
    return corrections.to_be_looked_at(sitting.session, today=sitting.today)


def look_at(sitting: Sitting, application_id: UUID) -> int:
    """Send an application's notice if its window is over or its units have all spoken; gives 1 if something was done.

    Also closes a notice that nobody waits for any more, and puts an unanswered one before the lead window. Looks at
    what is, not at what happened since: late misses nothing, twice does nothing twice. Raises `CalendarNotLoaded`.
    """
    case = cases.lock_one(sitting.session, application_id)
    known = corrections.notices_of(sitting.session, case.id)
    notice = next((each for each in known if each.state in ("collecting", "sent")), None)
    if notice is None:
        return 0
    if case.status not in UNDER_REVIEW or not live_items(sitting, case, notice):
        corrections.save_notice(sitting.session, notice, state="cancelled")
        _let_go(sitting, case, notice)
        return 1
    if notice.state == "collecting" and _is_complete(sitting, case, notice):
        _send(sitting, case, notice, by=SYSTEM)
        return 1
    if notice.reply_due_on is not None and notice.reply_due_on < sitting.today:
        _complain(sitting, case, notice)
        return 1
    return 0


def remind(sitting: Sitting, *, notice_id: UUID, actor: Actor) -> None:
    """The lead window reminds the applicant of an unanswered notice and gives the time for an answer once more.

    Raises `NotAllowed` for anybody else, `Conflict` unless the notice is overdue: a second click finds the new date
    and changes nothing. `CalendarNotLoaded` if that date lies in no loaded year.
    """
    case, notice = _hold_overdue(sitting, notice_id, actor)
    reply_due_on = sitting.city.calendar.add(sitting.today, sitting.city.pack.settings.correction_reply_days)
    corrections.save_notice(sitting.session, notice, reply_due_on=reply_due_on)
    _settle(sitting, notice, by=actor, resolution="已催办，延长答复期限")
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="correction_reminded",
        key=f"correction:{notice.id}:{reply_due_on}",
        title=f"催办补正：{case.project_name}",
        body=f"补正告知书 {notice.number} 已逾期，请于 {reply_due_on} 前答复；不答复又不说明理由的，视为撤回申请。",
        application_id=case.id,
        href=f"/apply/cases/{case.id}/corrections",
    )
    act = Act(
        "correction_reminded",
        sitting.now,
        actor,
        sitting.city.lead_unit,
        {"notice": notice.number, "was_due_on": str(notice.reply_due_on), "due_on": str(reply_due_on)},
    )
    _seal(sitting, case, act)


def end_unanswered(sitting: Sitting, *, notice_id: UUID, actor: Actor) -> None:
    """The lead window ends an application whose notice is overdue: it counts as withdrawn. Raises as `remind` does."""
    case, notice = _hold_overdue(sitting, notice_id, actor)
    why = f"逾期未答复补正告知书 {notice.number} 又未说明理由，视为撤回申请"
    corrections.save_notice(sitting.session, notice, state="cancelled")
    _settle(sitting, notice, by=actor, resolution="已终止办件，视为撤回申请")
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="correction_ended",
        key=f"correction-ended:{notice.id}",
        title=f"视为撤回申请：{case.project_name}",
        body=f"{case.number} {why}，撤回后可以重新申报。",
        application_id=case.id,
        href=f"/apply/cases/{case.id}",
    )
    ended = Act("application_withdrawn", sitting.now, actor, sitting.city.lead_unit, {"reason": why})
    acts = endings.end(sitting, case, status="withdrawn", why=why, by=actor)
    trail.append(sitting.session, sitting.tenant, {case.id: [ended, *acts]}, signer=sitting.signer)


def tasks_behind(sitting: Sitting, case: Case, items: Iterable[ItemRow]) -> list[TaskRow]:
    """The tasks that asked, with those decided in the same act (合并办理), in the order of the matters."""
    tasks = cases.tasks_of(sitting.session, case.id)
    asking = {item.task_id for item in items}
    steps = {task.step_code for task in tasks if task.id in asking and task.step_code}
    return [task for task in tasks if task.id in asking or task.step_code in steps]


def live_items(sitting: Sitting, case: Case, notice: NoticeRow) -> list[ItemRow]:
    """The requests of a notice whose tasks still wait for an answer."""
    satisfied = {task.id for task in cases.tasks_of(sitting.session, case.id) if task.status in SATISFIED}
    items = corrections.items_of(sitting.session, [notice.id])
    return [item for item in items if item.state == "asked" and item.task_id not in satisfied]


def bill_out(sitting: Sitting, case: Case) -> str:
    """The number of the bill that the facts of a case stand on already; empty before there is one."""
    issued = [bill for bill in bills.of_application(sitting.session, case.id) if bill.status != "void"]
    return issued[0].number if issued else ""


def target_name(sitting: Sitting, kind: str, target: str) -> str:
    """What a target is called on paper."""
    if kind == CorrectionKind.PAPER and target in sitting.city.materials:
        return sitting.city.materials[target].name
    return FACT_NAMES.get(target, target) if kind == CorrectionKind.FACT else target


# What may be asked.


def _hold(sitting: Sitting, task_id: UUID, actor: Actor) -> tuple[Case, TaskRow]:
    held = authority.hold(sitting, task_id, actor)
    authority.refuse_ended(held.case)
    if held.task.status in DECIDED:
        raise Conflict("这项任务已有结论，不能再要求补正")
    if held.task.status == "taken":
        authority.place_at(sitting, held.task, actor)
    return held.case, held.task


def _lead_only(sitting: Sitting, actor: Actor) -> None:
    if actor.unit_code != sitting.city.lead_unit:
        raise NotAllowed("只有牵头窗口可以提前发出补正告知书、催办和终止")


def _hold_overdue(sitting: Sitting, notice_id: UUID, actor: Actor) -> tuple[Case, NoticeRow]:
    _lead_only(sitting, actor)
    case = cases.lock_one(sitting.session, corrections.load(sitting.session, notice_id).application_id)
    authority.refuse_ended(case)
    notice = corrections.load(sitting.session, notice_id)
    if notice.state != "sent" or notice.reply_due_on is None or notice.reply_due_on >= sitting.today:
        raise Conflict("这份补正告知书没有逾期，或刚刚已经处理；请刷新后再看")
    return case, notice


def _refuse_incomplete(sitting: Sitting, case: Case, asked: Sequence[Request]) -> None:
    if not asked:
        raise Invalid([Problem("items", "请至少勾选一项要补正的内容")])
    if len(asked) > REQUESTS_MAX:
        raise Invalid([Problem("items", f"一次最多提出 {REQUESTS_MAX} 项")])
    problems = [
        problem
        for index, each in enumerate(asked)
        for problem in request_problems(each, f"items[{index}]", materials=sitting.city.materials)
    ]
    seen: set[tuple[str, str]] = set()
    for index, each in enumerate(asked):
        if (each.kind, each.target) in seen:
            problems.append(Problem(f"items[{index}].target", "同一内容重复提出，请合并成一项"))
        seen.add((each.kind, each.target))
    number = bill_out(sitting, case)
    problems += [
        Problem(
            f"items[{index}].target",
            f"缴费通知书 {number} 已发出，申报事实不能再更正；请改为要求书面说明",
        )
        for index, each in enumerate(asked)
        if number and each.kind == CorrectionKind.FACT
    ]
    if problems:
        raise Invalid(problems)


def _collecting(sitting: Sitting, known: Sequence[NoticeRow]) -> NoticeRow | None:
    """The notice that requests go into; None if a new one is to be opened."""
    last = known[-1] if known else None
    if last is not None and last.state == "sent":
        raise Conflict(f"补正告知书 {last.number} 已发出，正在等申请人答复；答复以前不能再提出补正要求")
    if last is None or last.state != "collecting":
        return None
    if is_window_over(last.window_until, sitting.today):
        raise Conflict(f"补正要求的征集已于 {last.window_until} 结束，告知书即将发出；请待申请人答复后再提出")
    return last


def _refuse_second_thoughts(
    sitting: Sitting,
    asked: Sequence[Request],
    unit_code: str,
    known: Sequence[NoticeRow],
    items: Sequence[ItemRow],
) -> None:
    sent = {notice.id: notice for notice in known if notice.number is not None}
    mine = [item for item in items if item.unit_code == unit_code and item.notice_id in sent]
    mine = [item for item in mine if item.state != "withdrawn"]
    before = {(item.kind, item.target) for item in mine}
    for each in asked:
        if not may_ask(each, before=before):
            number, name = sent[mine[-1].notice_id].number, target_name(sitting, each.kind, each.target)
            raise Conflict(
                f"一次性告知：本部门已在补正告知书 {number} 中提出过要求，只能就其中的内容再次提出；“{name}”不在其中"
            )


def _write_down(
    sitting: Sitting,
    case: Case,
    task: TaskRow,
    *,
    actor: Actor,
    notice: NoticeRow,
    items: Sequence[ItemRow],
    asked: Sequence[Request],
) -> list[Request]:
    """Write what is new or said in other words; gives it."""
    here = [item for item in items if item.notice_id == notice.id]
    known = {(item.kind, item.target): item for item in here if item.task_id == task.id}
    seq = max((item.seq for item in here), default=0)
    rows, written = [], []
    for each in asked:
        words = {"reason": each.reason, "clause": each.clause, "wanted": each.wanted}
        item = known.get((each.kind, each.target))
        if item is None:
            seq += 1
            rows.append(
                {
                    "id": uuid4(),
                    "tenant_id": sitting.tenant,
                    "application_id": case.id,
                    "notice_id": notice.id,
                    "task_id": task.id,
                    "seq": seq,
                    "unit_code": task.unit_code,
                    "matter_code": task.matter_code,
                    "kind": each.kind,
                    "target": each.target,
                    **words,
                    "asked_by": actor.id,
                    "asked_at": sitting.now,
                    "old_value": as_text(case.facts.get(each.target)) if each.kind == CorrectionKind.FACT else "",
                }
            )
            written.append(each)
        elif item.state == "withdrawn" or words != {name: getattr(item, name) for name in words}:
            corrections.save_items(
                sitting.session, [item.id], state="asked", asked_by=actor.id, asked_at=sitting.now, **words
            )
            written.append(each)
    corrections.add_items(sitting.session, rows)
    return written


def as_text(value: object) -> str:
    """A fact's value as an item keeps it: its JSON."""
    return json.dumps(value, ensure_ascii=False)


# Sent, once.


def _is_complete(sitting: Sitting, case: Case, notice: NoticeRow) -> bool:
    """Whether nobody can add anything to a collected notice any more, or nobody is to be waited for."""
    if not sitting.city.pack.settings.correction_window_days or is_window_over(notice.window_until, sitting.today):
        return True
    asking = {item.unit_code for item in corrections.items_of(sitting.session, [notice.id]) if item.state == "asked"}
    tasks = cases.tasks_of(sitting.session, case.id)
    return everybody_has_spoken({task.unit_code for task in tasks if task.status not in DECIDED}, asking)


def _send(sitting: Sitting, case: Case, notice: NoticeRow, *, by: Actor) -> None:
    """Give the notice its number and send it: the clocks of those who asked stand still from now on."""
    reply_due_on = sitting.city.calendar.add(sitting.today, sitting.city.pack.settings.correction_reply_days)
    items = live_items(sitting, case, notice)
    live = {item.id for item in items}
    spare = [item.id for item in corrections.items_of(sitting.session, [notice.id]) if item.id not in live]
    corrections.save_items(sitting.session, spare, state="withdrawn")
    if not items:
        corrections.save_notice(sitting.session, notice, state="cancelled")
        return
    year = sitting.today.year
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"correction:{year}")[0]
    number = sitting.city.number("correction", year, running)
    corrections.save_notice(
        sitting.session,
        notice,
        state="sent",
        number=number,
        sent_at=sitting.now,
        sent_on=sitting.today,
        reply_due_on=reply_due_on,
    )
    for task in tasks_behind(sitting, case, items):
        clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
        clocks.pause(
            sitting.session,
            sitting.city,
            clock,
            kind=PauseKind.CORRECTION,
            reason=f"等申请人答复补正告知书 {number}",
            by=by,
            now=sitting.now,
        )
    documents.request(
        sitting.session,
        sitting.tenant,
        [Wish("correction", notice.id, case.id, f"补正告知书 {number}")],
        now=sitting.now,
    )
    act = Act(
        "correction_sent",
        sitting.now,
        by,
        sitting.city.lead_unit,
        {
            "notice": number,
            "units": sorted({item.unit_code for item in items}),
            "items": len(items),
            "reply_due_on": reply_due_on.isoformat(),
        },
    )
    _seal(sitting, case, act)
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="correction_sent",
        key=f"correction:{notice.id}",
        title=f"需要补正：{case.project_name}",
        body=f"补正告知书 {number} 汇总了各部门的要求，请于 {reply_due_on} 前逐项答复，一次提交。",
        application_id=case.id,
        href=f"/apply/cases/{case.id}/corrections",
    )
    log.info("correction_sent", application=case.number, notice=number, items=len(items))


# Not answered, or not needed any more.


def _complain(sitting: Sitting, case: Case, notice: NoticeRow) -> None:
    attention.open_case(
        sitting.session,
        sitting.tenant,
        kind="correction_unanswered",
        key=f"{notice.id}:{notice.reply_due_on}",
        reason=f"{case.number} 的补正告知书 {notice.number} 过了 {notice.reply_due_on} 仍未答复：请催办或终止办件",
        application_id=case.id,
        data={"notice": str(notice.id)},
    )
    notices.tell(
        sitting,
        notices.desk(sitting, sitting.city.lead_unit),
        kind="correction_unanswered",
        key=f"correction-unanswered:{notice.id}:{notice.reply_due_on}",
        title=f"{case.number} 逾期未补正",
        body=f"补正告知书 {notice.number} 过了 {notice.reply_due_on} 仍未答复，请催办或终止办件。",
        application_id=case.id,
        href="/desk/corrections",
    )


def _let_go(sitting: Sitting, case: Case, notice: NoticeRow) -> None:
    """Let the clocks run on that a notice held which nobody waits for any more; stopped ones stay stopped."""
    for task in tasks_behind(sitting, case, corrections.items_of(sitting.session, [notice.id])):
        clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
        clocks.resume(sitting.session, sitting.city, clock, kind=PauseKind.CORRECTION, by=SYSTEM, now=sitting.now)


def _settle(sitting: Sitting, notice: NoticeRow, *, by: Actor, resolution: str) -> None:
    attention.settle(sitting.session, "correction_unanswered", str(notice.id), by=by.id, resolution=resolution)


def _seal(sitting: Sitting, case: Case, act: Act) -> None:
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
