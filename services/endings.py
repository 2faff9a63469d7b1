"""An application that ends before its time: open tasks cancelled, clocks stopped, unpaid bills taken back.

Called by use cases inside their own transaction; the caller holds the application's row. Work that was asked for
before finds nothing to do; money that arrives for it afterwards is put aside with a case.
"""

from __future__ import annotations

from services import deposits, refund_asks
from services.sitting import Sitting
from shared.db import bills, cases, clocks, endings
from shared.db.cases import Case
from shared.db.trail import Act, Actor
from shared.logs import logger

log = logger(__name__)


def end(sitting: Sitting, case: Case, *, status: str, why: str, by: Actor) -> list[Act]:
    """End an application as withdrawn or refused; gives the acts that say so, to be appended with the caller's own.

    A paid bill stays paid, with its receipt, and its money is asked back at once, account by account; another person
    approves it.
    """
    cases.set_status(sitting.session, [case.id], status, closed_at=sitting.now)
    cases.cancel_tasks(sitting.session, case.id)
    endings.call_off(sitting.session, case.id, at=sitting.now)
    for clock in clocks.of_application(sitting.session, case.id):
        clocks.stop(sitting.session, sitting.city, clock, now=sitting.now, why=status, by=by)
    acts = []
    for bill in bills.of_application(sitting.session, case.id):
        if bill.status in ("issued", "nothing_due"):
            bills.void(sitting.session, bill.id, reason=f"{case.number} {why}", at=sitting.now)
            data = {"bill": bill.number, "total_fen": bill.total_fen}
            acts.append(Act("bill_voided", sitting.now, by, sitting.city.lead_unit, data))
        elif bill.status in ("paid", "part_paid"):
            refund_asks.ask_for_ended(sitting, case, bill, why=why, by=by)
    deposits.release_for_ended(sitting, case, why=why, by=by)
    log.info("application_ended", application=case.number, status=status)
    return acts
