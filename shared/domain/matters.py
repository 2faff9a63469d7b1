"""Who does what in a city: areas, the units that decide and seal, the matters they review, the papers they need.

All of it is data of the city's pack; `read_city` refuses a pack whose rows do not fit together, naming them.
`name_en` is what readers of English see, empty where a city has only the Chinese name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.errors import Problem
from shared.domain.identifiers import uscc_problem
from shared.domain.rows import Row, table

LEVELS: Final = ("city", "district")
FORMATS: Final = ("pdf", "jpeg", "png")


@dataclass(frozen=True, slots=True)
class Area:
    """The city itself or one of its districts."""

    code: str
    name: str
    region_code: str
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where a unit's money goes, as it stands on documents."""

    name: str
    number: str
    bank: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A department or window with a seal: `seal_ring` runs round the star, `seal_flat` stands under it."""

    code: str
    name: str
    short_name: str
    level: str
    area_code: str
    is_lead: bool
    seal_ring: str
    seal_flat: str
    uscc: str
    phone: str
    account: Account
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A paper that an applicant hands in once, for all matters that need it.

    `required` is "always", "optional", or the name of the fact or reduction that makes it necessary.
    """

    code: str
    name: str
    required: str
    formats: tuple[str, ...]
    note: str
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """事项: what one unit reviews within its promise, in working days."""

    code: str
    seq: int
    name: str
    unit_code: str
    level: str
    promise_days: int
    legal_days: int
    legal_basis: str
    needs: tuple[str, ...]
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class CityRows:
    """The rows that say who and what, in the order of the pack."""

    areas: tuple[Area, ...]
    units: tuple[Unit, ...]
    materials: tuple[Material, ...]
    matters: tuple[Matter, ...]


def read_city(data: Mapping[str, Any], problems: list[Problem]) -> CityRows:
    """Read the sections `areas`, `units`, `materials`, `matters`; every problem is added, naming its row."""
    areas = [_area(row) for row in _unique(data, "areas", problems)]
    units = [_unit(row, {area.code for area in areas}) for row in _unique(data, "units", problems)]
    materials = [_material(row) for row in _unique(data, "materials", problems)]
    needs = {material.code for material in materials}
    matters = [_matter(row, {unit.code for unit in units}, needs) for row in _unique(data, "matters", problems)]
    if sum(unit.is_lead for unit in units if unit.level == "city") != 1:
        problems.append(Problem("units", "市级应有且只有一个牵头窗口（is_lead: true）"))
    return CityRows(tuple(areas), tuple(units), tuple(materials), tuple(sorted(matters, key=lambda matter: matter.seq)))


def _unique(data: Mapping[str, Any], section: str, problems: list[Problem]) -> list[Row]:
    rows = table(data, section, problems, label=("code",))
    if not rows:
        problems.append(Problem(section, "至少需要一行"))
    seen: dict[object, str] = {}
    for row in rows:
        code = str(row.data.get("code"))
        if code in seen:
            row.problem("code", f"{code} 已在 {seen[code]}")
        seen[code] = row.name
    return rows


def _area(row: Row) -> Area:
    row.only("code", "name", "name_en", "region_code")
    region_code = row.text("region_code")
    if not (region_code.isascii() and region_code.isdecimal() and len(region_code) == 6):
        row.problem("region_code", '应为 6 位行政区划代码，写成 "371002" 这样的文字')
    return Area(row.text("code"), row.text("name"), region_code, row.text("name_en", ""))


def _unit(row: Row, areas: set[str]) -> Unit:
    row.only(
        "code",
        "name",
        "name_en",
        "short_name",
        "level",
        "area_code",
        "is_lead",
        "seal_ring",
        "seal_flat",
        "uscc",
        "phone",
        "account",
    )
    uscc = row.text("uscc")
    problem = uscc_problem(uscc) if uscc else None
    if problem:
        row.problem("uscc", problem)
    account = row.row("account")
    account.only("name", "number", "bank")
    return Unit(
        code=row.text("code"),
        name=row.text("name"),
        short_name=row.text("short_name"),
        level=row.choice("level", LEVELS),
        area_code=row.choice("area_code", areas),
        is_lead=row.switch("is_lead", default=False),
        seal_ring=row.text("seal_ring"),
        seal_flat=row.text("seal_flat"),
        uscc=uscc,
        phone=row.text("phone"),
        account=Account(name=account.text("name"), number=account.text("number"), bank=account.text("bank")),
        name_en=row.text("name_en", ""),
    )


def _material(row: Row) -> Material:
    row.only("code", "name", "name_en", "required", "formats", "note")
    formats = row.texts("formats", needed=True)
    for each in formats:
        if each not in FORMATS:
            row.problem("formats", f"{each} 不是可接收的格式，可用：{'、'.join(FORMATS)}")
    return Material(
        code=row.text("code"),
        name=row.text("name"),
        required=row.text("required"),
        formats=formats,
        note=row.text("note", ""),
        name_en=row.text("name_en", ""),
    )


def _matter(row: Row, units: set[str], materials: set[str]) -> Matter:
    row.only(
        "code", "seq", "name", "name_en", "unit_code", "level", "promise_days", "legal_days", "legal_basis", "needs"
    )
    needs = row.texts("needs", needed=True)
    for each in needs:
        if each not in materials:
            row.problem("needs", f"没有材料 {each}")
    promise_days, legal_days = row.whole("promise_days", least=1), row.whole("legal_days", least=1)
    if promise_days > legal_days:
        row.problem("promise_days", f"承诺时限 {promise_days} 日长于法定时限 {legal_days} 日")
    return Matter(
        code=row.text("code"),
        seq=row.whole("seq", least=1),
        name=row.text("name"),
        unit_code=row.choice("unit_code", units),
        level=row.choice("level", LEVELS, "city"),
        promise_days=promise_days,
        legal_days=legal_days,
        legal_basis=row.text("legal_basis"),
        needs=needs,
        name_en=row.text("name_en", ""),
    )
