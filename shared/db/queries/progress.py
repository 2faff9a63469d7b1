"""How far an application is, in one look: its clocks with their pauses, whatever is open, reminders and hand-overs.

One statement, because every page of a case needs all of it and no page may ask the database more than a dozen times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db.city import City
from shared.db.clocks import ClockRow, PauseRow
from shared.db.from_json import moment, read
from shared.domain import holdups as domain
from shared.domain import prerequisites
from shared.domain.clocks import Mechanism, gross_days
from shared.domain.errors import CalendarNotLoaded
from shared.domain.holdups import Holder, Holdup, Role


@dataclass(frozen=True, slots=True)
class StepRow:
    """A reminder or a rung of the ladder that a clock has reached, and who was told."""

    clock_id: UUID
    step: str
    due_on: date
    at: datetime
    to_unit: str
    to_name: str


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """A task that one unit passed to another; its clock went on."""

    task_id: UUID
    from_unit: str
    to_unit: str
    reason: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """What the applicant was told."""

    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an application stands.

    `waits_for` are the codes that a waiting matter waits for, by its own code; `notices` those to the applicant;
    `matter_names` by task. `is_urgent` is the green channel; `by_default` are matters decided by 超时默认.
    """

    clocks: tuple[ClockRow, ...]
    steps: tuple[StepRow, ...]
    handovers: tuple[HandoverRow, ...]
    notices: tuple[NoticeRow, ...]
    matter_names: Mapping[UUID, str]
    waits_for: Mapping[str, tuple[str, ...]]
    is_urgent: bool
    by_default: frozenset[str]
    missing_year: int | None
    holdups: tuple[Holdup, ...]

    @property
    def joint(self) -> ClockRow | None:
        """The clock of the whole joint review."""
        return next((each for each in self.clocks if each.mechanism == Mechanism.JOINT), None)

    def clock_of(self, task_id: UUID) -> ClockRow | None:
        """The clock of one matter's task."""
        return next(
            (each for each in self.clocks if each.mechanism == Mechanism.MATTER and each.subject_id == task_id), None
        )


_LOOK = """
select a.status, a.lane, a.developer_name as applicant,
 (select jsonb_agg(to_jsonb(c) || jsonb_build_object('pauses', coalesce(
   (select jsonb_agg(to_jsonb(p) order by p.started_at, p.id) from clock_pause p where p.clock_id = c.id), '[]'))
   order by c.created_at, c.id) from clock c where c.application_id = a.id) as clocks,
 (select jsonb_agg(to_jsonb(s) order by s.at, s.id) from clock_step s where s.application_id = a.id) as steps,
 (select jsonb_agg(to_jsonb(h) order by h.at, h.id) from handover h where h.application_id = a.id) as handovers,
 (select jsonb_agg(jsonb_build_object('title', n.title, 'at', n.at) order by n.at, n.id) from (
   select title, at, id from notice where application_id = a.id and channel = 'app' and to_account = a.applicant_id
   union all select l.title, l.at, l.id from notice_line l join notice g on g.tenant_id = l.tenant_id
   and g.key = l.told_as || ':' || l.mark and g.channel = 'app' and g.is_gathered
   where l.application_id = a.id and l.to_account = a.applicant_id) n) as notices,
 (select jsonb_agg(jsonb_build_object('id', t.id, 'matter', t.matter_code, 'name', t.matter_name,
   'unit_code', t.unit_code, 'status', t.status, 'due_on', t.due_on, 'by_default', t.is_by_default,
   'officer', o.display_name, 'checker', k.display_name) order by t.seq)
   from review_task t left join account o on o.id = t.officer_id left join account k on k.id = t.checker_id
   where t.application_id = a.id) as reviews,
 (select jsonb_agg(jsonb_build_object('item', l.item_code, 'unit_code', l.unit_code,
   'is_assessed', l.state = 'assessed', 'lacks_facts', coalesce(l.status = 'needs_facts', false)) order by l.seq)
   from fee_line l where l.application_id = a.id and l.state <> 'final') as lines,
 (select jsonb_agg(jsonb_build_object('number', b.number, 'payer', b.payer_name, 'due_on', b.due_on,
   'is_paid', b.status = 'paid') order by b.number)
   from bill b where b.application_id = a.id and (b.status in ('issued', 'part_paid')
     or (b.status = 'paid' and not exists (select from receipt r where r.bill_id = b.id)))) as bills,
 (select jsonb_agg(jsonb_build_object('number', coalesce(n.number, ''), 'is_sent', n.state = 'sent',
   'since', coalesce(n.sent_at, n.opened_at), 'until', coalesce(n.reply_due_on, n.window_until),
   'matters', (select jsonb_agg(distinct i.matter_code) from correction_item i
     where i.notice_id = n.id and i.state = 'asked'),
   'items', (select count(*) from correction_item i where i.notice_id = n.id and i.state = 'asked')))
   from correction_notice n where n.application_id = a.id and n.state in ('collecting', 'sent')) as corrections,
 (select jsonb_agg(jsonb_build_object('number', m.number, 'reason', m.reason, 'tasks', m.task_ids,
   'called_at', m.called_at, 'planned_at', m.planned_at) order by m.called_at)
   from meeting m where m.application_id = a.id and m.state = 'called') as meetings,
 (select jsonb_agg(jsonb_build_object('task_id', w.task_id, 'authority', w.authority, 'since', w.sent_at,
   'by', coalesce(p.display_name, ''), 'follow_up_on', w.follow_up_on) order by w.sent_at)
   from external_wait w left join account p on p.id = w.sent_by
   where w.application_id = a.id and w.answered_at is null) as external,
 (select jsonb_agg(jsonb_build_object('unit_code', p.unit_code, 'kind', p.kind, 'name', p.name))
   from post p where p.kind in ('chief', 'head')) as posts
from application a where a.id = :id
"""


def progress(session: Session, city: City, application_id: UUID, *, today: date) -> Progress:
    """Where one application stands today; the caller has asked whether it may be seen. One query."""
    row = session.execute(text(_LOOK), {"id": application_id}).one()._mapping
    reviews = row["reviews"] or []
    codes = {each["id"]: each["matter"] for each in reviews}
    clocks = tuple(
        read(ClockRow, each, pauses=tuple(read(PauseRow, pause) for pause in each["pauses"]))
        for each in row["clocks"] or ()
    )
    waits_for = _waits_for(city, reviews)
    missing_year = _missing_year(city, clocks, today)
    case = domain.Open(
        status=row["status"],
        applicant=row["applicant"],
        lead_unit=city.lead_unit,
        finance_unit=city.finance_unit,
        answers=answers(city, row["posts"] or ()),
        reviews=[
            domain.Review(
                matter=each["matter"],
                name=each["name"],
                unit_code=each["unit_code"],
                status=each["status"],
                due_on=date.fromisoformat(each["due_on"]),
                officer=each["officer"] or "",
                checker=each["checker"] or "",
                waits_for=waits_for.get(each["matter"], ()),
            )
            for each in reviews
        ],
        standstills=[
            domain.Standstill(
                matter=codes[str(clock.subject_id)],
                kind=pause.kind,
                reason=pause.reason,
                by=pause.started_by_name,
                since=pause.started_at,
                days=_days_since(city, pause.started_on, today),
            )
            for clock in clocks
            if clock.mechanism == Mechanism.MATTER
            for pause in clock.open_pauses
        ],
        lines=[
            domain.FeeLine(
                name=city.item(each["item"]).name,
                unit_code=each["unit_code"],
                is_assessed=each["is_assessed"],
                lacks_facts=each["lacks_facts"],
            )
            for each in row["lines"] or ()
        ],
        bills=[read(domain.Bill, each) for each in row["bills"] or ()],
        corrections=[
            domain.Correction(
                number=each["number"],
                is_sent=each["is_sent"],
                since=moment(each["since"]),
                until=date.fromisoformat(each["until"]),
                matters=tuple(each["matters"] or ()),
                items=each["items"],
            )
            for each in row["corrections"] or ()
        ],
        meetings=[
            domain.Meeting(
                number=each["number"],
                reason=each["reason"],
                matters=tuple(codes[task] for task in each["tasks"] if task in codes),
                called_at=moment(each["called_at"]),
                planned_at=moment(each["planned_at"]) if each["planned_at"] else None,
            )
            for each in row["meetings"] or ()
        ],
        external=[
            domain.ExternalWait(
                matter=codes[each["task_id"]],
                authority=each["authority"],
                by=each["by"],
                since=moment(each["since"]),
                follow_up_on=date.fromisoformat(each["follow_up_on"]),
            )
            for each in row["external"] or ()
        ],
        missing_year=missing_year,
    )
    return Progress(
        clocks=clocks,
        steps=tuple(read(StepRow, each) for each in row["steps"] or ()),
        handovers=tuple(read(HandoverRow, each) for each in row["handovers"] or ()),
        notices=tuple(read(NoticeRow, each) for each in row["notices"] or ()),
        matter_names={UUID(each["id"]): each["name"] for each in reviews},
        waits_for=waits_for,
        is_urgent=row["lane"] == "green",
        by_default=frozenset(each["matter"] for each in reviews if each["by_default"]),
        missing_year=missing_year,
        holdups=domain.holdups(case),
    )


def answers(city: City, posts: Sequence[Mapping[str, str]]) -> dict[str, Holder]:
    """Who answers for each unit: the chief representative or head on file, else the one that the pack names."""
    found: dict[str, Holder] = {}
    for unit in city.units.values():
        named, role = (unit.chief, Role.CHIEF) if unit.chief else (unit.head, Role.HEAD)
        if named is not None:
            found[unit.code] = Holder(named.name, role, unit.code)
    for post in posts:
        if post["name"]:
            found[post["unit_code"]] = Holder(post["name"], Role(post["kind"]), post["unit_code"])
    return found


def _waits_for(city: City, reviews: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    graph = prerequisites.within(city.pack.graph, [each["matter"] for each in reviews])
    approved = {each["matter"] for each in reviews if each["status"] == "approved"}
    return {
        each["matter"]: prerequisites.missing(graph, each["matter"], approved)
        for each in reviews
        if each["status"] == "waiting"
    }


def _missing_year(city: City, clocks: Sequence[ClockRow], today: date) -> int | None:
    """The first year that the clocks still running need and nobody has loaded."""
    running = [each for each in clocks if each.state in ("running", "paused")]
    for year in sorted({today.year, *(each.due_on.year for each in running if each.due_on)}):
        try:
            city.calendar.is_working(date(year, 1, 1))
        except CalendarNotLoaded:
            return year if running else None
    return None


def _days_since(city: City, start: date, today: date) -> int | None:
    try:
        return gross_days(city.calendar, started_on=start, until=today)
    except CalendarNotLoaded:
        return None
