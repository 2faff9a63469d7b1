"""Accounts as administrators list them, with how many devices are logged in; never a password hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from shared.db.tables.columns import table
from shared.db.tables.people import Account, LoginSession

ACCOUNTS = table(Account)
SESSIONS = table(LoginSession)

PAGE_ROWS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One account."""

    id: UUID
    login: str
    display_name: str
    role: str
    unit_code: str | None
    organisation_name: str | None
    is_active: bool
    live_sessions: int


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A page of accounts."""

    rows: tuple[PersonRow, ...]
    found: int
    page: int
    has_more: bool


def people(
    session: Session, *, idle: timedelta, longest: timedelta, words: str = "", role: str = "", page: int = 1
) -> PeoplePage:
    """Accounts that fit, by role and log-in name. One query."""
    live = (
        select(func.count())
        .where(
            SESSIONS.c.account_id == ACCOUNTS.c.id,
            SESSIONS.c.revoked_at.is_(None),
            SESSIONS.c.last_seen_at > func.now() - idle,
            SESSIONS.c.created_at > func.now() - longest,
        )
        .scalar_subquery()
    )
    names = ("id", "login", "display_name", "role", "unit_code", "organisation_name", "is_active")
    query = select(
        *(ACCOUNTS.c[name] for name in names), live.label("live_sessions"), func.count().over().label("found")
    )
    if role:
        query = query.where(ACCOUNTS.c.role == role)
    if words:
        columns = (ACCOUNTS.c.login, ACCOUNTS.c.display_name, ACCOUNTS.c.organisation_name)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    query = query.order_by(ACCOUNTS.c.role, ACCOUNTS.c.login)
    rows = session.execute(query.offset((page - 1) * PAGE_ROWS).limit(PAGE_ROWS)).all()
    total = rows[0].found if rows else 0
    return PeoplePage(
        tuple(
            PersonRow(**{name: row._mapping[name] for name in names}, live_sessions=row.live_sessions) for row in rows
        ),
        total,
        page,
        page * PAGE_ROWS < total,
    )
