"""滞纳金: where a city has switched it on, a bill that was paid late is followed by one for the surcharge.

Called by the cashier inside its own transaction, once a bill is paid to the 分.
"""

from __future__ import annotations

from collections.abc import Sequence

from services import press
from services.press import Draft
from services.sitting import Sitting
from shared.db import bills, cases, payments
from shared.db.bills import BillRow, NewBillLine
from shared.domain.lines import Line
from shared.domain.settlement import late_line


def follow(sitting: Sitting, paid: Sequence[BillRow]) -> None:
    """Draw up what late payments cost; a surcharge is never surcharged, and nothing is drawn up twice."""
    if not sitting.city.pack.settings.late_payment:
        return
    for bill in paid:
        if bill.kind == "late":
            continue
        lines = _lines(sitting, bill)
        if not lines:
            continue
        case = cases.lock_one(sitting.session, bill.application_id)
        occasion = max(each.occasion for each in bills.of_application(sitting.session, case.id)) + 1
        draft = Draft(
            case=case,
            payer=bill.payer,
            total_fen=sum(line.due_fen for line in lines),
            lines=lines,
            kind="late",
            occasion=occasion,
        )
        press.issue(sitting, [draft])


def _lines(sitting: Sitting, bill: BillRow) -> tuple[NewBillLine, ...]:
    paid = payments.paid_late(sitting.session, bill.id, bill.due_on)
    rate = sitting.city.pack.settings.late_payment_rate
    found = []
    for row in bills.lines(sitting.session, bill.id):
        parts = [(fen, (day - bill.due_on).days) for day, fen in paid.get(row.seq, [])]
        if not parts:
            continue
        line = late_line(Line.from_json(row.line), parts=parts, rate_per_day=rate)
        if line.due_fen:
            found.append(
                NewBillLine(
                    fee_line_id=row.fee_line_id,
                    item_code=row.item_code,
                    unit_code=row.unit_code,
                    due_fen=line.due_fen,
                    line=line.to_json(),
                )
            )
    return tuple(found)
