"""What a desk must know to decide one task: who said what so far, who may act in whose place, what lies upwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db.city import City
from shared.domain import seen
from shared.domain.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report to a higher organ, open while `answered_at` is None; `follow_ups` oldest first."""

    authority: str
    reference: str
    sent_at: datetime
    sent_by: str
    follow_up_on: date
    follow_ups: Sequence[Mapping[str, Any]]
    answer_note: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One task with everything said about it.

    `absent` is the colleague in whose place the officer acted. `chief` is the name in the unit's post; `is_chief`
    whether the viewer decides by it, `stands_in_for` whose place the viewer may take today. `together` are the other
    matters of its step that are in the same state. `changed` are the facts and the materials that are no longer what
    the first reviewer saw.
    """

    task_id: UUID
    application_id: UUID
    case_status: str
    matter_code: str
    matter_name: str
    unit_code: str
    status: str
    version: int
    round: int
    needs_two: bool
    is_delegated: bool
    officer_id: UUID | None
    officer: str
    on_behalf_of: UUID | None
    absent: str
    checker: str
    first_verdict: str | None
    first_opinion: str
    first_decided_at: datetime | None
    proposal: Mapping[str, Any]
    opinion: str
    way: str
    decided_at: datetime | None
    is_by_default: bool
    together: tuple[str, ...]
    chief: str
    is_chief: bool
    stands_in_for: frozenset[UUID]
    changed: tuple[tuple[str, ...], tuple[str, ...]]
    report: Report | None


def decision(session: Session, city: City, task_id: UUID, *, account_id: UUID, today: date) -> Decision:
    """One task for whoever looks at it; raises `NotFound`. One query."""
    row = session.execute(_TASK, {"id": task_id, "viewer": account_id, "today": today}).one_or_none()
    if row is None:
        raise NotFound("审核任务不存在，或不在您的办理范围内")
    holders = {UUID(each["account_id"]) for each in row.holders if each["account_id"]}
    stands_in_for = frozenset(row.stands_in_for)
    own = next((each["first"] for each in row.step if each["id"] == str(task_id)), None)
    step = [
        each
        for each in row.step
        if _same(each["status"]) == _same(row.status) and (row.status != "checking" or each["first"] == own)
    ]
    others = [each for each in step if each["id"] != str(task_id)]
    codes = [row.matter_code, *(each["matter_code"] for each in others)]
    matters = [city.matters_by_code[code] for code in codes if code in city.matters_by_code]
    changed: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    if row.status == "checking":
        papers = [(material, digest) for material, digest in row.papers]
        changed = seen.changed(row.proposal.get("seen", {}), seen.seen_by(matters, row.facts, papers))
    report = None
    if row.authority is not None:
        report = Report(**{name: row._mapping[name] for name in Report.__dataclass_fields__})
    made = ("together", "stands_in_for", "changed", "report")
    plain = [name for name in Decision.__dataclass_fields__ if name in row._mapping and name not in made]
    return Decision(
        **{name: row._mapping[name] for name in plain},
        needs_two=row.mode == "two_person" or any(each["mode"] == "two_person" for each in step),
        is_delegated=all(matter.delegated for matter in matters),
        together=tuple(each["matter_name"] for each in others),
        chief=next((each["name"] for each in row.holders), ""),
        is_chief=account_id in holders or bool(stands_in_for & holders),
        stands_in_for=stands_in_for,
        changed=changed,
        report=report,
    )


def _same(status: str) -> str:
    return "in_hand" if status in ("open", "taken") else status


_TASK = text(
    "select t.id as task_id, t.application_id, a.status as case_status, a.facts, t.matter_code, t.matter_name, "
    "t.unit_code, t.status, t.version, t.round, t.mode, t.step_code, t.officer_id, "
    "coalesce(o.display_name, '') as officer, t.on_behalf_of, coalesce(b.display_name, '') as absent, "
    "coalesce(c.display_name, '') as checker, t.first_verdict, t.first_opinion, t.first_decided_at, t.proposal, "
    "t.opinion, t.way, t.decided_at, t.is_by_default, w.authority, w.reference_number as reference, w.sent_at, "
    "coalesce(s.display_name, '') as sent_by, w.follow_up_on, w.follow_ups, w.answer_note, w.answered_at, "
    "coalesce((select jsonb_agg(jsonb_build_object('account_id', p.account_id, 'name', p.name) order by p.kind) "
    "from post p where p.unit_code = t.unit_code and p.kind in ('chief', 'head')), '[]') as holders, "
    "array(select d.account_id from deputy d "
    "where d.deputy_id = :viewer and d.from_on <= :today and d.to_on >= :today) as stands_in_for, "
    "coalesce((select jsonb_agg(jsonb_build_object('id', x.id, 'matter_code', x.matter_code, "
    "'matter_name', x.matter_name, 'mode', x.mode, 'status', x.status, "
    "'first', jsonb_build_array(x.officer_id, x.first_verdict, x.first_opinion, x.proposal)) "
    "order by x.seq) from review_task x "
    "where x.application_id = t.application_id and x.step_code = t.step_code and x.unit_code = t.unit_code), '[]') "
    "as step, case when t.status = 'checking' then coalesce((select jsonb_agg(jsonb_build_array(p.material_code, "
    "p.sha256) order by p.material_code, p.sha256) from attachment p where p.application_id = t.application_id "
    "and p.replaced_by is null), '[]') end as papers "
    "from review_task t join application a on a.id = t.application_id "
    "left join account o on o.id = t.officer_id left join account b on b.id = t.on_behalf_of "
    "left join account c on c.id = t.checker_id "
    "left join lateral (select * from external_wait x where x.task_id = t.id "
    "order by x.answered_at is not null, x.sent_at desc limit 1) w on true "
    "left join account s on s.id = w.sent_by where t.id = :id"
)
_CHIEF = text(
    "select exists (select from post p where p.unit_code = :unit and p.kind in ('chief', 'head') "
    "and (p.account_id = :viewer or p.account_id in (select d.account_id from deputy d "
    "where d.deputy_id = :viewer and d.from_on <= :today and d.to_on >= :today)))"
)


def is_chief(session: Session, unit_code: str, account_id: UUID, *, today: date) -> bool:
    """Whether somebody decides for a unit as its chief or head today, by post or as deputy. One query."""
    found = session.execute(_CHIEF, {"unit": unit_code, "viewer": account_id, "today": today})
    return bool(found.scalar_one())
