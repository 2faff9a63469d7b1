"""Wage deposits (农民工工资保证金) from the day of payment to their release: interest, draws on arrears, completion.

Whatever takes money away needs two people. Money that leaves goes through a refund: a deposit is smaller when the bank
says that it has paid.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID

from services import refund_asks
from services.deposit_acts import (
    REASON_LENGTH_MAX,
    adopt,
    ask_move,
    decide,
    hold,
    must_be_party,
    must_watch_over,
    needed,
    note,
    post,
    tell_applicant,
    tell_desks,
    watches_over,
    write,
)  # fmt: skip
from services.refund_asks import Ask, Payee, actor_of
from services.sitting import Sitting
from shared.db import bills, cases, deposits, refunds
from shared.db.accounts import AccountRow
from shared.db.cases import Case
from shared.db.deposits import DepositRow, MoveRow
from shared.db.trail import Actor
from shared.domain.characters import written
from shared.domain.deposits import interest_fen
from shared.domain.errors import Conflict, Invalid, Problem
from shared.domain.ledger import interest_entry
from shared.domain.refunds import RefundKind, must_be_available
from shared.logs import logger

log = logger(__name__)

#: Days of the year, the latest first, on which the interest of a quarter is posted: banks settle it the day before.
_QUARTERS: Final = ((12, 21), (9, 21), (6, 21), (3, 21))
#: How many applications one look over a city takes up.
AT_ONCE: Final = 200


# Interest.


def due(sitting: Sitting) -> list[UUID]:
    """Applications with cash on deposit whose interest of the last quarter is not posted yet."""
    return deposits.to_accrue(sitting.session, before=_interest_day(sitting.today), most=AT_ONCE)


def accrue_due(sitting: Sitting, application_id: UUID) -> int:
    """Post the interest that an application's deposits have earned by today; gives how many had earned some."""
    cases.lock_one(sitting.session, application_id)
    found = [
        each
        for each in deposits.of_application(sitting.session, application_id)
        if each.state == "held" and each.form == "cash" and each.accrued_to < _interest_day(sitting.today)
    ]
    return sum(bool(accrue(sitting, each)) for each in found)


def accrue(sitting: Sitting, deposit: DepositRow) -> int:
    """Post what a deposit has earned by today and nobody has posted; gives 分. The caller holds the application.

    Counted from the opening each time, less what was posted: the parts of a 分 are never lost between accruals.
    """
    if deposit.form != "cash" or deposit.accrued_to >= sitting.today:
        return 0
    rules = sitting.city.pack.deposits
    total = interest_fen(rules.rates, deposits.principals(sitting.session, deposit), sitting.today)
    new_fen = total - deposits.accrued_fen(sitting.session, deposit.id)
    deposits.save(
        sitting.session, deposit, accrued_to=sitting.today, interest_fen=deposit.interest_fen + max(new_fen, 0)
    )
    if new_fen <= 0:
        return 0
    since = deposit.accrued_to.isoformat()
    post(
        sitting,
        deposit,
        interest_entry(key=f"{deposit.id}:{sitting.today}", item_code=deposit.item_code, amount_fen=new_fen),
    )
    note(sitting, deposit, "interest", amount_fen=new_fen, reason="计息", since=since)
    write(sitting, deposit, "deposit_interest", amount_fen=new_fen, since=since)
    return new_fen


# Completion and release.


def ask_completion(
    sitting: Sitting,
    *,
    account: AccountRow,
    deposit_id: UUID,
    completed_on: date,
    document: str,
    paper_id: UUID | None = None,
) -> UUID:
    """Say that the works are completed and no wages are owed; the public notice starts once another person agrees."""
    deposit, case = hold(sitting, deposit_id)
    if not watches_over(sitting, account, deposit.item_code):
        must_be_party(account, case)
    named = needed("document", document, "请写明完工证明和无拖欠承诺的文件及文号")
    if not deposit.opened_on <= completed_on <= sitting.today:
        raise Invalid([Problem("completed_on", "完工日应在缴存日之后，且不晚于今天")])
    if deposit.state != "held" or deposit.completed_on is not None:
        raise Conflict("这笔保证金已确认完工、正在返还或已返还，请刷新后查看")
    data = {"completed_on": completed_on.isoformat()}
    move_id, is_new = ask_move(sitting, deposit, "completion", account, data=data, paper_id=paper_id, document=named)
    if is_new:
        if paper_id is not None:
            adopt(sitting, account, case, paper_id)
        body = f"{completed_on} 完工，{named}，请核对后公示。"
        tell_desks(sitting, deposit, case, kind="deposit_completion", title="完工待核对", body=body, key=str(move_id))
    return move_id


def answer_completion(
    sitting: Sitting, *, account: AccountRow, move_id: UUID, is_accepted: bool, opinion: str = ""
) -> None:
    """Agree that the works are completed, which begins the public notice, or send the ask back with the reason.

    Another person than who asked; may be repeated with the same answer.
    """
    kept = written(
        "opinion", opinion, most=REASON_LENGTH_MAX, missing="" if is_accepted else "不予确认须写明理由，申请人会看到"
    )
    deposit, case = hold(sitting, deposits.find_move(sitting.session, move_id).deposit_id)
    move = deposits.find_move(sitting.session, move_id)
    if not decide(sitting, account, deposit, move, is_accepted=is_accepted, opinion=kept):
        return
    if is_accepted:
        _complete(sitting, deposit, case, move, actor_of(account))
    else:
        tell_applicant(
            sitting, deposit, case, kind="deposit_declined", title="完工未获确认", body=kept, key=str(move_id)
        )


def ask_release(
    sitting: Sitting, *, account: AccountRow, key: str, deposit_id: UUID, payee: Payee | None = None
) -> UUID:
    """Ask for a deposit to go back with its interest to the day, once completion was agreed and its notice is over.

    May be repeated with the same key. Raises `Conflict` before that day or while a draw waits.
    """
    deposit, case = hold(sitting, deposit_id)
    must_be_party(account, case)
    said = {"release": deposit_id, "payee": asdict(payee) if payee else None}
    if (before := refund_asks.asked_before(sitting, key, said)) is not None:
        return before
    if deposit.state != "held":
        raise Conflict("这笔保证金不在缴存状态，不能申请返还")
    if deposit.notice_ends_on is None:
        raise Conflict("请先申请确认完工；确认后公示，公示期满才能返还")
    if sitting.today <= deposit.notice_ends_on:
        raise Conflict(f"公示至 {deposit.notice_ends_on}，期满后才能返还")
    why = f"工程完工，公示至 {deposit.notice_ends_on} 期满"
    return _release(sitting, deposit, case, key=key, said=said, reason=why, by=actor_of(account), payee=payee)


def release_for_ended(sitting: Sitting, case: Case, *, why: str, by: Actor) -> None:
    """An application has ended: its deposits go back at once, offers that nobody has answered are sent back.

    The caller holds the application. May be repeated.
    """
    for deposit in deposits.of_application(sitting.session, case.id):
        if deposit.state == "offered":
            deposits.save(
                sitting.session, deposit, state="declined", decided_at=sitting.now, opinion=f"{case.number} {why}"
            )
        elif deposit.state == "held":
            key = f"ended:{deposit.id}"
            _release(sitting, deposit, case, key=key, said={"ended": key}, reason=f"{case.number} {why}", by=by)


def ask_draw(
    sitting: Sitting,
    *,
    account: AccountRow,
    key: str,
    deposit_id: UUID,
    amount_fen: int,
    expected_fen: int,
    reason: str,
    document: str,
    payee: Payee,
) -> UUID:
    """The unit that watches over wages asks to pay arrears out of a deposit, on a document; finance decides.

    May be repeated with the same key and body. Raises `NotAvailable` for more than is there.
    """
    deposit, case = hold(sitting, deposit_id)
    must_watch_over(sitting, account, deposit)
    why = written("reason", reason, most=REASON_LENGTH_MAX, missing="请写明拖欠情况和动用保证金的理由")
    named = needed("document", document, "请写明动用保证金的决定文书及文号")
    to = refund_asks.read_payee(payee)
    said = {
        "draw": deposit_id, "amount_fen": amount_fen, "expected_fen": expected_fen, "reason": why, "document": named,
        "payee": asdict(to),
    }  # fmt: skip
    if (before := refund_asks.asked_before(sitting, key, said)) is not None:
        return before
    if deposit.state != "held":
        raise Conflict("这笔保证金不在缴存状态，不能动用")
    if amount_fen <= 0:
        raise Invalid([Problem("amount", "请填写动用金额")])
    must_be_available(amount_fen, expected_fen=expected_fen, left_fen=left_fen(sitting, deposit))
    made = Ask(
        key=key,
        said=said,
        kind=RefundKind.DRAW,
        reason=why,
        payee=to,
        amount_fen=amount_fen,
        expected_fen=expected_fen,
        documents=(named,),
        deposit_id=deposit.id,
    )
    parts = {_seq(sitting, deposit): amount_fen}
    bill = bills.load(sitting.session, deposit.bill_id)
    return refund_asks.write_ask(sitting, made, case=case, bill=bill, parts=parts, by=actor_of(account))


def left_fen(sitting: Sitting, deposit: DepositRow) -> int:
    """The principal that no draw has been asked of."""
    waiting = [
        each.principal_fen
        for each in refunds.of_deposit(sitting.session, deposit.id)
        if each.state in refunds.OPEN and each.kind == RefundKind.DRAW
    ]
    return deposit.held_fen - sum(waiting)


def _release(
    sitting: Sitting,
    deposit: DepositRow,
    case: Case,
    *,
    key: str,
    said: dict[str, Any],
    reason: str,
    by: Actor,
    payee: Payee | None = None,
) -> UUID:
    if left_fen(sitting, deposit) != deposit.held_fen:
        raise Conflict("有一笔动用保证金的申请未了，办结后才能返还")
    accrue(sitting, deposit)
    now = deposits.find(sitting.session, deposit.id)
    deposits.save(sitting.session, now, state="releasing")
    bill = bills.load(sitting.session, deposit.bill_id)
    to = payee or (
        Payee(name=deposit.payer_name, uscc=deposit.payer_uscc)
        if deposit.form == "guarantee"
        else refund_asks.payer_of(sitting, bill)
    )
    made = Ask(
        key=key,
        said=said,
        kind=RefundKind.DEPOSIT,
        reason=reason,
        payee=refund_asks.read_payee(to),
        amount_fen=now.held_fen + now.interest_fen,
        interest_fen=now.interest_fen,
        expected_fen=now.held_fen + now.interest_fen,
        documents=sitting.city.pack.deposits.documents,
        evidence={"form": deposit.form, "interest_to": sitting.today.isoformat()},
        deposit_id=deposit.id,
    )
    parts = {_seq(sitting, deposit): now.held_fen}
    return refund_asks.write_ask(sitting, made, case=case, bill=bill, parts=parts, by=by)


def _complete(sitting: Sitting, deposit: DepositRow, case: Case, move: MoveRow, by: Actor) -> None:
    completed_on = date.fromisoformat(move.data["completed_on"])
    ends_on = sitting.city.pack.deposits.notice_ends_on(sitting.today)
    deposits.save(sitting.session, deposit, completed_on=completed_on, notice_ends_on=ends_on)
    write(
        sitting,
        deposit,
        "deposit_completed",
        by,
        completed_on=completed_on.isoformat(),
        notice_ends_on=ends_on.isoformat(),
        document=move.document,
    )
    tell_applicant(
        sitting,
        deposit,
        case,
        kind="deposit_completed",
        title="完工已确认，保证金返还公示开始",
        body=f"公示至 {ends_on}；期满无异议的，可以申请返还本金和利息。",
    )


def _seq(sitting: Sitting, deposit: DepositRow) -> int:
    """The line of the bill that the deposit is of."""
    lines = bills.lines_of(sitting.session, [deposit.bill_id])[deposit.bill_id]
    return next(seq for seq, _, fee_line_id, _ in lines if fee_line_id == deposit.fee_line_id)


def _interest_day(today: date) -> date:
    """The last day, today included, on which the interest of a quarter is posted."""
    days = (date(year, month, day) for year in (today.year, today.year - 1) for month, day in _QUARTERS)
    return next(day for day in days if day <= today)
