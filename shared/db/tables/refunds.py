"""Money that flows back: refunds out of the treasury, deposits with interest and draws, pay-outs to third parties."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_list, json_object, moment, new_id, raw, reference


class Refund(SQLModel, table=True):
    """Money to be given back: asked for, approved by another person, ordered, and paid when the bank says so.

    `treasury` is 退库, `agency` gives back what was collected for others, `deposit` pays a deposit back with its
    interest, `settlement` a prepaid fund settled at completion (its unit checks it first), `payout` passes on to the
    contractor, `draw` spends a deposit on arrears, `credit` is what was paid above a bill, `return` is suspense.
    `lines` are amounts by line of the bill; with `interest_fen` they make up `amount_fen`. `asked_by` is empty where
    the office itself asks, because an application has ended.
    """

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("tenant_id", "idempotency_key"),
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint(
            "kind in ('treasury','agency','deposit','settlement','payout','draw','credit','return')",
            name="refund_kind",
        ),
        CheckConstraint(
            "state in ('checking','asked','approved','declined','sent','paid','failed')", name="refund_state"
        ),
        CheckConstraint("amount_fen > 0", name="refund_amount"),
        CheckConstraint(
            "interest_fen between 0 and amount_fen and (interest_fen = 0 or kind = 'deposit')", name="refund_interest"
        ),
        CheckConstraint("reason <> ''", name="refund_reason"),
        CheckConstraint("decided_by is null or decided_by <> asked_by", name="refund_two_people"),
        CheckConstraint(
            "checked_by is null or ((asked_by is null or checked_by <> asked_by) "
            "and (decided_by is null or checked_by <> decided_by))",
            name="refund_checked_apart",
        ),
        CheckConstraint(
            "kind <> 'settlement' or state in ('checking','declined') or checked_by is not null", name="refund_checked"
        ),
        CheckConstraint("state in ('checking','asked') or decided_by is not null", name="refund_decided"),
        CheckConstraint("state <> 'declined' or opinion <> ''", name="refund_declined"),
        CheckConstraint("state not in ('sent','paid') or sent_at is not null", name="refund_sent"),
        CheckConstraint("state <> 'paid' or (paid_at is not null and bank_txn_id <> '')", name="refund_paid"),
        CheckConstraint("state <> 'failed' or failure <> ''", name="refund_failed"),
        Index("refund_application", "application_id"),
        Index("refund_bill", "bill_id"),
        Index("refund_deposit", "deposit_id"),
        Index(
            "refund_open",
            "tenant_id",
            "state",
            postgresql_where=text("state in ('checking','asked','approved','sent','failed')"),
        ),
        Index("refund_bank_once", "tenant_id", "bank_txn_id", unique=True, postgresql_where=text("bank_txn_id <> ''")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID | None = reference("application.id", nullable=True)
    bill_id: UUID | None = reference("bill.id", nullable=True)
    credit_id: UUID | None = reference("credit.id", nullable=True)
    deposit_id: UUID | None = reference("deposit.id", nullable=True)
    suspense_id: UUID | None = reference("suspense.id", nullable=True)
    idempotency_key: str
    digest: bytes = raw()
    number: str
    kind: str
    state: str = Field(default="asked", sa_column_kwargs={"server_default": "asked"})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    amount_fen: int = Field(sa_type=BigInteger)
    interest_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    expected_fen: int = Field(sa_type=BigInteger, description="what the asker believed to be available")
    lines: list[Any] = json_list()
    reason: str
    evidence: dict[str, Any] = json_object()
    documents: list[str] = json_list()
    payee_name: str
    payee_uscc: str = Field(default="", sa_column_kwargs={"server_default": ""})
    payee_account: str = Field(default="", sa_column_kwargs={"server_default": ""})
    payee_bank: str = Field(default="", sa_column_kwargs={"server_default": ""})
    asked_by: UUID | None = reference("account.id", nullable=True)
    asked_at: datetime = moment()
    asked_on: date
    unit_code: str = Field(default="", sa_column_kwargs={"server_default": ""}, description="who checks it first")
    checked_by: UUID | None = reference("account.id", nullable=True)
    checked_at: datetime | None = moment(nullable=True)
    check_note: str = Field(default="", sa_column_kwargs={"server_default": ""})
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    opinion: str = Field(default="", sa_column_kwargs={"server_default": ""})
    sent_at: datetime | None = moment(nullable=True)
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    failure: str = Field(default="", sa_column_kwargs={"server_default": ""})
    paid_at: datetime | None = moment(nullable=True)
    bank_txn_id: str = Field(default="", sa_column_kwargs={"server_default": ""})


class Deposit(SQLModel, table=True):
    """A wage deposit (农民工工资保障金): in cash or by a bank's 保函, held until completion and its notice period.

    A 保函 is offered by one person and accepted by another; `interest_fen` is what was accrued and is still there.
    """

    __tablename__ = "deposit"
    __table_args__ = (
        CheckConstraint("form in ('cash','guarantee')", name="deposit_form"),
        CheckConstraint(
            "state in ('offered','declined','held','releasing','released','expired')", name="deposit_state"
        ),
        CheckConstraint("amount_fen > 0 and held_fen >= 0 and interest_fen >= 0", name="deposit_amounts"),
        CheckConstraint(
            "form = 'cash' or (guarantee_number <> '' and issuer <> '' and expires_on is not null)",
            name="deposit_guarantee",
        ),
        CheckConstraint("form = 'cash' or interest_fen = 0", name="deposit_interest"),
        CheckConstraint("decided_by is null or decided_by <> asked_by", name="deposit_two_people"),
        CheckConstraint("state <> 'declined' or opinion <> ''", name="deposit_declined"),
        Index(
            "deposit_once",
            "bill_id",
            "fee_line_id",
            unique=True,
            postgresql_where=text("state <> 'declined'"),
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
    paper_id: UUID | None = reference("attachment.id", nullable=True)
    asked_by: UUID | None = reference("account.id", nullable=True)
    asked_at: datetime | None = moment(nullable=True)
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    opinion: str = Field(default="", sa_column_kwargs={"server_default": ""})
    watched: int | None = Field(default=None, description="the look at its end that was last told of, in days before")


class DepositMove(SQLModel, table=True):
    """What happened to a deposit: interest, a draw on arrears, a completion, a release, a new guarantee, its end.

    A completion and a renewal are asked for by one person and decided by another.
    """

    __tablename__ = "deposit_move"
    __table_args__ = (
        CheckConstraint(
            "kind in ('opening','interest','draw','completion','release','renewal','end')", name="deposit_move_kind"
        ),
        CheckConstraint("state in ('asked','done','declined')", name="deposit_move_state"),
        CheckConstraint("decided_by is null or decided_by <> asked_by", name="deposit_move_two_people"),
        CheckConstraint("amount_fen >= 0", name="deposit_move_amount"),
        CheckConstraint("state <> 'declined' or opinion <> ''", name="deposit_move_declined"),
        Index("deposit_move_open", "deposit_id", "kind", unique=True, postgresql_where=text("state = 'asked'")),
        Index("deposit_move_deposit", "deposit_id", "at"),
        Index("deposit_move_application", "application_id"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id")
    deposit_id: UUID = reference("deposit.id")
    kind: str
    state: str = Field(default="done", sa_column_kwargs={"server_default": "done"})
    amount_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    document: str = Field(default="", sa_column_kwargs={"server_default": ""})
    paper_id: UUID | None = reference("attachment.id", nullable=True)
    data: dict[str, Any] = json_object()
    at: datetime = moment()
    day: date = Field(description="the business day that interest and draws count by")
    asked_by: UUID | None = reference("account.id", nullable=True)
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    opinion: str = Field(default="", sa_column_kwargs={"server_default": ""})
