"""A city's pack in tables, and the `City` that use cases work with, computed once per pack revision and process.

The rows keep each pack row as it was written beside the columns that the database itself guards
(periods, keys), so what is loaded can be read back and compiled by the same code that reads the files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import Any

from sqlalchemy import delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from stdnum.iso7064 import mod_11_10

from shared.db import clock, setwise
from shared.db.tables.city import CalendarDay, FeeItem, Matter, Reduction, TariffVersion, Tenant, Unit
from shared.db.tables.columns import table
from shared.domain.calendar import WorkingDays
from shared.domain.clocks import Kind, Mechanism
from shared.domain.errors import Invalid, NotFound, Problem
from shared.domain.lines import FeeItem as FeeItemFacts
from shared.domain.matters import Material
from shared.domain.matters import Matter as MatterFacts
from shared.domain.matters import Unit as UnitFacts
from shared.domain.receipts import receipt_code
from shared.domain.rows import OPEN
from shared.domain.tariff import Tariff
from shared.domain.tariff_changes import RowChange, merged
from shared.packs import Pack, build_pack, build_tariff

TENANTS = table(Tenant)
UNITS = table(Unit)
MATTERS = table(Matter)
ITEMS = table(FeeItem)
VERSIONS = table(TariffVersion)
REDUCTIONS = table(Reduction)
DAYS = table(CalendarDay)

#: The area of people whose unit is gone: the code of no district.
NOWHERE = "-"
#: Stands between a pack's digest and how often people have changed the city since.
_CHANGED = "+"

#: Parts of a pack that have tables of their own; the rest stays with the tenant.
_TABLED = ("units", "matters", "items", "versions", "reductions")


@dataclass(frozen=True)
class City:
    """A tenant's pack with its calendar, as use cases read it."""

    tenant: str
    revision: str
    pack: Pack
    calendar: WorkingDays

    @property
    def region_code(self) -> str:
        """The six digits that payment codes begin with."""
        return self.pack.tenant.region_code

    @property
    def tariff(self) -> Tariff:
        """What every fee item costs, by date."""
        return self.pack.tariff

    @property
    def items(self) -> tuple[FeeItemFacts, ...]:
        """The fee items in the order of the pack."""
        return self.pack.items

    @property
    def matters(self) -> tuple[MatterFacts, ...]:
        """The matters of the construction-permit stage."""
        return self.pack.matters

    @cached_property
    def units(self) -> Mapping[str, UnitFacts]:
        """Units by code."""
        return {unit.code: unit for unit in self.pack.units}

    @cached_property
    def areas(self) -> Mapping[str, str]:
        """Names of the city and its districts by code."""
        return {area.code: area.name for area in self.pack.areas}

    @cached_property
    def materials(self) -> Mapping[str, Material]:
        """Papers by code."""
        return {material.code: material for material in self.pack.materials}

    @cached_property
    def _items(self) -> Mapping[str, FeeItemFacts]:
        return {item.code: item for item in self.pack.items}

    def item(self, code: str) -> FeeItemFacts:
        """One fee item."""
        return self._items[code]

    @cached_property
    def lead_unit(self) -> str:
        """The city's lead window."""
        return self.pack.lead_unit.code

    @property
    def finance_unit(self) -> str:
        """Whose seal stands last on a receipt."""
        return self.pack.settings.finance_unit

    def unit_for(self, matter: MatterFacts, area_code: str) -> str:
        """Who reviews a matter for a project in an area: a district's own lead window for what districts review."""
        if matter.level == "district":
            for unit in self.pack.units:
                if unit.is_lead and unit.level == "district" and unit.area_code == area_code:
                    return unit.code
        return matter.unit_code

    def area_of(self, unit_code: str | None) -> str | None:
        """The district whose unit this is, which its people see alone; None for the city's units and for no unit.

        The people of a unit that the pack no longer has see no district at all.
        """
        if unit_code is None:
            return None
        unit = self.units.get(unit_code)
        if unit is None:
            return NOWHERE
        return unit.area_code if unit.level == "district" else None

    @cached_property
    def matters_by_code(self) -> Mapping[str, MatterFacts]:
        """Matters by code."""
        return {matter.code: matter for matter in self.pack.matters}

    @cached_property
    def situations(self) -> Mapping[str, str]:
        """Names of the situations that an applicant may state, by code."""
        return {situation.code: situation.name for situation in self.pack.situations}

    def matters_in(self, situations: Collection[str]) -> tuple[MatterFacts, ...]:
        """The matters that an application in these situations has, in the order of the pack."""
        return tuple(matter for matter in self.pack.matters if matter.applies_in(situations))

    def promise_days(self, mechanism: Mechanism, kind: Kind, on: date) -> int:
        """How many working days are promised on a date."""
        return self.pack.promises.days(mechanism, kind, on)

    def number(self, kind: str, year: int, running: int) -> str:
        """The number of a notice, decision, meeting, survey or card: 瀚一单补〔2014〕3号."""
        return self.pack.settings.numbers[kind].format(year=year, running=running)

    def bill_number(self, year: int, running: int) -> str:
        """瀚一单缴〔2014〕17号."""
        return self.pack.settings.bill_number.format(year=year, running=running)

    def application_number(self, day: date, running: int) -> str:
        """HH20140915-0001 and a check digit (ISO 7064 MOD 11,10 over its digits), so that a slip of the pen is seen."""
        text = self.pack.settings.application_number.format(
            year=day.year, month=day.month, day=day.day, running=running
        )
        return f"{text}-{mod_11_10.calc_check_digit(''.join(char for char in text if char.isdecimal()))}"

    def receipt_code(self, year: int) -> str:
        """The eight digits of a year's receipts."""
        settings = self.pack.settings
        return receipt_code(
            region2=self.region_code[:2], category2=settings.receipt_category, kind2=settings.receipt_kind, year=year
        )


_known: dict[str, City] = {}
_known_lock = Lock()


def take_seat(session: Session, tenant: str, area: str | None) -> tuple[datetime, str]:
    """Name the city, and the district if any, that this transaction is for, as `unit_of_work` does.

    Gives the business time and which pack revision is in force, all in one look. Raises `NotFound`.
    """
    # Materialised, so that the seat is taken before the clock, which stands behind the same wall, is read.
    row = session.execute(
        text(
            "with seat as materialized (select set_config('yidan.tenant', :tenant, true) as tenant, "
            "set_config('yidan.area', :area, true)) "
            "select business_now(seat.tenant) as now, revision from seat join tenant on tenant.id = seat.tenant"
        ),
        {"tenant": tenant, "area": area or ""},
    ).one_or_none()
    if row is None:
        raise NotFound(f"没有装入城市数据：{tenant}")
    return row.now.astimezone(clock.CHINA), row.revision


def tenants(session: Session) -> list[str]:
    """Every city of this database."""
    return list(session.execute(select(TENANTS.c.id).order_by(TENANTS.c.id)).scalars())


def load(session: Session, tenant: str, revision: str) -> City:
    """The city at a revision, from this process's memory or from the rows."""
    known = _known.get(tenant)
    if known is not None and known.revision == revision:
        return known
    with _known_lock:
        while True:
            city = City(tenant, revision, build_pack(_data(session, tenant)), _calendar(session, tenant))
            # Read in several looks: if somebody has changed the city between two of them, all of it is read again.
            now = revision_of(session, tenant)
            if now == revision:
                break
            revision = now
        _known[tenant] = city
    return city


def revision_of(session: Session, tenant: str) -> str:
    """Which revision of a city's pack is in force at this moment."""
    revision: str = session.execute(select(TENANTS.c.revision).where(TENANTS.c.id == tenant)).scalar_one()
    return revision


def store(session: Session, pack: Pack) -> tuple[str, str]:
    """Replace a tenant's pack and calendar, unless they are there already; gives tenant and revision.

    The pack was compiled before, so a broken one changes nothing; the database refuses overlapping
    tariff periods once more.
    """
    data = pack.data
    tenant = pack.tenant.id
    # Days off come with a library, not with the pack: a newer library is a newer city.
    days_off = sorted(f"{day} {working}" for day, working in pack.calendar.days.items())
    plain = json.dumps([data, days_off, sorted(pack.calendar.years)], ensure_ascii=False, sort_keys=True)
    revision = hashlib.sha256(plain.encode()).hexdigest()
    session.execute(text("select set_config('yidan.tenant', :tenant, true)"), {"tenant": tenant})
    stored = hold(session, tenant)
    if stored is not None and stored.partition(_CHANGED)[0] == revision:
        return tenant, stored
    published = _published(session, tenant)
    if published:
        data = merged(data, published)
        _must_compile(data)
    rest = {name: part for name, part in data.items() if name not in _TABLED}
    session.execute(
        pg_insert(TENANTS)
        .values(
            id=tenant,
            name=pack.tenant.name,
            region_code=pack.tenant.region_code,
            revision=revision,
            data=rest,
        )
        .on_conflict_do_update(
            index_elements=["id"],
            set_={
                "name": pack.tenant.name,
                "region_code": pack.tenant.region_code,
                "revision": revision,
                "data": rest,
            },
        )
    )
    for rows in (UNITS, MATTERS, DAYS):
        session.execute(delete(rows).where(rows.c.tenant_id == tenant))
    session.execute(
        insert(UNITS),
        [
            {
                "tenant_id": tenant,
                "code": row["code"],
                "name": row["name"],
                "level": row["level"],
                "area_code": row["area_code"],
                "is_lead": bool(row.get("is_lead")),
                "data": {"seq": seq, "row": row},
            }
            for seq, row in enumerate(data["units"])
        ],
    )
    session.execute(
        insert(MATTERS),
        [
            {
                "tenant_id": tenant,
                "code": row["code"],
                "seq": seq,
                "name": row["name"],
                "unit_code": row["unit_code"],
                "promise_days": row["promise_days"],
                "data": {"row": row},
            }
            for seq, row in enumerate(data["matters"])
        ],
    )
    write_tariff(session, tenant, data)
    session.execute(
        insert(DAYS),
        [
            {
                "tenant_id": tenant,
                "day": day,
                "is_working": pack.calendar.is_working(day),
                "source": pack.calendar_sources[day.year],
            }
            for year in sorted(pack.calendar.years)
            for day in _year(year)
        ],
    )
    # What two people of the city have decided since stands above what the pack says.
    approved = session.execute(
        text(
            "select days, document from calendar_change where tenant_id = :tenant and state = 'approved' "
            "order by decided_at, id"
        ),
        {"tenant": tenant},
    )
    for row in approved:
        days = {_day(day): works for day, works in row.days.items()}
        write_days(session, tenant, days, source=row.document)
        revision = mark_changed(session, tenant)
    for _ in range(_publications(session, tenant)):
        revision = mark_changed(session, tenant)
    return tenant, revision


def hold(session: Session, tenant: str) -> str | None:
    """Hold a city against every other change of its pack, tariff and calendar; gives its revision, if there is one."""
    return session.execute(
        select(TENANTS.c.revision).where(TENANTS.c.id == tenant).with_for_update(key_share=True)
    ).scalar_one_or_none()


def write_tariff(session: Session, tenant: str, data: Mapping[str, Any]) -> None:
    """Write the items, versions and reductions of a pack in the place of those that are there.

    Raises `Invalid` where the database refuses overlapping periods, or the loss of an item that has been charged.
    """
    _write_items(session, tenant, data["items"])
    for rows in (VERSIONS, REDUCTIONS):
        session.execute(delete(rows).where(rows.c.tenant_id == tenant))
    try:
        session.execute(
            insert(VERSIONS),
            [
                {
                    "tenant_id": tenant,
                    "item_code": row["item"],
                    "version": row["version"],
                    **_period(row),
                    "data": {"seq": seq, "row": row},
                }
                for seq, row in enumerate(data["versions"])
            ],
        )
        if data["reductions"]:
            session.execute(
                insert(REDUCTIONS),
                [
                    {"tenant_id": tenant, "code": row["code"], **_period(row), "data": {"seq": seq, "row": row}}
                    for seq, row in enumerate(data["reductions"])
                ],
            )
    except IntegrityError as refused:
        raise Invalid([Problem("tariff", _overlap(refused))]) from refused


def write_rest(session: Session, tenant: str, parts: Mapping[str, Any]) -> None:
    """Write sections that have no table of their own in the place of those that are there."""
    session.execute(
        text("update tenant set data = data || cast(:parts as jsonb) where id = :tenant"),
        {"tenant": tenant, "parts": json.dumps(dict(parts), ensure_ascii=False)},
    )


def _write_items(session: Session, tenant: str, rows: Sequence[Mapping[str, Any]]) -> None:
    listed = [row["code"] for row in rows]
    lost = session.execute(
        text(
            "select i.code, i.name from fee_item i where i.tenant_id = :tenant and i.code <> all(:listed) "
            "and exists (select from fee_line l where l.tenant_id = i.tenant_id and l.item_code = i.code) "
            "order by i.seq"
        ),
        {"tenant": tenant, "listed": listed},
    ).all()
    if lost:
        raise Invalid(
            Problem(f"items {row.code}", f"{row.name}已有收费明细，不能从目录中去掉；停征的写明截止日") for row in lost
        )
    session.execute(delete(ITEMS).where(ITEMS.c.tenant_id == tenant, ITEMS.c.code.not_in(listed)))
    setwise.insert_rows(
        session,
        ITEMS,
        [
            {
                "tenant_id": tenant,
                "code": row["code"],
                "seq": row["seq"],
                "name": row["name"],
                "nature": row["nature"],
                "owner_unit": row["owner_unit"],
                "confirm_required": bool(row.get("confirm_required")),
                "data": {"row": row},
            }
            for row in rows
        ],
        tail="on conflict (tenant_id, code) do update set seq = excluded.seq, name = excluded.name, "
        "nature = excluded.nature, owner_unit = excluded.owner_unit, confirm_required = excluded.confirm_required, "
        "data = excluded.data",
    )


def _period(row: Mapping[str, Any]) -> dict[str, date | None]:
    return {"valid_from": _day(row["from"]), "valid_to": None if row["to"] == OPEN else _day(row["to"])}


def _overlap(refused: IntegrityError) -> str:
    """Which rule of the database a row breaks; it keeps the rows themselves to itself, because of its walls."""
    name = str(getattr(getattr(refused.orig, "diag", None), "constraint_name", ""))
    what = {
        "tariff_version_no_overlap": "同一收费项目的两个标准版本执行期重叠",
        "reduction_no_overlap": "同一减免的两行执行期重叠",
    }
    return f"数据库拒绝写入：{what.get(name, name)}"


def _published(session: Session, tenant: str) -> list[RowChange]:
    """What two people of the city have published, in the order in which they did."""
    found = session.execute(
        text(
            "select rows from tariff_change where tenant_id = :tenant and state = 'published' order by decided_at, id"
        ),
        {"tenant": tenant},
    )
    return [RowChange.from_json(each) for row in found for each in row.rows]


def _publications(session: Session, tenant: str) -> int:
    count: int = session.execute(
        text("select count(*) from tariff_change where tenant_id = :tenant and state = 'published'"),
        {"tenant": tenant},
    ).scalar_one()
    return count


def _must_compile(data: Mapping[str, Any]) -> None:
    try:
        build_tariff(data)
    except Invalid as refused:
        raise Invalid(
            Problem(each.field, f"与本市已发布的标准变更不能并存：{each.problem}") for each in refused.problems
        ) from None


def write_days(session: Session, tenant: str, days: Mapping[date, bool], *, source: str = "") -> None:
    """Say of some days whether they are working days; days of a year not loaded yet are added."""
    rows = [
        {"tenant_id": tenant, "day": day, "is_working": works, "source": source} for day, works in sorted(days.items())
    ]
    setwise.insert_rows(
        session,
        DAYS,
        rows,
        tail="on conflict (tenant_id, day) do update set is_working = excluded.is_working, source = excluded.source",
    )


def mark_changed(session: Session, tenant: str) -> str:
    """Give the city a new revision, so that every process computes it anew."""
    revision: str = session.execute(
        text(
            "update tenant set revision = split_part(revision, :mark, 1) || :mark || "
            "(coalesce(nullif(split_part(revision, :mark, 2), ''), '0')::int + 1)::text where id = :tenant "
            "returning revision"
        ),
        {"tenant": tenant, "mark": _CHANGED},
    ).scalar_one()
    return revision


def _data(session: Session, tenant: str) -> dict[str, Any]:
    data: dict[str, Any] = dict(session.execute(select(TENANTS.c.data).where(TENANTS.c.id == tenant)).scalar_one())
    for name, rows in zip(_TABLED, (UNITS, MATTERS, ITEMS, VERSIONS, REDUCTIONS), strict=True):
        stored = session.execute(select(rows).where(rows.c.tenant_id == tenant)).all()
        stored = sorted(stored, key=lambda row: row.data.get("seq", getattr(row, "seq", 0)))
        data[name] = [row.data["row"] for row in stored]
    return data


def _calendar(session: Session, tenant: str) -> WorkingDays:
    days = {
        row.day: row.is_working
        for row in session.execute(select(DAYS.c.day, DAYS.c.is_working).where(DAYS.c.tenant_id == tenant))
    }
    return WorkingDays(days, frozenset(day.year for day in days))


def _year(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)


def _day(value: Any) -> date:
    return date.fromisoformat(str(value))
