"""What a scheduler looks for, level-triggered: running clocks with a step that is not written yet.

"Older than" and "not yet there", never "since I looked last": a scheduler that was down misses nothing, and the unique
key (clock, step, due date) keeps several from doing anything twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
