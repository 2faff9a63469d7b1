"""What a waiting matter waits for, each with a name on it: the matter before it, its unit, its officer, its day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.db.city import City
from shared.db.tables.cases import ReviewTask
from shared.db.tables.columns import table
from shared.db.tables.offices import Post
from shared.db.tables.people import Account
from shared.domain import prerequisites

TASKS = table(ReviewTask)
PEOPLE = table(Account)
POSTS = table(Post)

#: A prerequisite in one of these states will not be met by itself: somebody has to meet about it, or the case ends.
BLOCKING = ("objected", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitsFor:
    """One prerequisite that a matter still waits for.

    `who` has it in hand: its officer, or else whom its unit names (首席代表, 负责人). `is_mutual`: the two wait for
    each other, so a joint meeting decides them together. `is_blocked`: it was refused or ended, and will not come by
    itself.
    """

    task_id: UUID
    matter_code: str
    matter_name: str
    unit_code: str
    who: str
    due_on: date
    status: str
    is_mutual: bool

    @property
    def is_blocked(self) -> bool:
        return self.status in BLOCKING


def waits_for(session: Session, city: City, application_id: UUID) -> Mapping[UUID, tuple[WaitsFor, ...]]:
    """What each waiting task of an application waits for, by its id, in the order of the pack. One query."""
    named = (
        select(POSTS.c.name)
        .where(POSTS.c.unit_code == TASKS.c.unit_code, POSTS.c.kind.in_(("chief", "head")))
        .order_by(POSTS.c.kind)
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            TASKS.c.id, TASKS.c.matter_code, TASKS.c.matter_name, TASKS.c.unit_code, TASKS.c.status, TASKS.c.due_on,
            func.coalesce(PEOPLE.c.display_name, named, "").label("who"),
        )
        .outerjoin(PEOPLE, PEOPLE.c.id == TASKS.c.officer_id)
        .where(TASKS.c.application_id == application_id)
        .order_by(TASKS.c.seq)
    ).all()  # fmt: skip
    by_code = {row.matter_code: row for row in rows}
    graph = prerequisites.within(city.pack.graph, by_code)
    approved = {row.matter_code for row in rows if row.status == "approved"}
    groups = {code: group for group in prerequisites.mutual(graph) for code in group}
    return {
        row.id: tuple(
            WaitsFor(
                task_id=before.id,
                matter_code=before.matter_code,
                matter_name=before.matter_name,
                unit_code=before.unit_code,
                who=before.who,
                due_on=before.due_on,
                status=before.status,
                is_mutual=before.matter_code in groups.get(row.matter_code, ()),
            )
            for before in (by_code[code] for code in prerequisites.missing(graph, row.matter_code, approved))
        )
        for row in rows
        if row.status == "waiting"
    }
