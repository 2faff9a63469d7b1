"""Taking rows of the books out of the house: asked for by one of finance, on record before a byte leaves, streamed.

Bills and postings come through a cursor, so that sixty thousand cost no more memory than sixty. A PDF is a document
like any other, frozen and sealed; it is for lists that people read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from services import reports
from services.sitting import Sitting
from shared.db import documents, exports
from shared.db.accounts import AccountRow
from shared.db.documents import Wish
from shared.db.exports import CSV, FORMS, PDF, ExportRow
from shared.db.queries import reports as queries
from shared.domain.accounts import account_name
from shared.domain.errors import Invalid, NotAllowed, NotFound, Problem
from shared.domain.lines import PAYERS
from shared.logs import logger
from shared.sheets import delimited, workbook
from shared.sheets.columns import Column, Kind, Row

log = logger(__name__)

ROLE: Final = "finance"
BILLS: Final = "bills"
POSTINGS: Final = "postings"
#: What can be taken out, and what its file is called.
SUBJECTS: Final[Mapping[str, str]] = {BILLS: "缴费单", POSTINGS: "分录", **reports.NAMES}
STATES: Final[Mapping[str, str]] = {
    "issued": "待缴",
    "part_paid": "部分已缴",
    "paid": "已缴",
    "nothing_due": "无需缴纳",
    "void": "作废",
    "refunded": "已退费",
}
#: Longest list that becomes a PDF, rows; longer ones are for programs.
PDF_ROWS_MAX: Final = 1_000
ENTRY_NAMES: Final[Mapping[str, str]] = {
    "payment": "缴款入账",
    "payment_reversal": "冲回缴款",
    "suspense": "转待查款",
    "suspense_reversal": "冲回待查款",
    "subsidy": "财政补助入账",
    "transfer": "划拨",
    "refund": "退费",
    "interest": "保证金计息",
    "guarantee_end": "保函到期",
    "guarantee_renewal": "保函续保",
}

_BILL_COLUMNS: Final = (
    Column("缴费单号", width=22),
    Column("办件编号", width=22),
    Column("项目代码", width=28),
    Column("项目", width=28),
    Column("区", width=10),
    Column("缴款人类别", width=16),
    Column("缴款人", width=28),
    Column("统一社会信用代码", width=22),
    Column("缴款码", width=26),
    Column("状态", width=10),
    Column("开单", Kind.DAY, 14),
    Column("期限", Kind.DAY, 14),
    Column("到账", Kind.MOMENT, 20),
    Column("应缴", Kind.MONEY, 18),
    Column("已缴", Kind.MONEY, 18),
    Column("其中国库（财政收入）", Kind.MONEY, 20),
    Column("其中代收（不计财政收入）", Kind.MONEY, 22),
    Column("其中保证金（不计财政收入）", Kind.MONEY, 24),
    Column("凭证号", width=24),
)
_POSTING_COLUMNS: Final = (
    Column("记账日", Kind.DAY, 14),
    Column("发生时间", Kind.MOMENT, 20),
    Column("事项", width=14),
    Column("业务号", width=38),
    Column("科目", width=22),
    Column("收费项目", width=24),
    Column("借", Kind.MONEY, 18),
    Column("贷", Kind.MONEY, 18),
    Column("缴费单号", width=22),
    Column("缴款人", width=28),
    Column("渠道", width=12),
    Column("银行流水号", width=38),
)


def ask(
    sitting: Sitting,
    *,
    account: AccountRow,
    subject: str,
    form: str,
    first: date,
    last: date,
    by: str = "",
    state: str = "",
) -> UUID:
    """Put on record that somebody takes rows out, and how many; gives the export's id. A PDF is asked for as well.

    Each ask is an export of its own. Raises `Invalid` for what cannot be exported.
    """
    if account.role != ROLE:
        raise NotAllowed("导出由财务人员办理")
    problems = []
    if subject not in SUBJECTS:
        problems.append(Problem("subject", "没有这种导出内容"))
    if form not in FORMS:
        problems.append(Problem("form", "没有这种文件格式"))
    if last < first:
        problems.append(Problem("last", "截止日不能早于起始日"))
    if by and by not in reports.BY_NAMES:
        problems.append(Problem("by", "没有这种统计口径"))
    if state and state not in STATES:
        problems.append(Problem("state", "没有这种状态"))
    if problems:
        raise Invalid(problems)
    by = (by or "item") if subject == reports.COLLECTED else ""
    rows = _count(sitting, subject, (first, last), by, state)
    if form == PDF and rows > PDF_ROWS_MAX:
        raise Invalid([Problem("form", f"PDF 最多 {PDF_ROWS_MAX} 行，本次 {rows} 行，请改用 XLSX 或 CSV")])
    export_id = uuid4()
    exports.add(
        sitting.session,
        sitting.tenant,
        id=export_id,
        subject=subject,
        by=by,
        state=state if subject == BILLS else "",
        form=form,
        first_on=first,
        last_on=last,
        rows=rows,
        asked_by=account.id,
        asked_at=sitting.now,
    )
    export = exports.load(sitting.session, export_id)
    seal(sitting, export)
    if form == PDF:
        wish = Wish("export", export_id, None, file_name(export).removesuffix(".pdf"))
        documents.request(sitting.session, sitting.tenant, [wish], now=sitting.now)
    log.info("exported", subject=subject, form=form, rows=rows)
    return export_id


def to_send(sitting: Sitting, *, account: AccountRow, export_id: UUID) -> ExportRow:
    """The export that somebody fetches: their own alone. Raises `NotFound` for any other."""
    export = exports.load(sitting.session, export_id)
    if export.asked_by != account.id or export.form == PDF:
        raise NotFound("没有这次导出")
    return export


def file_name(export: ExportRow) -> str:
    """缴费单 2014-09-01 至 2014-09-30.xlsx."""
    by = f"（按{reports.BY_NAMES[export.by]}）" if export.by else ""
    return f"{SUBJECTS[export.subject]}{by} {export.first_on} 至 {export.last_on}.{export.form}"


def file(sitting: Sitting, export: ExportRow) -> Iterator[bytes]:
    """The file piece by piece, as the books stand now; the sitting must stay open until the last piece."""
    columns, rows = content(sitting, export)
    if export.form == CSV:
        return delimited.write(columns, rows)
    return workbook.write(SUBJECTS[export.subject], columns, rows)


def content(sitting: Sitting, export: ExportRow) -> tuple[tuple[Column, ...], Iterable[Row]]:
    """What an export holds; the rows of bills and postings come through a cursor."""
    first, last = export.first_on, export.last_on
    if export.subject == BILLS:
        return _BILL_COLUMNS, _bills(sitting, queries.bills(sitting.session, first, last, export.state))
    if export.subject == POSTINGS:
        return _POSTING_COLUMNS, _postings(sitting, queries.postings(sitting.session, first, last))
    return _report(sitting, export.subject, first, last, export.by).flat()


def seal(sitting: Sitting, export: ExportRow) -> None:
    """Put the finance unit's seal on an export as it stands."""
    exports.set_seal(
        sitting.session, export.id, sitting.signer.seal_act(sitting.city.finance_unit, exports.content(export))
    )


def _report(sitting: Sitting, kind: str, first: date, last: date, by: str) -> reports.Report:
    return reports.report(sitting, kind, first=first, last=last, by=by or "item")


def _count(sitting: Sitting, subject: str, days: tuple[date, date], by: str, state: str) -> int:
    first, last = days
    if subject == BILLS:
        return queries.count_bills(sitting.session, first, last, state)
    if subject == POSTINGS:
        return queries.count_postings(sitting.session, first, last)
    return len(_report(sitting, subject, first, last, by).flat()[1])


def _bills(sitting: Sitting, rows: Iterable[Any]) -> Iterator[Row]:
    areas = sitting.city.areas
    for row in rows:
        yield (
            row.number,
            row.application_number,
            row.project_code,
            row.project_name,
            areas.get(row.area_code, row.area_code),
            PAYERS[row.payer],
            row.payer_name,
            row.payer_uscc,
            row.payment_code,
            STATES[row.status],
            row.issued_on,
            row.due_on,
            row.paid_at,
            row.total_fen,
            row.paid_fen,
            row.treasury_fen,
            row.agency_fen,
            row.deposit_fen,
            f"{row.receipt_code}-{row.receipt_number}" if row.receipt_number else "",
        )


def _postings(sitting: Sitting, rows: Iterable[Any]) -> Iterator[Row]:
    items = {item.code: item.name for item in sitting.city.items}
    for row in rows:
        yield (
            row.booked_on,
            row.occurred_at,
            ENTRY_NAMES.get(row.kind, row.kind),
            row.key,
            account_name(row.account),
            items.get(row.item_code, row.item_code or ""),
            row.amount_fen if row.amount_fen > 0 else None,
            -row.amount_fen if row.amount_fen < 0 else None,
            row.bill_number or "",
            row.payer_name or "",
            row.provider or "",
            row.provider_txn_id or "",
        )
