"""Who answers for a unit: its chief representative, or head and liaison; and who stands in for whom on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from shared.db.tables.columns import table
from shared.db.tables.offices import Deputy, Post
from shared.db.tables.people import Account

POSTS = table(Post)
DEPUTIES = table(Deputy)
PEOPLE = table(Account)


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


_POST = [POSTS.c[name] for name in PostRow.__dataclass_fields__]
_DEPUTY = [DEPUTIES.c[name] for name in DeputyRow.__dataclass_fields__]


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


def put_post(session: Session, tenant: str, *, unit_code: str, kind: str, **values: Any) -> None:
    """Name somebody for a post, or bring the entry up to date."""
    session.execute(
        pg_insert(POSTS)
        .values(tenant_id=tenant, unit_code=unit_code, kind=kind, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "unit_code", "kind"], set_=values)
    )


def add_deputy(session: Session, tenant: str, **values: Any) -> UUID:
    """Let somebody stand in for a colleague."""
    deputy_id = uuid4()
    session.execute(insert(DEPUTIES).values(id=deputy_id, tenant_id=tenant, **values))
    return deputy_id


def remove_deputy(session: Session, deputy_id: UUID) -> None:
    """End a deputyship."""
    session.execute(delete(DEPUTIES).where(DEPUTIES.c.id == deputy_id))


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
