"""Refunds are approved by another person, ordered from the bank, and booked when the bank has paid.

The books move when the money does; then the receipt is reversed and made out for what remains.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from services import notices, receipts
from services.refund_asks import REASON_LENGTH_MAX, Payee, actor_of, must_be_finance, read_payee, write
from services.sitting import Sitting
from shared.db import bills, books, cases, deposits, documents, refunds, suspense
from shared.db.accounts import AccountRow
from shared.db.books import NewEntry, NewPosting
from shared.db.cases import Case
from shared.db.deposits import DepositRow
from shared.db.refunds import RefundRow
from shared.db.trail import SYSTEM, Actor
from shared.domain.accounts import AGENCY, AGENCY_BANK
from shared.domain.characters import written
from shared.domain.errors import Conflict, Invalid, NotAllowed, Problem
from shared.domain.ledger import BANK, CREDIT, GUARANTEE, SUSPENSE, Due, Entry, Posting, refund_entry, take_out
from shared.domain.money import grouped
from shared.domain.refunds import KIND_NAMES, TAKES_BACK, RefundKind
from shared.logs import logger

log = logger(__name__)

BANK_NUMBER_LENGTH_MAX: Final = 60


# Deciding.


def approve(sitting: Sitting, *, account: AccountRow, refund_id: UUID, opinion: str = "") -> None:
    """Approve a refund; another person than whoever asked for it. Approving twice changes nothing.

    Raises `NotAllowed` for the asker, `Conflict` for one that was decided otherwise or names no account to pay to.
    """
    must_be_finance(account)
    kept = written("opinion", opinion, most=REASON_LENGTH_MAX)
    refund, case = hold(sitting, refund_id)
    if refund.state in ("approved", "sent", "paid", "failed") and refund.decided_by == account.id:
        return
    _must_wait(refund)
    _must_be_another(refund, account)
    if not refund.payee_account and not _is_guarantee(sitting, refund):
        raise Conflict("还没有收款账号，请先补充收款账号；补充后由另一人批准")
    if refund.credit_id is not None and refunds.credit(sitting.session, refund.credit_id).left_fen < refund.amount_fen:
        raise Conflict("这笔多缴款已抵缴其他缴费单，余额不足，请退回这份申请")
    _decide(sitting, refund, account, state="approved", opinion=kept)
    _tell_decision(sitting, refund, case, is_approved=True, opinion=kept)


def decline(sitting: Sitting, *, account: AccountRow, refund_id: UUID, opinion: str) -> None:
    """Turn a refund down with the reason; the money is free again. As `approve`."""
    must_be_finance(account)
    kept = written("opinion", opinion, most=REASON_LENGTH_MAX, missing="不予退费须写明理由")
    refund, case = hold(sitting, refund_id)
    if refund.state == "declined" and refund.decided_by == account.id:
        return
    _must_wait(refund)
    _must_be_another(refund, account)
    turn_down(sitting, refund, case, by=actor_of(account), opinion=kept)


def turn_down(
    sitting: Sitting, refund: RefundRow, case: Case | None, *, by: Actor, opinion: str, unit_code: str = ""
) -> None:
    """Decline what the caller holds and may decline: whatever the ask had set aside is there again."""
    refunds.move(sitting.session, refund, state="declined", decided_by=by.id, decided_at=sitting.now, opinion=opinion)
    if refund.deposit_id is not None and refund.kind == RefundKind.DEPOSIT:
        deposit = deposits.find(sitting.session, refund.deposit_id)
        deposits.save(sitting.session, deposit, state="held")
    if refund.suspense_id is not None:
        money = suspense.load(sitting.session, refund.suspense_id, hold=True)
        suspense.change(sitting.session, money, state="open")
    write(sitting, refund, "refund_declined", by, unit_code=unit_code, opinion=opinion)
    _tell_decision(sitting, refund, case, is_approved=False, opinion=opinion)
    log.info("refund_declined", refund=refund.number)


def change_payee(sitting: Sitting, *, account: AccountRow, refund_id: UUID, payee: Payee, reason: str) -> None:
    """Name another account to pay to, before approval or after the bank has sent the money back.

    Whoever changes it asks anew, so that another person approves it. Raises `Conflict` while it is approved or ordered.
    """
    must_be_finance(account)
    kept = written("reason", reason, most=REASON_LENGTH_MAX, missing="请写明更改收款账号的原因")
    to = read_payee(payee)
    if not to.account:
        raise Invalid([Problem("payee_account", "请填写收款账号")])
    refund, _ = hold(sitting, refund_id)
    if refund.state not in ("asked", "failed"):
        raise Conflict("只有待审批或银行退回的退费可以更改收款账号")
    if account.id == refund.checked_by:
        raise NotAllowed("核对人不能更改收款账号，请由财务另一人办理")
    refunds.move(
        sitting.session,
        refund,
        state="asked",
        asked_by=account.id,
        decided_by=None,
        decided_at=None,
        opinion="",
        payee_name=to.name,
        payee_uscc=to.uscc,
        payee_account=to.account,
        payee_bank=to.bank,
    )
    write(sitting, refund, "refund_payee_changed", actor_of(account), reason=kept, payee=to.name)


# Paying.


def send(sitting: Sitting, *, account: AccountRow, refund_id: UUID) -> None:
    """Write the order to the bank down, under the refund's own number; what failed may be ordered again.

    Ordering what is ordered or paid changes nothing. Raises `Conflict` before approval.
    """
    must_be_finance(account)
    refund, _ = hold(sitting, refund_id)
    if refund.state in ("sent", "paid"):
        return
    if refund.state not in ("approved", "failed"):
        raise Conflict("这笔退费还没有批准，不能付款")
    refunds.move(sitting.session, refund, state="sent", sent_at=sitting.now, attempts=refund.attempts + 1, failure="")
    write(sitting, refund, "refund_sent", actor_of(account), attempt=refund.attempts + 1)
    log.info("refund_sent", refund=refund.number, attempt=refund.attempts + 1)


def note_failure(sitting: Sitting, *, account: AccountRow, refund_id: UUID, why: str) -> None:
    """The bank has not paid and says why; the money stays held until it is ordered again or the payee is changed."""
    must_be_finance(account)
    kept = written("why", why, most=REASON_LENGTH_MAX, missing="请写明银行退回的原因")
    refund, _ = hold(sitting, refund_id)
    if refund.state == "failed" and refund.failure == kept:
        return
    if refund.state != "sent":
        raise Conflict("只有已付出指令的退费可以登记为银行退回")
    refunds.move(sitting.session, refund, state="failed", failure=kept)
    write(sitting, refund, "refund_failed", actor_of(account), why=kept)
    log.warning("refund_failed", refund=refund.number)


def note_paid(
    sitting: Sitting, *, account: AccountRow, refund_id: UUID, bank_txn_id: str, paid_at: datetime | None = None
) -> None:
    """A person notes what the bank's slip says: the money is with its payee, under the bank's own number."""
    must_be_finance(account)
    number = bank_txn_id.strip()
    if not number or len(number) > BANK_NUMBER_LENGTH_MAX or not number.isprintable():
        raise Invalid([Problem("bank_txn_id", f"请填写银行流水号，不超过 {BANK_NUMBER_LENGTH_MAX} 个字")])
    confirm_paid(sitting, refund_id=refund_id, bank_txn_id=number, paid_at=paid_at or sitting.now, by=actor_of(account))


def confirm_paid(sitting: Sitting, *, refund_id: UUID, bank_txn_id: str, paid_at: datetime, by: Actor = SYSTEM) -> None:
    """The bank has paid: books, deposit or credit, receipt and bill follow in this transaction. May be repeated.

    Raises `Conflict` for one that was not ordered, was paid under another number, or for a number that paid another.
    """
    refund, case = hold(sitting, refund_id)
    if refund.state == "paid" and refund.bank_txn_id == bank_txn_id:
        return
    if refund.state == "paid":
        raise Conflict(f"这笔退费已于此前付讫，银行流水号 {refund.bank_txn_id}，请核对")
    if refund.state != "sent":
        raise Conflict("这笔退费没有付款指令，不能登记付讫；请先核对是哪一笔退费")
    if refunds.paid_under(sitting.session, sitting.tenant, bank_txn_id):
        raise Conflict(f"银行流水号 {bank_txn_id} 已登记在另一笔退费上，请核对")
    refunds.move(sitting.session, refund, state="paid", paid_at=paid_at, bank_txn_id=bank_txn_id)
    paid = refunds.find(sitting.session, refund_id)
    deposit = deposits.find(sitting.session, refund.deposit_id) if refund.deposit_id else None
    _book(sitting, paid, deposit)
    if deposit is not None:
        _move_deposit(sitting, paid, deposit, by)
    if paid.credit_id is not None:
        refunds.use_credit(sitting.session, paid.credit_id, paid.amount_fen)
    if paid.suspense_id is not None:
        money = suspense.load(sitting.session, paid.suspense_id, hold=True)
        suspense.change(sitting.session, money, state="returned")
    write(sitting, paid, "refund_paid", by, bank_txn_id=bank_txn_id)
    if paid.kind in TAKES_BACK and paid.bill_id is not None:
        bill = bills.load(sitting.session, paid.bill_id)
        receipts.take_back(sitting, bill, reason=f"{KIND_NAMES[RefundKind(paid.kind)]} {paid.number}", by=by)
        if sum(refunds.taken_back_by_line(sitting.session, bill.id).values()) == bill.paid_fen:
            refunds.mark_bill_refunded(sitting.session, bill.id)
    if case is not None:
        _tell_payer(
            sitting,
            paid,
            case,
            kind="refund_paid",
            title=f"{KIND_NAMES[RefundKind(paid.kind)]}已付讫：{paid.number}",
            body=f"{grouped(paid.amount_fen)} 元已付至 {paid.payee_name}，银行流水号 {bank_txn_id}。",
        )
    log.info("refund_paid", refund=paid.number, amount_fen=paid.amount_fen)


def hold(sitting: Sitting, refund_id: UUID) -> tuple[RefundRow, Case | None]:
    """Lock a refund, its application first; raises `NotFound`."""
    seen = refunds.find(sitting.session, refund_id)
    case = cases.lock_one(sitting.session, seen.application_id) if seen.application_id else None
    return refunds.lock(sitting.session, refund_id), case


def _book(sitting: Sitting, refund: RefundRow, deposit: DepositRow | None) -> None:
    entry = _entry(sitting, refund, deposit)
    fee_lines = {}
    if refund.bill_id is not None:
        rows = bills.lines_of(sitting.session, [refund.bill_id])[refund.bill_id]
        fee_lines = {item_code: fee_line_id for _, item_code, fee_line_id, _ in rows}
    books.post(
        sitting.session,
        sitting.tenant,
        [
            NewEntry(
                kind=entry.kind,
                key=entry.key,
                postings=tuple(
                    NewPosting(each.account, each.amount_fen, each.item_code, fee_lines.get(each.item_code or ""))
                    for each in entry.postings
                ),
                booked_on=books.open_day(sitting.session, sitting.tenant, sitting.today),
                occurred_at=refund.paid_at or sitting.now,
                bill_id=refund.bill_id,
            )
        ],
    )


def _entry(sitting: Sitting, refund: RefundRow, deposit: DepositRow | None) -> Entry:
    key = str(refund.id)
    if refund.credit_id is not None:
        return take_out(key=key, account=CREDIT, amount_fen=refund.amount_fen)
    if refund.suspense_id is not None:
        return take_out(key=key, account=SUSPENSE, amount_fen=refund.amount_fen)
    backs = [
        Due(
            item_code=line["item"],
            account=sitting.city.item(line["item"]).account,
            due_fen=line["amount_fen"],
        )
        for line in refund.lines
    ]
    if refund.interest_fen:
        backs = [replace(backs[0], due_fen=backs[0].due_fen + refund.interest_fen), *backs[1:]]
    is_guarantee = deposit is not None and deposit.form == "guarantee"
    # What was collected for others may lie on their account already: it is paid from there first.
    elsewhere = [
        Posting(AGENCY_BANK, min(back.due_fen, there_fen), back.item_code)
        for back in backs
        if back.account == AGENCY
        and (there_fen := books.balance_fen(sitting.session, sitting.tenant, AGENCY_BANK, back.item_code)) > 0
    ]
    return refund_entry(key=key, backs=backs, paid_from=GUARANTEE if is_guarantee else BANK, elsewhere=elsewhere)


def _move_deposit(sitting: Sitting, refund: RefundRow, deposit: DepositRow, by: Actor) -> None:
    is_release = refund.kind == RefundKind.DEPOSIT
    left_fen = deposit.held_fen - refund.principal_fen
    deposits.save(
        sitting.session,
        deposit,
        held_fen=left_fen,
        interest_fen=deposit.interest_fen - refund.interest_fen,
        **({"state": "released", "released_on": sitting.today} if is_release else {}),
    )
    deposits.add_move(
        sitting.session,
        sitting.tenant,
        deposit,
        kind="release" if is_release else "draw",
        state="done",
        amount_fen=refund.amount_fen if is_release else refund.principal_fen,
        reason=refund.reason,
        document="、".join(refund.documents),
        data={"refund": refund.number, "interest_fen": refund.interest_fen},
        at=sitting.now,
        day=sitting.today,
        asked_by=refund.asked_by,
        decided_by=refund.decided_by,
        decided_at=refund.decided_at,
    )
    log.info("deposit_moved", refund=refund.number, by=by.name, left_fen=left_fen)


def _decide(sitting: Sitting, refund: RefundRow, account: AccountRow, *, state: str, opinion: str) -> None:
    refunds.move(sitting.session, refund, state=state, decided_by=account.id, decided_at=sitting.now, opinion=opinion)
    write(sitting, refund, f"refund_{state}", actor_of(account), opinion=opinion)
    log.info(f"refund_{state}", refund=refund.number)


def _tell_decision(sitting: Sitting, refund: RefundRow, case: Case | None, *, is_approved: bool, opinion: str) -> None:
    """Tell the payer in writing: a decision notice, and a notice that it is there."""
    if case is None:
        return
    name = KIND_NAMES[RefundKind(refund.kind)]
    title = f"{name}{'批准' if is_approved else '不予退还'}通知 {refund.number}"
    documents.request(
        sitting.session,
        sitting.tenant,
        [documents.Wish("refund_decision", refund.id, case.id, title)],
        now=sitting.now,
    )
    said = f"{grouped(refund.amount_fen)} 元将付至 {refund.payee_name}。" if is_approved else f"不予退还：{opinion}"
    _tell_payer(
        sitting,
        refund,
        case,
        kind="refund_approved" if is_approved else "refund_declined",
        title=f"{name}{'已批准' if is_approved else '未批准'}：{refund.number}",
        body=f"{case.number} {said}",
    )


def _tell_payer(sitting: Sitting, refund: RefundRow, case: Case, *, kind: str, title: str, body: str) -> None:
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind=kind,
        key=f"{refund.id}:{refund.version}",
        title=title,
        body=body,
        application_id=case.id,
        href=f"/apply/cases/{case.id}/refunds",
    )


def _is_guarantee(sitting: Sitting, refund: RefundRow) -> bool:
    return refund.deposit_id is not None and deposits.find(sitting.session, refund.deposit_id).form == "guarantee"


def _must_wait(refund: RefundRow) -> None:
    if refund.state == "checking":
        raise Conflict("这笔退费还在执收单位核对，核对后才能审批")
    if refund.state != "asked":
        raise Conflict("这笔退费已有审批结论，请刷新后查看")


def _must_be_another(refund: RefundRow, account: AccountRow) -> None:
    if account.id in (refund.asked_by, refund.checked_by):
        raise NotAllowed("退费由另一人审批，不能由申请人自己批准或退回")
