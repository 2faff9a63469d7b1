"""What a scheduler looks for, level-triggered: clocks with a step that is not written yet, tasks that nobody can do.

"Older than" and "not yet there", never "since I looked last": a scheduler that was down misses nothing, and the unique
key (clock, step, due date) keeps several from doing anything twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.tables.clocks import ClockStep
from shared.db.tables.columns import table
from shared.domain.ladder import RUNGS, Step

STEPS = table(ClockStep)

_SINCE: Final = {
    Step.HINT: "c.hint_on <= :today",
    Step.AMBER: "c.amber_on <= :today",
    Step.RED: "c.due_on < :today",
    Step.OFFICER: "c.due_on < :today",
    **{rung: f"c.due_on <= :{rung.value}" for rung in RUNGS},
}
_DUE: Final = text(
    "select distinct c.application_id from clock c where c.tenant_id = :tenant and c.state = 'running' "  # noqa: S608 names of steps
    "and least(c.hint_on, c.amber_on) <= :today and ("
    + " or ".join(
        f"({condition} and not exists (select from clock_step s where s.clock_id = c.id and s.due_on = c.due_on "
        f"and s.step = '{step.value}'))"
        for step, condition in _SINCE.items()
    )
    + ") order by c.application_id"
)
_UNMANNED: Final = (
    "from review_task t join application a on a.id = t.application_id "
    "where t.tenant_id = :tenant and a.status in ('in_review', 'objected', 'billed') and ("
    "  (t.status = 'open' and not exists (select from account p where p.tenant_id = t.tenant_id and p.is_active "
    "    and p.unit_code = t.unit_code and p.role = 'officer')) "
    "  or (t.status = 'taken' and exists (select from account p where p.id = t.officer_id and not p.is_active))) "
    "and not exists (select from case_item i where i.kind = 'no_officer' "
    "  and i.key = t.id || ':' || coalesce(t.officer_id::text, '')) "
)


@dataclass(frozen=True, slots=True)
class Unmanned:
    """A task that lies on a desk where nobody can do it; `key` is that of its case."""

    task_id: UUID
    matter_name: str
    unit_code: str
    officer_id: UUID | None

    @property
    def key(self) -> str:
        return f"{self.task_id}:{self.officer_id or ''}"


def due(session: Session, tenant: str, *, today: date, late_since: Mapping[Step, date]) -> list[UUID]:
    """Applications with a running clock that may have reached a step which is not written.

    `late_since` says for each rung up to which due date a clock is late enough, were it never paused; a rung that it
    leaves out is not looked for.
    """
    rungs = {rung.value: late_since.get(rung, date.min) for rung in RUNGS}
    found = session.execute(_DUE, {"tenant": tenant, "today": today, **rungs})
    return list(found.scalars())


def hold_free(session: Session, application_id: UUID) -> bool:
    """Hold an application unless somebody else does: another scheduler is at it, or an officer just acts."""
    found = session.execute(
        text("select id from application where id = :id for update skip locked"), {"id": application_id}
    )
    return found.one_or_none() is not None


def add_steps(session: Session, rows: Sequence[Mapping[str, Any]]) -> set[tuple[UUID, str]]:
    """Write steps; those that are there already stay. Gives clock and step of those that were new."""
    if not rows:
        return set()
    written = setwise.insert_rows(
        session,
        STEPS,
        [{"id": uuid4(), **row} for row in rows],
        tail="on conflict (clock_id, step, due_on) do nothing returning clock_id, step",
    )
    return {(row.clock_id, row.step) for row in written}


def unmanned(session: Session, tenant: str) -> list[UUID]:
    """Applications with a task that nobody can do and no case says so."""
    found = session.execute(
        text(f"select distinct t.application_id {_UNMANNED} order by t.application_id"),
        {"tenant": tenant},
    )
    return list(found.scalars())


def unmanned_of(session: Session, tenant: str, application_id: UUID) -> list[Unmanned]:
    """Those tasks of one application."""
    rows = session.execute(
        text(
            f"select t.id, t.matter_name, t.unit_code, t.officer_id {_UNMANNED} "
            "and t.application_id = :id order by t.seq"
        ),
        {"tenant": tenant, "id": application_id},
    )
    return [Unmanned(*row) for row in rows]
