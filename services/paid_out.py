"""What left the bank: a line of its statement pays the refund whose number it names, or is found paid already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services import refunds
from services.sitting import Sitting
from shared.db import attention, cases
from shared.db import refunds as rows
from shared.db.refunds import RefundRow
from shared.db.statements import FileRow, LineRow
from shared.domain.money import grouped
from shared.logs import logger

log = logger(__name__)


def settle(sitting: Sitting, file: FileRow, lines: Sequence[LineRow]) -> Mapping[int, tuple[str, str]]:
    """Match what went out with refunds; gives rule and reason for each line number that was matched.

    A refund is paid only if it was ordered and the amounts are the same; another amount is put before a person, and
    the line stays open. May be repeated: a refund is paid once, and its line names the number that it was paid under.
    """
    named = {line.line_no: rows.ordered_in(sitting.session, sitting.tenant, line.words) for line in lines}
    # All at once and in id order, before anything is looked at twice.
    cases.lock(sitting.session, {each.application_id for each in named.values() if each and each.application_id})
    found: dict[int, tuple[str, str]] = {}
    for line in lines:
        paid = rows.paid_as(sitting.session, sitting.tenant, line.bank_reference)
        if paid is not None and paid.amount_fen == -line.amount_fen:
            found[line.line_no] = ("reference", f"退费 {paid.number} 的付款流水号一致 · 金额一致")
            continue
        refund = named[line.line_no]
        if refund is None or paid is not None or refund.id in _settled_here(found, named):
            continue
        if refund.amount_fen != -line.amount_fen:
            _put_before_a_person(sitting, file, line, refund)
            continue
        refunds.confirm_paid(sitting, refund_id=refund.id, bank_txn_id=line.bank_reference, paid_at=line.booked_at)
        found[line.line_no] = ("code", f"退费编号 {refund.number} 一致 · 金额一致")
    return found


def _settled_here(found: Mapping[int, tuple[str, str]], named: Mapping[int, RefundRow | None]) -> set[UUID]:
    return {each.id for number in found if (each := named[number]) is not None}


def _put_before_a_person(sitting: Sitting, file: FileRow, line: LineRow, refund: RefundRow) -> None:
    paid, due = grouped(-line.amount_fen), grouped(refund.amount_fen)
    attention.open_case(
        sitting.session,
        sitting.tenant,
        kind="refund_differs",
        key=f"{file.provider}:{line.bank_reference}",
        reason=f"{refund.number} 应退 {due} 元，银行付出 {paid} 元",
        application_id=refund.application_id,
        data={"refund": refund.number, "bank_reference": line.bank_reference, "amount_fen": -line.amount_fen},
    )
    log.warning("refund_differs", refund=refund.number)
