"""A case before the lead window's chief: the objections that stand against it, and the decision if there is one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.domain.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingObjection:
    """One unit's objection in its own words; `way` is empty where a program gave only the reason."""

    matter_code: str
    matter_name: str
    unit_code: str
    officer: str
    reason: str
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalCase:
    """The application as the decision names it; `refusal_number` once it is made, `document_id` once it is drawn."""

    application_id: UUID
    number: str
    project_name: str
    developer_name: str
    status: str
    version: int
    refusal_number: str | None
    document_id: UUID | None
    meeting_number: str | None
    objections: tuple[StandingObjection, ...]


def refusal_case(session: Session, application_id: UUID) -> RefusalCase:
    """One application with its objections; raises `NotFound`. Two queries."""
    row = session.execute(_CASE, {"id": application_id}).one_or_none()
    if row is None:
        raise NotFound("办件不存在，或不在您的办理范围内")
    objections = tuple(
        StandingObjection(**each._mapping) for each in session.execute(_OBJECTIONS, {"id": application_id})
    )
    return RefusalCase(**row._mapping, objections=objections)


_CASE = text(
    "select a.id as application_id, a.number, a.project_name, a.developer_name, a.status, a.version, "
    "r.number as refusal_number, d.id as document_id, m.number as meeting_number from application a "
    "left join refusal r on r.application_id = a.id "
    "left join document d on d.kind = 'refusal' and d.subject_id = r.id and d.sha256 is not null "
    "left join meeting m on m.application_id = a.id and m.kind = 'objection' and m.state = 'called' where a.id = :id "
    "limit 1"
)
_OBJECTIONS = text(
    "select t.matter_code, t.matter_name, t.unit_code, coalesce(o.display_name, '') as officer, t.opinion as reason, "
    "t.way from review_task t left join account o on o.id = t.officer_id "
    "where t.application_id = :id and t.status = 'objected' order by t.seq"
)
