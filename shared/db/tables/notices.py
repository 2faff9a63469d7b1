"""Messages to people: in the application, by e-mail, by SMS; each key once, sent by a worker."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, DateTime, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, moment, new_id, recorded, reference


class Notice(SQLModel, table=True):
    """One message to one person or desk; `key` says what it is about, so that nobody is told twice."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key", "channel"),
        CheckConstraint("channel in ('app','email','sms')", name="notice_channel"),
        CheckConstraint("state in ('ready','sent','failed')", name="notice_state"),
        CheckConstraint("channel = 'app' or address <> ''", name="notice_address"),
        CheckConstraint("to_account is not null or to_unit <> '' or address <> ''", name="notice_somebody"),
        Index("notice_unread", "to_account", postgresql_where=text("channel = 'app' and read_at is null")),
        Index(
            "notice_unit_unread", "tenant_id", "to_unit", postgresql_where=text("channel = 'app' and read_at is null")
        ),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID | None = reference("application.id", nullable=True, index=True)
    kind: str
    key: str
    channel: str
    to_account: UUID | None = reference("account.id", nullable=True)
    to_unit: str = Field(default="", sa_column_kwargs={"server_default": ""})
    to_name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    address: str = Field(default="", sa_column_kwargs={"server_default": ""})
    title: str
    body: str
    href: str = Field(default="", sa_column_kwargs={"server_default": ""})
    is_gathered: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}, description="of several applications"
    )
    state: str = Field(default="ready", sa_column_kwargs={"server_default": "ready"})
    at: datetime = moment()
    recorded_at: datetime = Field(
        default=None,
        sa_type=DateTime(timezone=True),
        nullable=False,
        sa_column_kwargs={"server_default": text("clock_timestamp()")},
        description="to the microsecond: what one transaction tells stays in order",
    )
    sent_at: datetime | None = moment(nullable=True)
    read_at: datetime | None = moment(nullable=True)
    problem: str = Field(default="", sa_column_kwargs={"server_default": ""})


class NoticeLine(SQLModel, table=True):
    """What a notice is to tell somebody of one thing; the clock's pass gathers the lines of one kind into one notice.

    `told_as` is the key of that notice; `title` and `body` stand in it if the line stays alone, else `heading`, `ask`
    and a line of its own, `entry`.
    """

    __tablename__ = "notice_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key", "mark"),
        CheckConstraint("to_account is not null or to_unit <> '' or phone <> '' or email <> ''", name="notice_line_to"),
        Index("notice_line_waiting", "tenant_id", postgresql_where=text("told_as = ''")),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    application_id: UUID = reference("application.id", index=True)
    kind: str
    key: str
    mark: str
    to_account: UUID | None = reference("account.id", nullable=True)
    to_unit: str = Field(default="", sa_column_kwargs={"server_default": ""})
    to_name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    phone: str = Field(default="", sa_column_kwargs={"server_default": ""})
    email: str = Field(default="", sa_column_kwargs={"server_default": ""})
    title: str
    body: str
    href: str
    heading: str
    ask: str
    entry: str
    list_href: str
    at: datetime = moment()
    recorded_at: datetime = Field(
        default=None,
        sa_type=DateTime(timezone=True),
        nullable=False,
        sa_column_kwargs={"server_default": text("clock_timestamp()")},
        description="to the microsecond: the steps of a clock stay in order",
    )
    told_as: str = Field(default="", sa_column_kwargs={"server_default": ""})


class SmsMessage(SQLModel, table=True):
    """Where the default SMS gateway puts what a real one would send."""

    __tablename__ = "sms_message"
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    notice_id: UUID = Field(foreign_key="notice.id", unique=True)
    phone: str
    text: str
    created_at: datetime = recorded()
