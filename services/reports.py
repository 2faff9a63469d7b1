"""Reports of the finance office as tables: collected versus due, what was not charged, what is unpaid how long,
differences, refunds. Revenue, agency money and deposits are tables of their own; no sum goes over two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from services.sitting import Sitting
from shared.db.queries import differences
from shared.db.queries import reports as queries
from shared.db.queries.reports import CollectedRow, OpenRow
from shared.domain.accounts import FUND_NAMES, FUND_OF_NATURE, HOLDERS
from shared.domain.deadlines import Deadlines
from shared.domain.errors import NotFound
from shared.domain.lines import NATURE_NAMES, FeeItem
from shared.domain.refunds import KIND_NAMES, RefundKind
from shared.sheets.columns import Column, Kind, Row

COLLECTED: Final = "collected"
#: What each report is called.
NAMES: Final[Mapping[str, str]] = {
    COLLECTED: "应收尽收",
    "not_charged": "减免和未收",
    "ageing": "未缴账龄",
    "differences": "对账差异",
    "refunds": "退费",
}
#: What a collected row is about.
BY_NAMES: Final[Mapping[str, str]] = {
    "item": "收费项目",
    "unit": "执收单位",
    "area": "区",
    "channel": "渠道",
    "day": "日",
    "month": "月",
}
#: What stands above each account's table: only the first is 财政收入.
ACCOUNT_TITLES: Final[Mapping[str, str]] = {
    "treasury": "国库（财政收入）",
    "agency": "代收专户（不计财政收入）",
    "deposit": "保证金专户（可退还，不计财政收入）",
}
STATUS_NAMES: Final[Mapping[str, str]] = {
    "payable": "应缴（有减免或补助）",
    "zero": "标准为零",
    "exempt": "免收",
    "subsidised": "财政补助",
    "half_of_floor": "按下限减半",
    "not_applicable": "不适用",
    "not_in_force": "不在执行期",
    "waived": "缓免",
    "collected_elsewhere": "他处征收",
    "needs_facts": "待补事实",
}
REFUND_STATES: Final[Mapping[str, str]] = {
    "checking": "待核对",
    "asked": "待审批",
    "approved": "已批准",
    "declined": "不予退费",
    "sent": "已发银行",
    "paid": "已退付",
    "failed": "退付失败",
}
DIFFERENCE_NAMES: Final[Mapping[str, str]] = {
    "not_in_books": "对账单有而账簿没有（长款）",
    "not_on_statement": "账簿有而对账单没有（短款）",
}
#: Working days overdue, first and last of each band; the last is open.
AGES: Final[tuple[tuple[int, int | None], ...]] = ((1, 5), (6, 15), (16, 30), (31, 60), (61, None))
_TENTH = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a report; `account` is whose money it is about, empty where it is about none."""

    title: str
    account: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report over some days; `last` alone counts where it says how things stand."""

    kind: str
    by: str
    title: str
    note: str
    first: date
    last: date
    tables: tuple[Table, ...]

    def flat(self) -> tuple[tuple[Column, ...], list[Row]]:
        """As one table for a file, each row with the account that it is about."""
        if not self.tables or not self.tables[0].account:
            return self.tables[0].columns if self.tables else (), [row for each in self.tables for row in each.rows]
        account = Column("账户", width=34)
        rows: list[Row] = [(ACCOUNT_TITLES[each.account], *row) for each in self.tables for row in each.rows]
        return (account, *self.tables[0].columns), rows


def report(sitting: Sitting, kind: str, *, first: date, last: date, by: str = "item") -> Report:
    """One report; raises `NotFound` for a kind that there is not."""
    if kind not in NAMES or by not in BY_NAMES:
        raise NotFound("没有这种报表")
    tables, note = {
        COLLECTED: lambda: _collected(sitting, by, first, last),
        "not_charged": lambda: _not_charged(sitting, first, last),
        "ageing": lambda: _ageing(sitting),
        "differences": lambda: _differences(sitting, last),
        "refunds": lambda: _refunds(sitting, first, last),
    }[kind]()
    title = f"{NAMES[kind]}（按{BY_NAMES[by]}）" if kind == COLLECTED else NAMES[kind]
    return Report(kind=kind, by=by, title=title, note=note, first=first, last=last, tables=tables)


def _collected(sitting: Sitting, by: str, first: date, last: date) -> tuple[tuple[Table, ...], str]:
    rows = queries.collected(sitting.session, by, first, last)
    items = {item.code: item for item in sitting.city.items}
    if by == "channel":
        rows = [row for row in rows if row.label]
        columns = (Column(BY_NAMES[by], width=28), Column("实收", Kind.MONEY))
    else:
        about = (
            (Column(BY_NAMES[by], width=24), Column("性质"), Column("预算", width=20))
            if by == "item"
            else (Column(BY_NAMES[by], width=28),)
        )
        columns = (
            *about,
            *(Column(name, Kind.MONEY) for name in ("应收", "作废", "未缴", "实收", "退付、拨付")),
            Column("收缴率", Kind.SHARE, 10),
        )
    tables = []
    for account in HOLDERS:
        of_account = [row for row in rows if items[row.item_code].account == account]
        made: list[Row]
        if by == "channel":
            made = [
                (label, sum(row.received_fen for row in group))
                for label, group in _grouped(of_account, lambda row: row.label)
            ]
            totals: Row = ("合计", sum(row.received_fen for row in of_account))
        else:
            key = (lambda row: row.item_code) if by == "item" else (lambda row: row.label)
            made = [
                (*_about(sitting, by, label, items), *_amounts(group)) for label, group in _grouped(of_account, key)
            ]
            totals = ("合计", *("" for _ in about[1:]), *_amounts(of_account))
        if made:
            tables.append(
                Table(
                    title=ACCOUNT_TITLES[account],
                    account=account,
                    columns=columns,
                    rows=tuple(made),
                    totals=totals,
                )
            )
    note = "应收为当期开出的缴费单，未缴为其中至今未缴的部分；收缴率为应收减作废后已缴的比例。"
    if by == "channel":
        note = "按到账渠道统计当期实收，以记账日为准。"
    return tuple(tables), note


def _grouped(rows: Iterable[CollectedRow], key: Callable[[CollectedRow], str]) -> list[tuple[str, list[CollectedRow]]]:
    found: dict[str, list[CollectedRow]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return list(found.items())


def _amounts(rows: Sequence[CollectedRow]) -> Row:
    opened, voided = sum(row.opened_fen for row in rows), sum(row.voided_fen for row in rows)
    left = sum(row.open_fen for row in rows)
    return (
        opened,
        voided,
        left,
        sum(row.received_fen for row in rows),
        sum(row.back_fen for row in rows),
        _share(opened - voided - left, opened - voided),
    )


def _share(part: int, whole: int) -> Decimal | None:
    """A part of a whole to a tenth of a percent; None where there is no whole."""
    return (Decimal(part) / Decimal(whole)).quantize(_TENTH, ROUND_HALF_UP) if whole > 0 else None


def _about(sitting: Sitting, by: str, label: str, items: Mapping[str, FeeItem]) -> Row:
    if by == "item":
        item = items[label]
        return (item.name, NATURE_NAMES[item.nature], FUND_NAMES[FUND_OF_NATURE[item.nature]])
    if by == "unit":
        unit = sitting.city.units.get(label)
        return (unit.name if unit else label,)
    return (sitting.city.areas.get(label, label or "—"),) if by == "area" else (label,)


def _not_charged(sitting: Sitting, first: date, last: date) -> tuple[tuple[Table, ...], str]:
    items = {item.code: item for item in sitting.city.items}
    money = [Column(name, Kind.MONEY) for name in ("标准金额", "减免", "财政补助", "应缴")]
    columns = (Column("收费项目", width=24), Column("情形", width=22), Column("笔数", Kind.COUNT, 8), *money)
    rows = [
        (items[row.item_code].account, (items[row.item_code].name, STATUS_NAMES[row.status]), row)
        for row in queries.not_charged(sitting.session, first, last)
    ]
    tables = []
    for account in HOLDERS:
        here = [(about, row) for where, about, row in rows if where == account]
        if here:
            made: list[Row] = [
                (*about, row.lines, row.gross_fen, row.reduction_fen, row.subsidy_fen, row.payable_fen)
                for about, row in here
            ]
            tables.append(_table(ACCOUNT_TITLES[account], account, columns, made, labels=2))
    return tuple(tables), "当期开出的缴费单上没有足额收取的项目，每一项都有理由；理由和文号见各单。"


def _ageing(sitting: Sitting) -> tuple[tuple[Table, ...], str]:
    items = {item.code: item for item in sitting.city.items}
    days = Deadlines(sitting.city.calendar, sitting.today)
    bands = ["未到期", *(f"逾期 {first}–{last} 日" if last else f"逾期 {first} 日以上" for first, last in AGES)]
    columns = (Column("收费项目", width=24), *(Column(name, Kind.MONEY) for name in bands), Column("合计", Kind.MONEY))
    found: dict[str, list[int]] = {}
    for row in queries.unpaid(sitting.session):
        found.setdefault(row.item_code, [0] * len(bands))[_band(days, row)] += row.open_fen
    tables = []
    for account in HOLDERS:
        made: list[Row] = [
            (items[code].name, *amounts, sum(amounts))
            for code, amounts in found.items()
            if items[code].account == account
        ]
        if made:
            tables.append(_table(ACCOUNT_TITLES[account], account, columns, made, labels=1))
    return tuple(tables), f"截至 {sitting.today} 未缴的金额，按超过缴款期限的工作日数。"


def _band(days: Deadlines, row: OpenRow) -> int:
    if row.due_on >= days.today:
        return 0
    late = days.between(row.due_on, days.today)
    return next(at for at, (_, last) in enumerate(AGES, 1) if last is None or late <= last)


def _differences(sitting: Sitting, last: date) -> tuple[tuple[Table, ...], str]:
    columns = (
        Column("差异", width=30),
        Column("渠道"),
        Column("流水号", width=34),
        Column("金额", Kind.MONEY),
        Column("原因", width=40),
    )
    found = differences.differences(sitting.session, last)
    rows = [
        (DIFFERENCE_NAMES.get(each.kind, each.kind), each.provider, each.reference, each.amount_fen, each.why)
        for each in found
    ]
    table = Table(
        title=NAMES["differences"],
        account="",
        columns=columns,
        rows=tuple(rows),
        totals=("合计", "", "", sum(each.amount_fen for each in found), ""),
    )
    return ((table,) if rows else ()), f"截至 {last} 银行对账单与账簿不一致的每一笔；没有差异即为平。"


def _refunds(sitting: Sitting, first: date, last: date) -> tuple[tuple[Table, ...], str]:
    columns = (
        Column("类别", width=18),
        Column("状态", width=12),
        Column("笔数", Kind.COUNT, 8),
        Column("金额", Kind.MONEY),
        Column("其中利息", Kind.MONEY),
    )
    rows = [
        (KIND_NAMES[RefundKind(row.kind)], REFUND_STATES[row.state], row.count, row.amount_fen, row.interest_fen)
        for row in queries.refunds(sitting.session, first, last)
    ]
    table = _table(NAMES["refunds"], "", columns, rows, labels=2)
    return ((table,) if rows else ()), "当期提出的退费，按类别和状态；退库冲减财政收入，保证金返还和代收拨付不冲减。"


def _table(title: str, account: str, columns: tuple[Column, ...], rows: Sequence[Row], *, labels: int) -> Table:
    """A table whose columns after the first `labels` add up."""
    sums = (
        sum(amount for row in rows if isinstance(amount := row[place], int)) for place in range(labels, len(columns))
    )
    return Table(
        title=title,
        account=account,
        columns=columns,
        rows=tuple(rows),
        totals=("合计", *("" for _ in range(labels - 1)), *sums),
    )
