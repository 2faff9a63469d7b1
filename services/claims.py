"""待查款: one person says for which bill money came in, another confirms it; nobody does both."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services import cashier
from services.cashier import Taking
from services.sitting import Sitting
from shared.db import bills, cases, suspense
from shared.db.bills import BillRow
from shared.db.suspense import SuspenseRow
from shared.db.trail import Actor
from shared.domain.allocation import Share
from shared.domain.characters import written
from shared.domain.errors import Conflict, NotAllowed
from shared.domain.ledger import SUSPENSE
from shared.logs import logger

log = logger(__name__)

#: Longest reason of a claim, characters; the form says so too.
NOTE_LENGTH_MAX: Final = 500


def claim(sitting: Sitting, *, suspense_id: UUID, bill_id: UUID, actor: Actor, note: str) -> None:
    """Say for which bill the money came in, and why one thinks so. The same claim twice is one.

    Raises `Invalid` without a reason, `Conflict` for money that somebody else has claimed or that has left, or a bill
    that is not open.
    """
    note = written("note", note, most=NOTE_LENGTH_MAX, missing="请写明认领的依据")
    bill = bills.load(sitting.session, bill_id)
    cases.lock_one(sitting.session, bill.application_id)
    money = suspense.load(sitting.session, suspense_id, hold=True)
    if (money.state, money.bill_id, money.claimed_by) == ("claimed", bill_id, actor.id):
        return
    if money.state != "open":
        raise Conflict("这笔待查款已被认领或已处理，请刷新后再看")
    if bills.load(sitting.session, bill_id).status not in bills.OPEN:
        raise Conflict("这张缴费通知书不在待缴状态，不能认领到它名下")
    suspense.change(
        sitting.session,
        money,
        state="claimed",
        bill_id=bill_id,
        note=note,
        claimed_by=actor.id,
        claimed_at=sitting.now,
    )
    log.info("suspense_claimed", bill=bill.number, suspense=str(money.id))


def division(sitting: Sitting, *, suspense_id: UUID) -> tuple[tuple[Share, ...], int]:
    """How claimed money would be divided over its bill's lines, and what would be left over; nothing is written."""
    money = suspense.load(sitting.session, suspense_id)
    if money.state != "claimed" or money.bill_id is None:
        return (), 0
    return cashier.allocation_of(sitting, bills.load(sitting.session, money.bill_id), money.amount_fen)


def give_back(sitting: Sitting, *, suspense_id: UUID, actor: Actor) -> None:
    """Take a claim back, one's own or another's: the money waits again. Twice is once."""
    money = suspense.load(sitting.session, suspense_id, hold=True)
    if money.state == "open":
        return
    if money.state != "claimed":
        raise Conflict("这笔待查款已被认领或已处理，请刷新后再看")
    suspense.change(sitting.session, money, state="open", bill_id=None, note="", claimed_by=None, claimed_at=None)
    log.info("suspense_released", suspense=str(money.id), by=str(actor.id))


def confirm(sitting: Sitting, *, suspense_id: UUID, actor: Actor) -> None:
    """Confirm another's claim: the money leaves suspense and pays the bill, wholly or in part. Twice is once.

    Raises `NotAllowed` for whoever claimed it, `Conflict` for money nobody claims or a bill that was paid meanwhile.
    """
    claimed = suspense.load(sitting.session, suspense_id)
    if claimed.state == "matched":
        return
    if claimed.bill_id is None:
        raise Conflict("这笔待查款还没有人认领")
    case = cases.lock_one(sitting.session, bills.load(sitting.session, claimed.bill_id).application_id)
    money = suspense.load(sitting.session, suspense_id, hold=True)
    if money.state == "matched":
        return
    if money.state != "claimed" or money.bill_id != claimed.bill_id:
        raise Conflict("这笔待查款已被认领或已处理，请刷新后再看")
    if money.claimed_by == actor.id:
        raise NotAllowed("待查款由认领人以外的人确认")
    bill = bills.load(sitting.session, claimed.bill_id)
    if bill.status not in bills.OPEN:
        raise Conflict("这张缴费通知书已经缴清或作废，请退回认领后另行处理")
    cashier.take(sitting, [_taking(money, bill, actor)])
    suspense.change(sitting.session, money, state="matched", confirmed_by=actor.id, confirmed_at=sitting.now)
    log.info("suspense_matched", application=case.number, bill=bill.number)


def _taking(money: SuspenseRow, bill: BillRow, by: Actor) -> Taking:
    return Taking(
        bill=bill,
        amount_fen=money.amount_fen,
        provider=money.provider,
        provider_txn_id=money.bank_reference,
        channel="认领入账",
        paid_at=money.came_at,
        source="suspense",
        payer_name=money.payer_name,
        payer_account=money.payer_account,
        taken_from=SUSPENSE,
        by=by,
    )
