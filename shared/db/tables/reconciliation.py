"""Orders at payment channels, what banks' files say, what was matched with it, and money that fits nothing yet."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_object, moment, new_id, raw, recorded, reference


class ChannelOrder(SQLModel, table=True):
    """What we asked a payment channel for, written down before we asked; `unknown` until the channel has told."""

    __tablename__ = "channel_order"
    __table_args__ = (
        UniqueConstraint("provider", "order_no"),
        CheckConstraint("state in ('created','unknown','open','paid','closed')", name="channel_order_state"),
        CheckConstraint("amount_fen > 0", name="channel_order_amount"),
        CheckConstraint("state <> 'paid' or provider_txn_id <> ''", name="channel_order_paid"),
        Index("channel_order_bill", "bill_id"),
        Index(
            "channel_order_asking",
            "next_ask_at",
            postgresql_where=text("state in ('created','unknown','open')"),
        ),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    bill_id: UUID = reference("bill.id")
    provider: str
    order_no: str
    amount_fen: int = Field(sa_type=BigInteger)
    state: str = Field(default="created", sa_column_kwargs={"server_default": "created"})
    pay_url: str = Field(default="", sa_column_kwargs={"server_default": ""})
    provider_txn_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    created_at: datetime = moment()
    expires_at: datetime = moment()
    next_ask_at: datetime | None = moment(nullable=True)
    asks: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    answer: dict[str, Any] = json_object()


class BankProfile(SQLModel, table=True):
    """How one bank's file is read: which column says what, by name."""

    __tablename__ = "bank_profile"
    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    code: str = Field(primary_key=True)
    name: str
    data: dict[str, Any] = json_object()
    saved_by: UUID | None = reference("account.id", nullable=True)
    saved_at: datetime = moment()


class StatementFile(SQLModel, table=True):
    """A bank's or channel's file, imported whole or not at all; its digest refuses it a second time."""

    __tablename__ = "statement_file"
    __table_args__ = (
        UniqueConstraint("tenant_id", "sha256"),
        CheckConstraint("opening_fen + credits_fen - debits_fen = closing_fen", name="statement_file_adds_up"),
        CheckConstraint("currency = 'CNY'", name="statement_file_currency"),
        Index("statement_file_days", "tenant_id", "last_on"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    provider: str = Field(description="whose money it is about: sandbank, wechat, alipay, a bank")
    format: str
    file_name: str
    sha256: str
    size_bytes: int = Field(sa_type=BigInteger)
    account: str = Field(default="", sa_column_kwargs={"server_default": ""})
    currency: str = Field(default="CNY", sa_column_kwargs={"server_default": "CNY"})
    first_on: date
    last_on: date
    lines: int
    opening_fen: int = Field(sa_type=BigInteger)
    credits_fen: int = Field(sa_type=BigInteger)
    debits_fen: int = Field(sa_type=BigInteger)
    closing_fen: int = Field(sa_type=BigInteger)
    imported_by: UUID | None = reference("account.id", nullable=True)
    imported_at: datetime = moment()
    recorded_at: datetime = recorded()


class StatementLine(SQLModel, table=True):
    """One movement on an account as its bank tells it; `amount_fen` is what came in, negative what went out.

    `digest` makes the same movement in another file a repetition. `rule` and `why` say how it was matched.
    """

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "digest"),
        CheckConstraint("amount_fen <> 0", name="statement_line_amount"),
        CheckConstraint("state in ('open','matched','suspense','ignored')", name="statement_line_state"),
        Index("statement_line_open", "tenant_id", "booked_on", postgresql_where=text("state in ('open','suspense')")),
        Index("statement_line_payment", "payment_id", postgresql_where=text("payment_id is not null")),
    )
    file_id: UUID = Field(primary_key=True, foreign_key="statement_file.id")
    line_no: int = Field(primary_key=True, description="as a person counts the lines of the file")
    tenant_id: str = Field(foreign_key="tenant.id")
    digest: bytes = raw()
    provider: str
    bank_reference: str = Field(description="the bank's own number of the movement")
    booked_on: date
    booked_at: datetime = moment()
    amount_fen: int = Field(sa_type=BigInteger)
    balance_fen: int | None = Field(default=None, sa_type=BigInteger)
    fee_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    payment_code: str = Field(default="", sa_column_kwargs={"server_default": ""})
    payer_name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    payer_account: str = Field(default="", sa_column_kwargs={"server_default": ""})
    words: str = Field(default="", sa_column_kwargs={"server_default": ""})
    state: str = Field(default="open", sa_column_kwargs={"server_default": "open"})
    rule: str = Field(default="", sa_column_kwargs={"server_default": ""})
    why: str = Field(default="", sa_column_kwargs={"server_default": ""})
    payment_id: UUID | None = reference("payment.id", nullable=True)
    match_id: UUID | None = reference("statement_match.id", nullable=True)


class StatementMatch(SQLModel, table=True):
    """What a person put together (several lines to one bill, one line to several), confirmed by another; undoable
    until the day is closed. `lines` and `bills` name the sides with their amounts."""

    __tablename__ = "statement_match"
    __table_args__ = (
        CheckConstraint("state in ('proposed','confirmed','declined','undone')", name="statement_match_state"),
        CheckConstraint("decided_by is null or decided_by <> made_by", name="statement_match_two_people"),
        CheckConstraint("state <> 'confirmed' or decided_by is not null", name="statement_match_decided"),
        Index("statement_match_open", "tenant_id", postgresql_where=text("state = 'proposed'")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    state: str = Field(default="proposed", sa_column_kwargs={"server_default": "proposed"})
    lines: dict[str, Any] = json_object()
    bills: dict[str, Any] = json_object()
    amount_fen: int = Field(sa_type=BigInteger)
    why: str = Field(default="", sa_column_kwargs={"server_default": ""})
    made_by: UUID = reference("account.id")
    made_at: datetime = moment()
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    undone_by: UUID | None = reference("account.id", nullable=True)
    undone_at: datetime | None = moment(nullable=True)


class Suspense(SQLModel, table=True):
    """待查款: money that fits no bill; claimed for one by one person and confirmed by another, or sent back."""

    __tablename__ = "suspense"
    __table_args__ = (
        UniqueConstraint("inbox_id"),
        UniqueConstraint("file_id", "line_no"),
        ForeignKeyConstraint(["file_id", "line_no"], ["statement_line.file_id", "statement_line.line_no"]),
        CheckConstraint("amount_fen > 0", name="suspense_amount"),
        CheckConstraint("state in ('open','claimed','matched','returning','returned')", name="suspense_state"),
        CheckConstraint("inbox_id is not null or file_id is not null", name="suspense_source"),
        CheckConstraint("confirmed_by is null or confirmed_by <> claimed_by", name="suspense_two_people"),
        CheckConstraint(
            "state <> 'claimed' or (claimed_by is not null and bill_id is not null)", name="suspense_claim"
        ),
        Index("suspense_open", "tenant_id", "came_at", postgresql_where=text("state not in ('matched','returned')")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    inbox_id: UUID | None = reference("callback_inbox.id", nullable=True)
    file_id: UUID | None = Field(default=None)
    line_no: int | None = None
    provider: str
    bank_reference: str
    amount_fen: int = Field(sa_type=BigInteger)
    payment_code: str = Field(default="", sa_column_kwargs={"server_default": ""})
    payer_name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    payer_account: str = Field(default="", sa_column_kwargs={"server_default": ""})
    why: str
    state: str = Field(default="open", sa_column_kwargs={"server_default": "open"})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    came_at: datetime = moment()
    bill_id: UUID | None = reference("bill.id", nullable=True)
    note: str = Field(default="", sa_column_kwargs={"server_default": ""})
    claimed_by: UUID | None = reference("account.id", nullable=True)
    claimed_at: datetime | None = moment(nullable=True)
    confirmed_by: UUID | None = reference("account.id", nullable=True)
    confirmed_at: datetime | None = moment(nullable=True)
