"""The worksheet of whoever reviews a task: what was found of each paper, and the opinion written so far.

Notes, not acts: they are kept for their author, change no verdict and stand in no trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from services.sitting import Sitting
from shared.db import attachments, cases
from shared.db.trail import Actor
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.errors import Conflict, Invalid, NotAllowed, Problem

#: What may be found of a paper; 未看 is said, not just left out.
FINDINGS: Final = ("unseen", "fits", "unfit")
#: Longest opinion kept, characters.
LENGTH_MAX: Final = 2000


def save(sitting: Sitting, *, task_id: UUID, actor: Actor, findings: Mapping[str, str], opinion: str) -> None:
    """Keep notes on an undecided task of the actor's unit; may be repeated, the last ones count.

    A finding is about the paper as it lies there now: once the applicant replaces it, it counts as not seen. Raises
    `Conflict` while a colleague has the task in hand, `Invalid` for what cannot be kept.
    """
    if len(opinion) > LENGTH_MAX:
        raise Invalid([Problem("opinion", f"意见不能超过 {LENGTH_MAX} 字")])
    if not is_keepable(opinion):
        raise Invalid([Problem("opinion", UNKEEPABLE)])
    task = cases.find_task(sitting.session, task_id)
    if task.unit_code != actor.unit_code:
        raise NotAllowed("这项任务属于其他单位")
    cases.lock_one(sitting.session, task.application_id)
    task = cases.find_task(sitting.session, task_id)
    if task.decided_at is not None or task.status in ("approved", "objected", "cancelled"):
        raise Conflict("这项任务已由他人认领或已办结")
    if task.status == "taken" and task.officer_id != actor.id:
        raise Conflict("这项任务已由他人认领")
    papers = {
        paper.material_code: str(paper.id) for paper in attachments.of_application(sitting.session, task.application_id)
    }
    cases.save_worksheet(
        sitting.session,
        task_id,
        {
            "papers": {
                code: {"finding": finding, "paper": papers[code]}
                for code, finding in findings.items()
                if finding in FINDINGS and code in papers
            },
            "opinion": opinion,
            "by": str(actor.id),
            "saved_at": sitting.now.isoformat(),
        },
    )
