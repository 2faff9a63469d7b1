"""Who does what in a city: areas, the units that decide and seal, the matters they review, the papers they need.

All of it is data of the city's pack; `read_city` refuses a pack whose rows do not fit together, naming them.
`name_en` is what readers of English see, empty where a city has only the Chinese name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.clocks import Kind
from shared.domain.errors import Problem
from shared.domain.facts import FACT_NAMES
from shared.domain.identifiers import uscc_problem
from shared.domain.rows import Row, table

LEVELS: Final = ("city", "district")
FORMATS: Final = ("pdf", "jpeg", "png")
MODES: Final = ("single", "two_person")
#: Documents of this office that may serve as a paper in a later application.
SERVING_DOCUMENTS: Final = ("receipt", "acceptance", "card")
#: 领域 of a matter. The first five are never handled as 一审一核 simple items: 卫生、消防、环保、安管、质监.
FIELDS: Final = ("health", "fire", "environment", "safety", "quality", "other")
NEVER_SIMPLE: Final = frozenset(FIELDS[:5])


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
class Person:
    """Somebody whom a unit names: 首席代表, 负责人 or 联络员."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A department or window with a seal: `seal_ring` runs round the star, `seal_flat` stands under it.

    A unit with a window has a chief representative; one without names a head and a liaison instead (备案).
    """

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
    chief: Person | None = None
    head: Person | None = None
    liaison: Person | None = None

    @property
    def has_window(self) -> bool:
        return self.chief is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """情形: what an applicant says about the works that brings further matters along."""

    code: str
    name: str
    note: str
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A paper that an applicant hands in once, for all matters that need it.

    `required` is "always", "optional", "needed" (whenever a matter of the application needs it), or the name of the
    fact or reduction that makes it necessary. One that may be promised is brought within `promise_days` working days
    (告知承诺); 0 means that it must come at once. A document of one of `documents`' kinds, issued to the same applicant
    before, may stand in its place. `facts` are those of the declaration that can be read in it.
    """

    code: str
    name: str
    required: str
    formats: tuple[str, ...]
    note: str
    name_en: str = ""
    promise_days: int = 0
    documents: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """事项: what one unit reviews within its promise, in working days.

    `when` are the situations that bring it along (none: always), `after` its prerequisites, `facts` what it looks at
    beside its papers. `two_person` is 一审一核. What is not `delegated` to the window is decided by the unit's chief or
    head. `forward_to` is the higher organ that it may have to be reported to (转报).
    """

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
    kind: Kind = Kind.ORDINARY
    mode: str = "single"
    field: str = "other"
    when: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    delegated: bool = True
    forward_to: str = ""

    def applies_in(self, situations: Collection[str]) -> bool:
        """Whether an application in these situations has this matter."""
        return not self.when or any(each in situations for each in self.when)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """合并办理: matters of one unit that are decided in one act, under the longest of their promises."""

    code: str
    name: str
    matters: tuple[str, ...]
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class CityRows:
    """The rows that say who and what, in the order of the pack."""

    areas: tuple[Area, ...]
    units: tuple[Unit, ...]
    materials: tuple[Material, ...]
    situations: tuple[Situation, ...]
    matters: tuple[Matter, ...]
    steps: tuple[Step, ...]

    @property
    def graph(self) -> dict[str, tuple[str, ...]]:
        """Every matter with its prerequisites."""
        return {matter.code: matter.after for matter in self.matters}


def read_city(data: Mapping[str, Any], problems: list[Problem]) -> CityRows:
    """Read the sections that say who does what; every problem is added, naming its row."""
    areas = [_area(row) for row in _unique(data, "areas", problems)]
    units = [_unit(row, {area.code for area in areas}) for row in _unique(data, "units", problems)]
    materials = [_material(row) for row in _unique(data, "materials", problems)]
    needs = {material.code for material in materials}
    situations = [_situation(row) for row in _unique(data, "situations", problems, needed=False)]
    known = {situation.code for situation in situations}
    rows = _unique(data, "matters", problems)
    matters = [_matter(row, {unit.code for unit in units}, needs, known) for row in rows]
    steps = [_step(row, matters) for row in _unique(data, "steps", problems, needed=False)]
    _check_graph(matters, rows)
    _check_steps(steps, problems)
    if sum(unit.is_lead for unit in units if unit.level == "city") != 1:
        problems.append(Problem("units", "市级应有且只有一个牵头窗口（is_lead: true）"))
    return CityRows(
        tuple(areas),
        tuple(units),
        tuple(materials),
        tuple(situations),
        tuple(sorted(matters, key=lambda matter: matter.seq)),
        tuple(steps),
    )


def _unique(data: Mapping[str, Any], section: str, problems: list[Problem], *, needed: bool = True) -> list[Row]:
    rows = table(data, section, problems, label=("code",))
    if not rows and needed:
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
        "chief",
        "head",
        "liaison",
    )
    chief, head, liaison = (_person(row, column) for column in ("chief", "head", "liaison"))
    if (chief is None) == (head is None) or (head is None) != (liaison is None):
        row.problem("chief", "设窗口的单位写 chief（首席代表）；未设窗口的单位写 head（负责人）和 liaison（联络员）")
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
        chief=chief,
        head=head,
        liaison=liaison,
    )


def _person(row: Row, column: str) -> Person | None:
    if row.data.get(column) is None:
        return None
    person = row.row(column)
    person.only("name", "phone")
    return Person(name=person.text("name"), phone=person.text("phone"))


def _situation(row: Row) -> Situation:
    row.only("code", "name", "name_en", "note")
    return Situation(
        code=row.text("code"), name=row.text("name"), note=row.text("note", ""), name_en=row.text("name_en", "")
    )


def _material(row: Row) -> Material:
    row.only("code", "name", "name_en", "required", "formats", "note", "promise_days", "documents", "facts")
    formats = row.texts("formats", needed=True)
    for each in formats:
        if each not in FORMATS:
            row.problem("formats", f"{each} 不是可接收的格式，可用：{'、'.join(FORMATS)}")
    documents = row.texts("documents")
    for each in documents:
        if each not in SERVING_DOCUMENTS:
            row.problem("documents", f"{each} 不能代替材料，可用：{'、'.join(SERVING_DOCUMENTS)}")
    if documents and "pdf" not in formats:
        row.problem("documents", "以本系统文书代替的材料应接收 pdf")
    return Material(
        code=row.text("code"),
        name=row.text("name"),
        required=row.text("required"),
        formats=formats,
        note=row.text("note", ""),
        name_en=row.text("name_en", ""),
        promise_days=row.whole("promise_days", default=0),
        documents=documents,
        facts=_fact_names(row),
    )


def _fact_names(row: Row) -> tuple[str, ...]:
    facts = row.texts("facts")
    for each in facts:
        if each not in FACT_NAMES:
            row.problem("facts", f"没有事实 {each}")
    return facts


def _matter(row: Row, units: set[str], materials: set[str], situations: set[str]) -> Matter:
    row.only(
        "code", "seq", "name", "name_en", "unit_code", "level", "promise_days", "legal_days", "legal_basis", "needs",
        "kind", "mode", "field", "when", "after", "facts", "delegated", "forward_to",
    )  # fmt: skip
    needs = row.texts("needs", needed=True)
    for each in needs:
        if each not in materials:
            row.problem("needs", f"没有材料 {each}")
    kind = row.choice("kind", tuple(Kind), Kind.ORDINARY.value)
    field = row.choice("field", FIELDS, "other")
    if kind == Kind.SIMPLE and field in NEVER_SIMPLE:
        row.problem("kind", "卫生、消防、环保、安管、质监事项不能按一审一核简易件办理")
    when = row.texts("when")
    for each in when:
        if each not in situations:
            row.problem("when", f"没有情形 {each}")
    promise_days = row.whole("promise_days", least=0 if kind == Kind.INSTANT else 1)
    legal_days = row.whole("legal_days", least=1)
    if kind == Kind.INSTANT and promise_days:
        row.problem("promise_days", "即办件当场办结，承诺时限应为 0")
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
        kind=Kind(kind) if kind in tuple(Kind) else Kind.ORDINARY,
        mode=row.choice("mode", MODES, "single"),
        field=field,
        when=when,
        after=row.texts("after"),
        facts=_fact_names(row),
        delegated=row.switch("delegated", default=True),
        forward_to=row.text("forward_to", ""),
    )


def _step(row: Row, matters: Sequence[Matter]) -> Step:
    row.only("code", "name", "name_en", "matters")
    by_code = {matter.code: matter for matter in matters}
    codes = row.texts("matters", needed=True)
    for each in codes:
        if each not in by_code:
            row.problem("matters", f"没有事项 {each}")
    found = [by_code[each] for each in codes if each in by_code]
    if len(codes) < 2:
        row.problem("matters", "合并办理至少两个事项")
    if len({(matter.unit_code, matter.level) for matter in found}) > 1:
        row.problem("matters", "合并办理的事项应由同一单位办理")
    if any(before in codes for matter in found for before in matter.after):
        row.problem("matters", "合并办理的事项之间不能有前置关系")
    return Step(code=row.text("code"), name=row.text("name"), matters=codes, name_en=row.text("name_en", ""))


def _check_steps(steps: Sequence[Step], problems: list[Problem]) -> None:
    places: dict[str, str] = {}
    for step in steps:
        for code in step.matters:
            if code in places:
                problems.append(Problem(f"steps {step.code}.matters", f"{code} 已在合并步骤 {places[code]}"))
            places[code] = step.code


def _check_graph(matters: Sequence[Matter], rows: Sequence[Row]) -> None:
    """Refuse prerequisites that cannot be: unknown ones, a matter's own, and those that not every case of it has."""
    by_code = {matter.code: matter for matter in matters}
    for matter, row in zip(matters, rows, strict=True):
        for before in matter.after:
            if before == matter.code:
                row.problem("after", f"{before} 不能以自己为前置")
            elif before not in by_code:
                row.problem("after", f"没有事项 {before}")
            elif by_code[before].when and not (matter.when and set(matter.when) <= set(by_code[before].when)):
                row.problem(
                    "after",
                    f"前置 {before} 只在情形 {'、'.join(by_code[before].when)} 下办理，"
                    f"{matter.code} 在其他情形下永远等不到它",
                )
