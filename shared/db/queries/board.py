"""What leaders read: how many cases stand where, what is late and with whom, and the money by month and district.

All lights come from one query, so the city's, a unit's and a district's add up; read only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db.city import City
from shared.domain.closing import month_of
from shared.domain.deadlines import Deadlines, Light, Standing

PAGE_ROWS = 30
SLOWEST = 10
MONTHS = 12

#: Reviews and fee lines that still keep an application open, with whose they are and until when.
_WAITING = """
    select 'review' as kind, t.matter_name as what, t.unit_code, t.due_on, t.status as state,
           coalesce(p.display_name, '') as officer, a.number, a.project_name, a.area_code, a.accepted_on
      from review_task t join application a on a.id = t.application_id left join account p on p.id = t.officer_id
     where t.status in ('open', 'taken') and a.status in ('in_review', 'objected')
    union all
    select 'line', l.item_code, l.unit_code, a.due_on, l.state, '', a.number, a.project_name, a.area_code, a.accepted_on
      from fee_line l join application a on a.id = l.application_id
     where l.state <> 'final' and a.status in ('in_review', 'objected')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """Something that keeps an application open: a review, or a fee line (then `what` is the item's code)."""

    kind: str
    what: str
    unit_code: str
    state: str
    officer: str
    number: str
    project_name: str
    area_code: str
    due_on: date
    used_days: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """A page of what is open, the most overdue first."""

    rows: tuple[WaitingRow, ...]
    found: int
    page: int
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFilter:
    """Which of it; empty texts filter nothing. `worst_of_case` leaves one row an application, its nearest deadline."""

    worst_of_case: bool = False
    light: str = ""
    unit: str = ""
    area: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which applications; `stage` is a status or one of `STAGES`."""

    words: str = ""
    stage: str = ""
    area: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """An application in the leaders' list; the counts are of reviews and lines that are still open."""

    id: UUID
    number: str
    project_name: str
    developer_name: str
    area_code: str
    status: str
    accepted_on: date
    due_on: date
    closed_on: date | None
    open_reviews: int
    open_lines: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of applications."""

    rows: tuple[CaseRow, ...]
    found: int
    page: int
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit's month: what it decided, how fast and how often in time, and what is overdue now."""

    unit_code: str
    decided: int
    in_time: int
    average_used: float
    average_promised: float
    lights: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """A district: applications in hand, lights, and the month's money."""

    area_code: str
    in_hand: int
    lights: Mapping[str, int]
    billed_fen: int
    received_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRow:
    """A month's money."""

    month: date
    billed_fen: int
    received_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The board's figures; `stages` are this month's applications by how far they have come."""

    by_status: Mapping[str, int]
    accepted_this_month: int
    closed_this_month: int
    closed_in_time: int
    stages: Mapping[str, int]
    lights: Mapping[str, int]
    units: tuple[UnitRow, ...]
    areas: tuple[AreaRow, ...]
    months: tuple[MonthRow, ...]
    received_by_account: Mapping[str, int]
    slowest: tuple[WaitingRow, ...]

    @property
    def in_hand(self) -> int:
        return sum(self.by_status.get(status, 0) for status in ("in_review", "objected", "billed"))


#: How far an application has come, in order, with the condition that says so.
STAGES: Mapping[str, str] = {
    "accepted": "true",
    "assessed": "not exists (select from fee_line l where l.application_id = a.id and l.state <> 'final')",
    "billed": "exists (select from bill b where b.application_id = a.id and b.status <> 'void')",
    "paid": "exists (select from bill b where b.application_id = a.id) and not exists "
    "(select from bill b where b.application_id = a.id and b.status in ('issued', 'part_paid'))",
    "completed": "a.status = 'completed'",
}


@dataclass(slots=True)
class _UnitSums:
    decided: int = 0
    in_time: int = 0
    used: int = 0
    promised: int = 0
    lights: Counter[str] = field(default_factory=Counter)


def board(session: Session, city: City, *, today: date, area: str = "") -> Board:
    """The board of the whole city, or of one district. Six queries."""
    days = Deadlines(city.calendar, today)
    month = today.replace(day=1)
    first_month = _months_before(month, MONTHS - 1)
    # What comes after the day is closed is booked on the next, and is of this month all the same.
    here = {"area": area, "month": month, "today": today, "first_month": first_month, "month_end": month_of(today)[1]}
    cases = session.execute(text(_CASES_SQL), here).all()
    waiting = session.execute(text(_LIGHTS_SQL), here).all()
    decided = session.execute(text(_DECIDED_SQL), here).all()
    billed = session.execute(text(_BILLED_SQL), here).all()
    received = session.execute(text(_RECEIVED_SQL), here).all()

    lights: Counter[str] = Counter()
    by_unit: dict[str, _UnitSums] = {}
    by_area: dict[str, Counter[str]] = {}
    for row in waiting:
        light = days.standing(row.due_on).light.value
        lights[light] += row.how_many
        by_unit.setdefault(row.unit_code, _UnitSums()).lights[light] += row.how_many
        by_area.setdefault(row.area_code, Counter())[light] += row.how_many
    for row in decided:
        sums = by_unit.setdefault(row.unit_code, _UnitSums())
        sums.decided += row.how_many
        sums.in_time += row.how_many if row.decided_on <= row.due_on else 0
        sums.used += row.how_many * days.between(row.accepted_on, row.decided_on)
        sums.promised += row.how_many * days.between(row.accepted_on, row.due_on)

    statuses = ("in_review", "objected", "billed", "completed", "withdrawn")
    by_account: Counter[str] = Counter()
    for row in received:
        if row.month == month:
            by_account[row.account] += int(row.amount_fen)
    return Board(
        by_status={status: sum(getattr(row, status) for row in cases) for status in statuses},
        accepted_this_month=sum(row.accepted for row in cases),
        closed_this_month=sum(row.closed for row in cases),
        closed_in_time=sum(row.closed_in_time for row in cases),
        stages={stage: sum(getattr(row, f"stage_{stage}") for row in cases) for stage in STAGES},
        lights=lights,
        units=_units(by_unit),
        areas=tuple(
            AreaRow(
                area_code=row.area_code,
                in_hand=row.in_review + row.objected + row.billed,
                lights=by_area.get(row.area_code, Counter()),
                billed_fen=_sum(billed, month, row.area_code),
                received_fen=_sum(received, month, row.area_code),
            )
            for row in cases
        ),
        months=tuple(
            MonthRow(month=each, billed_fen=_sum(billed, each), received_fen=_sum(received, each))
            for each in (_months_before(month, back) for back in range(MONTHS - 1, -1, -1))
        ),
        received_by_account=by_account,
        slowest=waiting_for(
            session, city, WaitingFilter(worst_of_case=True, area=area), today=today, rows=SLOWEST
        ).rows,
    )


def waiting_for(
    session: Session, city: City, wanted: WaitingFilter, *, today: date, rows: int = PAGE_ROWS
) -> WaitingPage:
    """What keeps applications open, the most overdue first. One query."""
    days = Deadlines(city.calendar, today)
    found = session.execute(
        text(
            "select *, count(*) over () as found from (select w.*, "  # noqa: S608 the fragment is the one above
            "row_number() over (partition by number order by due_on, kind desc, unit_code, what) as place "
            f"from ({_WAITING}) w) w where (place = 1 or not :worst_of_case) "
            "and (:unit = '' or unit_code = :unit) and (:area = '' or area_code = :area) "
            "and due_on between coalesce(cast(:due_from as date), due_on) and coalesce(cast(:due_to as date), due_on) "
            "order by due_on, number, unit_code, what limit :rows offset :skipped"
        ),
        {
            "worst_of_case": wanted.worst_of_case,
            "unit": wanted.unit,
            "area": wanted.area,
            **_due_range(wanted.light, days),
            "rows": rows,
            "skipped": (wanted.page - 1) * rows,
        },
    ).all()
    total = found[0].found if found else 0
    names = [name for name in WaitingRow.__dataclass_fields__ if name not in ("used_days", "standing")]
    return WaitingPage(
        tuple(
            WaitingRow(
                **{name: row._mapping[name] for name in names},
                used_days=days.between(row.accepted_on, today),
                standing=days.standing(row.due_on),
            )
            for row in found
        ),
        total,
        wanted.page,
        wanted.page * rows < total,
    )


def cases(session: Session, city: City, wanted: CaseFilter, *, today: date) -> CasePage:
    """Applications that fit, the nearest deadline first, finished ones last. One query."""
    days = Deadlines(city.calendar, today)
    conditions = {
        "": "true",
        "in_hand": "a.status in ('in_review', 'objected', 'billed')",
        "late": "a.status in ('in_review', 'objected') and a.due_on < :today",
        "closed_this_month": f"a.status = 'completed' and {_CLOSED_ON} between :month and :today",
        **{f"month_{stage}": f"a.accepted_on between :month and :today and {says}" for stage, says in STAGES.items()},
    }
    condition = conditions.get(wanted.stage, "a.status = :stage")
    found = session.execute(
        text(
            "select a.id, a.number, a.project_name, a.developer_name, a.area_code, a.status, a.accepted_on, a.due_on, "  # noqa: S608 the fragments are the ones above
            f"{_CLOSED_ON} as closed_on, count(*) over () as found, "
            "(select count(*) from review_task t where t.application_id = a.id and t.status in ('open', 'taken')) "
            "as open_reviews, "
            "(select count(*) from fee_line l where l.application_id = a.id and l.state <> 'final') as open_lines "
            f"from application a where {condition} and (:area = '' or a.area_code = :area) "
            "and (:words = '' or strpos(lower(a.number || ' ' || a.project_name || ' ' || a.developer_name), "
            "lower(:words)) > 0) "
            "order by a.closed_at is not null, a.due_on, a.number limit :rows offset :skipped"
        ),
        {
            "stage": wanted.stage,
            "area": wanted.area,
            "words": wanted.words,
            "today": today,
            "month": today.replace(day=1),
            "rows": PAGE_ROWS,
            "skipped": (wanted.page - 1) * PAGE_ROWS,
        },
    ).all()
    total = found[0].found if found else 0
    names = [name for name in CaseRow.__dataclass_fields__ if name != "standing"]
    return CasePage(
        tuple(
            CaseRow(
                **{name: row._mapping[name] for name in names},
                # Once its bill is out, an application waits for its payer, not for an office.
                standing=days.standing(row.due_on, done_on=row.closed_on or _billed(row.status, row.due_on)),
            )
            for row in found
        ),
        total,
        wanted.page,
        wanted.page * PAGE_ROWS < total,
    )


_CLOSED_ON = "date(timezone('Asia/Shanghai', a.closed_at))"

_CASES_SQL = (
    "select a.area_code, "  # noqa: S608 the fragments are the ones above
    + ", ".join(
        f"count(*) filter (where a.status = '{status}') as {status}"
        for status in ("in_review", "objected", "billed", "completed", "withdrawn")
    )
    + ", count(*) filter (where a.accepted_on between :month and :today) as accepted"
    + f", count(*) filter (where a.status = 'completed' and {_CLOSED_ON} between :month and :today) as closed"
    + f", count(*) filter (where a.status = 'completed' and {_CLOSED_ON} between :month and :today"
    + " and not exists (select from review_task t where t.application_id = a.id and t.decided_at is not null"
    + " and date(timezone('Asia/Shanghai', t.decided_at)) > t.due_on)) as closed_in_time, "
    + ", ".join(
        f"count(*) filter (where a.accepted_on between :month and :today and {says}) as stage_{stage}"
        for stage, says in STAGES.items()
    )
    + " from application a where :area = '' or a.area_code = :area group by a.area_code order by 1"
)
_LIGHTS_SQL = (
    f"select unit_code, area_code, due_on, count(*) as how_many from ({_WAITING}) w "  # noqa: S608 as above
    "where :area = '' or area_code = :area group by 1, 2, 3"
)
_DECIDED_SQL = (
    "select t.unit_code, a.accepted_on, t.due_on, date(timezone('Asia/Shanghai', t.decided_at)) as decided_on, "
    "count(*) as how_many from review_task t join application a on a.id = t.application_id "
    "where t.decided_at is not null and date(timezone('Asia/Shanghai', t.decided_at)) between :month and :today "
    "and (:area = '' or a.area_code = :area) group by 1, 2, 3, 4"
)
# Money counts to the day that the books count it to, so that a closed month and the board say the same.
_BILLED_SQL = (
    "select cast(date_trunc('month', b.day) as date) as month, a.area_code, sum(b.fen) as amount_fen from ("
    "select application_id, booked_on as day, total_fen as fen from bill "
    "where booked_on >= :first_month and booked_on <= :month_end "
    "union all select application_id, void_booked_on, -total_fen from bill "
    "where void_booked_on >= :first_month and void_booked_on <= :month_end) b "
    "join application a on a.id = b.application_id where (:area = '' or a.area_code = :area) group by 1, 2"
)
_RECEIVED_SQL = (
    "select cast(date_trunc('month', e.booked_on) as date) as month, a.area_code, "
    "p.account, sum(-p.amount_fen) as amount_fen from ledger_posting p join ledger_entry e on e.id = p.entry_id "
    "join bill b on b.id = e.bill_id join application a on a.id = b.application_id "
    "where p.account in ('treasury', 'agency', 'deposit') and e.kind in ('payment', 'payment_reversal') "
    "and (:area = '' or a.area_code = :area) and e.booked_on between :first_month and :month_end group by 1, 2, 3"
)


def _units(by_unit: Mapping[str, _UnitSums]) -> tuple[UnitRow, ...]:
    rows = [
        UnitRow(
            unit_code=unit_code,
            decided=sums.decided,
            in_time=sums.in_time,
            average_used=sums.used / sums.decided if sums.decided else 0,
            average_promised=sums.promised / sums.decided if sums.decided else 0,
            lights=sums.lights,
        )
        for unit_code, sums in by_unit.items()
    ]
    # The best first: fewest overdue, then most often in time, then fastest.
    return tuple(
        sorted(
            rows,
            key=lambda row: (
                row.lights.get(Light.RED, 0),
                -(row.in_time / row.decided if row.decided else 1),
                row.average_used,
                row.unit_code,
            ),
        )
    )


def _sum(rows: Any, month: date, area_code: str = "") -> int:
    return sum(int(row.amount_fen) for row in rows if row.month == month and area_code in ("", row.area_code))


def _due_range(light: str, days: Deadlines) -> dict[str, date | None]:
    near = days.near_until
    match light:
        case Light.RED:
            return {"due_from": None, "due_to": date.fromordinal(days.today.toordinal() - 1)}
        case Light.AMBER:
            return {"due_from": days.today, "due_to": near}
        case Light.GREEN:
            return {"due_from": date.fromordinal(near.toordinal() + 1), "due_to": None}
        case _:
            return {"due_from": None, "due_to": None}


def _billed(status: str, due_on: date) -> date | None:
    return due_on if status in ("billed", "completed", "withdrawn") else None


def _months_before(month: date, count: int) -> date:
    place = month.year * 12 + month.month - 1 - count
    return date(place // 12, place % 12 + 1, 1)
