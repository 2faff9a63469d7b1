"""Receipts: one that is valid per paid bill, numbered without gaps, sealed by every line's unit and by finance.

Money that goes back reverses the receipt (冲红) under a number of its own, and another is made out for what remains.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from services.sitting import Sitting
from shared.db import bills, cases, documents, numbers, receipts, refunds, trail
from shared.db.bills import BillRow
from shared.db.receipts import ReceiptRow
from shared.db.trail import SYSTEM, Act, Actor
from shared.domain.errors import Conflict
from shared.domain.receipts import check_code, receipt_number
from shared.logs import logger

log = logger(__name__)


def issue_receipts(sitting: Sitting, bill_ids: Sequence[UUID]) -> None:
    """Issue the receipts of paid bills that have none yet; may be repeated.

    With an application's last receipt the application is completed, unless a review is still open.
    """
    found = [bills.load(sitting.session, bill_id) for bill_id in bill_ids]
    held = cases.lock(sitting.session, {bill.application_id for bill in found})
    for bill in found:
        if bill.status != "paid" or receipts.find_by_bill(sitting.session, bill.id):
            continue
        gone = refunds.taken_back_by_line(sitting.session, bill.id)
        remaining = _remaining(sitting, bill, gone) if gone else {}
        code, number = _next_number(sitting)
        total_fen = bill.total_fen - sum(gone.values())
        act = _add(sitting, bill, code=code, number=number, total_fen=total_fen, lines=remaining)
        trail.append(sitting.session, sitting.tenant, {bill.application_id: [act]}, signer=sitting.signer)
        log.info(
            "receipt_issued",
            application=held[bill.application_id].number,
            receipt=f"{code}-{number}",
            bill=bill.number,
        )
        cases.complete(sitting.session, [bill.application_id], at=sitting.now)


def take_back(sitting: Sitting, bill: BillRow, *, reason: str, by: Actor = SYSTEM) -> None:
    """Reverse a bill's receipt and make out another for what remains of it, if anything does, in one transaction.

    A bill that has no receipt (it is paid in part, or its receipt is still to be issued) has nothing to reverse. The
    caller holds the application and has noted what went back.
    """
    valid = receipts.find_by_bill(sitting.session, bill.id)
    if valid is None:
        return
    gone = refunds.taken_back_by_line(sitting.session, bill.id)
    remaining = _remaining(sitting, bill, gone)
    left_fen = sum(remaining.values())
    receipts.end(sitting.session, valid.id, state="replaced" if left_fen else "reversed")
    code, number = _next_number(sitting)
    before = valid.by_line or {
        seq: due_fen for seq, _, _, due_fen in bills.lines_of(sitting.session, [bill.id])[bill.id]
    }
    acts = [
        _add(
            sitting,
            bill,
            code=code,
            number=number,
            total_fen=-valid.total_fen,
            lines={seq: -fen for seq, fen in before.items()},
            reverses=valid,
            reason=reason,
            by=by,
        )
    ]
    if left_fen:
        code, number = _next_number(sitting)
        acts.append(
            _add(
                sitting,
                bill,
                code=code,
                number=number,
                total_fen=left_fen,
                lines=remaining,
                replaces=valid,
                reason=reason,
                by=by,
            )
        )
    trail.append(sitting.session, sitting.tenant, {bill.application_id: acts}, signer=sitting.signer)
    log.info("receipt_reversed", receipt=valid.full_number, bill=bill.number, left_fen=left_fen)


def reprint(sitting: Sitting, *, receipt_id: UUID, by: Actor) -> UUID:
    """Make one more rendition of a receipt (补打), counted on its face and on its public page; gives the document.

    A rendition that is still being made is the one asked for. Raises `Conflict` for a receipt that no longer counts.
    """
    receipt = receipts.load(sitting.session, receipt_id)
    cases.lock_one(sitting.session, receipt.application_id)
    receipt = receipts.load(sitting.session, receipt_id)
    if receipt.state != "normal":
        raise Conflict("这张凭证已冲红，不能补打；请下载换开的凭证")
    latest = documents.latest(sitting.session, "receipt", receipt_id)
    if latest is not None and latest.sha256 is None:
        return latest.id
    prints = receipts.count_print(sitting.session, receipt_id)
    name = "红字凭证" if receipt.kind == "reversal" else "缴费凭证"
    wish = documents.Wish(
        "receipt", receipt_id, receipt.application_id, f"{name} {receipt.full_number}（补打第{prints}次）"
    )
    document_id = documents.request_again(sitting.session, sitting.tenant, wish, now=sitting.now)
    data = {"receipt": receipt.full_number, "prints": prints}
    act = Act("receipt_reprinted", sitting.now, by, sitting.city.finance_unit, data)
    trail.append(sitting.session, sitting.tenant, {receipt.application_id: [act]}, signer=sitting.signer)
    return document_id


def _add(
    sitting: Sitting,
    bill: BillRow,
    *,
    code: str,
    number: str,
    total_fen: int,
    lines: Mapping[int, int],
    reverses: ReceiptRow | None = None,
    replaces: ReceiptRow | None = None,
    reason: str = "",
    by: Actor = SYSTEM,
) -> Act:
    """Add a receipt or a reversal and ask for its paper; gives the act that says so."""
    receipt_id = uuid4()
    receipts.add(
        sitting.session,
        sitting.tenant,
        id=receipt_id,
        application_id=bill.application_id,
        bill_id=bill.id,
        code=code,
        number=number,
        check_code=check_code(
            code=code, number=number, total_fen=total_fen, issued_on=sitting.today, secret=sitting.secret
        ),
        public_token=secrets.token_urlsafe(18),
        kind="reversal" if reverses else "receipt",
        reverses=reverses.id if reverses else None,
        lines={str(seq): fen for seq, fen in lines.items()},
        reason=reason,
        total_fen=total_fen,
        issued_at=sitting.now,
        issued_on=sitting.today,
    )
    if replaces:
        receipts.link(sitting.session, replaces.id, replaced_by=receipt_id)
    name = "红字凭证" if reverses else "缴费凭证"
    documents.request(
        sitting.session,
        sitting.tenant,
        [documents.Wish("receipt", receipt_id, bill.application_id, f"{name} {code}-{number}")],
        now=sitting.now,
    )
    data = {"receipt": f"{code}-{number}", "bill": bill.number, "total_fen": total_fen}
    if reverses:
        data |= {"reverses": reverses.full_number, "reason": reason}
    if replaces:
        data |= {"replaces": replaces.full_number}
    verb = "receipt_reversed" if reverses else "receipt_issued"
    return Act(verb, sitting.now, by, unit_code=sitting.city.finance_unit, data=data)


def _remaining(sitting: Sitting, bill: BillRow, gone: Mapping[int, int]) -> dict[int, int]:
    lines = bills.lines_of(sitting.session, [bill.id])[bill.id]
    return {seq: due_fen - gone.get(seq, 0) for seq, _, _, due_fen in lines}


def _next_number(sitting: Sitting) -> tuple[str, str]:
    code = sitting.city.receipt_code(sitting.today.year)
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"receipt:{code}")[0]
    return code, receipt_number(running)
