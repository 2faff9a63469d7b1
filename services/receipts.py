"""One receipt per paid bill, numbered without gaps, sealed by every line's unit and by finance."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID, uuid4

from services.sitting import Sitting
from shared.db import bills, cases, documents, numbers, receipts, trail
from shared.db.trail import Act
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
        code = sitting.city.receipt_code(sitting.today.year)
        running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"receipt:{code}")[0]
        number = receipt_number(running)
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
                code=code, number=number, total_fen=bill.total_fen, issued_on=sitting.today, secret=sitting.secret
            ),
            public_token=secrets.token_urlsafe(18),
            total_fen=bill.total_fen,
            issued_at=sitting.now,
            issued_on=sitting.today,
        )
        documents.request(
            sitting.session,
            sitting.tenant,
            [documents.Wish("receipt", receipt_id, bill.application_id, f"缴费凭证 {code}-{number}")],
            now=sitting.now,
        )
        act = Act(
            "receipt_issued",
            sitting.now,
            unit_code=sitting.city.finance_unit,
            data={"receipt": f"{code}-{number}", "bill": bill.number, "total_fen": bill.total_fen},
        )
        trail.append(sitting.session, sitting.tenant, {bill.application_id: [act]}, signer=sitting.signer)
        log.info(
            "receipt_issued",
            application=held[bill.application_id].number,
            receipt=f"{code}-{number}",
            bill=bill.number,
        )
        cases.complete(sitting.session, [bill.application_id], at=sitting.now)
