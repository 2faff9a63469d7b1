"""What a payment channel tells of an order, by a callback or when asked, becomes money in the books once.

Called by use cases inside their own transaction; the caller holds the order's application and puts money aside in
turn with everybody else. Only what is signed, ours and in yuan is money at all; what fits no bill waits in suspense.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from services import cashier
from services.cashier import Taking
from services.sitting import Sitting
from shared.channels.channel import State, Told
from shared.channels.configured import NAMES
from shared.db import attention, bills, orders, payments, suspense
from shared.db.bills import BillRow
from shared.db.orders import OrderRow
from shared.db.suspense import NewSuspense
from shared.domain.errors import Broken
from shared.domain.money import grouped
from shared.domain.orders import payment_code_in
from shared.logs import logger

log = logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where something was heard: by which channel, how (callback or query), and what a case about it is called."""

    channel: str
    how: str
    case_key: str
    inbox_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of it: `reason` says why nothing was paid, `is_refused` that a case lies before a person."""

    reason: str = ""
    is_refused: bool = False


def learn(sitting: Sitting, told: Told, order: OrderRow | None, source: Source) -> Learnt:
    """Act on what a channel tells of an order, None where no order of ours has the number. May be repeated."""
    if not told.is_ours:
        return _refuse(sitting, told, order, source, "报告中的商户号或应用编号不是本市的，没有入账")
    if told.state is State.REFUNDED:
        if order is not None and order.is_live:
            orders.settle(sitting.session, order.id, state="closed", at=sitting.now, problem="渠道称已退款")
        return _refuse(sitting, told, order, source, f"渠道报告订单 {told.number} 有退款，账上没有随之变动，请核对")
    if told.state is State.CLOSED:
        return _closed(sitting, told, order, source)
    if told.state is not State.PAID:
        return Learnt("渠道报告订单尚未付款")
    if told.currency != "CNY":
        return _refuse(sitting, told, order, source, f"币种是 {told.currency}，不是人民币，没有入账")
    return _paid(sitting, told, order, source)


def _paid(sitting: Sitting, told: Told, order: OrderRow | None, source: Source) -> Learnt:
    channel = source.channel
    if told.paid_at is None:
        raise Broken("a payment of a channel without its moment")
    known = payments.find_payment(sitting.session, provider=channel, provider_txn_id=told.transaction)
    if known is not None:
        if order is None or (known.bill_id, known.amount_fen) != (order.bill_id, told.amount_fen):
            reason = f"渠道流水 {told.transaction} 此前已按另一金额或另一缴费通知书入账"
            return _refuse(sitting, told, order, source, reason)
        _is_paid(sitting, order, told)
        return Learnt()
    if suspense.knows(sitting.session, provider=channel, bank_reference=told.transaction):
        if order is not None:
            _is_paid(sitting, order, told)
        return Learnt("这笔款项此前已记入待查款")
    bill = bills.load(sitting.session, order.bill_id) if order else None
    reason = _misfit(told, order, bill)
    if reason or order is None or bill is None:
        money = NewSuspense(
            id=uuid4(),
            provider=channel,
            bank_reference=told.transaction,
            amount_fen=told.amount_fen,
            why=reason,
            came_at=told.paid_at,
            payment_code=payment_code_in(told.number),
            payer_account=told.payer,
            inbox_id=source.inbox_id,
            order_id=order.id if order else None,
        )
        cashier.put_aside(sitting, [money])
        if order is not None:
            _is_paid(sitting, order, told, problem=reason)
        return _refuse(sitting, told, order, source, reason)
    cashier.take(
        sitting,
        [
            Taking(
                bill=bill,
                amount_fen=told.amount_fen,
                provider=channel,
                provider_txn_id=told.transaction,
                channel=NAMES[channel],
                paid_at=told.paid_at,
                source=source.how,
                payer_account=told.payer,
                inbox_id=source.inbox_id,
            )
        ],
    )
    _is_paid(sitting, order, told)
    log.info("channel_payment_posted", bill=bill.number, channel=channel, order=order.number, source=source.how)
    return Learnt()


def _misfit(told: Told, order: OrderRow | None, bill: BillRow | None) -> str:
    """Why this money cannot pay the order's bill; empty if it can."""
    if order is None or bill is None:
        return f"商户订单号 {told.number} 没有对应的支付订单"
    if told.amount_fen != order.amount_fen:
        return f"订单金额 {grouped(order.amount_fen)} 元，渠道报告收到 {grouped(told.amount_fen)} 元"
    if bill.status == "paid":
        return f"{bill.number} 已经缴清，又收到一笔款项"
    if bill.status not in bills.OPEN:
        return f"{bill.number} 不在待缴状态"
    owed_fen = bill.total_fen - bill.paid_fen
    if told.amount_fen != owed_fen:
        return f"{bill.number} 应缴 {grouped(owed_fen)} 元，收到 {grouped(told.amount_fen)} 元"
    return ""


def _is_paid(sitting: Sitting, order: OrderRow, told: Told, *, problem: str = "") -> None:
    if order.state != "paid":
        orders.settle(
            sitting.session,
            order.id,
            state="paid",
            at=sitting.now,
            transaction_no=told.transaction,
            problem=problem,
        )


def _closed(sitting: Sitting, told: Told, order: OrderRow | None, source: Source) -> Learnt:
    if order is not None and order.state == "paid":
        reason = f"渠道报告已付款的订单 {told.number} 被关闭，可能已全额退款，请核对"
        return _refuse(sitting, told, order, source, reason)
    if order is not None and order.is_live:
        orders.settle(sitting.session, order.id, state="closed", at=sitting.now, problem=order.problem)
    return Learnt("渠道报告订单已关闭，没有款项")


def _refuse(sitting: Sitting, told: Told, order: OrderRow | None, source: Source, reason: str) -> Learnt:
    log.warning("channel_payment_refused", channel=source.channel, order=told.number, state=told.words)
    attention.open_case(
        sitting.session,
        sitting.tenant,
        kind="payment_refused",
        key=source.case_key,
        reason=reason,
        application_id=order.application_id if order else None,
        data={
            "payment_code": payment_code_in(told.number),
            "bank_txn_id": told.transaction,
            "amount_fen": told.amount_fen,
        },
    )
    return Learnt(reason, is_refused=True)
