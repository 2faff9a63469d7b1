"""The press of the bills: numbers, payment codes, verification codes, rows, documents and trail of bills to go out.

Called by use cases inside their own transaction; the caller holds the applications' rows and knows why a bill is due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from services.sitting import Sitting
from shared.db import bills, documents, numbers, trail
from shared.db.bills import NewBill, NewBillLine
from shared.db.cases import Case
from shared.db.trail import SYSTEM, Act, Actor
from shared.domain.identifiers import payment_code
from shared.domain.receipts import verification_code
from shared.logs import logger

log = logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A bill to go out; `occasion` 0 is the original, `replaces` names the void bill that a reissue stands for."""

    case: Case
    payer: str
    total_fen: int
    lines: tuple[NewBillLine, ...]
    kind: str = "original"
    occasion: int = 0
    replaces: UUID | None = None
    by: Actor = SYSTEM


#: What a bill is called on its document and in lists.
TITLES: Mapping[str, str] = {
    "original": "缴费通知书",
    "reissue": "缴费通知书",
    "supplement": "补缴通知书",
    "late": "滞纳金缴费通知书",
}


def issue(sitting: Sitting, drafts: Sequence[Draft]) -> list[NewBill]:
    """Issue bills. Numbers are taken here, so a caller does everything else that may take long before.

    The series is then held for the shortest time, and a rollback leaves no gap.
    """
    due_on = sitting.city.calendar.add(sitting.today, sitting.city.pack.settings.due_working_days)
    year = sitting.today.year
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"bill:{year}", count=len(drafts))
    new: list[NewBill] = []
    acts: dict[UUID, list[Act]] = {}
    for draft, count in zip(drafts, running, strict=True):
        is_developer = draft.payer == "developer"
        number = sitting.city.bill_number(year, count)
        new.append(
            NewBill(
                id=uuid4(),
                application_id=draft.case.id,
                payer=draft.payer,
                payer_name=draft.case.developer_name if is_developer else draft.case.contractor_name,
                payer_uscc=draft.case.developer_uscc if is_developer else draft.case.contractor_uscc,
                number=number,
                payment_code=payment_code(sitting.city.region_code, year, count),
                verification_code=verification_code(
                    document_number=number, total_fen=draft.total_fen, issued_on=sitting.today, secret=sitting.secret
                ),
                total_fen=draft.total_fen,
                status="issued" if draft.total_fen else "nothing_due",
                issued_at=sitting.now,
                issued_on=sitting.today,
                due_on=due_on,
                lines=draft.lines,
                occasion=draft.occasion,
                kind=draft.kind,
                replaces=draft.replaces,
            )
        )
        data = {"bill": number, "payer": draft.payer, "total_fen": draft.total_fen}
        if draft.kind != "original":
            data["kind"] = draft.kind
        act = Act("bill_issued", sitting.now, draft.by, unit_code=sitting.city.lead_unit, data=data)
        acts.setdefault(draft.case.id, []).append(act)
    bills.add(sitting.session, sitting.tenant, new)
    documents.request(
        sitting.session,
        sitting.tenant,
        [documents.Wish("bill", bill.id, bill.application_id, f"{TITLES[bill.kind]} {bill.number}") for bill in new],
        now=sitting.now,
    )
    trail.append(sitting.session, sitting.tenant, acts, signer=sitting.signer)
    for draft, bill in zip(drafts, new, strict=True):
        log.info("bill_issued", application=draft.case.number, bill=bill.number)
    return new
