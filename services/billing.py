"""One bill per payer, drawn up under the application's row lock; never two, whatever is repeated or reordered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services import press
from services.press import Draft
from services.sitting import Sitting
from shared.db import cases, clocks
from shared.db.bills import NewBillLine
from shared.db.cases import Case
from shared.domain.bills import DrawnBill, draw_up
from shared.domain.lines import Line


def issue_bills(sitting: Sitting, application_ids: Sequence[UUID]) -> None:
    """Draw up the bills of those applications that wait for nothing and have none yet. May be repeated."""
    held = cases.lock(sitting.session, application_ids)
    ready = cases.ready_for_bill(sitting.session, held)
    if not ready:
        return
    lines = cases.lines_of(sitting.session, ready)
    drafts: list[Draft] = []
    for application_id in ready:
        rows = {row.item_code: row for row in lines[application_id]}
        frozen = [Line.from_json(row.line) for row in lines[application_id]]
        drafts += [_draft(held[application_id], bill, rows) for bill in draw_up(frozen)]
    new = press.issue(sitting, drafts)
    cases.set_status(sitting.session, ready, "billed")
    clocks.stop_done(sitting.session, ready, now=sitting.now)
    owing = {bill.application_id for bill in new if bill.total_fen}
    cases.complete(sitting.session, [each for each in ready if each not in owing], at=sitting.now)


def _draft(case: Case, bill: DrawnBill, rows: Mapping[str, cases.LineRow]) -> Draft:
    return Draft(
        case=case,
        payer=bill.payer,
        total_fen=bill.payable_fen,
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
