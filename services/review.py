"""Departments review an application at the same time: an officer takes a task, then approves or objects."""

from __future__ import annotations

from uuid import UUID

from services import progress
from services.sitting import Sitting
from shared.db import attention, cases, clocks, trail
from shared.db.cases import Case, TaskRow
from shared.db.trail import Act, Actor
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.clocks import Mechanism
from shared.domain.errors import Conflict, Invalid, NotAllowed, Problem, VerdictAlreadyGiven
from shared.logs import logger

log = logger(__name__)

#: Longest opinion, characters; the form says so too.
OPINION_LENGTH_MAX = 2000

#: A bill may be out before the last verdict, where the pack says that it waits for the fee lines only.
UNDER_REVIEW = ("in_review", "objected", "billed")
DECIDED = ("approved", "objected")


def take(sitting: Sitting, *, task_id: UUID, actor: Actor) -> None:
    """Put an open task into an officer's hands; taking one's own again changes nothing."""
    case, task = _hold(sitting, task_id, actor)
    if task.officer_id == actor.id and task.status == "taken":
        return
    if task.status != "open":
        raise Conflict("这项任务已由他人认领或已办结")
    cases.save_task(sitting.session, task, status="taken", officer_id=actor.id, taken_at=sitting.now)
    _write(sitting, case, Act("task_taken", sitting.now, actor, task.unit_code, {"matter": task.matter_code}))


def release(sitting: Sitting, *, task_id: UUID, actor: Actor) -> None:
    """Put a task back on the unit's desk; releasing an open one changes nothing."""
    case, task = _hold(sitting, task_id, actor)
    if task.status == "open":
        return
    if task.status != "taken" or task.officer_id != actor.id:
        raise Conflict("这项任务不在您手上")
    cases.save_task(sitting.session, task, status="open", officer_id=None, taken_at=None)
    _write(sitting, case, Act("task_released", sitting.now, actor, task.unit_code, {"matter": task.matter_code}))


def decide(
    sitting: Sitting, *, task_id: UUID, actor: Actor, approve: bool, opinion: str, version: int | None = None
) -> None:
    """Record a unit's verdict on its matter, sealed with the unit's key; the last one asks for the bill.

    May be repeated with the same verdict: the second time changes nothing. Raises
    `VerdictAlreadyGiven` if the verdict differs, `Conflict` if `version` is not what the officer
    saw, `Invalid` for an objection without a reason.
    """
    opinion = opinion.strip()
    if not approve and not opinion:
        raise Invalid([Problem("opinion", "不同意时须写明理由和补救办法")])
    if len(opinion) > OPINION_LENGTH_MAX:
        raise Invalid([Problem("opinion", f"意见不能超过 {OPINION_LENGTH_MAX} 字")])
    if not is_keepable(opinion):
        raise Invalid([Problem("opinion", UNKEEPABLE)])
    case, task = _hold(sitting, task_id, actor)
    verdict = "approved" if approve else "objected"
    if task.status in DECIDED:
        if task.status == verdict and task.officer_id == actor.id:
            return
        raise VerdictAlreadyGiven("这项任务已有结论，不能再改；请刷新后查看")
    if task.status == "waiting":
        raise Conflict("这项任务还在等前置事项，暂时不能作出结论")
    if version is not None and task.version != version:
        raise Conflict("这项任务刚刚有变化，请核对后再提交；您填写的意见仍在页面上")
    if task.status == "taken" and task.officer_id != actor.id:
        raise Conflict("这项任务已由他人认领")
    cases.save_task(sitting.session, task, status=verdict, officer_id=actor.id, decided_at=sitting.now, opinion=opinion)
    _write(
        sitting,
        case,
        Act(
            f"matter_{verdict}",
            sitting.now,
            actor,
            task.unit_code,
            {"matter": task.matter_code, "opinion": opinion},
        ),
    )
    log.info("matter_decided", application=case.number, matter=task.matter_code, unit=task.unit_code, verdict=verdict)
    clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
    clocks.stop(sitting.session, sitting.city, clock, now=sitting.now, why=verdict, by=actor)
    if approve:
        progress.go_on(sitting, case)
    elif case.status == "billed":
        # The pack lets the bill out before the reviews end, so there is money to think about: a person does.
        attention.open_case(
            sitting.session,
            sitting.tenant,
            kind="objected_after_bill",
            key=str(case.id),
            reason=f"{case.number} 出具缴费通知书后，{task.matter_name}不予同意：请停止催缴，已缴的办理退费",
            application_id=case.id,
        )
    else:
        cases.set_status(sitting.session, [case.id], "objected")


def _hold(sitting: Sitting, task_id: UUID, actor: Actor) -> tuple[Case, TaskRow]:
    """Lock the task's application, then read the task: the order that every decision keeps."""
    unlocked = cases.find_task(sitting.session, task_id)
    if unlocked.unit_code != actor.unit_code:
        raise NotAllowed("这项任务属于其他单位")
    case = cases.lock_one(sitting.session, unlocked.application_id)
    task = cases.find_task(sitting.session, task_id)
    if case.status not in UNDER_REVIEW and task.status not in DECIDED:
        raise Conflict("办件已不在审核阶段")
    return case, task


def _write(sitting: Sitting, case: Case, act: Act) -> None:
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
