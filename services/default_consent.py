"""超时默认: where a city switches it on, a review that is over its time counts as consent, and everything says so.

Off unless `settings.default_consent` of the pack says otherwise: silence is late work then, and climbs the ladder.
"""

from __future__ import annotations

from services import authority, verdicts
from services.sitting import Sitting
from services.verdicts import Verdict
from shared.db import cases, clocks
from shared.db.cases import TaskRow
from shared.db.trail import SYSTEM
from shared.domain.clocks import Mechanism
from shared.logs import logger

log = logger(__name__)


def consent_by_default(sitting: Sitting) -> None:
    """Approve by default what is over its time while its clock runs; nothing while the switch is off. May be repeated.

    Never what is objected to, reported upwards, being checked, waiting or paused: there somebody has spoken, or the
    time does not run.
    """
    if not sitting.city.pack.settings.default_consent:
        return
    late = cases.late_tasks(sitting.session, sitting.today)
    held = cases.lock(sitting.session, {task.application_id for task in late})
    for found in late:
        case = cases.lock_one(sitting.session, found.application_id)
        task = cases.find_task(sitting.session, found.id)
        if case.id not in held or case.status not in authority.UNDER_REVIEW or not _is_late(sitting, task):
            continue
        due_on = task.due_on
        verdicts.give(
            sitting,
            case,
            [task],
            Verdict(
                kind="approved",
                opinion=f"承诺时限至{due_on.year}年{due_on.month}月{due_on.day}日届满，未作出结论，按超时默认视为同意",
            ),
            by=SYSTEM,
            changes={"officer_id": None, "on_behalf_of": None, "is_by_default": True},
            more={"by_default": True, "officer": authority.name_of(sitting, task.officer_id)},
        )
        log.warning("consent_by_default", application=case.number, matter=task.matter_code, unit=task.unit_code)


def _is_late(sitting: Sitting, task: TaskRow) -> bool:
    """Whether a task, read under its application's lock, is still late and nobody's word."""
    if task.status not in authority.IN_HAND or task.is_paused or task.due_on >= sitting.today:
        return False
    clock = clocks.find(sitting.session, task.application_id, Mechanism.MATTER, task.id)
    return clock.state == "running"
