"""Bills, payments, receipts and the ledger; amounts are whole 分, ledger rows are only ever added."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_object, moment, new_id, raw, recorded, reference


class Bill(SQLModel, table=True):
    """What one payer owes for one application; `occasion` 0 is the original, later ones follow it.

    A payer has one bill of the assessment at a time: a `reissue` names the void bill that it `replaces`, a
    `supplement` (area survey) and a `late` fee stand beside it. `paid_fen` is what has been paid in, whatever was
    given back since. `booked_on` and `void_booked_on` are the open days of the books that it counts to.
    """

    __tablename__ = "bill"
    __table_args__ = (
        UniqueConstraint("application_id", "payer", "occasion"),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("payment_code"),
        UniqueConstraint("replaces"),
        CheckConstraint("kind in ('original','reissue','supplement','late')", name="bill_kind"),
        CheckConstraint("(kind = 'reissue') = (replaces is not null)", name="bill_replaces"),
        CheckConstraint("status in ('issued','part_paid','paid','nothing_due','void','refunded')", name="bill_status"),
        CheckConstraint("total_fen >= 0", name="bill_total"),
        CheckConstraint("(status = 'nothing_due') = (total_fen = 0) or status = 'void'", name="bill_nothing_due"),
        CheckConstraint(
            "case status when 'part_paid' then paid_fen > 0 and paid_fen < total_fen "
            "when 'paid' then paid_fen = total_fen when 'refunded' then paid_fen > 0 else paid_fen = 0 end",
            name="bill_paid",
        ),
        CheckConstraint("status <> 'void' or void_reason <> ''", name="bill_void_reason"),
        CheckConstraint("(status = 'void') = (void_booked_on is not null)", name="bill_void_booked"),
        Index("bill_payer", "tenant_id", "payer_uscc"),
        Index("bill_open", "tenant_id", "due_on", postgresql_where=text("status in ('issued','part_paid')")),
        Index("bill_booked", "tenant_id", "booked_on"),
        Index(
            "bill_void_booked_on",
            "tenant_id",
            "void_booked_on",
            postgresql_where=text("void_booked_on is not null"),
        ),
        Index(
            "bill_one_at_a_time",
            "application_id",
            "payer",
            unique=True,
            postgresql_where=text("kind in ('original','reissue') and status <> 'void'"),
        ),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    occasion: int = 0
    payer: str
    payer_name: str
    payer_uscc: str
    number: str
    payment_code: str
    verification_code: str
    total_fen: int = Field(sa_type=BigInteger)
    paid_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    kind: str = Field(default="original", sa_column_kwargs={"server_default": "original"})
    replaces: UUID | None = reference("bill.id", nullable=True)
    status: str = "issued"
    issued_at: datetime = moment()
    issued_on: date
    booked_on: date
    due_on: date
    paid_at: datetime | None = moment(nullable=True)
    void_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    voided_at: datetime | None = moment(nullable=True)
    void_booked_on: date | None = None
    created_at: datetime = recorded()


class BillLine(SQLModel, table=True):
    """A fee line on a bill, copied at issue; once on each `occasion`, which is its bill's.

    `line` is what the bill prints of it; empty, it is the fee line as it was assessed.
    """

    __tablename__ = "bill_line"
    __table_args__ = (
        UniqueConstraint("fee_line_id", "occasion"),
        CheckConstraint("due_fen >= 0", name="bill_line_due"),
    )
    bill_id: UUID = Field(primary_key=True, foreign_key="bill.id")
    seq: int = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id")
    fee_line_id: UUID = reference("fee_line.id")
    item_code: str
    unit_code: str
    due_fen: int = Field(sa_type=BigInteger, description="what counts towards the bill's total")
    occasion: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    line: dict[str, Any] = json_object()


class CallbackInbox(SQLModel, table=True):
    """Everything the bank ever sent, raw; the key makes a repeated delivery one row."""

    __tablename__ = "callback_inbox"
    __table_args__ = (
        UniqueConstraint("provider", "key"),
        CheckConstraint("outcome in ('received','posted','refused')", name="callback_inbox_outcome"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    provider: str
    key: str
    headers: dict[str, Any] = json_object()
    body: bytes = raw()
    received_at: datetime = recorded()
    deliveries: int = 1
    outcome: str = "received"
    reason: str = ""


class Payment(SQLModel, table=True):
    """Money that arrived for a bill, once per bank transaction; a bill may take several.

    Known by a callback (`inbox_id`), by a line of a bank's statement, or by what a person decided (`source`).
    `amount_fen` is what counts for the bill; what was paid above it stands as a `credit`.
    """

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("provider", "provider_txn_id"),
        CheckConstraint("amount_fen > 0", name="payment_amount"),
        CheckConstraint(
            "source in ('callback','statement','query','suspense','credit','guarantee')", name="payment_source"
        ),
        CheckConstraint("source <> 'callback' or inbox_id is not null", name="payment_heard"),
        Index("payment_bill", "bill_id"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    bill_id: UUID = reference("bill.id")
    inbox_id: UUID | None = reference("callback_inbox.id", nullable=True)
    source: str = Field(default="callback", sa_column_kwargs={"server_default": "callback"})
    provider: str
    provider_txn_id: str
    amount_fen: int = Field(sa_type=BigInteger)
    channel: str
    payer_name: str = ""
    payer_account: str = ""
    paid_at: datetime = moment()
    recorded_at: datetime = recorded()


class PaymentShare(SQLModel, table=True):
    """What a payment pays of one line of its bill; the shares of a payment are its amount."""

    __tablename__ = "payment_share"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="payment_share_amount"),
        Index("payment_share_bill", "bill_id"),
    )
    payment_id: UUID = Field(primary_key=True, foreign_key="payment.id")
    seq: int = Field(primary_key=True, description="the line of the bill")
    tenant_id: str = Field(foreign_key="tenant.id")
    bill_id: UUID = reference("bill.id")
    item_code: str
    amount_fen: int = Field(sa_type=BigInteger)


class Credit(SQLModel, table=True):
    """What somebody paid above what he owed: his, until it pays another bill or goes back to him."""

    __tablename__ = "credit"
    __table_args__ = (
        UniqueConstraint("payment_id"),
        CheckConstraint("amount_fen > 0 and left_fen between 0 and amount_fen", name="credit_left"),
        Index("credit_payer", "tenant_id", "payer_uscc", postgresql_where=text("left_fen > 0")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    payment_id: UUID = reference("payment.id")
    payer_uscc: str
    payer_name: str
    amount_fen: int = Field(sa_type=BigInteger)
    left_fen: int = Field(sa_type=BigInteger)
    created_at: datetime = moment()


class LedgerEntry(SQLModel, table=True):
    """One business act in the books; its postings sum to zero (triggers). `booked_on` is a day that is not closed."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "key"),
        UniqueConstraint("reverses"),
        Index("ledger_entry_booked", "tenant_id", "booked_on"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    kind: str
    key: str
    bill_id: UUID | None = reference("bill.id", nullable=True, index=True)
    payment_id: UUID | None = reference("payment.id", nullable=True)
    reverses: UUID | None = reference("ledger_entry.id", nullable=True)
    booked_on: date
    occurred_at: datetime = moment()
    recorded_at: datetime = recorded()


class LedgerPosting(SQLModel, table=True):
    """One leg: debit positive, credit negative, never zero."""

    __tablename__ = "ledger_posting"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="ledger_posting_amount"),
        Index("ledger_posting_account", "tenant_id", "account"),
    )
    entry_id: UUID = Field(primary_key=True, foreign_key="ledger_entry.id")
    seq: int = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id")
    account: str
    item_code: str | None = None
    fee_line_id: UUID | None = reference("fee_line.id", nullable=True, index=True)
    amount_fen: int = Field(sa_type=BigInteger)


class Receipt(SQLModel, table=True):
    """The receipt of a paid bill, one that is valid at a time; the number series of a code has no gaps.

    A `reversal` (冲红) has a number of its own, the amount of what it `reverses` with a minus, and is valid itself.
    `lines` are amounts by line where they are not those of the bill; `reason` is why it was reversed or made out anew;
    `booked_on` is the open day of the books that it counts to.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code", "number"),
        UniqueConstraint("public_token"),
        UniqueConstraint("reverses"),
        CheckConstraint("state in ('normal','reversed','replaced')", name="receipt_state"),
        CheckConstraint("kind in ('receipt','reversal')", name="receipt_kind"),
        CheckConstraint("(kind = 'reversal') = (reverses is not null)", name="receipt_reverses"),
        CheckConstraint("(kind = 'reversal') = (total_fen < 0)", name="receipt_sign"),
        Index(
            "receipt_one_at_a_time",
            "bill_id",
            unique=True,
            postgresql_where=text("kind = 'receipt' and state = 'normal'"),
        ),
        Index("receipt_bill", "bill_id"),
        Index("receipt_booked", "tenant_id", "booked_on"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    bill_id: UUID = reference("bill.id")
    code: str
    number: str
    check_code: str
    public_token: str
    kind: str = Field(default="receipt", sa_column_kwargs={"server_default": "receipt"})
    state: str = "normal"
    reverses: UUID | None = reference("receipt.id", nullable=True)
    lines: dict[str, Any] = json_object()
    reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    prints: int = Field(default=0, sa_column_kwargs={"server_default": "0"}, description="补打次数")
    total_fen: int = Field(sa_type=BigInteger)
    issued_at: datetime = moment()
    issued_on: date
    booked_on: date
    replaced_by: UUID | None = reference("receipt.id", nullable=True)
    recorded_at: datetime = recorded()
