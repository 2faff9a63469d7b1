"""Orders at payment channels, and everything that was ever asked about them."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, moment, new_id, recorded, reference


class ChannelOrder(SQLModel, table=True):
    """One attempt to pay a bill by a QR code; one that lives at a time for a bill and channel.

    `number` is 商户订单号, ours for ever. `expires_at` and `ask_at` are real moments, because providers live in real
    time; `opened_at` and `settled_at` are business time. `is_closing` says that it must not be paid any more.
    """

    __tablename__ = "channel_order"
    __table_args__ = (
        UniqueConstraint("channel", "number"),
        CheckConstraint("state in ('created','pending','unknown','paid','closed')", name="channel_order_state"),
        CheckConstraint("amount_fen > 0", name="channel_order_amount"),
        CheckConstraint("state <> 'pending' or qr <> ''", name="channel_order_qr"),
        CheckConstraint("(state = 'paid') = (transaction_no <> '')", name="channel_order_transaction"),
        CheckConstraint(
            "(state in ('paid','closed')) = (ask_at is null) and (ask_at is null) = (settled_at is not null)",
            name="channel_order_settled",
        ),
        Index(
            "channel_order_live",
            "bill_id",
            "channel",
            unique=True,
            postgresql_where=text("state in ('created','pending','unknown')"),
        ),
        Index("channel_order_ask", "tenant_id", "ask_at", postgresql_where=text("ask_at is not null")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    bill_id: UUID = reference("bill.id", index=True)
    channel: str
    number: str
    amount_fen: int = Field(sa_type=BigInteger)
    state: str = Field(default="created", sa_column_kwargs={"server_default": "created"})
    qr: str = Field(default="", sa_column_kwargs={"server_default": ""})
    transaction_no: str = Field(default="", sa_column_kwargs={"server_default": ""})
    is_closing: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    opened_by: UUID | None = reference("account.id", nullable=True)
    opened_at: datetime = moment()
    expires_at: datetime = moment()
    asked: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    ask_at: datetime | None = moment(nullable=True)
    problem: str = Field(default="", sa_column_kwargs={"server_default": ""})
    settled_at: datetime | None = moment(nullable=True)
    recorded_at: datetime = recorded()


class ChannelAsking(SQLModel, table=True):
    """One request about an order and what the provider answered, as it came; `outcome` is our word for it."""

    __tablename__ = "channel_asking"
    __table_args__ = (
        CheckConstraint("act in ('create','query','close')", name="channel_asking_act"),
        CheckConstraint(
            "outcome in ('made','paid','pending','missing','refunded','closed','refused','no_answer')",
            name="channel_asking_outcome",
        ),
    )
    order_id: UUID = Field(primary_key=True, foreign_key="channel_order.id")
    seq: int = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    act: str
    outcome: str
    words: str = Field(default="", sa_column_kwargs={"server_default": ""})
    raw: str = Field(default="", sa_column_kwargs={"server_default": ""})
    at: datetime = recorded()
