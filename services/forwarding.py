"""同意但需转报: a unit agrees, but a higher organ has the last word; its answer is urged until it is in.

The clock stands still meanwhile. The answer ends the wait as the unit's verdict.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services import authority, notices, verdicts
from services.sitting import Sitting
from services.verdicts import NAME_LENGTH_MAX, OPINION_LENGTH_MAX, Verdict
from shared.db import trail, waits
from shared.db.cases import TaskRow
from shared.db.trail import Act, Actor
from shared.domain.characters import written
from shared.domain.errors import Conflict, Invalid, Problem
from shared.logs import logger

log = logger(__name__)


def forward(
    sitting: Sitting,
    *,
    task_id: UUID,
    actor: Actor,
    opinion: str,
    follow_up_on: date,
    organ: str = "",
    reference: str = "",
    version: int | None = None,
) -> None:
    """Agree and report a matter to a higher organ (the matter's own, unless `organ` names another).

    `follow_up_on` is the day on which somebody asks for the answer. Where a second person must check, it is proposed.
    May be repeated. Raises `Invalid` without an organ or with a day that is not ahead.
    """
    kept = written("opinion", opinion, missing="转报时须写明本单位的意见", most=OPINION_LENGTH_MAX)
    number = written("reference", reference, most=NAME_LENGTH_MAX)
    _refuse_past(sitting, "follow_up_on", follow_up_on)
    held = authority.hold(sitting, task_id, actor)
    matter = sitting.city.matters_by_code.get(held.task.matter_code)
    named = written("authority", organ, most=NAME_LENGTH_MAX) or (matter.forward_to if matter else "")
    if not named:
        raise Invalid([Problem("authority", "请写明转报的上级机关")])
    verdict = Verdict(kind="forwarded", opinion=kept, authority=named, reference=number, follow_up_on=follow_up_on)
    verdicts.say(sitting, held, verdict, actor=actor, version=version)


def follow_up(
    sitting: Sitting, *, task_id: UUID, actor: Actor, note: str, next_on: date, version: int | None = None
) -> None:
    """Record that somebody asked the higher organ for its answer, and the day to ask again.

    `version` counts the follow-ups that the page showed: the same click twice is refused with `Conflict`.
    """
    kept = written("note", note, missing="请写明催办的方式和结果", most=OPINION_LENGTH_MAX)
    _refuse_past(sitting, "next_on", next_on)
    held = authority.hold(sitting, task_id, actor)
    acts = []
    for task in _reported(held):
        wait = waits.open_of(sitting.session, task.id)
        if version is not None and len(wait.follow_ups) != version:
            raise Conflict("刚刚有人登记过催办，请刷新后查看")
        entry = {
            "at": sitting.now.isoformat(),
            "by": actor.name,
            "by_id": str(actor.id),
            "note": kept,
            "next_on": next_on.isoformat(),
        }
        waits.follow_up(sitting.session, wait, entry, next_on=next_on)
        data = {"matter": task.matter_code, "authority": wait.authority, "note": kept, "next_on": next_on.isoformat()}
        acts.append(Act("report_urged", sitting.now, actor, task.unit_code, data))
    trail.append(sitting.session, sitting.tenant, {held.case.id: acts}, signer=sitting.signer)


def answer(
    sitting: Sitting,
    *,
    task_id: UUID,
    actor: Actor,
    approved: bool,
    note: str,
    way: str | None = None,
    version: int | None = None,
) -> None:
    """Record the higher organ's answer, which is the unit's verdict: approval, or objection with reason and way.

    May be repeated with the same answer. Raises `VerdictAlreadyGiven` for another one, `Invalid` without its text.
    """
    if approved:
        verdict = Verdict(
            kind="approved",
            opinion=written("note", note, missing="请写明上级答复的文号或内容", most=OPINION_LENGTH_MAX),
        )
    else:
        reason, how = verdicts.read_objection(note, way)
        verdict = Verdict(kind="objected", opinion=reason, way=how)
    held = authority.hold(sitting, task_id, actor)
    task = held.task
    if task.status == verdict.kind and waits.is_answered(sitting.session, task.id, verdict.kind):
        return
    if version is not None and task.version != version:
        raise Conflict(verdicts.STALE)
    tasks = _reported(held)
    for each in tasks:
        wait = waits.open_of(sitting.session, each.id)
        waits.answered(
            sitting.session,
            wait,
            answer="approved" if approved else "refused",
            note=verdict.opinion,
            at=sitting.now,
        )
        verdicts.give(
            sitting,
            held.case,
            [each],
            verdict,
            by=actor,
            changes={"officer_id": each.officer_id, "on_behalf_of": each.on_behalf_of},
            more={
                "authority": wait.authority,
                "reference": wait.reference_number,
                "officer": authority.name_of(sitting, task.officer_id),
                "checker": authority.name_of(sitting, task.checker_id),
            },
        )


def urge_due(sitting: Sitting) -> None:
    """Tell units about reports upwards whose follow-up date has come and that nobody has asked about. May be repeated.

    Each follow-up date is told once, however late this runs.
    """
    for wait, number, matter, unit_code in waits.due(sitting.session, sitting.today):
        days = sitting.city.calendar.between(wait.sent_at.astimezone(sitting.now.tzinfo).date(), sitting.today)
        notices.tell(
            sitting,
            [*notices.person(sitting, wait.sent_by), *notices.desk(sitting, unit_code)],
            kind="report_due",
            key=f"report:{wait.id}:{wait.follow_up_on}",
            title=f"{number} {matter}：请催办上级答复",
            body=f"已转报{wait.authority} {days} 个工作日，应于 {wait.follow_up_on} 催办，还没有登记答复。",
            application_id=wait.application_id,
            href=f"/desk/tasks/{wait.task_id}",
        )


def _reported(held: authority.Held) -> list[TaskRow]:
    tasks = held.those("forwarded")
    if held.task.status != "forwarded":
        raise Conflict("这项任务没有在等上级答复")
    return tasks


def _refuse_past(sitting: Sitting, field: str, day: date) -> None:
    if day <= sitting.today:
        raise Invalid([Problem(field, "催办日期应在今天之后")])
