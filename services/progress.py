"""What one decision sets going: the next matters open, their clocks start, the bill is asked for.

Called by use cases inside their own transaction; the caller holds the application's row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services import invitations
from services.sitting import Sitting
from shared.db import attention, cases, clocks, fan_in, meetings, trail
from shared.db.cases import Case, TaskRow
from shared.db.trail import Act, Actor
from shared.domain import prerequisites
from shared.domain.clocks import Mechanism
from shared.logs import logger

log = logger(__name__)


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
    clocks.stop_done(sitting.session, [case.id], now=sitting.now)


def open_what_can_start(sitting: Sitting, case: Case) -> None:
    """Open waiting tasks whose every prerequisite is approved, and start the clocks of those that can be decided."""
    tasks = cases.tasks_of(sitting.session, case.id)
    waiting = {task.matter_code: task for task in tasks if task.status == "waiting"}
    if not waiting:
        return
    graph = graph_of(sitting, tasks)
    approved = _approved(tasks)
    ready = [waiting[code] for code in prerequisites.open_now(graph, approved) if code in waiting]
    together = [
        waiting[code] for group in prerequisites.due_together(graph, approved) for code in group if code in waiting
    ]
    cases.open_tasks(sitting.session, [task.id for task in ready])
    for task in (*ready, *together):
        clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
        clocks.start(sitting.session, sitting.city, clock, now=sitting.now)
    _call_meetings(sitting, case.id, tasks)


def conclude(
    sitting: Sitting,
    case: Case,
    task: TaskRow,
    *,
    verdict: str,
    opinion: str,
    by: Actor,
    data: Mapping[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Write a unit's verdict ("approved", "objected"): the task, the act under the unit's seal, the clock stopped.

    The caller holds the application, has checked who decides and whether it may be decided now, and afterwards calls
    `go_on` or `note_objection`. `data` stands in the act beside matter and opinion, `changes` go to the task: another
    officer than `by`, the checker, the way to approval.
    """
    said_by = {"officer_id": by.id, "on_behalf_of": None, "way": ""}
    cases.save_task(
        sitting.session,
        task,
        status=verdict,
        decided_at=sitting.now,
        opinion=opinion,
        **{**said_by, **changes},
    )
    said = {"matter": task.matter_code, "opinion": opinion, **(data or {})}
    act = Act(f"matter_{verdict}", sitting.now, by, task.unit_code, said)
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
    log.info("matter_decided", application=case.number, matter=task.matter_code, unit=task.unit_code, verdict=verdict)
    clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
    clocks.stop(sitting.session, sitting.city, clock, now=sitting.now, why=verdict, by=by)


def note_objection(sitting: Sitting, case: Case, task: TaskRow) -> None:
    """What an objection does to its case: it stands objected, or, where the bill is out already, a person is told."""
    if case.status == "billed":
        # The pack lets the bill out before the reviews end, so there is money to think about: a person does.
        attention.open_case(
            sitting.session,
            sitting.tenant,
            kind="objected_after_bill",
            key=str(case.id),
            reason=f"{case.number} 出具缴费通知书后，{task.matter_name}不予同意：请停止催缴，已缴的办理退费",
            application_id=case.id,
        )
    else:
        cases.set_status(sitting.session, [case.id], "objected")


def note_consent(sitting: Sitting, case: Case) -> None:
    """A case without an objection any more is under review again; call `go_on` afterwards."""
    tasks = cases.tasks_of(sitting.session, case.id)
    if case.status == "objected" and not any(task.status == "objected" for task in tasks):
        cases.reopen(sitting.session, case.id)


def call_meetings(sitting: Sitting, application_id: UUID) -> None:
    """Call the joint meetings that mutual prerequisites need and that nothing else holds up. May be repeated."""
    _call_meetings(sitting, application_id, cases.tasks_of(sitting.session, application_id))


def _call_meetings(sitting: Sitting, application_id: UUID, tasks: list[TaskRow]) -> None:
    waiting = {task.matter_code: task for task in tasks if task.status == "waiting"}
    for group in prerequisites.due_together(graph_of(sitting, tasks), _approved(tasks)):
        about = [waiting[code] for code in group if code in waiting]
        key = "+".join(task.matter_code for task in about)
        if len(about) < 2 or meetings.open_with(sitting.session, application_id, kind="mutual", key=key):
            continue
        names = "、".join(task.matter_name for task in about)
        meeting = meetings.call(
            sitting.session,
            sitting.city,
            application_id=application_id,
            kind="mutual",
            key=key,
            reason=f"{names}互为前置，由联席会议同时审批、同时办结",
            tasks=[task.id for task in about],
            units=[*(task.unit_code for task in about), sitting.city.lead_unit],
            now=sitting.now,
        )
        invitations.announce(sitting, meeting)


def _approved(tasks: list[TaskRow]) -> set[str]:
    return {task.matter_code for task in tasks if task.status == "approved"}
