"""Log-ins and their sessions; a session is a row, so it can be revoked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_object, moment, new_id, raw, recorded, reference


class Account(SQLModel, table=True):
    """A person who may log in; officers and checkers belong to a unit, applicants to an organisation."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("tenant_id", "login"),
        CheckConstraint(
            "role in ('applicant','officer','checker','finance','leader','admin','operator')", name="account_role"
        ),
        CheckConstraint("role not in ('officer','checker') or unit_code is not null", name="account_unit"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    login: str
    password_hash: str
    display_name: str
    role: str
    unit_code: str | None = None
    organisation_name: str | None = None
    organisation_uscc: str | None = None
    phone: str = Field(default="", sa_column_kwargs={"server_default": ""})
    email: str = Field(default="", sa_column_kwargs={"server_default": ""})
    is_active: bool = True
    created_at: datetime = recorded()
    data: dict[str, Any] = json_object()


class LoginSession(SQLModel, table=True):
    """One log-in on one device; the cookie holds a random token, the row its SHA-256."""

    __tablename__ = "login_session"
    __table_args__ = (Index("login_session_account", "account_id"),)
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    account_id: UUID = reference("account.id")
    token_digest: bytes = raw()
    created_at: datetime = recorded()
    last_seen_at: datetime = recorded()
    revoked_at: datetime | None = moment(nullable=True)
    user_agent: str = ""


class LoginFailure(SQLModel, table=True):
    """A refused log-in, so that guessing is slowed per account wherever it comes from."""

    __tablename__ = "login_failure"
    __table_args__ = (Index("login_failure_recent", "tenant_id", "login", "at"),)
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    login: str
    at: datetime = recorded()
