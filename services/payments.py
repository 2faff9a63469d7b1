"""Money arrives: a callback is kept raw, then posted once, each line to its own account, or put aside with a case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from services import cashier
from services.cashier import Taking
from services.sitting import Sitting
from shared.db import attention, bills, cases, endings, outbox, payments, suspense
from shared.db.bills import BillRow
from shared.db.outbox import Wanted
from shared.db.payments import InboxRow
from shared.db.suspense import NewSuspense
from shared.domain.channel import Callback, CallbackMalformed
from shared.domain.errors import NotFound
from shared.domain.money import grouped
from shared.logs import logger
from shared.tasks import PAYMENTS_QUEUE, Task

log = logger(__name__)


def describe_bill(sitting: Sitting, code: str) -> tuple[BillRow, str]:
    """What a bank may know of a bill: the row and the project's name. Raises `NotFound`."""
    bill = bills.find_by_payment_code(sitting.session, code) if code.isascii() and code.isdecimal() else None
    if bill is None:
        raise NotFound("没有这个缴款码")
    return bill, bills.project_name(sitting.session, bill.application_id)


def receive_callback(sitting: Sitting, *, provider: str, headers: Mapping[str, str], body: bytes) -> None:
    """Keep a rightly signed callback and ask for its posting. May be repeated: same event, same row, no new effect.

    An event that is told differently the second time is no repetition: it goes to a person.
    """
    try:
        callback = Callback.from_body(body)
    except CallbackMalformed as malformed:
        refuse_callback(sitting, provider=provider, headers=headers, body=body, reason=f"报文不合约定：{malformed}")
        return
    inbox_id, is_new = payments.keep_callback(
        sitting.session,
        sitting.tenant,
        provider=provider,
        key=f"event:{callback.event_id}",
        headers=headers,
        body=body,
    )
    if not is_new and Callback.from_body(payments.kept_body(sitting.session, inbox_id)) != callback:
        reason = f"事件 {callback.event_id} 此前已报告过，这次的内容与上次不同"
        refuse_callback(sitting, provider=provider, headers=headers, body=body, reason=reason)
        return
    outbox.put(sitting.session, sitting.tenant, [Wanted(Task.POST_PAYMENTS, PAYMENTS_QUEUE, inbox_id)])


def refuse_callback(sitting: Sitting, *, provider: str, headers: Mapping[str, str], body: bytes, reason: str) -> None:
    """Keep what cannot be believed or understood, and put it before a person; nothing is posted."""
    key = f"refused:{hashlib.sha256(body).hexdigest()}"
    payments.keep_callback(
        sitting.session,
        sitting.tenant,
        provider=provider,
        key=key,
        headers=headers,
        body=body,
        outcome="refused",
        reason=reason,
    )
    attention.open_case(
        sitting.session, sitting.tenant, kind="callback_refused", key=f"{provider}:{key}", reason=reason
    )


def post_payments(sitting: Sitting, inbox_ids: Sequence[UUID]) -> None:
    """Post callbacks that wait: payment, books, bill paid, receipt asked for, all or nothing each.

    May be repeated. Money that does not fit its bill is put aside (待查款), and a case says why; a transaction that
    was reported otherwise before posts nothing at all.
    """
    waiting = [(row, Callback.from_body(row.body)) for row in payments.waiting_callbacks(sitting.session, inbox_ids)]
    found = {
        callback.payment_code: bills.find_by_payment_code(sitting.session, callback.payment_code)
        for _, callback in waiting
    }
    # All at once and in id order: two batches that share applications must not wait for each other.
    held = cases.lock(sitting.session, {bill.application_id for bill in found.values() if bill})
    # The same transaction may be under way under another event id, or on a statement that is being matched.
    suspense.take_turns(sitting.session, sitting.tenant)
    for row, callback in waiting:
        named = found[callback.payment_code]
        bill = bills.load(sitting.session, named.id) if named else None
        known = payments.find_payment(sitting.session, provider=row.provider, provider_txn_id=callback.bank_txn_id)
        if (
            known is not None
            and bill is not None
            and known.bill_id == bill.id
            and known.amount_fen == callback.amount_fen
        ):
            # The bank reports one transaction under two event ids: nothing new has happened.
            payments.settle_callback(sitting.session, row.id, outcome="posted", reason="该笔交易此前已入账")
            continue
        is_new = known is None and not suspense.knows(
            sitting.session, provider=row.provider, bank_reference=callback.bank_txn_id
        )
        reason = (
            _misfit(callback, bill, is_ended=bill is not None and held[bill.application_id].status in endings.ENDED)
            if is_new
            else f"银行流水 {callback.bank_txn_id} 此前已按另一金额或另一缴费通知书入账"
        )
        if reason or bill is None:
            payments.settle_callback(sitting.session, row.id, outcome="refused", reason=reason)
            number = held[bill.application_id].number if bill else None
            log.warning("payment_refused", application=number, bill=bill.number if bill else None, inbox=str(row.id))
            if is_new:
                _put_aside(sitting, row, callback, reason)
            attention.open_case(
                sitting.session,
                sitting.tenant,
                kind="payment_refused",
                key=f"{row.provider}:{row.key}",
                reason=reason,
                application_id=bill.application_id if bill else None,
                data={
                    "payment_code": callback.payment_code,
                    "bank_txn_id": callback.bank_txn_id,
                    "amount_fen": callback.amount_fen,
                },
            )
            continue
        cashier.take(
            sitting,
            [
                Taking(
                    bill=bill,
                    amount_fen=callback.amount_fen,
                    provider=row.provider,
                    provider_txn_id=callback.bank_txn_id,
                    channel=callback.channel,
                    paid_at=callback.paid_at,
                    source="callback",
                    payer_name=callback.payer_name,
                    payer_account=callback.payer_account,
                    inbox_id=row.id,
                )
            ],
        )
        payments.settle_callback(sitting.session, row.id, outcome="posted")
        log.info("payment_posted", application=held[bill.application_id].number, bill=bill.number, inbox=str(row.id))


def _misfit(callback: Callback, bill: BillRow | None, *, is_ended: bool) -> str:
    """Why a callback cannot be posted to this bill; empty if it can."""
    if bill is None:
        return f"缴款码 {callback.payment_code} 没有对应的缴费通知书"
    if callback.bill_number != bill.number:
        return f"缴款码属于 {bill.number}，回调写的是 {callback.bill_number}"
    if is_ended:
        return f"{bill.number} 的办件已经终止，不再收款"
    if bill.status == "paid":
        return f"{bill.number} 已经缴清，又收到一笔款项"
    if bill.status not in bills.OPEN:
        return f"{bill.number} 不在待缴状态"
    if callback.amount_fen != bill.total_fen - bill.paid_fen:
        owed = grouped(bill.total_fen - bill.paid_fen)
        return f"{bill.number} 应缴 {owed} 元，收到 {grouped(callback.amount_fen)} 元"
    return ""


def _put_aside(sitting: Sitting, row: InboxRow, callback: Callback, reason: str) -> None:
    money = NewSuspense(
        id=uuid4(),
        provider=row.provider,
        bank_reference=callback.bank_txn_id,
        amount_fen=callback.amount_fen,
        why=reason,
        came_at=callback.paid_at,
        payment_code=callback.payment_code,
        payer_name=callback.payer_name,
        payer_account=callback.payer_account,
        inbox_id=row.id,
    )
    cashier.put_aside(sitting, [money])
