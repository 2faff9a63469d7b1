"""Work that nobody can do, level-triggered: units without an active officer, and tasks of somebody who has left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

#: The kind of case that all of this is put before a person as; a unit's has no application.
KIND: Final = "no_officer"

_HAS_OFFICER: Final = (
    "exists (select from account p where p.tenant_id = u.tenant_id and p.unit_code = u.code and p.is_active "
    "and p.role = 'officer')"
)
_HAS_LEFT: Final = "exists (select from account p where p.id = t.officer_id and not p.is_active)"
_UNITS: Final = text(
    "select u.code, count(*) from unit u join review_task t on t.tenant_id = u.tenant_id and t.unit_code = u.code "  # noqa: S608 conditions of this module
    "join application a on a.id = t.application_id and a.status in ('in_review', 'objected', 'billed') "
    f"where u.tenant_id = :tenant and not {_HAS_OFFICER} and (t.status = 'open' "
    f"  or (t.status = 'taken' and {_HAS_LEFT}) "
    "  or (t.status in ('checking', 'forwarded') and not exists (select from account p "
    "    where p.tenant_id = u.tenant_id and p.unit_code = u.code and p.is_active and p.role = 'checker'))) "
    "group by u.code order by u.code"
)
_LEFT: Final = (
    "from review_task t join application a on a.id = t.application_id and a.status in ('in_review', 'objected', "
    "'billed') join unit u on u.tenant_id = t.tenant_id and u.code = t.unit_code "
    f"where t.tenant_id = :tenant and t.status = 'taken' and {_HAS_LEFT} and {_HAS_OFFICER} "
)
_NOT_SAID: Final = (
    f"and not exists (select from case_item i where i.kind = '{KIND}' and i.key = t.id || ':' || t.officer_id) "
)


@dataclass(frozen=True, slots=True)
class LeftTask:
    """A task in the hands of somebody whose account is disabled, in a unit where others are; `key` is its case's."""

    task_id: UUID
    matter_name: str
    unit_code: str
    officer_id: UUID

    @property
    def key(self) -> str:
        return f"{self.task_id}:{self.officer_id}"


def units(session: Session, tenant: str) -> list[tuple[str, int]]:
    """Units with tasks that nobody there can do and without an active officer, each with how many tasks."""
    return [(code, tasks) for code, tasks in session.execute(_UNITS, {"tenant": tenant})]


def units_said(session: Session, tenant: str) -> set[str]:
    """Units of which an open case says so already."""
    rows = session.execute(
        text(
            "select data ->> 'unit' from case_item where tenant_id = :tenant and kind = :kind "
            "and application_id is null and closed_at is null"
        ),
        {"tenant": tenant, "kind": KIND},
    )
    return set(rows.scalars())


def left_behind(session: Session, tenant: str) -> list[UUID]:
    """Applications with a task that its officer has left behind and no case says so."""
    found = session.execute(
        text(f"select distinct t.application_id {_LEFT} {_NOT_SAID} order by t.application_id"), {"tenant": tenant}
    )
    return list(found.scalars())


def left_behind_of(session: Session, tenant: str, application_id: UUID) -> list[LeftTask]:
    """Those tasks of one application."""
    rows = session.execute(
        text(
            f"select t.id, t.matter_name, t.unit_code, t.officer_id {_LEFT} {_NOT_SAID} "
            "and t.application_id = :id order by t.seq"
        ),
        {"tenant": tenant, "id": application_id},
    )
    return [LeftTask(*row) for row in rows]


def settle(session: Session, tenant: str, *, vacant: Iterable[str], resolution: str) -> None:
    """Close the open cases whose reason has gone: the unit is not among the `vacant`, the task is in other hands.

    Their keys become free, so that the same can be said anew should it come back.
    """
    session.execute(
        text(
            "update case_item i set closed_at = now(), resolution = :resolution, key = i.key || '/' || i.id "  # noqa: S608 conditions of this module
            "where i.tenant_id = :tenant and i.kind = :kind and i.closed_at is null and case "
            "when i.application_id is null then i.data ->> 'unit' <> all(cast(:vacant as text[])) "
            f"else not exists (select {_LEFT} and i.key = t.id || ':' || t.officer_id "
            "  and t.application_id = i.application_id) end"
        ),
        {"tenant": tenant, "kind": KIND, "vacant": list(vacant), "resolution": resolution},
    )
