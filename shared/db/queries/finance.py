"""What the finance office reads: the day's figures, bills, and one bill with everything that happened to its money.

Amounts are 分. A day is a day in China; money counts on the day that the books count it to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, text
from sqlalchemy.orm import Session

from shared.db.bills import OPEN, printed_line
from shared.db.receipts import VALID
from shared.db.tables.cases import Application, FeeLine
from shared.db.tables.city import FeeItem
from shared.db.tables.columns import table
from shared.db.tables.money import Bill, BillLine, CallbackInbox, LedgerEntry, LedgerPosting, Payment, Receipt
from shared.db.tables.work import CaseItem, Document
from shared.domain.accounts import HOLDERS, RECEIPT_KINDS
from shared.domain.closing import month_of
from shared.domain.errors import NotFound
from shared.domain.lines import Line

BILLS = table(Bill)
BILL_LINES = table(BillLine)
FEE_LINES = table(FeeLine)
APPLICATIONS = table(Application)
PAYMENTS = table(Payment)
ENTRIES = table(LedgerEntry)
POSTINGS = table(LedgerPosting)
RECEIPTS = table(Receipt)
INBOX = table(CallbackInbox)
CASES = table(CaseItem)
DOCUMENTS = table(Document)
ITEMS = table(FeeItem)

PAGE_ROWS = 25

NATURES = ("government_fund", "administrative_charge", "agency_collection", "deposit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A sum with how many bills or payments make it up."""

    amount_fen: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NatureRow:
    """Money that came in by nature, today and in the running month."""

    nature: str
    today_fen: int
    month_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSum:
    """What is unpaid and due on one day."""

    due_on: date
    amount_fen: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The day's figures, as the books count days; `difference_fen` is the month's payments less what the books credit
    to accounts, 0 when all is well."""

    billed: Figure
    received: Figure
    unpaid: Figure
    overdue: Figure
    difference_fen: int
    without_receipt: Figure
    receipts_today: Figure
    month_billed: Figure
    month_received: Figure
    natures: tuple[NatureRow, ...]
    open_sums: tuple[OpenSum, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BillFilter:
    """What a list of bills is asked for; None and empty texts filter nothing."""

    words: str = ""
    state: str = ""
    nature: str = ""
    issued_from: date | None = None
    issued_to: date | None = None
    paid_from: date | None = None
    paid_to: date | None = None
    due_from: date | None = None
    due_to: date | None = None
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRow:
    """One bill in a list."""

    id: UUID
    number: str
    application_number: str
    project_name: str
    payer: str
    payer_name: str
    total_fen: int
    status: str
    issued_on: date
    due_on: date
    paid_at: datetime | None
    receipt_number: str


@dataclass(frozen=True, slots=True)
class BillPage:
    """A page of bills with the sum of all that were found."""

    rows: tuple[BillRow, ...]
    found: int
    total_fen: int
    page: int
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLineView:
    """One line of a bill with its frozen computation."""

    seq: int
    item_code: str
    unit_code: str
    due_fen: int
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """The money that arrived for a bill."""

    provider: str
    provider_txn_id: str
    amount_fen: int
    channel: str
    payer_name: str
    payer_account: str
    paid_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingView:
    """One leg in the books: debit positive, credit negative."""

    entry_id: UUID
    entry_kind: str
    occurred_at: datetime
    account: str
    item_code: str | None
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    """The receipt of a bill."""

    code: str
    number: str
    check_code: str
    state: str
    issued_at: datetime
    total_fen: int
    public_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """A document of the bill; `is_ready` once its bytes exist."""

    id: UUID
    kind: str
    title: str
    is_ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackView:
    """What the bank said of this bill."""

    provider: str
    key: str
    received_at: datetime
    deliveries: int
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillView:
    """A bill with its lines, its money and its papers."""

    id: UUID
    application_number: str
    project_name: str
    number: str
    payment_code: str
    payer: str
    payer_name: str
    payer_uscc: str
    total_fen: int
    status: str
    issued_at: datetime
    due_on: date
    paid_at: datetime | None
    lines: tuple[BillLineView, ...]
    payments: tuple[PaymentView, ...]
    postings: tuple[PostingView, ...]
    receipt: ReceiptView | None
    papers: tuple[PaperView, ...]
    callbacks: tuple[CallbackView, ...]


def today(session: Session, *, on: date) -> Today:
    """The figures of a day. Four queries."""
    sums = session.execute(
        select(
            *_sum(BILLS.c.total_fen, BILLS.c.booked_on == on, "billed"),
            *_sum(BILLS.c.total_fen, BILLS.c.booked_on.between(*month_of(on)), "month_billed"),
            *_sum(BILLS.c.total_fen - BILLS.c.paid_fen, BILLS.c.status.in_(OPEN), "unpaid"),
            *_sum(BILLS.c.total_fen - BILLS.c.paid_fen, and_(BILLS.c.status.in_(OPEN), BILLS.c.due_on < on), "overdue"),
            *_sum(BILLS.c.total_fen, and_(BILLS.c.status == "paid", RECEIPTS.c.id.is_(None)), "without_receipt"),
            *_sum(RECEIPTS.c.total_fen, RECEIPTS.c.booked_on == on, "receipts_today"),
        )
        .select_from(BILLS)
        .outerjoin(RECEIPTS, and_(RECEIPTS.c.bill_id == BILLS.c.id, *VALID))
        .where(BILLS.c.status != "void")
    ).one()
    this_month = ENTRIES.c.booked_on.between(*month_of(on))
    money = session.execute(
        select(
            *_sum(PAYMENTS.c.amount_fen, ENTRIES.c.booked_on == on, "received"),
            *_sum(PAYMENTS.c.amount_fen, this_month, "month_received"),
        )
        .join(ENTRIES, ENTRIES.c.payment_id == PAYMENTS.c.id)
        .where(ENTRIES.c.kind == "payment", this_month)
    ).one()
    credited = session.execute(
        select(
            ITEMS.c.nature,
            func.coalesce(func.sum(-POSTINGS.c.amount_fen).filter(ENTRIES.c.booked_on == on), 0).label("today_fen"),
            func.sum(-POSTINGS.c.amount_fen).label("month_fen"),
            func.coalesce(func.sum(-POSTINGS.c.amount_fen).filter(ENTRIES.c.kind == "payment"), 0).label("paid_fen"),
        )
        .join(ENTRIES, ENTRIES.c.id == POSTINGS.c.entry_id)
        .join(ITEMS, and_(ITEMS.c.tenant_id == POSTINGS.c.tenant_id, ITEMS.c.code == POSTINGS.c.item_code))
        .where(POSTINGS.c.account.in_(HOLDERS), ENTRIES.c.kind.in_(RECEIPT_KINDS), this_month)
        .group_by(ITEMS.c.nature)
    ).all()
    natures = {row.nature: row for row in credited}
    open_sums = session.execute(
        select(
            BILLS.c.due_on,
            func.sum(BILLS.c.total_fen - BILLS.c.paid_fen).label("amount_fen"),
            func.count().label("how_many"),
        )
        .where(BILLS.c.status.in_(OPEN))
        .group_by(BILLS.c.due_on)
        .order_by(BILLS.c.due_on)
    ).all()
    return Today(
        **{
            name: _figure(sums, name)
            for name in ("billed", "month_billed", "unpaid", "overdue", "without_receipt", "receipts_today")
        },
        received=_figure(money, "received"),
        month_received=_figure(money, "month_received"),
        difference_fen=int(money.month_received_fen) - sum(int(row.paid_fen) for row in credited),
        natures=tuple(
            NatureRow(
                nature=nature,
                today_fen=int(natures[nature].today_fen) if nature in natures else 0,
                month_fen=int(natures[nature].month_fen) if nature in natures else 0,
            )
            for nature in NATURES
        ),
        open_sums=tuple(
            OpenSum(due_on=row.due_on, amount_fen=int(row.amount_fen), count=row.how_many) for row in open_sums
        ),
    )


def bills(session: Session, wanted: BillFilter, *, today: date) -> BillPage:
    """Bills that fit, the latest first. Two queries."""
    conditions = _conditions(wanted, today)
    joined = BILLS.join(APPLICATIONS, APPLICATIONS.c.id == BILLS.c.application_id)
    found = session.execute(
        select(func.count().label("how_many"), func.coalesce(func.sum(BILLS.c.total_fen), 0).label("total_fen"))
        .select_from(joined)
        .where(*conditions)
    ).one()
    rows = session.execute(
        select(
            *(BILLS.c[name] for name in ("id", "number", "payer", "payer_name", "total_fen", "status", "issued_on")),
            BILLS.c.due_on,
            BILLS.c.paid_at,
            APPLICATIONS.c.number.label("application_number"),
            APPLICATIONS.c.project_name,
            func.coalesce(RECEIPTS.c.number, "").label("receipt_number"),
        )
        .select_from(joined.outerjoin(RECEIPTS, and_(RECEIPTS.c.bill_id == BILLS.c.id, *VALID)))
        .where(*conditions)
        .order_by(BILLS.c.issued_at.desc(), BILLS.c.number.desc(), BILLS.c.id)
        .offset((wanted.page - 1) * PAGE_ROWS)
        .limit(PAGE_ROWS)
    )
    return BillPage(
        tuple(BillRow(**row._mapping) for row in rows),
        found.how_many,
        int(found.total_fen),
        wanted.page,
        wanted.page * PAGE_ROWS < found.how_many,
    )


def bill(session: Session, bill_id: UUID) -> BillView:
    """One bill; raises `NotFound`. Seven queries."""
    names = (
        "id", "number", "payment_code", "payer", "payer_name", "payer_uscc", "total_fen", "status", "issued_at",
        "due_on", "paid_at",
    )  # fmt: skip
    head = session.execute(
        select(
            *(BILLS.c[name] for name in names),
            APPLICATIONS.c.number.label("application_number"),
            APPLICATIONS.c.project_name,
        )
        .join(APPLICATIONS, APPLICATIONS.c.id == BILLS.c.application_id)
        .where(BILLS.c.id == bill_id)
    ).one_or_none()
    if head is None:
        raise NotFound("缴费通知书不存在")
    receipt = _receipt(session, bill_id)
    return BillView(
        **head._mapping,
        lines=_lines(session, bill_id),
        payments=_payments(session, bill_id),
        postings=_postings(session, bill_id),
        receipt=receipt,
        papers=_papers(session, bill_id),
        callbacks=_callbacks(session, bill_id, head.payment_code),
    )


def counts(session: Session, kinds: tuple[str, ...]) -> Mapping[str, int]:
    """What the navigation counts: open cases of these kinds."""
    open_cases = session.execute(
        select(func.count()).select_from(CASES).where(CASES.c.kind.in_(kinds), CASES.c.closed_at.is_(None))
    ).scalar_one()
    return {"/finance/attention": open_cases}


def _sum(column: ColumnElement[int], condition: ColumnElement[bool], name: str) -> tuple[ColumnElement[int], ...]:
    return (
        func.coalesce(func.sum(column).filter(condition), 0).label(f"{name}_fen"),
        func.count().filter(condition).label(f"{name}_count"),
    )


def _figure(row: object, name: str) -> Figure:
    return Figure(amount_fen=int(getattr(row, f"{name}_fen")), count=int(getattr(row, f"{name}_count")))


def _day_in_china(column: ColumnElement[datetime]) -> ColumnElement[date]:
    return func.date(func.timezone("Asia/Shanghai", column))


def _conditions(wanted: BillFilter, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.words:
        columns = (
            BILLS.c.number,
            BILLS.c.payment_code,
            BILLS.c.payer_name,
            APPLICATIONS.c.number,
            APPLICATIONS.c.project_name,
        )
        conditions.append(or_(*(column.icontains(wanted.words, autoescape=True) for column in columns)))
    match wanted.state:
        case "overdue":
            conditions += [BILLS.c.status.in_(OPEN), BILLS.c.due_on < today]
        case "without_receipt":
            issued = select(RECEIPTS.c.id).where(RECEIPTS.c.bill_id == BILLS.c.id, *VALID).correlate(BILLS)
            conditions += [BILLS.c.status == "paid", ~issued.exists()]
        case "issued":
            conditions.append(BILLS.c.status.in_(OPEN))
        case "part_paid" | "paid" | "nothing_due" | "void" | "refunded":
            conditions.append(BILLS.c.status == wanted.state)
        case _:
            conditions.append(BILLS.c.status != "void")
    if wanted.nature:
        of_nature = (
            select(BILL_LINES.c.bill_id)
            .join(ITEMS, and_(ITEMS.c.tenant_id == BILL_LINES.c.tenant_id, ITEMS.c.code == BILL_LINES.c.item_code))
            .where(BILL_LINES.c.bill_id == BILLS.c.id, BILL_LINES.c.due_fen > 0, ITEMS.c.nature == wanted.nature)
        )
        conditions.append(of_nature.exists())
    for first, last, column in (
        (wanted.issued_from, wanted.issued_to, BILLS.c.issued_on),
        (wanted.paid_from, wanted.paid_to, _day_in_china(BILLS.c.paid_at)),
        (wanted.due_from, wanted.due_to, BILLS.c.due_on),
    ):
        if first is not None:
            conditions.append(column >= first)
        if last is not None:
            conditions.append(column <= last)
    return conditions


def _lines(session: Session, bill_id: UUID) -> tuple[BillLineView, ...]:
    rows = session.execute(
        select(
            *(BILL_LINES.c[name] for name in ("seq", "item_code", "unit_code", "due_fen")), printed_line().label("line")
        )
        .join(FEE_LINES, FEE_LINES.c.id == BILL_LINES.c.fee_line_id)
        .where(BILL_LINES.c.bill_id == bill_id)
        .order_by(BILL_LINES.c.seq)
    )
    return tuple(
        BillLineView(
            seq=row.seq,
            item_code=row.item_code,
            unit_code=row.unit_code,
            due_fen=row.due_fen,
            line=Line.from_json(row.line),
        )
        for row in rows
    )


def _payments(session: Session, bill_id: UUID) -> tuple[PaymentView, ...]:
    columns = [PAYMENTS.c[name] for name in PaymentView.__dataclass_fields__]
    rows = session.execute(
        select(*columns).where(PAYMENTS.c.bill_id == bill_id).order_by(PAYMENTS.c.paid_at, PAYMENTS.c.id)
    )
    return tuple(PaymentView(**row._mapping) for row in rows)


def _postings(session: Session, bill_id: UUID) -> tuple[PostingView, ...]:
    rows = session.execute(
        select(
            ENTRIES.c.id.label("entry_id"),
            ENTRIES.c.kind.label("entry_kind"),
            ENTRIES.c.occurred_at,
            POSTINGS.c.account,
            POSTINGS.c.item_code,
            POSTINGS.c.amount_fen,
        )
        .join(POSTINGS, POSTINGS.c.entry_id == ENTRIES.c.id)
        .where(ENTRIES.c.bill_id == bill_id)
        .order_by(ENTRIES.c.occurred_at, ENTRIES.c.id, POSTINGS.c.seq)
    )
    return tuple(PostingView(**row._mapping) for row in rows)


def _receipt(session: Session, bill_id: UUID) -> ReceiptView | None:
    columns = [RECEIPTS.c[name] for name in ReceiptView.__dataclass_fields__]
    row = session.execute(select(*columns).where(RECEIPTS.c.bill_id == bill_id, *VALID)).one_or_none()
    return ReceiptView(**row._mapping) if row else None


def _papers(session: Session, bill_id: UUID) -> tuple[PaperView, ...]:
    of_receipt = select(RECEIPTS.c.id).where(RECEIPTS.c.bill_id == bill_id)
    rows = session.execute(
        select(DOCUMENTS.c.id, DOCUMENTS.c.kind, DOCUMENTS.c.title, DOCUMENTS.c.sha256.is_not(None).label("is_ready"))
        .where(or_(DOCUMENTS.c.subject_id == bill_id, DOCUMENTS.c.subject_id.in_(of_receipt)))
        .order_by(DOCUMENTS.c.requested_at, DOCUMENTS.c.kind)
    )
    return tuple(PaperView(**row._mapping) for row in rows)


def _callbacks(session: Session, bill_id: UUID, payment_code: str) -> tuple[CallbackView, ...]:
    """The callback that was posted, and those refused in the bill's name (their case keeps the payment code)."""
    posted = select(PAYMENTS.c.inbox_id).where(PAYMENTS.c.bill_id == bill_id)
    refused = select(CASES.c.key).where(
        CASES.c.kind == "payment_refused", CASES.c.data["payment_code"].astext == payment_code
    )
    full_key = INBOX.c.provider + text("':'") + INBOX.c.key
    columns = [INBOX.c[name] for name in CallbackView.__dataclass_fields__]
    rows = session.execute(
        select(*columns)
        .where(or_(INBOX.c.id.in_(posted), full_key.in_(refused)))
        .order_by(INBOX.c.received_at, INBOX.c.id)
    )
    return tuple(CallbackView(**row._mapping) for row in rows)
