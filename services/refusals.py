"""不予许可决定书: the lead window's chief ends an application against which an objection stands.

Each objecting unit's reason and way to approval stand in it, and what the applicant can do against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services import authority, endings, notices
from services.sitting import Sitting
from services.verdicts import OPINION_LENGTH_MAX
from shared.db import cases, documents, numbers, refusals, trail
from shared.db.cases import TaskRow
from shared.db.trail import Act, Actor
from shared.domain.characters import written
from shared.domain.errors import Conflict, Invalid, NotAllowed, Problem
from shared.logs import logger

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the decision says about one objection: why, and how it could be approved."""

    reason: str
    way: str


def standing(sitting: Sitting, application_id: UUID) -> list[TaskRow]:
    """The objections that stand against an application."""
    return [task for task in cases.tasks_of(sitting.session, application_id) if task.status == "objected"]


def refuse(
    sitting: Sitting,
    *,
    application_id: UUID,
    actor: Actor,
    grounds: Mapping[str, Ground] | None = None,
    version: int | None = None,
) -> str:
    """Decide that an application is refused; gives the decision's number. May be repeated.

    `grounds` are by matter, each standing objection's own words unless given. Raises `NotAllowed` for anyone but the
    lead window's chief, `Conflict` if no objection stands or somebody else was faster, `Invalid` for a ground without
    reason or way to approval.
    """
    lead = sitting.city.lead_unit
    place = authority.chiefs_place(sitting, actor, lead)
    if place is None:
        raise NotAllowed("不予许可决定由牵头窗口的首席代表作出")
    case = cases.lock_one(sitting.session, application_id)
    before = refusals.of_application(sitting.session, case.id)
    if before is not None:
        return before.number
    authority.refuse_ended(case)
    objected = standing(sitting, case.id)
    if not objected:
        raise Conflict("没有部门不同意，不能作出不予许可决定")
    if version is not None and case.version != version:
        raise Conflict("办件刚刚有变化，请核对后再作决定；您填写的内容仍在页面上")
    rows = _grounds(sitting, objected, grounds or {})
    number = _number(sitting)
    refusal_id = refusals.add(
        sitting.session,
        sitting.tenant,
        application_id=case.id,
        number=number,
        grounds=rows,
        decided_by=actor.id,
        decided_at=sitting.now,
    )
    documents.request(
        sitting.session,
        sitting.tenant,
        [documents.Wish("refusal", refusal_id, case.id, f"不予许可决定书 {number}")],
        now=sitting.now,
    )
    more = {"for": place.absent_name} if place.absent_name else {}
    data = {"refusal": number, "matters": [task.matter_code for task in objected], **more}
    refused = Act("application_refused", sitting.now, actor, lead, data)
    acts = endings.end(sitting, case, status="refused", why="不予许可", by=actor)
    trail.append(sitting.session, sitting.tenant, {case.id: [refused, *acts]}, signer=sitting.signer)
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="refused",
        key=f"refused:{case.id}",
        title=f"{case.number}：不予许可决定",
        body=f"已作出不予许可决定 {number}，决定书写明理由、怎样才能办和救济途径。",
        application_id=case.id,
        href=f"/apply/cases/{case.id}",
    )
    log.info("application_refused", application=case.number, refusal=number)
    return number


def _grounds(sitting: Sitting, objected: list[TaskRow], given: Mapping[str, Ground]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for task in objected:
        ground = given.get(task.matter_code, Ground(task.opinion, task.way))
        kept = {}
        for field, text in (("reason", ground.reason), ("way", ground.way)):
            needed = f"{task.matter_name}：决定书须写明不同意的理由和怎样才能办"
            try:
                kept[field] = written(f"{field}-{task.matter_code}", text, missing=needed, most=OPINION_LENGTH_MAX)
            except Invalid as invalid:
                problems += invalid.problems
        matter = sitting.city.matters_by_code.get(task.matter_code)
        rows.append(
            {
                "matter": task.matter_code,
                "matter_name": task.matter_name,
                "unit": task.unit_code,
                "clause": matter.legal_basis if matter else "",
                **kept,
            }
        )
    if problems:
        raise Invalid(problems)
    return rows


def _number(sitting: Sitting) -> str:
    year = sitting.today.year
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"refusal:{year}")[0]
    return sitting.city.number("refusal", year, running)
