"""Who answers for a unit: its chief representative, or head and liaison; and who stands in for whom on a day.

Nothing is changed here without a row that says who changed it, when, from what to what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from shared.db.tables.columns import table
from shared.db.tables.offices import Deputy, OfficeChange, Post
from shared.db.tables.people import Account
from shared.db.trail import Actor

POSTS = table(Post)
DEPUTIES = table(Deputy)
PEOPLE = table(Account)
CHANGES = table(OfficeChange)

PAGE_ROWS = 25


@dataclass(frozen=True, slots=True)
class PostRow:
    """A named person of a unit; `account_id` where that person has a log-in."""

    unit_code: str
    kind: str
    account_id: UUID | None
    name: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class DeputyRow:
    """Who stands in for whom, on inclusive dates."""

    id: UUID
    unit_code: str
    account_id: UUID
    deputy_id: UUID
    from_on: date
    to_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change of one post (`post`) or deputyship; `before` or `after` is empty where there was or is none."""

    unit_code: str
    subject: str
    post: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of changes; the count is of all of them."""

    rows: tuple[ChangeRow, ...]
    found: int
    has_more: bool


_POST = [POSTS.c[name] for name in PostRow.__dataclass_fields__]
_DEPUTY = [DEPUTIES.c[name] for name in DeputyRow.__dataclass_fields__]
_CHANGE = [CHANGES.c[name] for name in ChangeRow.__dataclass_fields__]


def posts(session: Session) -> list[PostRow]:
    """Every post of the city, by unit."""
    rows = session.execute(select(*_POST).order_by(POSTS.c.unit_code, POSTS.c.kind))
    return [PostRow(*row) for row in rows]


def posts_of(session: Session, unit_codes: Iterable[str]) -> Mapping[str, Mapping[str, PostRow]]:
    """The posts of some units: by unit, then by kind (chief, head, liaison, supervisor)."""
    found: dict[str, dict[str, PostRow]] = {}
    for row in session.execute(select(*_POST).where(POSTS.c.unit_code.in_(list(unit_codes)))):
        post = PostRow(*row)
        found.setdefault(post.unit_code, {})[post.kind] = post
    return found


def holds_post(session: Session, account_id: UUID, *, unit_code: str, kinds: Iterable[str] = ("chief", "head")) -> bool:
    """Whether somebody is the chief representative (or head) of a unit."""
    found = session.execute(
        select(POSTS.c.kind).where(
            POSTS.c.account_id == account_id, POSTS.c.unit_code == unit_code, POSTS.c.kind.in_(list(kinds))
        )
    )
    return found.first() is not None


def has_second_person(session: Session, unit_code: str, *, besides: Iterable[UUID], on: date, by_chief: bool) -> bool:
    """Whether somebody with a log-in in a unit can check what others than `besides` have said: the chief or head, on a
    day also by deputy, or, unless it must be `by_chief`, a checker."""
    found = session.execute(
        text(
            "select exists (select from account p where p.unit_code = :unit and p.is_active and p.id <> all(:besides) "
            "and ((p.role = 'checker' and not :by_chief) or exists (select from post h where h.unit_code = :unit "
            "  and h.kind in ('chief', 'head') and (h.account_id = p.id or (h.account_id <> all(:besides) and exists "
            "    (select from deputy d where d.account_id = h.account_id and d.deputy_id = p.id "
            "     and :today between d.from_on and d.to_on))))))"
        ),
        {"unit": unit_code, "besides": list(besides), "by_chief": by_chief, "today": on},
    )
    return bool(found.scalar_one())


def put_post(
    session: Session, tenant: str, *, by: Actor, at: datetime, unit_code: str, kind: str, **values: Any
) -> bool:
    """Name somebody for a post, or bring the entry up to date, and write down who was named before.

    Gives whether anything changed.
    """
    whose = POSTS.c.tenant_id == tenant, POSTS.c.unit_code == unit_code, POSTS.c.kind == kind
    row = {"tenant_id": tenant, "unit_code": unit_code, "kind": kind, **values}
    added = session.execute(
        pg_insert(POSTS).values(**row).on_conflict_do_nothing().returning(POSTS.c.kind)
    ).one_or_none()
    before: dict[str, Any] = {}
    if added is None:
        known = session.execute(select(*_POST).where(*whose).with_for_update()).one()
        before = _post(session, PostRow(*known))
        session.execute(update(POSTS).where(*whose).values(**values))
    after = _post(session, PostRow(unit_code=unit_code, kind=kind, **{"phone": "", "email": "", **values}))
    return _note(session, tenant, unit_code, post=kind, before=before, after=after, by=by, at=at)


def add_deputy(
    session: Session,
    tenant: str,
    *,
    by: Actor,
    at: datetime,
    unit_code: str,
    account_id: UUID,
    deputy_id: UUID,
    from_on: date,
    to_on: date,
    reason: str,
) -> UUID:
    """Let somebody stand in for a colleague."""
    row = DeputyRow(uuid4(), unit_code, account_id, deputy_id, from_on, to_on, reason)
    session.execute(insert(DEPUTIES).values(**asdict(row), tenant_id=tenant, set_by=by.id))
    _note(session, tenant, unit_code, before={}, after=_deputy(session, row), by=by, at=at)
    return row.id


def remove_deputy(session: Session, tenant: str, deputy_id: UUID, *, by: Actor, at: datetime) -> None:
    """End a deputyship; one that has ended stays ended."""
    gone = session.execute(delete(DEPUTIES).where(DEPUTIES.c.id == deputy_id).returning(*_DEPUTY)).one_or_none()
    if gone is not None:
        row = DeputyRow(*gone)
        _note(session, tenant, row.unit_code, before=_deputy(session, row), after={}, by=by, at=at)


def _note(
    session: Session,
    tenant: str,
    unit_code: str,
    *,
    post: str = "",
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    by: Actor,
    at: datetime,
) -> bool:
    if before == after:
        return False
    session.execute(
        insert(CHANGES).values(
            id=uuid4(),
            tenant_id=tenant,
            unit_code=unit_code,
            subject="post" if post else "deputy",
            post=post,
            before=dict(before),
            after=dict(after),
            by_id=by.id,
            by_name=by.name,
            at=at,
        )
    )
    return True


def _post(session: Session, row: PostRow) -> dict[str, Any]:
    return {"name": row.name, "phone": row.phone, "email": row.email, "login": _login(session, row.account_id)}


def _deputy(session: Session, row: DeputyRow) -> dict[str, Any]:
    return {
        "login": _login(session, row.account_id),
        "deputy": _login(session, row.deputy_id),
        "from_on": row.from_on.isoformat(),
        "to_on": row.to_on.isoformat(),
        "reason": row.reason,
    }


def _login(session: Session, account_id: UUID | None) -> str:
    if account_id is None:
        return ""
    login: str = session.execute(select(PEOPLE.c.login).where(PEOPLE.c.id == account_id)).scalar_one()
    return login


def changes(session: Session, *, page: int = 1) -> ChangePage:
    """Every change of posts and deputyships, the latest first. Two queries."""
    found = session.execute(select(func.count()).select_from(CHANGES)).scalar_one()
    rows = session.execute(
        select(*_CHANGE)
        .order_by(CHANGES.c.recorded_at.desc(), CHANGES.c.id)
        .offset((page - 1) * PAGE_ROWS)
        .limit(PAGE_ROWS)
    )
    return ChangePage(tuple(ChangeRow(*row) for row in rows), found, page * PAGE_ROWS < found)


def deputies(session: Session) -> list[DeputyRow]:
    """Every deputyship, the latest first."""
    rows = session.execute(select(*_DEPUTY).order_by(DEPUTIES.c.from_on.desc(), DEPUTIES.c.id))
    return [DeputyRow(*row) for row in rows]


def stands_in_for(session: Session, deputy_id: UUID, *, on: date) -> dict[UUID, str]:
    """For whom somebody stands in on a day: account ids with names."""
    rows = session.execute(
        select(PEOPLE.c.id, PEOPLE.c.display_name)
        .join(DEPUTIES, DEPUTIES.c.account_id == PEOPLE.c.id)
        .where(DEPUTIES.c.deputy_id == deputy_id, DEPUTIES.c.from_on <= on, DEPUTIES.c.to_on >= on)
    )
    return {row.id: row.display_name for row in rows}
