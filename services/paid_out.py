"""What left the bank: a line of its statement pays the refund whose number it names, or is found paid already.

Called by reconciliation inside its own transaction, in two steps, so that every application is held in one order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services import refunds
from services.sitting import Sitting
from shared.db import attention
from shared.db import refunds as rows
from shared.db.refunds import RefundRow
from shared.db.statements import FileRow, LineRow
from shared.domain.money import grouped
from shared.logs import logger

log = logger(__name__)


def named(sitting: Sitting, lines: Sequence[LineRow]) -> dict[int, RefundRow]:
    """The ordered refund whose number each line names, if it names just one; the caller holds their applications."""
    ordered = rows.ordered(sitting.session, sitting.tenant) if lines else []
    found = {}
    for line in lines:
        words = "".join(line.words.split())
        fitting = [each for each in ordered if each.number in words]
        if len(fitting) == 1:
            found[line.line_no] = fitting[0]
    return found


def settle(
    sitting: Sitting, file: FileRow, lines: Sequence[LineRow], expected: Mapping[int, RefundRow]
) -> dict[int, tuple[str, str]]:
    """Match what went out with refunds; gives rule and reason for the number of each line that was matched.

    A refund is paid only if it is still ordered and the amounts are the same; another amount is put before a person,
    and the line stays open. May be repeated: a refund is paid once, and names the bank's number that it was paid under.
    """
    paid = rows.paid_under_any(sitting.session, sitting.tenant, [line.bank_reference for line in lines])
    ordered = {each.id: each for each in rows.hold_ordered(sitting.session, _ids(expected))}
    found: dict[int, tuple[str, str]] = {}
    for line in lines:
        before = paid.get(line.bank_reference)
        if before is not None:
            if before.amount_fen == -line.amount_fen:
                found[line.line_no] = ("reference", f"退费 {before.number} 的付款流水号一致 · 金额一致")
            continue
        refund = ordered.get(expected[line.line_no].id) if line.line_no in expected else None
        if refund is None:
            continue
        if refund.amount_fen != -line.amount_fen:
            _put_before_a_person(sitting, file, line, refund)
            continue
        refunds.confirm_paid(sitting, refund_id=refund.id, bank_txn_id=line.bank_reference, paid_at=line.booked_at)
        del ordered[refund.id]
        found[line.line_no] = ("code", f"退费编号 {refund.number} 一致 · 金额一致")
    return found


def _ids(expected: Mapping[int, RefundRow]) -> set[UUID]:
    return {each.id for each in expected.values()}


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
