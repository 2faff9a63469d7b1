"""What one decision sets going: the next matters open, their clocks start, the bill is asked for.

Called by use cases inside their own transaction; the caller holds the application's row.
"""

from __future__ import annotations

from services.sitting import Sitting
from shared.db import cases, clocks, fan_in
from shared.db.cases import Case, TaskRow
from shared.domain import prerequisites
from shared.domain.clocks import Mechanism


def graph_of(sitting: Sitting, tasks: list[TaskRow]) -> dict[str, tuple[str, ...]]:
    """The prerequisites among the matters that an application has."""
    return prerequisites.within(sitting.city.pack.graph, [task.matter_code for task in tasks])


def go_on(sitting: Sitting, case: Case) -> None:
    """Open what waited for an approval, then ask for the bill or complete the case if nothing is left. May be repeated.

    Mutual matters stay closed to single decisions, but their clocks start once nothing else holds them up.
    """
    open_what_can_start(sitting, case)
    fan_in.ask_for_bills(sitting.session, sitting.tenant, [case.id])
    cases.complete(sitting.session, [case.id], at=sitting.now)


def open_what_can_start(sitting: Sitting, case: Case) -> None:
    """Open waiting tasks whose every prerequisite is approved, and start the clocks of those that can be decided."""
    tasks = cases.tasks_of(sitting.session, case.id)
    waiting = {task.matter_code: task for task in tasks if task.status == "waiting"}
    if not waiting:
        return
    graph = graph_of(sitting, tasks)
    approved = {task.matter_code for task in tasks if task.status == "approved"}
    ready = [waiting[code] for code in prerequisites.open_now(graph, approved) if code in waiting]
    together = [
        waiting[code] for group in prerequisites.due_together(graph, approved) for code in group if code in waiting
    ]
    cases.open_tasks(sitting.session, [task.id for task in ready])
    for task in (*ready, *together):
        clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
        clocks.start(sitting.session, sitting.city, clock, now=sitting.now)
