"""Who answers for a unit: an administrator keeps its posts and deputies, and every change of them stays on record."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from services.sitting import Sitting
from shared.db import accounts, offices
from shared.db.accounts import AccountRow
from shared.db.trail import Actor
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.errors import Invalid, NotAllowed, Problem
from shared.logs import logger

log = logger(__name__)

#: 首席代表, 负责人, 联络员, 督查.
POSTS: Final = ("chief", "head", "liaison", "supervisor")
TEXT_LENGTH_MAX: Final = 100
_DESK: Final = ("officer", "checker")


def name_post(
    sitting: Sitting,
    *,
    by: AccountRow,
    unit_code: str,
    kind: str,
    name: str,
    phone: str = "",
    email: str = "",
    login: str = "",
) -> None:
    """Name somebody for a unit's post, with a log-in of that unit or without one; repeated, it changes nothing.

    A chief or head with a log-in decides for the unit from then on. Raises `Invalid` with every problem.
    """
    _only_administrators(by)
    texts = {"name": name.strip(), "phone": phone.strip(), "email": email.strip()}
    problems = [
        Problem(field, UNKEEPABLE if not is_keepable(text) else f"不能超过 {TEXT_LENGTH_MAX} 个字")
        for field, text in texts.items()
        if not is_keepable(text) or len(text) > TEXT_LENGTH_MAX
    ]
    if not texts["name"]:
        problems.append(Problem("name", "请写明姓名"))
    if unit_code not in sitting.city.units:
        problems.append(Problem("unit_code", "没有这个单位"))
    if kind not in POSTS:
        problems.append(Problem("kind", "没有这个职务"))
    account = None
    if login.strip():
        account = _colleague(sitting, login, unit_code)
        if account is None:
            problems.append(Problem("login", "应为本单位经办或复核人员的用户名"))
    if problems:
        raise Invalid(problems)
    if offices.put_post(
        sitting.session,
        sitting.tenant,
        by=_actor(by),
        at=sitting.now,
        unit_code=unit_code,
        kind=kind,
        account_id=account.id if account else None,
        **texts,
    ):
        log.info("post_named", unit=unit_code, post=kind, by=by.login)


def appoint_deputy(
    sitting: Sitting, *, by: AccountRow, login: str, deputy_login: str, from_on: date, to_on: date, reason: str = ""
) -> UUID:
    """Let somebody stand in for a colleague of the same unit, on inclusive dates. Repeated, it is the same deputyship.

    Raises `Invalid` with every problem, also for dates that are over.
    """
    _only_administrators(by)
    kept = reason.strip()
    problems: list[Problem] = []
    if not is_keepable(kept) or len(kept) > TEXT_LENGTH_MAX:
        problems.append(Problem("reason", f"不能超过 {TEXT_LENGTH_MAX} 个字"))
    absent, deputy = _colleague(sitting, login), _colleague(sitting, deputy_login)
    if absent is None or absent.unit_code is None:
        problems.append(Problem("login", "没有这个经办或复核人员"))
    if deputy is None:
        problems.append(Problem("deputy_login", "没有这个经办或复核人员"))
    if absent and deputy and absent.unit_code != deputy.unit_code:
        problems.append(Problem("deputy_login", "代理人应为同一单位的人员"))
    if absent and deputy and absent.id == deputy.id:
        problems.append(Problem("deputy_login", "不能由本人代理本人"))
    if to_on < from_on:
        problems.append(Problem("to_on", "代理的最后一天应不早于第一天"))
    elif to_on < sitting.today:
        problems.append(Problem("to_on", "代理期已经过去"))
    if problems or absent is None or absent.unit_code is None or deputy is None:
        raise Invalid(problems)
    for known in offices.deputies(sitting.session):
        if (known.account_id, known.deputy_id, known.from_on, known.to_on) == (absent.id, deputy.id, from_on, to_on):
            return known.id
    log.info("deputy_appointed", unit=absent.unit_code, absent=absent.login, deputy=deputy.login, by=by.login)
    return offices.add_deputy(
        sitting.session,
        sitting.tenant,
        by=_actor(by),
        at=sitting.now,
        unit_code=absent.unit_code,
        account_id=absent.id,
        deputy_id=deputy.id,
        from_on=from_on,
        to_on=to_on,
        reason=kept,
    )


def end_deputy(sitting: Sitting, *, by: AccountRow, deputy_id: UUID) -> None:
    """End a deputyship at once; ending it twice is ending it once."""
    _only_administrators(by)
    offices.remove_deputy(sitting.session, sitting.tenant, deputy_id, by=_actor(by), at=sitting.now)
    log.info("deputy_ended", deputy=str(deputy_id), by=by.login)


def _actor(account: AccountRow) -> Actor:
    return Actor(account.id, account.display_name, account.unit_code)


def _only_administrators(by: AccountRow) -> None:
    if by.role != "admin":
        raise NotAllowed("职务和代理由系统管理员登记")


def _colleague(sitting: Sitting, login: str, unit_code: str | None = None) -> AccountRow | None:
    """The active officer or checker with a log-in name, of one unit if it is given."""
    found = accounts.find(sitting.session, login.strip()) if is_keepable(login) else None
    if found is None:
        return None
    account = found[0]
    is_one = account.role in _DESK and account.is_active and account.unit_code is not None
    return account if is_one and unit_code in (None, account.unit_code) else None
