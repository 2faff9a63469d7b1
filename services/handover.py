"""A unit passes a task to another unit, also to another level: the same task, the same clock, another desk."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services import authority, invitations, notices, verdicts
from services.sitting import Sitting
from shared.db import cases, handovers, trail
from shared.db.trail import Act, Actor
from shared.domain.characters import written
from shared.domain.errors import Conflict, Invalid, Problem
from shared.domain.handovers import PASSED_ON_MAX, receivers
from shared.domain.matters import Unit
from shared.logs import logger

log = logger(__name__)

REASON_LENGTH_MAX: Final = 500
#: What can be passed on: not yet decided, and nobody else's turn.
_MOVABLE: Final = ("waiting", "open", "taken")


def may_receive(sitting: Sitting, *, unit_code: str, area_code: str) -> tuple[Unit, ...]:
    """The units that a unit may pass a task to, for an application in an area."""
    units = sitting.city.units
    return receivers(units.values(), giver=units[unit_code], area_code=area_code)


def pass_on(
    sitting: Sitting, *, task_id: UUID, actor: Actor, to_unit: str, reason: str, version: int | None = None
) -> None:
    """Pass a task, with those decided together with it, to another unit, sealed by both.

    The clock goes on as it is; the task is in nobody's hands until somebody there takes it, and the unit is invited to
    the meetings that are called about it. May be repeated: the same
    person passing it to the same unit again changes nothing. Raises `Invalid` for a unit that cannot receive it or
    without a reason, `Conflict` if the task was decided, passed on or changed meanwhile.
    """
    # Locked before it is asked whether it is done: the second click of a double click waits here for the first.
    cases.lock_one(sitting.session, cases.find_task(sitting.session, task_id).application_id)
    if _is_passed_on(sitting, task_id, actor, to_unit):
        return
    if cases.find_task(sitting.session, task_id).unit_code != actor.unit_code and handovers.was_with(
        sitting.session, task_id, actor.unit_code or ""
    ):
        raise Conflict("这项任务已移交其他单位，由接收单位办理；办件仍可查看")
    held = authority.hold(sitting, task_id, actor)
    task, case = held.task, held.case
    if task.status in authority.DECIDED:
        raise Conflict("这项任务已有结论，不能再移交；请刷新后查看")
    if task.status == "checking":
        raise Conflict("这项任务已提交复核，退回初审后才能移交")
    if task.status == "forwarded":
        raise Conflict("这项任务已转报上级，等答复后才能移交")
    authority.place_at(sitting, task, actor)
    kept = written("reason", reason, most=REASON_LENGTH_MAX, missing="请写明移交的理由，接收单位和申请人都会看到")
    if to_unit not in {unit.code for unit in may_receive(sitting, unit_code=task.unit_code, area_code=case.area_code)}:
        raise Invalid([Problem("to_unit", "请选择接收单位：市级单位，或项目所在区的单位；区级单位只能移交市级单位")])
    if not handovers.is_staffed(sitting.session, to_unit):
        raise Invalid([Problem("to_unit", "这个单位没有可以办理的人员，请先请系统管理员开通账号，或另选单位")])
    if handovers.count_from(sitting.session, task.id, to_unit) >= PASSED_ON_MAX:
        raise Invalid([Problem("to_unit", "这个单位已两次移出这项任务，请由牵头窗口协调或召开联席会议")])
    if version is not None and task.version != version:
        raise Conflict(verdicts.STALE)
    tasks = held.those(*_MOVABLE)
    for each in tasks:
        authority.place_at(sitting, each, actor)
    handover_id = handovers.pass_on(
        sitting.session, sitting.tenant, tasks, to_unit=to_unit, reason=kept, by=actor, at=sitting.now
    )
    invitations.bring_along(sitting, case.id, task_ids=[each.id for each in tasks], unit_code=to_unit)
    acts = []
    for each in tasks:
        given = {"matter": each.matter_code, "from": each.unit_code, "to": to_unit, "reason": kept}
        acts.append(Act("task_handed_over", sitting.now, actor, each.unit_code, given))
        acts.append(Act("task_received", sitting.now, actor, to_unit, given))
        log.info("task_handed_over", application=case.number, matter=each.matter_code, unit=each.unit_code, to=to_unit)
    trail.append(sitting.session, sitting.tenant, {case.id: acts}, signer=sitting.signer)
    giver = sitting.city.units[task.unit_code].short_name
    notices.tell(
        sitting,
        [*notices.desk(sitting, to_unit), *notices.posts(sitting, to_unit, ("liaison",))],
        kind="handover",
        key=f"handover:{handover_id}",
        title=f"{giver}移交：{task.matter_name}",
        body=f"{case.number} {case.project_name}，{giver}移交“{task.matter_name}”，时限照原时钟计算。理由：{kept}",
        application_id=case.id,
        href=f"/desk/tasks/{task.id}",
    )


def _is_passed_on(sitting: Sitting, task_id: UUID, actor: Actor, to_unit: str) -> bool:
    last = handovers.last_of(sitting.session, task_id)
    return last is not None and (last.from_unit, last.to_unit, last.by_id) == (actor.unit_code, to_unit, actor.id)
