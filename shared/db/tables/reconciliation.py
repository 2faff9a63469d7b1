"""What banks' files say, what was matched with it, and money that fits nothing yet."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, moment, new_id, raw, recorded, reference


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


class Suspense(SQLModel, table=True):
    """待查款: money that fits no bill; claimed for one by one person and confirmed by another, or sent back."""

    __tablename__ = "suspense"
    __table_args__ = (
        UniqueConstraint("inbox_id"),
        UniqueConstraint("file_id", "line_no"),
        ForeignKeyConstraint(["file_id", "line_no"], ["statement_line.file_id", "statement_line.line_no"]),
        CheckConstraint("amount_fen > 0", name="suspense_amount"),
        CheckConstraint("state in ('open','claimed','matched','returning','returned')", name="suspense_state"),
        CheckConstraint("inbox_id is not null or file_id is not null or order_id is not null", name="suspense_source"),
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
    order_id: UUID | None = reference("channel_order.id", nullable=True)
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
