"""Who may act on a review task, and in whose place: its officer, the deputy of an absent one, a chief representative.

Called by use cases inside their own transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.sitting import Sitting
from shared.db import accounts, cases, offices
from shared.db.cases import Case, TaskRow
from shared.db.trail import Actor
from shared.domain.errors import Conflict, NotAllowed

#: A bill may be out before the last verdict, where the pack says that it waits for the fee lines only.
UNDER_REVIEW: Final = ("in_review", "objected", "billed")
DECIDED: Final = ("approved", "objected")
#: On somebody's desk, to be decided.
IN_HAND: Final = ("open", "taken")

_ENDED: Final[Mapping[str, str]] = {
    "withdrawn": "申请人已撤回申报，时限已停止，这项任务不再办理",
    "refused": "已作出不予许可决定，时限已停止，这项任务不再办理",
    "not_accepted": "牵头窗口已不予受理，时限已停止，这项任务不再办理",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A task whose application is locked; `together` are the tasks of its step, the task among them."""

    case: Case
    task: TaskRow
    together: tuple[TaskRow, ...]

    def those(self, *states: str) -> list[TaskRow]:
        """The tasks that one act is about: those of the step in these states."""
        return [task for task in self.together if task.status in states]

    def proposed_with_it(self) -> list[TaskRow]:
        """The tasks that wait for a check under the same first review as the task; one proposed apart waits apart."""
        return [
            each
            for each in self.those("checking")
            if (each.officer_id, each.first_verdict, each.first_opinion, each.proposal)
            == (self.task.officer_id, self.task.first_verdict, self.task.first_opinion, self.task.proposal)
        ]


@dataclass(frozen=True, slots=True)
class Place:
    """As what somebody acts: in the place of an absent colleague, or for himself when `absent_id` is None."""

    absent_id: UUID | None = None
    absent_name: str = ""


def hold(sitting: Sitting, task_id: UUID, actor: Actor) -> Held:
    """Lock the task's application, then read the task: the order that every decision keeps.

    Raises `NotAllowed` for another unit's task, `Conflict` once the application is out of review; what is decided
    can still be looked at, so that a repeated act finds that it was done.
    """
    unlocked = cases.find_task(sitting.session, task_id)
    if unlocked.unit_code != actor.unit_code:
        raise NotAllowed("这项任务属于其他单位")
    case = cases.lock_one(sitting.session, unlocked.application_id)
    task = cases.find_task(sitting.session, task_id)
    if task.unit_code != actor.unit_code:
        raise Conflict("这项任务刚刚已移交其他单位，请刷新后查看")
    if task.status not in DECIDED:
        refuse_ended(case)
    return Held(case, task, tuple(cases.together(sitting.session, task)))


def refuse_ended(case: Case) -> None:
    """Raise `Conflict` for an application that nobody reviews any more, saying why."""
    if case.status in _ENDED:
        raise Conflict(_ENDED[case.status])
    if case.status not in UNDER_REVIEW:
        raise Conflict("办件已不在审核阶段")


def place_at(sitting: Sitting, task: TaskRow, actor: Actor) -> Place:
    """In whose place somebody acts on a task: his own, that of the absent colleague who took it, or the chief's right.

    A deputy stands in only between the first and the last day of his deputyship, both included. Raises `Conflict`
    for everybody else.
    """
    if task.officer_id is None or task.on_behalf_of == actor.id:
        return Place()
    stands_for: Mapping[UUID, str] = {}
    if task.officer_id != actor.id or task.on_behalf_of is not None:
        stands_for = _stands_in_for(sitting, actor)
    if task.officer_id == actor.id:
        if task.on_behalf_of is None:
            return Place()
        if task.on_behalf_of in stands_for:
            return Place(task.on_behalf_of, stands_for[task.on_behalf_of])
        raise Conflict("代理期已过，请退回待认领，由本人或其他人办理")
    if task.officer_id in stands_for:
        return Place(task.officer_id, stands_for[task.officer_id])
    if chiefs_place(sitting, actor, task.unit_code) is not None:
        return Place()
    raise Conflict("这项任务已由他人认领；本人不在时，由其代理人在代理期内或由首席代表接办")


def chiefs_place(sitting: Sitting, actor: Actor, unit_code: str) -> Place | None:
    """Whether somebody decides as the chief representative or head of a unit: by post, or as deputy of who holds it."""
    if actor.id is None or actor.unit_code != unit_code:
        return None
    if offices.holds_post(sitting.session, actor.id, unit_code=unit_code):
        return Place()
    for absent_id, name in _stands_in_for(sitting, actor).items():
        if offices.holds_post(sitting.session, absent_id, unit_code=unit_code):
            return Place(absent_id, name)
    return None


def second_persons_place(sitting: Sitting, task: TaskRow, actor: Actor, *, by_chief: bool) -> Place:
    """As what somebody checks a first review; `by_chief` for matters that are not delegated to the window.

    Raises `NotAllowed` for the first person, for whom the first person stood in, and for whoever is neither checker
    nor chief representative.
    """
    if actor.id in (task.officer_id, task.on_behalf_of):
        raise NotAllowed("初审和复核须由两个人办理，您是这项任务的初审人")
    chief = chiefs_place(sitting, actor, task.unit_code)
    if chief is not None:
        if chief.absent_id is not None and chief.absent_id in (task.officer_id, task.on_behalf_of):
            raise NotAllowed("初审和复核须由两个人办理，您代理的正是这项任务的初审人")
        return chief
    if by_chief:
        raise NotAllowed("这个事项未授权窗口决定，须由本单位首席代表或负责人复核")
    account = accounts.load(sitting.session, actor.id) if actor.id else None
    if account is None or account.role != "checker":
        raise NotAllowed("复核由本单位复核人员、首席代表或负责人办理")
    return Place()


def name_of(sitting: Sitting, account_id: UUID | None) -> str:
    """What somebody is called; empty for nobody."""
    account = accounts.load(sitting.session, account_id) if account_id else None
    return account.display_name if account else ""


def _stands_in_for(sitting: Sitting, actor: Actor) -> Mapping[UUID, str]:
    return offices.stands_in_for(sitting.session, actor.id, on=sitting.today) if actor.id else {}
