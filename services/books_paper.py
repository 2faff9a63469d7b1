"""日结单, 月报 and lists on paper: the figures that a period was closed on, or rows of the books, as final strings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from services import exports as taking_out
from services.letters import long_day, seal
from services.reports import DIFFERENCE_NAMES
from services.sitting import Sitting
from shared.db import clock, exports, periods
from shared.db.periods import DAY, PeriodRow
from shared.documents.views import BooksColumn, BooksTable, DayCloseView, Labelled, ListView, MonthCloseView, SealSpec
from shared.domain.accounts import FLOW_NAMES, FUND_NAMES, FUND_OF_NATURE, Flow, account_name, is_revenue
from shared.domain.closing import Balance, Figures, Passed, Source
from shared.domain.lines import NATURE_NAMES
from shared.domain.money import grouped
from shared.settings import settings
from shared.sheets.columns import Cell, Column, Kind

#: What was open when a period was closed, as documents call it.
HINDRANCE_NAMES: Final = {
    "earlier_day": "之前的日子还没有日结",
    "unbalanced": "试算不平衡",
    "books_differ": "缴款与账簿不符",
    "callback_waiting": "回调待入账",
    "not_in_books": "对账单有而账簿没有（长款）",
    "not_on_statement": "账簿有而对账单没有（短款）",
    "statement_missing": "对账单未导入",
    "suspense": "待查款未处理",
    "attention": "异常未处理",
    "without_receipt": "已缴未开凭证",
    "receipt_gap": "凭证号不连续",
    "refund_waiting": "退费未办结",
    "transfer_waiting": "划拨待复核",
    "to_pass_on": "资金待划拨",
}
#: What of a long row fits on paper.
_PRINTED: Final = {
    taking_out.BILLS: (
        "缴费单号", "项目", "缴款人", "状态", "开单", "期限", "应缴", "已缴", "其中国库（财政收入）",
        "其中代收（不计财政收入）", "其中保证金（不计财政收入）", "凭证号",
    ),
    taking_out.POSTINGS: ("记账日", "事项", "科目", "收费项目", "借", "贷", "缴费单号", "缴款人", "银行流水号"),
}  # fmt: skip
_BLOCKS: Final = (
    ("一、财政收入", "国库"),
    ("二、代收款和保证金", "不计财政收入"),
    ("三、资金和往来科目", "钱在哪里；借为正、贷为负"),
)


def day_close_view(sitting: Sitting, period_id: UUID) -> DayCloseView:
    """日结单 of a closed day."""
    return DayCloseView(title="日结单", **_period(sitting, periods.lock(sitting.session, period_id)))


def month_close_view(sitting: Sitting, period_id: UUID) -> MonthCloseView:
    """月报 of a closed month."""
    return MonthCloseView(title="月报", **_period(sitting, periods.lock(sitting.session, period_id)))


def export_view(sitting: Sitting, export_id: UUID) -> ListView:
    """A list as the books stand when it is composed."""
    export = exports.load(sitting.session, export_id)
    columns, rows = taking_out.content(sitting, export)
    kept = [
        place for place, column in enumerate(columns) if column.name in _PRINTED.get(export.subject, (column.name,))
    ]
    cells = tuple(tuple(_said(columns[place], row[place]) for place in kept) for row in rows)
    shown = [columns[place] for place in kept]
    table = BooksTable(
        title=taking_out.SUBJECTS[export.subject],
        note=f"共 {len(cells)} 行",
        columns=tuple(_column(column, shown) for column in shown),
        rows=cells,
        none="没有符合条件的记录。",
    )
    return ListView(
        issuer=sitting.city.units[sitting.city.finance_unit].name,
        title=taking_out.SUBJECTS[export.subject],
        number="",
        days=f"{long_day(export.first_on)}至{long_day(export.last_on)}",
        facts=(
            Labelled(label="导出人", text=export.asker),
            Labelled(label="导出时间", text=_minute(export.asked_at)),
            Labelled(label="行数", text=str(len(cells))),
            Labelled(label="导出编号", text=str(export.id)[:8]),
        ),
        tables=(table,),
        remarks=(Labelled(label="说明", text="代收款和保证金不计财政收入；金额以账簿为准，导出之后的业务不在其中。"),),
        qr_text=f"{settings().public_url}/finance/exports",
        issued_on=long_day(clock.on(export.asked_at)),
        seals=_seals(sitting),
    )


def _period(sitting: Sitting, period: PeriodRow) -> dict[str, Any]:
    figures = period.frozen
    is_day = period.kind == DAY
    first, last = long_day(period.first_on), long_day(period.last_on)
    return {
        "issuer": sitting.city.units[sitting.city.finance_unit].name,
        "number": period.number,
        "days": first if is_day else f"{first}至{last}",
        "facts": (
            Labelled(label="应收（新开）", text=f"{grouped(figures.opened_fen)}　{figures.bills_opened} 张"),
            Labelled(label="作废", text=f"{grouped(figures.voided_fen)}　{figures.bills_voided} 张"),
            Labelled(label="实收", text=grouped(figures.received_fen)),
            Labelled(label="退还、拨付", text=grouped(figures.given_back_fen)),
            Labelled(label="划拨", text=grouped(figures.passed_on_fen)),
            Labelled(label="待查款结余", text=grouped(figures.suspense_left_fen)),
            Labelled(label="试算平衡", text=_even(figures.imbalance_fen)),
            Labelled(label="对账差异", text=_even(figures.difference_fen)),
            Labelled(label="结账人", text=period.closer),
            Labelled(label="结账时间", text=_minute(period.closed_at)),
            Labelled(label="凭证", text=f"{sum(run.count for run in figures.runs)} 张"),
            Labelled(label="未了事项", text=f"{len(figures.explained)} 类"),
        ),
        "tables": (
            *_balances(sitting, figures),
            _sources(figures),
            _shares(sitting, figures),
            _transfers(sitting, figures),
            _receipts(figures),
            _differences(figures),
            _explained(sitting, figures),
        ),
        "remarks": (
            Labelled(label="说明", text="本单数字在结账时冻结，之后的业务记入下一个未结的日子；重新打开须由两人办理。"),
            Labelled(label="口径", text="实收为贷记国库、代收专户和保证金专户的缴款；代收款和保证金不计财政收入。"),
        ),
        "qr_text": f"{settings().public_url}/finance/periods/{period.id}",
        "issued_on": long_day(clock.on(period.closed_at)),
        "seals": _seals(sitting),
    }


def _seals(sitting: Sitting) -> tuple[SealSpec, ...]:
    return (seal(sitting, sitting.city.finance_unit, sitting.city.pack.wording["receipt_seal"]),)


def _balances(sitting: Sitting, figures: Figures) -> list[BooksTable]:
    revenue = [each for each in figures.balances if is_revenue(each.account)]
    kept = [each for each in figures.balances if each.account in ("agency", "deposit")]
    others = [each for each in figures.balances if each not in revenue and each not in kept]
    return [
        _balance_table(sitting, title, note, rows, sign)
        for (title, note), rows, sign in zip(_BLOCKS, (revenue, kept, others), (-1, -1, 1), strict=True)
    ]


def _balance_table(sitting: Sitting, title: str, note: str, rows: Sequence[Balance], sign: int) -> BooksTable:
    """`sign` turns what is owed to the treasury and to others into positive amounts."""
    items = {item.code: item for item in sitting.city.items}

    def about(each: Balance) -> tuple[str, str]:
        item = items.get(each.item_code)
        if item is None:
            return (each.item_code or "—", "—")
        return (item.name, f"{NATURE_NAMES[item.nature]}・{FUND_NAMES[FUND_OF_NATURE[item.nature]]}")

    def amounts(part: Sequence[Balance]) -> tuple[str, ...]:
        return (
            grouped(sign * sum(each.opening_fen for each in part)),
            *(grouped(sign * sum(each.flow(flow) for each in part)) for flow in Flow),
            grouped(sign * sum(each.closing_fen for each in part)),
        )

    heads = ("期初", *(FLOW_NAMES[flow] for flow in Flow), "期末")
    return BooksTable(
        title=title,
        note=note,
        columns=_columns(
            ("科目", 7), ("收费项目", 12), ("性质・预算", 14), *((head, -67 / len(heads)) for head in heads)
        ),
        rows=tuple((account_name(each.account), *about(each), *amounts([each])) for each in rows),
        total=("合计", "", "", *amounts(rows)) if rows else (),
        none="没有余额，也没有发生。",
    )


def _sources(figures: Figures) -> BooksTable:
    count = sum(each.count for each in figures.sources)
    return BooksTable(
        title="四、到账来源",
        columns=_columns(("来源", 50), ("笔数", -20), ("金额", -30)),
        rows=tuple((account_name(each.account), str(each.count), grouped(each.amount_fen)) for each in figures.sources),
        total=("合计", str(count), _sum(figures.sources)) if figures.sources else (),
        none="没有到账。",
    )


def _shares(sitting: Sitting, figures: Figures) -> BooksTable:
    items = {item.code: item.name for item in sitting.city.items}
    units, areas = sitting.city.units, sitting.city.areas
    heads = ("opened_fen", "voided_fen", "received_fen")
    return BooksTable(
        title="五、应收和实收，按执收单位、区和项目",
        columns=_columns(("执收单位", 24), ("区", 12), ("收费项目", 19), ("应收", -15), ("作废", -15), ("实收", -15)),
        rows=tuple(
            (
                units[each.unit_code].short_name if each.unit_code in units else each.unit_code or "—",
                areas.get(each.area_code, each.area_code or "—"),
                items.get(each.item_code, each.item_code),
                *(grouped(getattr(each, name)) for name in heads),
            )
            for each in sorted(figures.shares, key=lambda each: (each.unit_code, each.area_code, each.item_code))
        ),
        none="没有应收，也没有实收。",
    )


def _transfers(sitting: Sitting, figures: Figures) -> BooksTable:
    items = {item.code: item.name for item in sitting.city.items}
    return BooksTable(
        title="六、划拨",
        columns=_columns(("划拨单", 30), ("账户", 20), ("收费项目", 25), ("金额", -25)),
        rows=tuple(
            (
                each.number,
                account_name(each.account),
                items.get(each.item_code, each.item_code),
                grouped(each.amount_fen),
            )
            for each in figures.transfers
        ),
        total=("合计", "", "", _sum(figures.transfers)) if figures.transfers else (),
        none="没有划拨。",
    )


def _receipts(figures: Figures) -> BooksTable:
    runs = tuple(
        (each.code, f"{each.first}–{each.last}", str(each.count), str(each.reversals), "") for each in figures.runs
    )
    gaps = tuple((each.code, f"{each.first}–{each.last}", "", "", each.why) for each in figures.gaps)
    return BooksTable(
        title="七、凭证号段",
        columns=_columns(("凭证代码", 20), ("号码", 35), ("张数", -12), ("其中冲红", -12), ("缺号去向", 21)),
        rows=(*runs, *gaps),
        none="没有开具凭证。",
    )


def _differences(figures: Figures) -> BooksTable:
    return BooksTable(
        title="八、对账差异",
        columns=_columns(("差异", 25), ("渠道", 10), ("流水号", 28), ("原因", 22), ("金额", -15)),
        rows=tuple(
            (
                DIFFERENCE_NAMES.get(each.kind, each.kind),
                each.provider,
                each.reference,
                each.why,
                grouped(each.amount_fen),
            )
            for each in figures.differences
        ),
        total=("合计", "", "", "", grouped(figures.difference_fen)) if figures.differences else (),
        none="没有差异，0.00。",
    )


def _explained(sitting: Sitting, figures: Figures) -> BooksTable:
    items = {item.code: item.name for item in sitting.city.items}
    return BooksTable(
        title="九、结账时的未了事项和说明",
        columns=_columns(("事项", 20), ("项数", -7), ("金额", -14), ("说明", 25), ("明细", 34)),
        rows=tuple(
            (
                HINDRANCE_NAMES[each.kind],
                str(len(each.items)),
                grouped(each.amount_fen),
                each.reason,
                _listed([items.get(item.reference, item.reference) for item in each.items]),
            )
            for each in figures.explained
        ),
        none="没有未了事项。",
    )


def _listed(names: Sequence[str], most: int = 8) -> str:
    shown = "、".join(names[:most])
    return f"{shown}等 {len(names)} 项" if len(names) > most else shown


def _sum(rows: Iterable[Source | Passed]) -> str:
    return grouped(sum(row.amount_fen for row in rows))


def _columns(*columns: tuple[str, float]) -> tuple[BooksColumn, ...]:
    """Columns with their shares of the width; those of amounts are given as negative."""
    return tuple(
        BooksColumn(label=label, width=f"{abs(width):.2f}", side="right" if width < 0 else "left")
        for label, width in columns
    )


def _column(column: Column, columns: Sequence[Column]) -> BooksColumn:
    share = 100 * column.width / sum(each.width for each in columns)
    side = "right" if column.is_number else "plain" if column.kind in (Kind.DAY, Kind.MOMENT) else "left"
    return BooksColumn(label=column.name, width=f"{share:.2f}", side=side)


def _said(column: Column, cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return cell
        case datetime():
            return _minute(cell)
        case date():
            return cell.isoformat()
        case Decimal():
            return f"{cell * 100:.1f}%"
        case int():
            return grouped(cell) if column.kind is Kind.MONEY else str(cell)


def _even(fen: int) -> str:
    return f"{grouped(fen)}　{'不平' if fen else '平'}"


def _minute(moment: datetime) -> str:
    return moment.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M")
