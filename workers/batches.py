"""How a batch is done: claim its rows, do them together in one transaction, and one by one if that fails.

A bad row never holds up its neighbours: it is tried alone, waits longer each time, and after the
last attempt becomes a case for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from services.sitting import Sitting, sitting
from shared.db import attention, outbox
from shared.db.engine import unit_of_work
from shared.db.outbox import Job
from shared.domain.errors import Refused, Unavailable

log = structlog.get_logger()

Item = TypeVar("Item")
Made = TypeVar("Made")
Work = Callable[[Sitting, list[UUID]], None]


def run(work: Work, ids: Sequence[int]) -> None:
    """Do `work` for the outbox rows `ids`; rows that are done, dead or in other hands are left alone."""
    with unit_of_work() as session:
        lease, jobs = outbox.claim(session, ids)
    for tenant in sorted({job.tenant for job in jobs}):
        _together(work, lease, tenant, [job for job in jobs if job.tenant == tenant])


def _together(work: Work, lease: UUID, tenant: str, jobs: list[Job]) -> None:
    try:
        with sitting(tenant) as office:
            work(office, [job.subject_id for job in jobs])
            outbox.finish(office.session, lease, jobs)
    except Exception as problem:  # the top of the work: whatever went wrong, the rows must learn of it
        if len(jobs) > 1 and not isinstance(problem, Unavailable):
            for job in jobs:
                _together(work, lease, tenant, [job])
            return
        for job in jobs:
            _give_back(lease, tenant, job, problem)


def _give_back(lease: UUID, tenant: str, job: Job, problem: Exception) -> None:
    expected = isinstance(problem, Refused | Unavailable)
    log.warning(
        "work_failed",
        outbox_id=job.id,
        attempts=job.attempts,
        problem=type(problem).__name__,
        exc_info=None if expected else problem,
    )
    with unit_of_work(tenant) as session:
        dead = outbox.give_back(
            session,
            lease,
            job,
            problem=f"{type(problem).__name__}: {problem}",
            final=isinstance(problem, Refused),
            is_counted=not isinstance(problem, Unavailable),
        )
        if dead:
            _open_case(session, tenant, job, f"后台任务在第 {job.attempts} 次尝试后停止：{problem}")


def give_up_spent() -> int:
    """Put before a person what never came back from its last attempt; gives how much.

    Nobody else can say so: work that kills its process reports nothing, and would be rung for ever.
    """
    with unit_of_work() as session:
        spent = outbox.spent(session)
    given_up = 0
    for job in spent:
        with unit_of_work(job.tenant) as session:
            if outbox.bury(session, job, problem="every attempt ended without a word"):
                given_up += 1
                _open_case(session, job.tenant, job, f"后台任务 {job.attempts} 次尝试都没有回音，已停止")
    return given_up


def _open_case(session: Session, tenant: str, job: Job, reason: str) -> None:
    attention.open_case(
        session,
        tenant,
        kind="work_dead",
        key=str(job.id),
        reason=reason,
        data={"outbox_id": job.id, "subject_id": str(job.subject_id)},
    )


def run_each(
    prepare: Callable[[Sitting, list[UUID]], list[Item]],
    make: Callable[[Item], Made],
    record: Callable[[Sitting, Item, Made], None],
    ids: Sequence[int],
) -> None:
    """Slow work, one row at a time: prepare in a transaction, make outside of any, record in a second one.

    Each row is claimed just before its turn, so its lease covers its own making only.
    """
    for outbox_id in ids:
        with unit_of_work() as session:
            lease, jobs = outbox.claim(session, [outbox_id])
        for job in jobs:
            try:
                with sitting(job.tenant) as office:
                    items = prepare(office, [job.subject_id])
                made = [(item, make(item)) for item in items]
                with sitting(job.tenant) as office:
                    for item, result in made:
                        record(office, item, result)
                    outbox.finish(office.session, lease, [job])
            except Exception as problem:  # the top of the work: whatever went wrong, the row must learn of it
                _give_back(lease, job.tenant, job, problem)
