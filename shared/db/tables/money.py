"""Bills, payments, receipts and the ledger; amounts are whole 分, ledger rows are only ever added."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_object, moment, new_id, raw, recorded, reference


class Bill(SQLModel, table=True):
    """What one payer owes for one application; `occasion` 0 is the original, later ones are supplements."""

    __tablename__ = "bill"
    __table_args__ = (
        UniqueConstraint("application_id", "payer", "occasion"),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("payment_code"),
        CheckConstraint("status in ('issued','paid','nothing_due','void')", name="bill_status"),
        CheckConstraint("total_fen >= 0", name="bill_total"),
        CheckConstraint("(status = 'nothing_due') = (total_fen = 0) or status = 'void'", name="bill_nothing_due"),
        Index("bill_payer", "tenant_id", "payer_uscc"),
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
    status: str = "issued"
    issued_at: datetime = moment()
    issued_on: date
    due_on: date
    paid_at: datetime | None = moment(nullable=True)
    created_at: datetime = recorded()


class BillLine(SQLModel, table=True):
    """A fee line on a bill, copied at issue; a fee line stands on at most one bill."""

    __tablename__ = "bill_line"
    __table_args__ = (UniqueConstraint("fee_line_id"), CheckConstraint("due_fen >= 0", name="bill_line_due"))
    bill_id: UUID = Field(primary_key=True, foreign_key="bill.id")
    seq: int = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id")
    fee_line_id: UUID = reference("fee_line.id")
    item_code: str
    unit_code: str
    due_fen: int = Field(sa_type=BigInteger, description="what counts towards the bill's total")


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
    """Money that arrived for a bill, once per bill and once per bank transaction."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("provider", "provider_txn_id"),
        UniqueConstraint("bill_id"),
        CheckConstraint("amount_fen > 0", name="payment_amount"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    bill_id: UUID = reference("bill.id")
    inbox_id: UUID = reference("callback_inbox.id")
    provider: str
    provider_txn_id: str
    amount_fen: int = Field(sa_type=BigInteger)
    channel: str
    payer_name: str = ""
    payer_account: str = ""
    paid_at: datetime = moment()
    recorded_at: datetime = recorded()


class LedgerEntry(SQLModel, table=True):
    """One business act in the books; its postings sum to zero at commit (deferred trigger)."""

    __tablename__ = "ledger_entry"
    __table_args__ = (UniqueConstraint("tenant_id", "kind", "key"),)
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    kind: str
    key: str
    bill_id: UUID | None = reference("bill.id", nullable=True, index=True)
    payment_id: UUID | None = reference("payment.id", nullable=True)
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
    """The one receipt of a paid bill; the number series of a code has no gaps."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("bill_id"),
        UniqueConstraint("tenant_id", "code", "number"),
        UniqueConstraint("public_token"),
        CheckConstraint("state in ('normal','reversed','replaced')", name="receipt_state"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    bill_id: UUID = reference("bill.id")
    code: str
    number: str
    check_code: str
    public_token: str
    state: str = "normal"
    total_fen: int = Field(sa_type=BigInteger)
    issued_at: datetime = moment()
    issued_on: date
    replaced_by: UUID | None = reference("receipt.id", nullable=True)
    recorded_at: datetime = recorded()
