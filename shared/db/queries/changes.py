"""What finance and an applicant read of a bill's changes: area surveys, objections, and which bill replaced which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.domain.errors import NotFound

#: Most rows of a list; what is older than these is found through its bill.
LIST_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyView:
    """An area survey; `differences` are items with their amounts before and after, 分."""

    id: UUID
    application_id: UUID
    application_number: str
    project_name: str
    state: str
    facts: dict[str, str]
    document: str
    surveyed_on: date
    differences: list[dict[str, Any]]
    supplement_fen: int
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    opinion: str
    bill_id: UUID | None
    bill_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeView:
    """An objection to a bill with its answer."""

    id: UUID
    application_id: UUID
    application_number: str
    project_name: str
    bill_id: UUID
    bill_number: str
    number: str
    state: str
    item_codes: list[str]
    grounds: str
    raised_by: str
    raised_at: datetime
    due_on: date
    outcome: str
    answer: str
    answered_by: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillHead:
    """A bill by its number, whose it is, and how it stands."""

    id: UUID
    application_id: UUID
    application_number: str
    applicant_id: UUID
    project_name: str
    number: str
    status: str
    item_codes: list[str]


_SURVEY = (
    "select s.id, s.application_id, a.number as application_number, a.project_name, s.state, s.facts, s.document, "
    "s.surveyed_on, s.differences, s.supplement_fen, p.display_name as asked_by, s.asked_at, "
    "coalesce(d.display_name, '') as decided_by, s.decided_at, s.opinion, s.bill_id, coalesce(b.number, '') "
    "as bill_number from area_survey s join application a on a.id = s.application_id "
    "join account p on p.id = s.asked_by left join account d on d.id = s.decided_by "
    "left join bill b on b.id = s.bill_id"
)
_DISPUTE = (
    "select x.id, x.application_id, a.number as application_number, a.project_name, x.bill_id, "
    "b.number as bill_number, x.number, x.state, x.item_codes, x.grounds, p.display_name as raised_by, x.raised_at, "
    "x.due_on, x.outcome, "
    "x.answer, coalesce(d.display_name, '') as answered_by, x.answered_at from dispute x "
    "join application a on a.id = x.application_id join bill b on b.id = x.bill_id "
    "join account p on p.id = x.raised_by left join account d on d.id = x.answered_by"
)


def surveys(session: Session, *, application_id: UUID | None = None) -> list[SurveyView]:
    """Area surveys, those that wait first; of one application if it is named."""
    where = "where s.application_id = :id" if application_id else ""
    rows = session.execute(
        text(f"{_SURVEY} {where} order by s.state <> 'asked', s.asked_at desc limit {LIST_MAX}"),
        {"id": application_id} if application_id else {},
    )
    return [SurveyView(**row._mapping) for row in rows]


def survey(session: Session, survey_id: UUID) -> SurveyView:
    """One area survey; raises `NotFound`."""
    row = session.execute(text(f"{_SURVEY} where s.id = :id"), {"id": survey_id}).one_or_none()
    if row is None:
        raise NotFound("没有这项面积实测结算")
    return SurveyView(**row._mapping)


def disputes(session: Session, *, bill_id: UUID | None = None) -> list[DisputeView]:
    """Objections, those that wait first by their due date; of one bill if it is named."""
    where = "where x.bill_id = :id" if bill_id else ""
    rows = session.execute(
        text(f"{_DISPUTE} {where} order by x.state <> 'open', x.due_on, x.raised_at desc limit {LIST_MAX}"),
        {"id": bill_id} if bill_id else {},
    )
    return [DisputeView(**row._mapping) for row in rows]


def dispute(session: Session, dispute_id: UUID) -> DisputeView:
    """One objection; raises `NotFound`."""
    row = session.execute(text(f"{_DISPUTE} where x.id = :id"), {"id": dispute_id}).one_or_none()
    if row is None:
        raise NotFound("没有这项异议")
    return DisputeView(**row._mapping)


def bill_head(session: Session, bill_id: UUID) -> BillHead:
    """One bill; raises `NotFound`."""
    row = session.execute(
        text(
            "select b.id, b.application_id, a.number as application_number, a.applicant_id, a.project_name, b.number, "
            "b.status, (select array_agg(l.item_code order by l.seq) from bill_line l where l.bill_id = b.id) "
            "as item_codes from bill b join application a on a.id = b.application_id where b.id = :id"
        ),
        {"id": bill_id},
    ).one_or_none()
    if row is None:
        raise NotFound("缴费通知书不存在")
    return BillHead(**row._mapping)
