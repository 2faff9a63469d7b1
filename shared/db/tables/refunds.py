"""Money that flows back: refunds out of the treasury, deposits with interest and draws, pay-outs to third parties."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_list, json_object, moment, new_id, reference


class Refund(SQLModel, table=True):
    """Money to be given back: asked for, approved by another person, paid out, confirmed by the bank's statement.

    `treasury` is 退库, `deposit` the pay-back of a deposit, `settlement` a prepaid fund settled at completion,
    `credit` what was paid above a bill, `payout` what is passed on to the contractor, `return` money from suspense.
    `lines` are amounts by item that make up `amount_fen`; `expected_fen` is what the asker believed to be available.
    """

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("tenant_id", "idempotency_key"),
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("kind in ('treasury','deposit','settlement','credit','payout','return')", name="refund_kind"),
        CheckConstraint("state in ('asked','approved','declined','sent','paid','failed')", name="refund_state"),
        CheckConstraint("amount_fen > 0", name="refund_amount"),
        CheckConstraint("reason <> ''", name="refund_reason"),
        CheckConstraint("decided_by is null or decided_by <> asked_by", name="refund_two_people"),
        CheckConstraint("state in ('asked') or decided_by is not null", name="refund_decided"),
        CheckConstraint("state <> 'declined' or opinion <> ''", name="refund_declined"),
        Index("refund_application", "application_id"),
        Index("refund_bill", "bill_id"),
        Index("refund_open", "tenant_id", "state", postgresql_where=text("state in ('asked','approved','sent')")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID | None = reference("application.id", nullable=True)
    bill_id: UUID | None = reference("bill.id", nullable=True)
    credit_id: UUID | None = reference("credit.id", nullable=True)
    deposit_id: UUID | None = reference("deposit.id", nullable=True)
    suspense_id: UUID | None = reference("suspense.id", nullable=True)
    idempotency_key: str
    number: str
    kind: str
    state: str = Field(default="asked", sa_column_kwargs={"server_default": "asked"})
    amount_fen: int = Field(sa_type=BigInteger)
    expected_fen: int = Field(sa_type=BigInteger)
    lines: list[Any] = json_list()
    reason: str
    evidence: dict[str, Any] = json_object()
    documents: list[str] = json_list()
    payee_name: str
    payee_uscc: str = Field(default="", sa_column_kwargs={"server_default": ""})
    payee_account: str = Field(default="", sa_column_kwargs={"server_default": ""})
    payee_bank: str = Field(default="", sa_column_kwargs={"server_default": ""})
    asked_by: UUID = reference("account.id")
    asked_at: datetime = moment()
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    opinion: str = Field(default="", sa_column_kwargs={"server_default": ""})
    sent_at: datetime | None = moment(nullable=True)
    paid_at: datetime | None = moment(nullable=True)
    bank_txn_id: str = Field(default="", sa_column_kwargs={"server_default": ""})


class Deposit(SQLModel, table=True):
    """A wage deposit (农民工工资保障金): in cash or by a bank's 保函, held until completion and its notice period."""

    __tablename__ = "deposit"
    __table_args__ = (
        UniqueConstraint("bill_id", "fee_line_id"),
        CheckConstraint("form in ('cash','guarantee')", name="deposit_form"),
        CheckConstraint("state in ('held','releasing','released','expired')", name="deposit_state"),
        CheckConstraint("amount_fen > 0 and held_fen >= 0 and interest_fen >= 0", name="deposit_amounts"),
        CheckConstraint(
            "form = 'cash' or (guarantee_number <> '' and issuer <> '' and expires_on is not null)",
            name="deposit_guarantee",
        ),
        Index("deposit_application", "application_id"),
        Index("deposit_expiry", "tenant_id", "expires_on", postgresql_where=text("form = 'guarantee'")),
        Index("deposit_held", "tenant_id", "opened_on", postgresql_where=text("state in ('held','releasing')")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    bill_id: UUID = reference("bill.id")
    fee_line_id: UUID = reference("fee_line.id")
    item_code: str
    payer_name: str
    payer_uscc: str
    form: str
    state: str = Field(default="held", sa_column_kwargs={"server_default": "held"})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    amount_fen: int = Field(sa_type=BigInteger)
    held_fen: int = Field(sa_type=BigInteger, description="principal still there: less draws and releases")
    interest_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    opened_on: date
    accrued_to: date
    issuer: str = Field(default="", sa_column_kwargs={"server_default": ""})
    guarantee_number: str = Field(default="", sa_column_kwargs={"server_default": ""})
    expires_on: date | None = None
    completed_on: date | None = None
    notice_ends_on: date | None = Field(default=None, description="公示期届满; nothing is released before")
    released_on: date | None = None
