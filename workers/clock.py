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
from typing import Final
from uuid import UUID

import structlog

from services import corrections, reminders
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


@dataclass(frozen=True, slots=True)
class Round:
    """One thing to look for: which applications, and what to do for each (may be repeated; gives how much was new)."""

    name: str
    find: Callable[[Sitting], list[UUID]]
    act: Callable[[Sitting, UUID], int]


ROUNDS: Final = (
    Round("reminders", reminders.due, reminders.remind),
    Round("unmanned", reminders.unmanned, reminders.report_unmanned),
    Round("corrections", corrections.due, corrections.look_at),
)


def look_once() -> int:
    """One look over all cities and rounds; gives how much was new."""
    with unit_of_work() as session:
        tenants = city.tenants(session)
    return sum(_go_round(tenant, each) for tenant in tenants for each in ROUNDS)


def _go_round(tenant: str, each: Round) -> int:
    with sitting(tenant) as office:
        found = each.find(office)
    new = 0
    for application_id in found:
        try:
            with sitting(tenant) as office:
                new += each.act(office, application_id)
        except Unavailable:
            raise
        except Exception as problem:  # one application's trouble must not keep the others from their reminders
            expected = isinstance(problem, Refused)
            log.warning(
                "round_failed",
                round=each.name,
                application_id=str(application_id),
                problem=type(problem).__name__,
                exc_info=None if expected else problem,
            )
            with unit_of_work(tenant) as session:
                attention.open_case(
                    session,
                    tenant,
                    kind="clock_failed",
                    key=f"{each.name}:{application_id}",
                    reason=f"到期提醒没有做成，将不断重试：{problem if expected else type(problem).__name__}",
                    application_id=application_id,
                )
    return new


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
