"""Departments review an application at the same time: an officer takes a task, then approves or objects.

Where a second person is needed (一审一核), the officer's word is a proposal until that person has checked it. Tasks of
one step (合并办理) are taken, released and decided together.
"""

from __future__ import annotations

from uuid import UUID

from services import authority, verdicts
from services.authority import DECIDED, IN_HAND, Held
from services.sitting import Sitting
from services.verdicts import OPINION_LENGTH_MAX, STALE, Verdict
from shared.db import cases, trail
from shared.db.trail import Act, Actor
from shared.domain import seen
from shared.domain.characters import written
from shared.domain.errors import Conflict
from shared.logs import logger

log = logger(__name__)

__all__ = ["DECIDED", "OPINION_LENGTH_MAX", "change_to_consent", "check", "decide", "release", "take"]


def take(sitting: Sitting, *, task_id: UUID, actor: Actor) -> None:
    """Put an open task into an officer's hands; taking one's own again changes nothing.

    A deputy takes what an absent colleague has taken, the chief representative what anybody has.
    """
    held = authority.hold(sitting, task_id, actor)
    task = held.task
    if task.status == "taken" and task.officer_id == actor.id:
        return
    if task.status not in IN_HAND:
        raise Conflict("这项任务已由他人认领或已办结")
    place = authority.place_at(sitting, task, actor)
    before = authority.name_of(sitting, task.officer_id)
    acts = []
    for each in held.those(*IN_HAND):
        authority.place_at(sitting, each, actor)
        cases.save_task(
            sitting.session,
            each,
            status="taken",
            officer_id=actor.id,
            on_behalf_of=place.absent_id,
            taken_at=sitting.now,
        )
        more = {"for": place.absent_name} if place.absent_id else {"from": before} if before else {}
        acts.append(Act("task_taken", sitting.now, actor, each.unit_code, {"matter": each.matter_code, **more}))
    _write(sitting, held, acts)


def release(sitting: Sitting, *, task_id: UUID, actor: Actor) -> None:
    """Put a task back on the unit's desk; releasing an open one changes nothing."""
    held = authority.hold(sitting, task_id, actor)
    task = held.task
    if task.status == "open":
        return
    if task.status != "taken" or actor.id not in (task.officer_id, task.on_behalf_of):
        raise Conflict("这项任务不在您手上")
    acts = []
    for each in held.those("taken"):
        cases.save_task(sitting.session, each, status="open", officer_id=None, on_behalf_of=None, taken_at=None)
        acts.append(Act("task_released", sitting.now, actor, each.unit_code, {"matter": each.matter_code}))
    _write(sitting, held, acts)


def decide(
    sitting: Sitting,
    *,
    task_id: UUID,
    actor: Actor,
    approve: bool,
    opinion: str,
    way: str | None = None,
    version: int | None = None,
) -> None:
    """Record a unit's verdict on its matter, sealed with the unit's key; the last one asks for the bill.

    Where a second person must check, it is proposed to that person instead. An objection needs its reason and the way
    to approval (只说怎么办，不说不能办); `way` is None only from programs that write both into the opinion. May be
    repeated with the same verdict: the second time changes nothing. Raises `VerdictAlreadyGiven` if the verdict
    differs, `Conflict` if `version` is not what the officer saw, `Invalid` for an objection without a reason.
    """
    if approve:
        verdict = Verdict(kind="approved", opinion=written("opinion", opinion, most=OPINION_LENGTH_MAX))
    else:
        reason, how = verdicts.read_objection(opinion, way)
        verdict = Verdict(kind="objected", opinion=reason, way=how)
    held = authority.hold(sitting, task_id, actor)
    verdicts.say(sitting, held, verdict, actor=actor, version=version)


def check(
    sitting: Sitting, *, task_id: UUID, actor: Actor, confirm: bool, reason: str = "", version: int | None = None
) -> None:
    """The second person confirms a first review, or sends it back with a reason.

    Confirming seals the verdict in both names, and only over the same facts and papers that the first person saw.
    May be repeated. Raises `NotAllowed` for the first person and for whoever may not check, `Conflict` if there is
    nothing to check or what was seen has changed.
    """
    reason = written("reason", reason, missing="" if confirm else "退回初审时须写明理由", most=OPINION_LENGTH_MAX)
    held = authority.hold(sitting, task_id, actor)
    task = held.task
    if confirm and task.checker_id == actor.id and task.status in (*DECIDED, "forwarded"):
        return
    returned = task.proposal.get("returned", {})
    if not confirm and task.status == "taken" and returned.get("by_id") == str(actor.id):
        return
    if task.status != "checking":
        raise Conflict("这项任务没有在等复核，请刷新后查看")
    tasks = held.proposed_with_it()
    by_chief = not all(verdicts.is_delegated(sitting, each) for each in tasks)
    place = authority.second_persons_place(sitting, task, actor, by_chief=by_chief)
    if version is not None and task.version != version:
        raise Conflict(STALE)
    if not confirm:
        _send_back(sitting, held, actor, reason, place.absent_name)
        return
    now = verdicts.seen_now(sitting, held.case, tasks)
    if any(seen.changed(task.proposal.get("seen", {}), now)):
        raise Conflict("初审之后，这个事项所依据的事实或材料有变化，请退回初审")
    verdicts.give(
        sitting,
        held.case,
        tasks,
        Verdict.proposed(task),
        by=actor,
        changes={"officer_id": task.officer_id, "on_behalf_of": task.on_behalf_of, "checker_id": actor.id},
        more={
            "officer": authority.name_of(sitting, task.officer_id),
            "officer_id": str(task.officer_id),
            "for": authority.name_of(sitting, task.on_behalf_of),
            "checker": actor.name,
            "checker_for": place.absent_name,
        },
    )


def change_to_consent(
    sitting: Sitting, *, task_id: UUID, actor: Actor, opinion: str, version: int | None = None
) -> None:
    """A unit that objected agrees after all, in a new round and sealed; a second person checks it where one must.

    Possible until a joint meeting or a refusal has decided. Only once: repeating it changes nothing. Raises `Conflict`
    if there is no objection.
    """
    verdict = Verdict(kind="approved", opinion=written("opinion", opinion, most=OPINION_LENGTH_MAX))
    held = authority.hold(sitting, task_id, actor)
    task = held.task
    said = task.first_verdict if task.status == "checking" else task.status
    if task.round > 1 and task.officer_id == actor.id and said == "approved":
        return
    if task.status != "objected":
        raise Conflict("这项任务没有不同意的结论，不能改为同意")
    authority.refuse_ended(held.case)
    if version is not None and task.version != version:
        raise Conflict(STALE)
    verdicts.begin_again(sitting, held.case, held.those("objected"), actor=actor, reason="不同意改为同意")
    again = authority.hold(sitting, task_id, actor)
    verdicts.say(sitting, again, verdict, actor=actor, version=None)


def _send_back(sitting: Sitting, held: Held, actor: Actor, reason: str, absent_name: str) -> None:
    acts = []
    for each in held.proposed_with_it():
        cases.save_task(
            sitting.session,
            each,
            status="taken",
            first_verdict=None,
            first_decided_at=None,
            proposal={
                "returned": {
                    "by": actor.name,
                    "by_id": str(actor.id),
                    "for": absent_name,
                    "at": sitting.now.isoformat(),
                    "reason": reason,
                }
            },
        )
        more = {"for": absent_name} if absent_name else {}
        data = {"matter": each.matter_code, "reason": reason, **more}
        acts.append(Act("check_returned", sitting.now, actor, each.unit_code, data))
        log.info("check_returned", application=held.case.number, matter=each.matter_code)
    _write(sitting, held, acts)


def _write(sitting: Sitting, held: Held, acts: list[Act]) -> None:
    trail.append(sitting.session, sitting.tenant, {held.case.id: acts}, signer=sitting.signer)
