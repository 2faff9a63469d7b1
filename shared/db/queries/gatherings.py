"""What the pages of joint meetings, site surveys, the green channel and appointments read.

The wall stands in the query: a unit sees what it was invited to and the cases it handles, the lead window all of them;
anything else is not found, exactly like what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db.city import City
from shared.db.meetings import MeetingRow, SeatRow
from shared.db.surveys import FindingRow, SurveyRow
from shared.domain.errors import NotFound

#: Longest list on one page.
LIST_MAX = 100
_ROW = TypeVar("_ROW")


@dataclass(frozen=True, slots=True)
class CaseHead:
    """The application that people meet about."""

    id: UUID
    number: str
    project_name: str
    developer_name: str
    site: str
    status: str
    lane: str
    applicant_id: UUID


@dataclass(frozen=True, slots=True)
class CaseTask:
    """One of its matters."""

    id: UUID
    matter_code: str
    matter_name: str
    unit_code: str
    status: str
    due_on: date
    opinion: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can speak for a unit."""

    id: UUID
    name: str
    unit_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingView:
    """A meeting with everything to plan it, record it and read it; `verdicts` by task, verdict and opinion."""

    meeting: MeetingRow
    case: CaseHead
    tasks: tuple[CaseTask, ...]
    seats: tuple[SeatRow, ...]
    people: tuple[Person, ...]
    verdicts: Mapping[UUID, tuple[str, str]]
    minutes_id: UUID | None

    def person(self, account_id: UUID | None) -> str:
        """The name of somebody who spoke."""
        return next((each.name for each in self.people if each.id == account_id), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyView:
    """A survey with what every invited unit found."""

    survey: SurveyRow
    case: CaseHead
    findings: tuple[FindingRow, ...]
    organiser: str
    record_id: UUID | None


@dataclass(frozen=True, slots=True)
class Gathering:
    """A meeting or a survey in a list; `at` is None before it is planned."""

    id: UUID
    what: str
    kind: str
    number: str
    state: str
    at: datetime | None
    place: str
    reason: str
    application_number: str
    project_name: str
    units: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseGatherings:
    """A case with its tasks, meetings and surveys, the newest first."""

    case: CaseHead
    tasks: tuple[CaseTask, ...]
    gatherings: tuple[Gathering, ...]


@dataclass(frozen=True, slots=True)
class AskedCard:
    """An ask for the green channel that waits for the lead window, or was answered."""

    application_id: UUID
    application_number: str
    project_name: str
    developer_name: str
    criterion: str
    state: str
    number: str | None
    asked_at: datetime
    due_on: date


@dataclass(frozen=True, slots=True)
class BookedTime:
    """An appointment in a unit's list."""

    id: UUID
    unit_code: str
    at: datetime
    topic: str
    state: str
    application_number: str
    project_name: str
    developer_name: str


_CASE = ", ".join(f"a.{name}" for name in CaseHead.__dataclass_fields__)
_CASE_BESIDE = ", ".join(f"a.{name} as case_{name}" for name in CaseHead.__dataclass_fields__)
_MINE = "(:unit = :lead or exists (select from review_task t where t.application_id = a.id and t.unit_code = :unit)"
_GATHERINGS = (
    "select m.id, 'meeting' as what, m.kind, m.number, m.state, coalesce(m.held_at, m.planned_at) as at, m.place, "
    "m.reason, a.number as application_number, a.project_name, "
    "(select jsonb_agg(s.unit_code order by s.unit_code) from meeting_seat s where s.meeting_id = m.id) as units, "
    "m.called_at, m.application_id from meeting m join application a on a.id = m.application_id "
    "union all select v.id, 'survey', '', v.number, v.state, v.planned_at, v.place, v.note, a.number, a.project_name, "
    "(select jsonb_agg(f.unit_code order by f.unit_code) from survey_finding f where f.survey_id = v.id), "
    "v.called_at, v.application_id from survey v join application a on a.id = v.application_id"
)
_GATHERING = ", ".join(Gathering.__dataclass_fields__)


def meeting(session: Session, city: City, meeting_id: UUID, *, unit_code: str) -> MeetingView:
    """One meeting, for an invited unit or the lead window; raises `NotFound` for others. Five queries."""
    names = ", ".join(f"m.{name}" for name in MeetingRow.__dataclass_fields__ if name != "tasks")
    row = _one(
        session,
        f"select {names}, m.task_ids as tasks, {_CASE_BESIDE}, (select d.id from document d "  # noqa: S608 names of columns
        "where d.kind = 'minutes' and d.subject_id = m.id and d.sha256 is not null) as document_id "
        "from meeting m join application a on a.id = m.application_id where m.id = :id and (:unit = :lead or exists "
        "(select from meeting_seat s where s.meeting_id = m.id and s.unit_code = :unit))",
        {"id": meeting_id, "unit": unit_code, "lead": city.lead_unit},
        "没有这次联席会议，或它不在您的办理范围内",
    )
    given = {name: row[name] for name in MeetingRow.__dataclass_fields__}
    found = MeetingRow(**given | {"tasks": tuple(UUID(each) for each in row["tasks"])})
    seats = _all(session, SeatRow, "from meeting_seat where meeting_id = :id order by unit_code", {"id": meeting_id})
    verdicts = session.execute(
        text("select task_id, verdict, opinion from meeting_verdict where meeting_id = :id"), {"id": meeting_id}
    )
    people = session.execute(
        text(
            "select id, display_name, unit_code from account where is_active and unit_code = any(:units) "
            "and role in ('officer', 'checker') order by unit_code, display_name"
        ),
        {"units": [seat.unit_code for seat in seats]},
    )
    return MeetingView(
        meeting=found,
        case=_case_beside(row),
        tasks=tuple(task for task in tasks_of(session, found.application_id) if task.id in found.tasks),
        seats=seats,
        people=tuple(Person(*each) for each in people),
        verdicts={each.task_id: (each.verdict, each.opinion) for each in verdicts},
        minutes_id=row["document_id"],
    )


def survey(session: Session, city: City, survey_id: UUID, *, unit_code: str) -> SurveyView:
    """One survey, for an invited unit or the lead window; raises `NotFound` for others. Two queries."""
    names = ", ".join(f"v.{name}" for name in SurveyRow.__dataclass_fields__)
    row = _one(
        session,
        f"select {names}, p.display_name as organiser, {_CASE_BESIDE}, (select d.id from document d "  # noqa: S608 names of columns
        "where d.kind = 'survey' and d.subject_id = v.id and d.sha256 is not null) as document_id "
        "from survey v join application a on a.id = v.application_id left join account p on p.id = v.called_by "
        "where v.id = :id and (:unit = :lead or exists "
        "(select from survey_finding f where f.survey_id = v.id and f.unit_code = :unit))",
        {"id": survey_id, "unit": unit_code, "lead": city.lead_unit},
        "没有这次踏勘，或它不在您的办理范围内",
    )
    found = SurveyRow(**{name: row[name] for name in SurveyRow.__dataclass_fields__})
    return SurveyView(
        survey=found,
        case=_case_beside(row),
        findings=_all(
            session, FindingRow, "from survey_finding where survey_id = :id order by unit_code", {"id": survey_id}
        ),
        organiser=row["organiser"] or "",
        record_id=row["document_id"],
    )


def of_case(session: Session, city: City, application_id: UUID, *, unit_code: str) -> CaseGatherings:
    """A case with its meetings and surveys, for the units that handle it or were invited; else `NotFound`."""
    row = _one(
        session,
        f"select {_CASE} from application a where a.id = :id and {_MINE} "  # noqa: S608 fixed text
        "or exists (select from fee_line l where l.application_id = a.id and l.unit_code = :unit) "
        "or exists (select from meeting_seat s where s.application_id = a.id and s.unit_code = :unit))",
        {"id": application_id, "unit": unit_code, "lead": city.lead_unit},
        "办件不存在，或不在您的办理范围内",
    )
    found = session.execute(
        text(f"select {_GATHERING} from ({_GATHERINGS}) g where application_id = :id order by called_at desc"),  # noqa: S608 fixed text
        {"id": application_id},
    )
    return CaseGatherings(
        case=CaseHead(**row),
        tasks=tasks_of(session, application_id),
        gatherings=tuple(Gathering(*each) for each in found),
    )


def of_unit(session: Session, city: City, *, unit_code: str) -> tuple[Gathering, ...]:
    """The meetings and surveys that a unit was invited to (the lead window: all), those ahead first."""
    found = session.execute(
        text(
            f"select {_GATHERING} from ({_GATHERINGS}) g where :unit = :lead or units @> to_jsonb(cast(:unit as text)) "  # noqa: S608 fixed text
            "order by (state in ('called', 'planned')) desc, at nulls first, called_at desc limit :most"
        ),
        {"unit": unit_code, "lead": city.lead_unit, "most": LIST_MAX},
    )
    return tuple(Gathering(*each) for each in found)


def asked_cards(session: Session) -> tuple[AskedCard, ...]:
    """Who asked for the green channel: those that wait for the lead window first, by their promise."""
    found = session.execute(
        text(
            "select a.id, a.number, a.project_name, a.developer_name, c.criterion, c.state, c.number as card, "
            "c.asked_at, c.due_on from service_card c join application a on a.id = c.application_id "
            "order by (c.state = 'asked') desc, c.due_on, a.number limit :most"
        ),
        {"most": LIST_MAX},
    )
    return tuple(AskedCard(*each) for each in found)


def booked_times(session: Session, *, unit_code: str, now: datetime) -> tuple[BookedTime, ...]:
    """The appointments at a unit's window from today on, by time."""
    found = session.execute(
        text(
            "select p.id, p.unit_code, p.at, p.topic, p.state, a.number, a.project_name, a.developer_name "
            "from appointment p join application a on a.id = p.application_id "
            "where p.unit_code = :unit and p.at >= :now - interval '12 hours' order by p.at limit :most"
        ),
        {"unit": unit_code, "now": now, "most": LIST_MAX},
    )
    return tuple(BookedTime(*each) for each in found)


def own_case(session: Session, application_id: UUID, *, account_id: UUID) -> CaseHead:
    """An applicant's own application; raises `NotFound` for any other."""
    row = _one(
        session,
        f"select {_CASE} from application a where a.id = :id and a.applicant_id = :account",  # noqa: S608 fixed text
        {"id": application_id, "account": account_id},
        "办件不存在，或不在您的办理范围内",
    )
    return CaseHead(**row)


def tasks_of(session: Session, application_id: UUID) -> tuple[CaseTask, ...]:
    """The matters of an application."""
    return _all(session, CaseTask, "from review_task where application_id = :id order by seq", {"id": application_id})


def card_document(session: Session, card_id: UUID) -> UUID | None:
    """The printed card, once it is ready."""
    return _document(session, "card", card_id)


def _case_beside(row: Mapping[str, Any]) -> CaseHead:
    return CaseHead(**{name: row[f"case_{name}"] for name in CaseHead.__dataclass_fields__})


def _document(session: Session, kind: str, subject_id: UUID) -> UUID | None:
    found: UUID | None = session.execute(
        text("select id from document where kind = :kind and subject_id = :id and sha256 is not null"),
        {"kind": kind, "id": subject_id},
    ).scalar_one_or_none()
    return found


def _one(session: Session, query: str, values: Mapping[str, Any], absent: str) -> dict[str, Any]:
    row = session.execute(text(query), values).one_or_none()
    if row is None:
        raise NotFound(absent)
    return dict(row._mapping)


def _all(session: Session, kind: type[_ROW], source: str, values: Mapping[str, Any]) -> tuple[_ROW, ...]:
    names: Iterable[str] = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return tuple(kind(*row) for row in session.execute(text(f"select {', '.join(names)} {source}"), values))
