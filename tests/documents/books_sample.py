"""Views of the books' documents as the services would fill them: a day with everything, a month, a long list."""

from __future__ import annotations

from dataclasses import fields

from paper import NAMES

from shared.documents.views import (
    BooksColumn,
    BooksTable,
    BooksView,
    DayCloseView,
    Labelled,
    ListView,
    MonthCloseView,
    SealSpec,
)

FINANCE = "cz"
SEAL = SealSpec(unit_code=FINANCE, organ_name=NAMES[FINANCE], flat_text="一单回执专用章")


def day_close(*, rows: int = 5, project: str = "城市基础设施配套费") -> DayCloseView:
    """A day: amounts of the longest kind that a city meets, a table without rows, reasons in sentences."""
    heads = ("期初", "收入", "财政补助", "冲回", "退还、拨付", "划拨", "其他", "期末")
    balances = BooksTable(
        title="一、财政收入",
        note="国库",
        columns=(
            BooksColumn(label="科目", width="7"),
            BooksColumn(label="收费项目", width="12"),
            BooksColumn(label="性质・预算", width="14"),
            *(BooksColumn(label=head, width="8.375", side="right") for head in heads),
        ),
        rows=tuple(
            ("国库", project, "政府性基金・政府性基金预算", *(f"{number + 1},234,567,890.{at:02d}" for at in range(8)))
            for number in range(rows)
        ),
        total=("合计", "", "", *("12,345,678,901.23" for _ in heads)),
    )
    none = BooksTable(title="六、划拨", columns=(), rows=(), none="没有划拨。")
    said = BooksTable(
        title="九、结账时的未了事项和说明",
        columns=(
            BooksColumn(label="事项", width="20"),
            BooksColumn(label="金额", width="20", side="right"),
            BooksColumn(label="说明", width="60"),
        ),
        rows=(("对账单未导入", "32,729,939.24", "银行对账单次日上午送达，已与银行电话核对无误，次日导入后复核。"),),
    )
    return DayCloseView(
        issuer=NAMES[FINANCE],
        title="日结单",
        number="瀚一单日结〔2014〕2号",
        days="2014年9月18日",
        facts=(
            Labelled(label="应收（新开）", text="48,602,318.66　9 张"),
            Labelled(label="实收", text="137,006,264.57"),
            Labelled(label="试算平衡", text="0.00　平"),
            Labelled(label="对账差异", text="0.00　平"),
            Labelled(label="结账人", text="陈一诺"),
        ),
        tables=(balances, none, said),
        remarks=(
            Labelled(label="说明", text="本单数字在结账时冻结，之后的业务记入下一个未结的日子；重新打开须由两人办理。"),
        ),
        qr_text="http://127.0.0.1:8000/finance/periods/1",
        issued_on="2014年9月18日",
        seals=(SEAL,),
    )


def month_close(*, rows: int = 5) -> MonthCloseView:
    """The same of a month."""
    day = day_close(rows=rows)
    same = {each.name: getattr(day, each.name) for each in fields(BooksView)}
    return MonthCloseView(**same | {"title": "月报", "days": "2014年9月1日至2014年9月30日"})


def listed(*, rows: int = 60) -> ListView:
    """A list of bills; its number is empty."""
    day = day_close(rows=1)
    same = {each.name: getattr(day, each.name) for each in fields(BooksView)}
    table = BooksTable(
        title="缴费单",
        note=f"共 {rows} 行",
        columns=(
            BooksColumn(label="缴费单号", width="20"),
            BooksColumn(label="开单", width="15", side="plain"),
            BooksColumn(label="应缴", width="20", side="right"),
            BooksColumn(label="缴款人", width="45"),
        ),
        rows=tuple(
            (f"瀚一单缴〔2014〕{number + 1}号", "2014-09-15", "32,729,939.24", "瀚海市碧海置业有限公司")
            for number in range(rows)
        ),
    )
    return ListView(**same | {"title": "缴费单", "number": "", "tables": (table,)})
