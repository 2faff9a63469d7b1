"""退费决定通知书: what goes back of which item and to whom, or why nothing does, sealed by finance."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.letters import long_day, progress_address, seal
from services.sitting import Sitting
from shared.db import bills, cases, clock, payments, refunds
from shared.db.refunds import RefundRow
from shared.documents.views import RefundDecisionView, RefundedLine
from shared.domain.errors import Broken
from shared.domain.lines import ACCOUNT_NAMES
from shared.domain.money import grouped
from shared.domain.refunds import KIND_NAMES, TAKES_BACK, RefundKind
from shared.domain.words import in_words


def refund_decision_view(sitting: Sitting, refund_id: UUID) -> RefundDecisionView:
    """The decision as it was made; its number is the refund's."""
    city = sitting.city
    refund = refunds.find(sitting.session, refund_id)
    if refund.application_id is None or refund.decided_at is None:
        raise Broken(f"refund {refund.number} has no decision to be told of")
    case = cases.lock_one(sitting.session, refund.application_id)
    wording = city.pack.wording
    kind = RefundKind(refund.kind)
    decided_on = clock.on(refund.decided_at)
    facts = {
        "project_name": case.project_name,
        "project_code": case.project_code,
        "number": case.number,
        "asked_on": long_day(refund.asked_on),
        "kind": KIND_NAMES[kind],
        "reason": refund.reason,
        "opinion": refund.opinion,
    }
    is_refused = refund.state == "declined"
    closing = "refund_refused_closing" if is_refused else _closing(kind)
    decision = wording["refund_refused" if is_refused else "refund_decision"]
    return RefundDecisionView(
        issuer=city.units[city.finance_unit].name,
        number=refund.number,
        addressee=refund.payee_name if kind in (RefundKind.PAYOUT, RefundKind.DRAW) else case.developer_name,
        opening=tuple(text.format(**facts) for text in wording["refund_opening"]),
        lines=_lines(sitting, refund),
        total=grouped(refund.amount_fen),
        total_in_words=in_words(refund.amount_fen),
        basis=wording["refund_basis"].format(documents="、".join(refund.documents) or "办件终止", **facts),
        decision=decision.format(**facts),
        payee="" if is_refused else wording["refund_payee"].format(name=refund.payee_name, account=_tail(refund)),
        closing=tuple(text.format(**facts) for text in wording[closing]),
        remedies=wording["letter_remedies"],
        contact=wording["letter_contact"],
        names=(case.project_name, case.developer_name, refund.payee_name),
        qr_text=progress_address(case.number),
        issued_on=long_day(decided_on),
        seals=(seal(sitting, city.finance_unit, wording["receipt_seal"]),),
    )


def _closing(kind: RefundKind) -> str:
    return "refund_closing" if kind in TAKES_BACK else "refund_passed_on_closing"


def _lines(sitting: Sitting, refund: RefundRow) -> tuple[RefundedLine, ...]:
    if refund.bill_id is None:
        return (RefundedLine(name="多缴款", account="预存款", amount=grouped(refund.amount_fen)),)
    paid = payments.paid_by_line(sitting.session, [refund.bill_id])
    items = {seq: item for seq, item, _, _ in bills.lines_of(sitting.session, [refund.bill_id])[refund.bill_id]}
    lines = [
        RefundedLine(
            name=sitting.city.item(items[seq]).name,
            account=ACCOUNT_NAMES[sitting.city.item(items[seq]).account],
            paid=grouped(paid.get((refund.bill_id, seq), 0)),
            amount=grouped(fen),
        )
        for seq, fen in refund.by_line.items()
    ]
    if refund.interest_fen:
        until = date.fromisoformat(refund.evidence["interest_to"])
        lines.append(
            RefundedLine(
                name=f"利息（至{long_day(until)}）",
                account=ACCOUNT_NAMES["deposit"],
                amount=grouped(refund.interest_fen),
            )
        )
    return tuple(lines)


def _tail(refund: RefundRow) -> str:
    return f"尾号{refund.payee_account[-4:]}" if refund.payee_account else "保函原件"
