"""Corrections as pages show them: a case's notices with every request and answer, and what changed since a verdict.

Who may look is checked by whoever asks here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.domain.corrections import merged

#: Longest list on one page.
LIST_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One request of one unit with what came of it; `is_needed` is false once its task is decided without it."""

    id: UUID
    notice_id: UUID
    task_id: UUID
    unit_code: str
    matter_code: str
    kind: str
    target: str
    reason: str
    clause: str
    wanted: str
    state: str
    asked_by: str
    asked_at: datetime
    old_value: str
    typed: Mapping[str, Any]
    new_value: str
    explanation: str
    attachment_id: UUID | None
    file_name: str
    answered_at: datetime | None
    is_needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """One notice; `items` without those that were taken back, in the order asked."""

    id: UUID
    application_id: UUID
    seq: int
    number: str | None
    state: str
    window_until: date
    sent_on: date | None
    reply_due_on: date | None
    answered_at: datetime | None
    document_id: UUID | None
    items: tuple[ItemView, ...]

    @property
    def groups(self) -> tuple[tuple[ItemView, ...], ...]:
        """The requests by target, those that are still needed or answered."""
        return merged(item for item in self.items if item.is_needed or item.state == "answered")

    @property
    def corrected(self) -> dict[str, Any]:
        """The values kept so far, right or wrong, by fact."""
        typed = {group[0].target: group[0].typed for group in self.groups if group[0].kind == "fact"}
        return {name: kept["value"] for name, kept in typed.items() if kept.get("value") is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """What was answered about one target; a paper's files by id and name, a fact's values as JSON."""

    kind: str
    target: str
    number: str
    old_value: str
    new_value: str
    explanation: str
    attachment_id: str | None
    file_name: str
    old_attachment_id: str | None
    old_file_name: str

    @property
    def is_changed(self) -> bool:
        """Whether a fact or a paper is no longer what it was; words alone change neither."""
        return self.attachment_id is not None or (self.kind == "fact" and bool(self.new_value))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice in a list of those that wait."""

    id: UUID
    application_id: UUID
    case_number: str
    project_name: str
    developer_name: str
    number: str | None
    state: str
    window_until: date
    sent_on: date | None
    reply_due_on: date | None
    items: int
    units: tuple[str, ...]
    task_id: UUID | None


def of_application(session: Session, application_id: UUID) -> tuple[NoticeView, ...]:
    """The notices of an application, oldest first, cancelled ones left out. Two queries."""
    known = {"id": application_id}
    items: dict[UUID, list[ItemView]] = {}
    for row in session.execute(
        text(
            "select i.id, i.notice_id, i.task_id, i.unit_code, i.matter_code, i.kind, i.target, i.reason, i.clause, "
            "i.wanted, i.state, p.display_name as asked_by, i.asked_at, i.old_value, i.typed, i.new_value, "
            "i.explanation, i.attachment_id, coalesce(f.file_name, '') as file_name, i.answered_at, "
            "i.state = 'asked' and t.status not in ('approved', 'cancelled') as is_needed "
            "from correction_item i join review_task t on t.id = i.task_id join account p on p.id = i.asked_by "
            "left join attachment f on f.id = i.attachment_id "
            "where i.application_id = :id and i.state <> 'withdrawn' order by i.seq"
        ),
        known,
    ):
        items.setdefault(row.notice_id, []).append(ItemView(**row._mapping))
    notices = session.execute(
        text(
            "select n.id, n.application_id, n.seq, n.number, n.state, n.window_until, n.sent_on, n.reply_due_on, "
            "n.answered_at, d.id as document_id from correction_notice n left join document d "
            "on d.kind = 'correction' and d.subject_id = n.id and d.sha256 is not null "
            "where n.application_id = :id and n.state <> 'cancelled' order by n.seq"
        ),
        known,
    )
    return tuple(NoticeView(**row._mapping, items=tuple(items.get(row.id, ()))) for row in notices)


#: What was answered since the last verdict on a matter, each target once: first value before, last after. One JSON
#: array for the application and the matter that the query around it is about, so that a case's page asks no more often.
CHANGES = (
    "(select jsonb_agg(to_jsonb(c)) from (select distinct on (i.kind, i.target) i.kind, i.target, n.number, "
    "first_value(i.old_value) over mine as old_value, last_value(i.new_value) over mine as new_value, "
    "last_value(i.explanation) over mine as explanation, "
    "last_value(i.attachment_id) over mine as attachment_id, coalesce(f.file_name, '') as file_name, "
    "old.id as old_attachment_id, coalesce(old.file_name, '') as old_file_name "
    "from correction_item i join correction_notice n on n.id = i.notice_id "
    "join audit_event e on e.application_id = i.application_id and e.verb = 'correction_answered' "
    "  and e.data->>'notice' = n.number "
    "left join attachment f on f.id = i.attachment_id "
    "left join lateral (select a.id, a.file_name from attachment a where a.replaced_by = i.attachment_id "
    "  order by a.created_at limit 1) old on true "
    "where i.application_id = application.id and i.state = 'answered' "
    "and e.seq > coalesce((select max(v.seq) from audit_event v where v.application_id = application.id "
    "  and v.verb in ('matter_approved', 'matter_objected') and v.data->>'matter' = review_task.matter_code), 0) "
    "window mine as (partition by i.kind, i.target order by n.seq, i.seq "
    "  rows between unbounded preceding and unbounded following) "
    "order by i.kind, i.target, n.seq desc, i.seq desc) c)"
)


def read_changes(found: Sequence[Mapping[str, Any]] | None) -> tuple[ChangeView, ...]:
    """What `CHANGES` found."""
    return tuple(ChangeView(**each) for each in found or ())


def waiting(session: Session, *, unit_code: str, is_lead: bool) -> tuple[NoticeRow, ...]:
    """Notices that are collecting or unanswered, the most pressing first: a unit's own, or all for the lead window."""
    rows = session.execute(
        text(
            "select n.id, n.application_id, a.number as case_number, a.project_name, a.developer_name, n.number, "
            "n.state, n.window_until, n.sent_on, n.reply_due_on, i.items, i.units, "
            "(select t.id from review_task t where t.application_id = n.application_id and t.unit_code = :unit "
            "  order by t.status in ('approved', 'objected', 'cancelled'), t.seq limit 1) as task_id "
            "from correction_notice n join application a on a.id = n.application_id "
            "cross join lateral (select count(distinct (kind, target)) as items, "
            "  array_agg(distinct unit_code) as units from correction_item "
            "  where notice_id = n.id and state = 'asked') i "
            "where n.state in ('collecting', 'sent') and (:lead or :unit = any(i.units)) "
            "order by coalesce(n.reply_due_on, n.window_until), a.number limit :most"
        ),
        {"unit": unit_code, "lead": is_lead, "most": LIST_MAX},
    )
    return tuple(NoticeRow(**{**row._mapping, "units": tuple(row.units or ())}) for row in rows)


def due_of_applications(session: Session, applicant_id: UUID) -> Mapping[UUID, date]:
    """Until when an applicant's applications wait for corrections; those that wait for none are left out."""
    rows = session.execute(
        text(
            "select n.application_id, n.reply_due_on from correction_notice n join application a "
            "on a.id = n.application_id where a.applicant_id = :id and n.state = 'sent' "
            "and a.status in ('in_review', 'objected', 'billed')"
        ),
        {"id": applicant_id},
    )
    return {row.application_id: row.reply_due_on for row in rows}


def head(session: Session, application_id: UUID) -> tuple[str, str] | None:
    """Number and project of an application; None if there is none."""
    row = session.execute(
        text("select number, project_name from application where id = :id"), {"id": application_id}
    ).one_or_none()
    return None if row is None else (row.number, row.project_name)
