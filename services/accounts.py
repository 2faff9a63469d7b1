"""Log-ins: argon2id passwords, sessions that are rows and can be revoked, guessing slowed per account."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.sitting import Sitting
from shared.db import accounts
from shared.db.accounts import AccountRow
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.errors import Invalid, NotAllowed, Problem

#: argon2id with the least that OWASP ASVS 5.0 11.4.2 asks for: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: Checked when the log-in name is unknown, so that the answer takes as long as for a known one.
NOBODYS_HASH = HASHER.hash(secrets.token_hex(16))

PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 200
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
#: After this many refusals within the window a log-in name is refused unseen; the window slides on.
FAILURES_MAX = 10
FAILURES_WINDOW = timedelta(minutes=10)

_PHONE = re.compile(r"\+?[0-9][0-9-]{4,18}[0-9]")
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,180}[A-Za-z0-9])?\.[A-Za-z]{2,24}")

REFUSAL = "用户名或密码不正确"


class TooManyFailures(NotAllowed):
    """The log-in name was refused too often lately."""


def log_in(sitting: Sitting, *, login: str, password: str, user_agent: str = "") -> tuple[str, AccountRow] | None:
    """Check a password; gives the session token for the cookie, or None when refused (the refusal is recorded).

    Says the same, and takes as long, for an unknown name as for a wrong password. Raises `TooManyFailures`.
    """
    login = login.strip()
    if not is_keepable(login):
        return None
    if accounts.recent_failures(sitting.session, login, within=FAILURES_WINDOW) >= FAILURES_MAX:
        raise TooManyFailures("尝试次数过多，请 10 分钟后再试，或联系管理员重置密码")
    found = accounts.find(sitting.session, login)
    account, stored = found or (None, NOBODYS_HASH)
    if not _matches(stored, password) or account is None or not account.is_active:
        accounts.note_failure(sitting.session, sitting.tenant, login)
        return None
    if HASHER.check_needs_rehash(stored):
        accounts.set_password(sitting.session, account.id, HASHER.hash(password))
    accounts.forget_failures(sitting.session, login)
    secret = secrets.token_bytes(32)
    session_id = accounts.open_session(
        sitting.session,
        sitting.tenant,
        account_id=account.id,
        token_digest=hashlib.sha256(secret).digest(),
        user_agent=user_agent,
    )
    return f"{session_id.hex}.{secret.hex()}", account


def who(sitting: Sitting, token: str) -> tuple[AccountRow, UUID] | None:
    """The account behind a cookie's token and the session's id; None once revoked, timed out or disabled."""
    id_part, _, secret_part = token.partition(".")
    try:
        session_id, secret = UUID(hex=id_part), bytes.fromhex(secret_part)
    except ValueError:
        return None
    live = accounts.live_session(sitting.session, session_id, idle=IDLE, longest=LONGEST)
    if live is None or not hmac.compare_digest(live[1], hashlib.sha256(secret).digest()):
        return None
    return live[0], session_id


def log_out(sitting: Sitting, *, account_id: UUID, session_id: UUID | None = None) -> int:
    """End one session, or every session of the account; gives how many were live."""
    return accounts.revoke(sitting.session, account_id, session_id=session_id)


def change_password(sitting: Sitting, *, account: AccountRow, old: str, new: str) -> None:
    """Replace a password and end every session of the account. Raises `Invalid`."""
    found = accounts.find(sitting.session, account.login)
    if found is None or not _matches(found[1], old):
        raise Invalid([Problem("old_password", "原密码不正确")])
    accounts.set_password(sitting.session, account.id, hash_password(new))
    accounts.revoke(sitting.session, account.id)


def set_contact(sitting: Sitting, *, account: AccountRow, phone: str, email: str) -> None:
    """Where notices go beside the application; empty: nowhere. Raises `Invalid`; may be repeated."""
    phone, email = "".join(phone.split()), email.strip()
    problems = []
    if phone and not _PHONE.fullmatch(phone):
        problems.append(Problem("phone", "手机号码应为数字，可以带国家代码，例如 +8613900000001"))
    if email and not _EMAIL.fullmatch(email):
        problems.append(Problem("email", "邮箱应写成 name@example.org 这样的地址"))
    if problems:
        raise Invalid(problems)
    accounts.set_contact(sitting.session, account.id, phone=phone, email=email)


def set_active(sitting: Sitting, *, account_id: UUID, is_active: bool) -> None:
    """Enable or disable an account; disabling ends its sessions."""
    accounts.set_active(sitting.session, account_id, is_active=is_active)
    if not is_active:
        accounts.revoke(sitting.session, account_id)


def hash_password(password: str) -> str:
    """argon2id; raises `Invalid` for a password too short or too long to be one."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise Invalid([Problem("password", f"密码应为 {PASSWORD_LENGTH_MIN} 至 {PASSWORD_LENGTH_MAX} 个字符")])
    if not is_keepable(password):
        raise Invalid([Problem("password", UNKEEPABLE)])
    return HASHER.hash(password)


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password[:PASSWORD_LENGTH_MAX])
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
