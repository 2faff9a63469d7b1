"""Reads a city's pack, a folder of YAML tables, into the domain's own types.

A pack is refused as a whole: `Invalid` names the file, the row and the column of everything wrong with it.
Decimals and dates stay text while they are read, so no rate ever passes through a float.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

import yaml

from shared.domain.allocation import Rule
from shared.domain.calendar import WorkingDays
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.deposits import DepositRules, read_deposit_rules
from shared.domain.errors import Invalid, Problem
from shared.domain.facts import Facts
from shared.domain.green_channel import GreenChannel, read_green_channel
from shared.domain.ladder import Ladder, read_ladder
from shared.domain.matters import Area, Material, Matter, Situation, Step, Unit, read_city
from shared.domain.prerequisites import mutual
from shared.domain.promises import Promises, read_promises
from shared.domain.rows import Row
from shared.domain.scope import Scope, read_scope
from shared.domain.settlement import RefundRule, read_refund_rules
from shared.domain.tariff import FeeItem, Reduction, Tariff, Use, traits_of

# Each section and the file that holds it: one thought a file, found by whoever reads a problem.
SECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tenant": "city.yaml",
        "areas": "city.yaml",
        "settings": "city.yaml",
        "units": "units.yaml",
        "situations": "matters.yaml",
        "matters": "matters.yaml",
        "steps": "matters.yaml",
        "promises": "promises.yaml",
        "green_channel": "green_channel.yaml",
        "scope": "scope.yaml",
        "ladder": "promises.yaml",
        "materials": "materials.yaml",
        "uses": "uses.yaml",
        "items": "items.yaml",
        "versions": "versions.yaml",
        "reductions": "reductions.yaml",
        "policies": "policies.yaml",
        "refunds": "refunds.yaml",
        "deposits": "refunds.yaml",
        "wording": "wording.yaml",
        "calendar": "calendar.yaml",
    }
)
#: Longest row that people may write, characters, and how deep its values may nest.
ROW_LENGTH_MAX: Final = 20_000
_ROW_DEPTH_MAX: Final = 12
_BILL_WAITS_FOR: Final = ("reviews_and_lines", "lines")
#: Documents with a number of their own, beside bills, applications and receipts.
NUMBERED: Final = (
    "accepted", "one_time", "not_accepted", "correction", "refusal", "meeting", "survey", "handling", "card",
    "dispute", "transfer", "day_close", "month_close", "refund",
)  # fmt: skip
_WORDING: Final = (
    "service_name",
    "tariff_notice",
    "sample_notice",
    "phone",
    "bill_statement",
    "bill_statement_nothing_due",
    "bill_statement_void",
    "bill_statement_supplement",
    "bill_statement_late",
    "bill_officer",
    "bill_checker",
    "bill_seal",
    "remedies",
    "refund_notes",
    "channels",
    "receipt_issuer_line",
    "receipt_seal",
    "receipt_collector",
    "receipt_checker",
    "receipt_notice",
    "receipt_check_hint",
    "slip_issuer",
    "slip_number",
    "slip_seal",
    "slip_opening",
    "slip_closing",
    "correction_opening",
    "correction_closing",
    "correction_phrases",
    "letter_contact",
    "letter_remedies",
    "acceptance_opening",
    "acceptance_closing",
    "one_time_opening",
    "one_time_closing",
    "not_accepted_opening",
    "not_accepted_closing",
    "refusal_opening",
    "refusal_decision",
    "refusal_closing",
    "refusal_remedies",
    "refund_opening",
    "refund_basis",
    "refund_decision",
    "refund_refused",
    "refund_payee",
    "refund_closing",
    "refund_passed_on_closing",
    "refund_refused_closing",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """The city; `region_code` is the one that payment codes and receipt codes begin with."""

    id: str
    name: str
    short_name: str
    region_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackSettings:
    """What a city decides once; days are working days. Late payment is per day on the overdue line, off by default.

    `numbers` are the formats of every other numbered document. `default_consent` is 超时默认: whether a review that is
    over its time counts as consent. `supervision` is the office that late work is brought before.
    """

    bill_waits_for: str
    due_working_days: int
    #: How a part payment is divided over a bill's lines.
    allocation: str
    #: Working days in which an objection to a bill is answered, and after which an overdue one is called in last.
    dispute_answer_days: int
    final_reminder_days: int
    bill_number: str
    numbers: Mapping[str, str]
    correction_window_days: int
    correction_reply_days: int
    extension_days_max: int
    default_consent: bool
    supervision: str
    application_number: str
    receipt_category: str
    receipt_kind: str
    finance_unit: str
    late_payment: bool
    late_payment_rate: Decimal


class _Named(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def name_en(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Everything that makes one city different from another. `data` is the same as plain JSON values."""

    tenant: Tenant
    areas: tuple[Area, ...]
    units: tuple[Unit, ...]
    matters: tuple[Matter, ...]
    materials: tuple[Material, ...]
    situations: tuple[Situation, ...]
    steps: tuple[Step, ...]
    promises: Promises
    green_channel: GreenChannel
    scope: Scope
    ladder: Ladder
    tariff: Tariff
    refunds: tuple[RefundRule, ...]
    deposits: DepositRules
    settings: PackSettings
    wording: Mapping[str, Any]
    calendar: WorkingDays
    calendar_sources: Mapping[int, str]
    data: Mapping[str, Any]

    @property
    def items(self) -> tuple[FeeItem, ...]:
        return self.tariff.items

    @property
    def reductions(self) -> tuple[Reduction, ...]:
        return self.tariff.reductions

    @property
    def uses(self) -> tuple[Use, ...]:
        return self.tariff.uses

    @property
    def graph(self) -> dict[str, tuple[str, ...]]:
        """Every matter with its prerequisites."""
        return {matter.code: matter.after for matter in self.matters}

    @property
    def mutual(self) -> tuple[tuple[str, ...], ...]:
        """The matters that wait for each other (互为前置): a joint meeting decides each group."""
        return mutual(self.graph)

    @property
    def lead_unit(self) -> Unit:
        """The city's lead window."""
        return next(unit for unit in self.units if unit.is_lead and unit.level == "city")

    def names_in_english(self) -> dict[str, str]:
        """The English names that the city gives, by their Chinese ones, the short names of departments too."""
        named: tuple[_Named, ...] = (
            *self.areas, *self.units, *self.situations, *self.matters, *self.steps, *self.materials,
            *self.green_channel.criteria, *self.items, *self.uses, *self.reductions, *self.scope.rows,
        )  # fmt: skip
        names = {each.name: each.name_en for each in named if each.name_en}
        proofs = {each.proof: each.proof_en for each in self.green_channel.criteria if each.proof_en}
        return names | proofs | {unit.short_name: unit.name_en for unit in self.units if unit.name_en}

    def facts(self, data: object) -> Facts:
        """Read facts, refusing uses and reductions that this city does not have; raises `Invalid` with all problems."""
        return Facts.from_json(data, uses=self.tariff.use_codes, reductions=self.tariff.reduction_codes)


def load_pack(folder: Path) -> Pack:
    """Read the pack in `folder`; raises `Invalid`, each problem's field being "file: row.column"."""
    problems: list[Problem] = []
    data = _read_files(folder, problems)
    if problems:
        raise Invalid(problems)
    return build_pack(data)


def build_pack(data: Mapping[str, Any]) -> Pack:
    """Compile the sections of a pack, from files or from rows; raises `Invalid` as `load_pack` does."""
    problems: list[Problem] = []
    city = read_city(data, problems)
    units = {unit.code for unit in city.units}
    tenant = _tenant(data, problems)
    settings = _settings(data, units, problems)
    promises = read_promises(data, problems)
    green_channel = read_green_channel(data, problems)
    ladder = read_ladder(data, problems)
    wording = _wording(data, problems)
    calendar, sources = _calendar(data, problems)
    tariff, refunds = _tariff(data, units, problems)
    deposits = read_deposit_rules(data, problems)
    scope = read_scope(data, traits_of(tariff.uses), problems) if tariff else Scope(())
    if problems or tariff is None:
        raise Invalid(Problem(f"{_file_of(each.field)}: {each.field}", each.problem) for each in problems)
    return Pack(
        tenant=tenant,
        areas=city.areas,
        units=city.units,
        matters=city.matters,
        materials=city.materials,
        situations=city.situations,
        steps=city.steps,
        promises=promises,
        green_channel=green_channel,
        scope=scope,
        ladder=ladder,
        tariff=tariff,
        refunds=refunds,
        deposits=deposits,
        settings=settings,
        wording=wording,
        calendar=calendar,
        calendar_sources=sources,
        data=data,
    )


def build_tariff(data: Mapping[str, Any]) -> Tariff:
    """Compile what a change of the tariff touches; raises `Invalid`, each problem's field being "row.column"."""
    problems: list[Problem] = []
    tariff, _refunds = _tariff(data, {str(row["code"]) for row in data["units"]}, problems)
    if problems or tariff is None:
        raise Invalid(problems)
    return tariff


def read_row(text: str) -> Mapping[str, Any]:
    """One row as people write it in a pack; raises `Invalid` for what is no row of plain columns and values."""
    if len(text) > ROW_LENGTH_MAX:
        raise Invalid([Problem("row", f"一行不能超过 {ROW_LENGTH_MAX} 个字")])
    if not is_keepable(text):
        raise Invalid([Problem("row", UNKEEPABLE)])
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_ExactLoader)):
            raise Invalid([Problem("row", "不能使用 YAML 的引用（&、*），请写全")])
        row = yaml.load(text, Loader=_ExactLoader)  # noqa: S506 -- a SafeLoader with fewer types
    except (yaml.YAMLError, RecursionError, ValueError) as failure:
        raise Invalid([Problem("row", f"不是有效的 YAML：{failure}")]) from None
    if not isinstance(row, Mapping) or not _is_plain(row):
        raise Invalid([Problem("row", "应为一组“列名: 值”，值为文字、整数、true/false、列表或同样的一组")])
    return row


def _is_plain(value: object, depth: int = 0) -> bool:
    """Whether a value is what a row may hold, and no deeper than a rule ever is."""
    if depth > _ROW_DEPTH_MAX:
        return False
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(each, depth + 1) for key, each in value.items())
    if isinstance(value, list):
        return all(_is_plain(each, depth + 1) for each in value)
    return value is None or isinstance(value, str | int | bool)


def write_row(row: Mapping[str, Any]) -> str:
    """A row as people write it in a pack; `read_row` reads it back."""
    return yaml.dump(dict(row), allow_unicode=True, sort_keys=False, default_flow_style=None, width=100)


def calendar_from_library(years: Iterable[int]) -> WorkingDays:
    """The State Council's notices as `chinesecalendar` carries them; raises `Invalid` for a year that it lacks."""
    import chinese_calendar

    listed = dict.fromkeys(chinese_calendar.constants.holidays, False)
    listed |= dict.fromkeys(chinese_calendar.constants.workdays, True)
    known = {day.year for day in listed}
    wanted = frozenset(years)
    absent = sorted(wanted - known)
    if absent:
        raise Invalid([Problem("calendar.years", f"没有 {'、'.join(map(str, absent))} 年的放假通知数据")])
    return WorkingDays({day: working for day, working in listed.items() if day.year in wanted}, wanted)


class _ExactLoader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """YAML without floats, dates and yes/no: 170.00 and 2003-01-01 stay what was typed; double keys are refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                line = key_node.start_mark.line + 1
                raise yaml.constructor.ConstructorError(None, None, f"第 {line} 行重复的键 {key}", key_node.start_mark)
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


_PLAIN_TEXT = {"tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"}
_ExactLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _PLAIN_TEXT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# YAML 1.1 reads yes, no, on and off as truth values; here they are words.
_ExactLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])


def _read_files(folder: Path, problems: list[Problem]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name in dict.fromkeys(SECTIONS.values()):
        try:
            text = (folder / name).read_text(encoding="utf-8")
            content = yaml.load(text, Loader=_ExactLoader)  # noqa: S506 -- a SafeLoader with fewer types
        except FileNotFoundError:
            problems.append(Problem(name, f"{folder} 中缺少这个文件"))
            continue
        except (OSError, UnicodeDecodeError) as failure:
            problems.append(Problem(name, f"无法读取：{failure}"))
            continue
        except yaml.YAMLError as failure:
            problems.append(Problem(name, f"不是有效的 YAML：{failure}"))
            continue
        allowed = [section for section, file in SECTIONS.items() if file == name]
        if not isinstance(content, Mapping) or set(content) != set(allowed):
            problems.append(Problem(name, f"文件应正好包含：{'、'.join(allowed)}"))
            continue
        data |= content
    return data


def _tariff(
    data: Mapping[str, Any], units: Collection[str], problems: list[Problem]
) -> tuple[Tariff | None, tuple[RefundRule, ...]]:
    try:
        tariff = Tariff.from_data(data)
    except Invalid as refused:
        problems += refused.problems
        return None, ()
    for item in tariff.items:
        if item.owner_unit not in units:
            problems.append(Problem(f"items {item.code}.owner_unit", f"没有单位 {item.owner_unit}"))
    refunds = read_refund_rules(data, [item.code for item in tariff.items], problems)
    known = {(str(row.get("item")), str(row.get("version"))) for row in data.get("versions", ())}
    for rule in refunds:
        if rule.newer_rate and (rule.item, rule.newer_rate) not in known:
            problems.append(Problem(f"refunds {rule.item}.newer_rate", f"{rule.item} 没有标准版本 {rule.newer_rate}"))
    return tariff, refunds


def _file_of(field: str) -> str:
    section = field
    for stop in "[. ":
        section = section.partition(stop)[0]
    return SECTIONS.get(section, "")


def _tenant(data: Mapping[str, Any], problems: list[Problem]) -> Tenant:
    row = _single(data, "tenant", problems)
    row.only("id", "name", "short_name", "region_code")
    return Tenant(
        id=row.text("id"),
        name=row.text("name"),
        short_name=row.text("short_name"),
        region_code=row.text("region_code"),
    )


def _settings(data: Mapping[str, Any], units: Collection[str], problems: list[Problem]) -> PackSettings:
    row = _single(data, "settings", problems)
    row.only(*PackSettings.__dataclass_fields__)
    for column, example in (("bill_number", {"year": 2014, "running": 17}), ("application_number", _NUMBER_EXAMPLE)):
        try:
            row.text(column).format(**example)
        except (KeyError, IndexError, ValueError):
            row.problem(column, f"编号格式只能使用 {'、'.join(f'{{{name}}}' for name in example)}")
    numbers = row.row("numbers")
    numbers.only(*NUMBERED)
    for column in NUMBERED:
        try:
            numbers.text(column).format(year=2014, running=17)
        except (KeyError, IndexError, ValueError):
            numbers.problem(column, "编号格式只能使用 {year}、{running}")
    return PackSettings(
        bill_waits_for=row.choice("bill_waits_for", _BILL_WAITS_FOR),
        due_working_days=row.whole("due_working_days", least=1),
        dispute_answer_days=row.whole("dispute_answer_days", least=1),
        final_reminder_days=row.whole("final_reminder_days", least=1),
        allocation=row.choice("allocation", [each.value for each in Rule]),
        numbers=MappingProxyType({column: numbers.text(column) for column in NUMBERED}),
        correction_window_days=row.whole("correction_window_days", least=0),
        correction_reply_days=row.whole("correction_reply_days", least=1),
        extension_days_max=row.whole("extension_days_max", least=1),
        default_consent=row.switch("default_consent", default=False),
        supervision=row.text("supervision"),
        bill_number=row.text("bill_number"),
        application_number=row.text("application_number"),
        receipt_category=row.text("receipt_category"),
        receipt_kind=row.text("receipt_kind"),
        finance_unit=row.choice("finance_unit", units),
        late_payment=row.switch("late_payment", default=False),
        late_payment_rate=row.decimal("late_payment_rate"),
    )


_NUMBER_EXAMPLE: Final = {"year": 2014, "month": 9, "day": 15, "running": 17}


def _wording(data: Mapping[str, Any], problems: list[Problem]) -> Mapping[str, Any]:
    row = _single(data, "wording", problems)
    row.only(*_WORDING)
    for column in _WORDING:
        if not row.data.get(column):
            row.problem(column, "应为非空文字或列表")
    return MappingProxyType(dict(row.data))


def _calendar(data: Mapping[str, Any], problems: list[Problem]) -> tuple[WorkingDays, Mapping[int, str]]:
    row = _single(data, "calendar", problems)
    row.only("first_year", "last_year", "source", "changes")
    first, last = row.whole("first_year", least=1), row.whole("last_year", least=1)
    source = row.text("source")
    years = range(first, last + 1)
    calendar = WorkingDays({}, frozenset())
    if last < first:
        row.problem("last_year", f"{last} 早于 {first}")
    else:
        try:
            calendar = calendar_from_library(years)
        except Invalid as refused:
            problems += refused.problems
    changes: dict[date, bool] = {}
    for change in row.rows("changes"):
        change.only("day", "working", "document")
        day, working = change.date("day"), change.switch("working")
        change.text("document")
        if day in changes:
            change.problem("day", f"{day} 重复")
        if day and day.year not in calendar.years:
            change.problem("day", f"{day.year} 年未导入")
        if day:
            changes[day] = working
    merged = WorkingDays({**calendar.days, **changes}, calendar.years)
    return merged, {year: source.format(year=year) for year in years}


def _single(data: Mapping[str, Any], section: str, problems: list[Problem]) -> Row:
    value = data.get(section)
    if not isinstance(value, Mapping):
        problems.append(Problem(section, "应为一组列名: 值"))
        value = {}
    return Row(value, section, problems)
