"""The clock: `python -m workers.clock` looks every few seconds for what the passing of business days makes due.

Level-triggered on the database's own clock, one transaction an application: any number may run, one that was down
catches up, and what fails holds up nothing else. One process is enough and stays small: it loads no broker.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Final, TypeVar
from uuid import UUID

import structlog

from services import (
    bill_reminders,
    commitments,
    corrections,
    default_consent,
    deposits,
    forwarding,
    guarantees,
    notices,
    orders,
    reminders,
    vacancies,
)
from services.sitting import Sitting, sitting
from shared.db import attention, city
from shared.db.engine import unit_of_work
from shared.domain.errors import Refused, Unavailable
from shared.logs import configure
from shared.settings import settings

#: Between two looks, seconds: promises are days, so seconds are early enough.
LOOK_EVERY_S: Final = 5.0
#: Pause after the store did not answer, seconds.
TROUBLE_PAUSE_S: Final = 1.0

log = structlog.get_logger()

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Round:
    """One thing to look for: which applications, and what to do for each (may be repeated; gives how much was new)."""

    name: str
    find: Callable[[Sitting], list[UUID]]
    act: Callable[[Sitting, UUID], int]


ROUNDS: Final = (
    Round("reminders", reminders.due, reminders.remind),
    Round("left_behind", vacancies.left_behind, vacancies.report_left_behind),
    Round("corrections", corrections.due, corrections.look_at),
    Round("commitments", commitments.due, commitments.note_late),
    Round("unpaid_bills", bill_reminders.due, bill_reminders.remind),
    Round("interest", deposits.due, deposits.accrue_due),
)


#: What is looked for in a city as a whole, before anything climbs; each may be repeated and does nothing twice.
ERRANDS: Final = (
    ("consent_by_default", default_consent.consent_by_default),
    ("reports_upwards", forwarding.urge_due),
    ("units_without_officers", vacancies.call_for_officers),
    ("guarantees_running_out", guarantees.watch),
    ("channel_orders", orders.look),
)


def look_once() -> int:
    """One look over all cities; gives how much the rounds found new."""
    with unit_of_work() as session:
        tenants = city.tenants(session)
    return sum(_look_over(tenant) for tenant in tenants)


def _look_over(tenant: str) -> int:
    """What is due in one city; what its people are to be told of it comes last, all together."""
    for name, errand in ERRANDS:
        _try(tenant, name, errand)
    new = sum(_go_round(tenant, each) for each in ROUNDS)
    _try(tenant, "notices", notices.tell_gathered)
    return new


def _go_round(tenant: str, each: Round) -> int:
    return sum(_act_on(tenant, each, found) for found in _try(tenant, each.name, each.find) or [])


def _act_on(tenant: str, each: Round, application_id: UUID) -> int:
    return _try(tenant, each.name, lambda office: each.act(office, application_id), application_id) or 0


def _try(tenant: str, name: str, act: Callable[[Sitting], Made], application_id: UUID | None = None) -> Made | None:
    """Act in a sitting of its own; whatever goes wrong is put before a person and keeps nothing else from its turn."""
    try:
        with sitting(tenant) as office:
            return act(office)
    except Unavailable:
        raise
    except Exception as problem:  # the top of the work: one application's trouble must not keep the others waiting
        expected = isinstance(problem, Refused)
        log.warning(
            "round_failed",
            round=name,
            application_id=str(application_id or ""),
            problem=type(problem).__name__,
            exc_info=None if expected else problem,
        )
        with unit_of_work(tenant) as session:
            attention.open_case(
                session,
                tenant,
                kind="clock_failed",
                key=f"{name}:{application_id or tenant}",
                reason=f"到期处理没有做成，将不断重试：{problem if expected else type(problem).__name__}",
                application_id=application_id,
            )
        return None


def main() -> None:
    """Look until told to stop."""
    configure(settings(), "clock")
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    next_look = 0.0
    while not stopping:
        if time.monotonic() < next_look:
            time.sleep(0.1)
            continue
        next_look = time.monotonic() + LOOK_EVERY_S
        try:
            if new := look_once():
                log.info("clock_looked", new=new)
        except Unavailable as trouble:
            log.warning("clock_waits", reason=str(trouble))
            time.sleep(TROUBLE_PAUSE_S)


if __name__ == "__main__":
    main()
