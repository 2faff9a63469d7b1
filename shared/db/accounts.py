"""Accounts and their log-in sessions as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.db.tables.columns import table
from shared.db.tables.people import Account, LoginFailure, LoginSession

ACCOUNTS = table(Account)
SESSIONS = table(LoginSession)
FAILURES = table(LoginFailure)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A person who may log in; never carries the password hash."""

    id: UUID
    tenant_id: str
    login: str
    display_name: str
    role: str
    unit_code: str | None
    organisation_name: str | None
    organisation_uscc: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One log-in on one device."""

    id: UUID
    account_id: UUID
    created_at: datetime
    last_seen_at: datetime
    revoked_at: datetime | None
    user_agent: str


_ACCOUNT = [ACCOUNTS.c[name] for name in AccountRow.__dataclass_fields__]
_SESSION = [SESSIONS.c[name] for name in SessionRow.__dataclass_fields__]


def put(session: Session, tenant: str, *, login: str, password_hash: str, **values: Any) -> None:
    """Create an account, or bring its name, role and unit up to date; an existing password stays."""
    session.execute(
        pg_insert(ACCOUNTS)
        .values(id=uuid4(), tenant_id=tenant, login=login, password_hash=password_hash, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "login"], set_=values)
    )


def find(session: Session, login: str) -> tuple[AccountRow, str] | None:
    """An account with its password hash, by log-in name."""
    row = session.execute(select(*_ACCOUNT, ACCOUNTS.c.password_hash).where(ACCOUNTS.c.login == login)).one_or_none()
    if row is None:
        return None
    names = AccountRow.__dataclass_fields__
    return AccountRow(**{name: row._mapping[name] for name in names}), row.password_hash


def load(session: Session, account_id: UUID) -> AccountRow | None:
    """An account by id."""
    row = session.execute(select(*_ACCOUNT).where(ACCOUNTS.c.id == account_id)).one_or_none()
    return AccountRow(**row._mapping) if row else None


def everyone(session: Session) -> list[AccountRow]:
    """All accounts, by role and log-in name."""
    rows = session.execute(select(*_ACCOUNT).order_by(ACCOUNTS.c.role, ACCOUNTS.c.login))
    return [AccountRow(**row._mapping) for row in rows]


def set_password(session: Session, account_id: UUID, password_hash: str) -> None:
    """Replace the password hash."""
    session.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(password_hash=password_hash))


def contact(session: Session, account_id: UUID) -> tuple[str, str]:
    """Telephone and e-mail of an account, empty where none is known."""
    row = session.execute(select(ACCOUNTS.c.phone, ACCOUNTS.c.email).where(ACCOUNTS.c.id == account_id)).one()
    return row.phone, row.email


def set_contact(session: Session, account_id: UUID, *, phone: str, email: str) -> None:
    """Replace telephone and e-mail."""
    session.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(phone=phone, email=email))


def set_active(session: Session, account_id: UUID, *, is_active: bool) -> None:
    """Enable or disable an account."""
    session.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(is_active=is_active))


# Sessions.


def open_session(session: Session, tenant: str, *, account_id: UUID, token_digest: bytes, user_agent: str) -> UUID:
    """Record a log-in."""
    session_id = uuid4()
    session.execute(
        insert(SESSIONS).values(
            id=session_id,
            tenant_id=tenant,
            account_id=account_id,
            token_digest=token_digest,
            user_agent=user_agent[:200],
        )
    )
    return session_id


def live_session(
    session: Session, session_id: UUID, *, idle: timedelta, longest: timedelta
) -> tuple[AccountRow, bytes] | None:
    """The account behind a session that is neither revoked nor timed out, and the token's digest.

    Notes that it was seen, at most once a minute, so that reading pages stays cheap.
    """
    row = session.execute(
        select(*_ACCOUNT, SESSIONS.c.token_digest, (func.now() - SESSIONS.c.last_seen_at).label("unseen"))
        .join(SESSIONS, SESSIONS.c.account_id == ACCOUNTS.c.id)
        .where(
            SESSIONS.c.id == session_id,
            SESSIONS.c.revoked_at.is_(None),
            ACCOUNTS.c.is_active,
            SESSIONS.c.last_seen_at > func.now() - idle,
            SESSIONS.c.created_at > func.now() - longest,
        )
    ).one_or_none()
    if row is None:
        return None
    if row.unseen > timedelta(minutes=1):
        session.execute(update(SESSIONS).where(SESSIONS.c.id == session_id).values(last_seen_at=func.now()))
    return AccountRow(**{name: row._mapping[name] for name in AccountRow.__dataclass_fields__}), row.token_digest


def sessions_of(session: Session, account_id: UUID) -> list[SessionRow]:
    """An account's sessions, newest first."""
    rows = session.execute(
        select(*_SESSION).where(SESSIONS.c.account_id == account_id).order_by(SESSIONS.c.created_at.desc()).limit(50)
    )
    return [SessionRow(**row._mapping) for row in rows]


def revoke(session: Session, account_id: UUID, *, session_id: UUID | None = None) -> int:
    """End one session of an account, or all of them; gives how many were live."""
    query = update(SESSIONS).where(SESSIONS.c.account_id == account_id, SESSIONS.c.revoked_at.is_(None))
    if session_id is not None:
        query = query.where(SESSIONS.c.id == session_id)
    return changed(session.execute(query.values(revoked_at=func.now())))


# Refused log-ins.


def note_failure(session: Session, tenant: str, login: str) -> None:
    """Record a refused log-in."""
    session.execute(insert(FAILURES).values(id=uuid4(), tenant_id=tenant, login=login[:100]))


def recent_failures(session: Session, login: str, *, within: timedelta) -> int:
    """How often a log-in name was refused lately."""
    return session.execute(
        select(func.count()).where(FAILURES.c.login == login[:100], FAILURES.c.at > func.now() - within)
    ).scalar_one()


def forget_failures(session: Session, login: str) -> None:
    """A right password ends the slowing down; also sweeps out what is older than a day."""
    session.execute(
        delete(FAILURES).where(
            (FAILURES.c.login == login[:100]) | (FAILURES.c.at < func.now() - text("interval '1 day'"))
        )
    )
