"""A bill taken back and drawn up anew: the old one stays as void with its reason, the new one names it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services import notices, press
from services.press import Draft
from services.sitting import Sitting
from shared.db import bills, cases, trail
from shared.db.bills import BillRow, NewBillLine
from shared.db.cases import Case
from shared.db.trail import Act, Actor
from shared.domain.bills import draw_up
from shared.domain.characters import written
from shared.domain.errors import Broken, Conflict
from shared.domain.lines import Line
from shared.logs import logger

log = logger(__name__)

#: Longest reason, characters; the form says so too.
REASON_LENGTH_MAX: Final = 200


def reissue(sitting: Sitting, *, bill_id: UUID, actor: Actor, reason: str) -> UUID:
    """Void an unpaid bill and draw it up from what its lines come to now; gives the new bill. Twice is once.

    Number, payment code and due date are new; whoever pays the old code pays into suspense, with a case. Raises
    `Invalid` without a reason, `Conflict` for a bill with money on it, or that ended with its application.
    """
    reason = written("reason", reason, most=REASON_LENGTH_MAX, missing="请写明作废重开的理由，它印在新的通知书上")
    case = cases.lock_one(sitting.session, bills.load(sitting.session, bill_id).application_id)
    bill = bills.load(sitting.session, bill_id)
    every = bills.of_application(sitting.session, case.id)
    successor = next((each for each in every if each.replaces == bill.id), None)
    if successor is not None:
        return successor.id
    if bill.status == "void":
        raise Conflict("这张缴费通知书已随办件终止作废，不能重开")
    if bill.paid_fen or bill.status not in ("issued", "nothing_due"):
        raise Conflict("这张缴费通知书已有缴款，不能作废重开；多缴的请办理退费，少缴的请开具补缴通知书")
    if bill.kind not in ("original", "reissue"):
        raise Conflict("补缴通知书和滞纳金通知书不能作废重开")
    bills.void(sitting.session, bill.id, reason=reason, at=sitting.now)
    data = {"bill": bill.number, "total_fen": bill.total_fen, "reason": reason}
    act = Act("bill_voided", sitting.now, actor, sitting.city.lead_unit, data)
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
    occasion = max(each.occasion for each in every) + 1
    (new,) = press.issue(sitting, [_draft(sitting, case, bill, occasion, actor)])
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="bill_reissued",
        key=f"bill:{new.id}",
        title=f"缴费通知书已重开：{new.number}",
        body=f"{bill.number} 已作废（{reason}），请改按 {new.number} 的缴款码缴款；旧缴款码不要再用。",
        application_id=case.id,
        href=f"/apply/cases/{case.id}",
    )
    log.info("bill_reissued", application=case.number, bill=new.number, replaces=bill.number)
    return new.id


def _draft(sitting: Sitting, case: Case, old: BillRow, occasion: int, by: Actor) -> Draft:
    rows = {row.item_code: row for row in cases.lines_of(sitting.session, [case.id])[case.id]}
    drawn = next(
        (each for each in draw_up(Line.from_json(row.line) for row in rows.values()) if each.payer == old.payer), None
    )
    if drawn is None:
        raise Broken(f"bill {old.number}: nothing is drawn up for its payer any more")
    return Draft(
        case=case,
        payer=old.payer,
        total_fen=drawn.payable_fen,
        lines=tuple(
            NewBillLine(
                fee_line_id=rows[line.code].id,
                item_code=line.code,
                unit_code=rows[line.code].unit_code,
                due_fen=line.due_fen,
            )
            for line in drawn.lines
        ),
        kind="reissue",
        occasion=occasion,
        replaces=old.id,
        by=by,
    )
