"""One bill per payer, drawn up under the application's row lock; never two, whatever is repeated or reordered."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from services.sitting import Sitting
from shared.db import bills, cases, clocks, documents, numbers, trail
from shared.db.bills import NewBill, NewBillLine
from shared.db.cases import Case
from shared.db.trail import Act
from shared.domain.bills import DrawnBill, draw_up
from shared.domain.identifiers import payment_code
from shared.domain.lines import Line
from shared.domain.receipts import verification_code
from shared.logs import logger

log = logger(__name__)


def issue_bills(sitting: Sitting, application_ids: Sequence[UUID]) -> None:
    """Draw up the bills of those applications that wait for nothing and have none yet. May be repeated.

    Numbers are taken last, so that the series is held for the shortest time and a rollback
    leaves no gap.
    """
    held = cases.lock(sitting.session, application_ids)
    ready = cases.ready_for_bill(sitting.session, held)
    if not ready:
        return
    lines = cases.lines_of(sitting.session, ready)
    drawn: list[tuple[Case, DrawnBill, dict[str, cases.LineRow]]] = []
    for application_id in ready:
        rows = {row.item_code: row for row in lines[application_id]}
        frozen = [Line.from_json(row.line) for row in lines[application_id]]
        drawn += [(held[application_id], bill, rows) for bill in draw_up(frozen)]
    due_on = sitting.city.calendar.add(sitting.today, sitting.city.pack.settings.due_working_days)
    year = sitting.today.year
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"bill:{year}", count=len(drawn))
    new: list[NewBill] = []
    acts: dict[UUID, list[Act]] = {}
    for (case, bill, rows), number in zip(drawn, running, strict=True):
        is_developer = bill.payer == "developer"
        new.append(
            NewBill(
                id=uuid4(),
                application_id=case.id,
                payer=bill.payer,
                payer_name=case.developer_name if is_developer else case.contractor_name,
                payer_uscc=case.developer_uscc if is_developer else case.contractor_uscc,
                number=sitting.city.bill_number(year, number),
                payment_code=payment_code(sitting.city.region_code, year, number),
                verification_code=verification_code(
                    document_number=sitting.city.bill_number(year, number),
                    total_fen=bill.payable_fen,
                    issued_on=sitting.today,
                    secret=sitting.secret,
                ),
                total_fen=bill.payable_fen,
                status="issued" if bill.payable_fen else "nothing_due",
                issued_at=sitting.now,
                issued_on=sitting.today,
                due_on=due_on,
                lines=tuple(
                    NewBillLine(
                        fee_line_id=rows[line.code].id,
                        item_code=line.code,
                        unit_code=rows[line.code].unit_code,
                        due_fen=line.due_fen,
                    )
                    for line in bill.lines
                ),
            )
        )
        acts.setdefault(case.id, []).append(
            Act(
                "bill_issued",
                sitting.now,
                unit_code=sitting.city.lead_unit,
                data={"bill": new[-1].number, "payer": bill.payer, "total_fen": bill.payable_fen},
            )
        )
    bills.add(sitting.session, sitting.tenant, new)
    documents.request(
        sitting.session,
        sitting.tenant,
        [documents.Wish("bill", bill.id, bill.application_id, f"缴费通知书 {bill.number}") for bill in new],
        now=sitting.now,
    )
    cases.set_status(sitting.session, ready, "billed")
    clocks.stop_done(sitting.session, ready, now=sitting.now)
    owing = {bill.application_id for bill in new if bill.total_fen}
    cases.complete(sitting.session, [each for each in ready if each not in owing], at=sitting.now)
    trail.append(sitting.session, sitting.tenant, acts, signer=sitting.signer)
    for issued in new:
        log.info("bill_issued", application=held[issued.application_id].number, bill=issued.number)
