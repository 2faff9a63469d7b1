"""Orders at payment channels: opened for a bill by its applicant, made and asked after until they are paid or closed.

Nobody waits for a provider inside a transaction: an order is a row first, a worker asks outside of any, and what was
answered is written down, whatever it was. Silence is never an answer; an order is asked after until it has an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from services import order_money
from services.order_money import Source
from services.sitting import Sitting
from shared.channels.channel import Channel, ChannelRefused, State, Told, Wish
from shared.channels.configured import NAMES, find, names
from shared.db import attention, bills, cases, orders, outbox, suspense, trail
from shared.db.accounts import AccountRow
from shared.db.orders import Asking, OrderRow
from shared.db.outbox import Wanted
from shared.db.trail import Act, Actor
from shared.domain.errors import Conflict, Invalid, NotFound, Problem, Unavailable
from shared.domain.orders import ASKED_BEFORE_CASE, LIFE_MINUTES, order_number, pause
from shared.logs import logger
from shared.settings import settings
from shared.tasks import CHANNELS_QUEUE, Task

log = logger(__name__)

#: How many orders one look over a city asks after.
AT_ONCE: Final = 200


def open_order(sitting: Sitting, *, bill_id: UUID, channel: str, account: AccountRow) -> UUID:
    """Open the order by which the applicant pays a bill at a channel, or give the one that lives already.

    Raises `NotFound` for somebody else's bill, `Invalid` for a channel that the city does not have, `Conflict` where
    nothing is to be paid or an order of another amount is still being closed.
    """
    if channel not in names(settings()):
        raise Invalid([Problem("channel", "本市没有开通这个支付渠道")])
    case = cases.lock_one(sitting.session, bills.load(sitting.session, bill_id).application_id)
    if case.applicant_id != account.id:
        raise NotFound("没有这张缴费通知书，或不在您的办理范围内")
    bill = bills.load(sitting.session, bill_id)
    if bill.status not in bills.OPEN:
        raise Conflict("这张缴费通知书不在待缴状态")
    owed_fen = bill.total_fen - bill.paid_fen
    before = orders.live(sitting.session, bill_id=bill.id, channel=channel)
    if before is not None:
        if before.amount_fen == owed_fen and not before.is_closing and not before.is_expired:
            return before.id
        raise Conflict("上一张二维码正在关闭，请稍后再试")
    order_id = uuid4()
    count = orders.count_of_bill(sitting.session, bill_id=bill.id, channel=channel) + 1
    number = order_number(bill.payment_code, count)
    orders.open_order(
        sitting.session,
        sitting.tenant,
        minutes=LIFE_MINUTES,
        id=order_id,
        application_id=case.id,
        bill_id=bill.id,
        channel=channel,
        number=number,
        amount_fen=owed_fen,
        opened_by=account.id,
        opened_at=sitting.now,
    )
    data = {"bill": bill.number, "channel": channel, "order": number, "amount_fen": owed_fen}
    act = Act("payment_order_opened", sitting.now, Actor(account.id, account.display_name), data=data)
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
    outbox.put(sitting.session, sitting.tenant, [Wanted(Task.ASK_CHANNELS, CHANNELS_QUEUE, order_id, "0", case.id)])
    log.info("channel_order_opened", application=case.number, bill=bill.number, channel=channel, order=number)
    return order_id


def look(sitting: Sitting) -> int:
    """Ask for questions about every order whose time has come; gives how many. May be repeated, after any pause.

    An order whose bill was paid otherwise, void or changed is asked after at once, to be closed.
    """
    orders.mark_closing(sitting.session, sitting.tenant)
    due = orders.to_be_asked(sitting.session, sitting.tenant, limit=AT_ONCE)
    outbox.put(
        sitting.session,
        sitting.tenant,
        [Wanted(Task.ASK_CHANNELS, CHANNELS_QUEUE, order_id, str(asked)) for order_id, asked in due],
    )
    return len(due)


# Asking.


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An order to be asked after; `ends` says that it is to be closed."""

    order: OrderRow
    title: str
    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of a question: every request that was made, and what is known now. `told` is None where nothing is."""

    askings: tuple[Asking, ...]
    told: Told | None = None
    qr: str = ""
    is_closed: bool = False
    refused: ChannelRefused | None = None
    problem: str = ""


def to_ask(sitting: Sitting, order_ids: list[UUID]) -> list[Question]:
    """Those of the orders that live."""
    found = []
    for order_id in order_ids:
        order = orders.load(sitting.session, order_id)
        if not order.is_live:
            continue
        bill = bills.load(sitting.session, order.bill_id)
        is_owed = bill.status in bills.OPEN and bill.total_fen - bill.paid_fen == order.amount_fen
        title = f"{bill.number} {bills.project_name(sitting.session, order.application_id)}"
        found.append(Question(order=order, title=title, ends=order.is_closing or order.is_expired or not is_owed))
    return found


def ask(question: Question) -> Answered:
    """Ask the provider, outside any transaction. Never raises for what a provider does or fails to do.

    An order is made, asked after, made again if it never arrived, closed if it must not be paid any more: whatever
    the answer, the same number, so that nothing can be paid twice.
    """
    order = question.order
    try:
        channel = find(settings(), order.channel)
    except Unavailable as trouble:
        return Answered(askings=(Asking(act="query", outcome="no_answer", words=str(trouble)),), problem=str(trouble))
    if channel is None:
        words = "本市没有开通这个支付渠道"
        return Answered(askings=(Asking(act="query", outcome="no_answer", words=words),), problem=words)
    return _Conversation(channel, question).hold()


class _Conversation:
    """One round of requests about an order."""

    def __init__(self, channel: Channel, question: Question) -> None:
        self._channel = channel
        self._question = question
        self._order = question.order
        self._askings: list[Asking] = []
        self._refused: ChannelRefused | None = None
        self._act = "query"

    def hold(self) -> Answered:
        """From making the order, where it is not made yet, to what is known of it."""
        try:
            if self._order.state == "created" and not self._question.ends and (qr := self._make()):
                return self._end(qr=qr)
            return self._ask_after()
        except Unavailable as trouble:
            self._note(self._act, "no_answer", str(trouble))
            return self._end(problem=str(trouble))

    def _ask_after(self) -> Answered:
        told = self._tell()
        if told is None:
            return self._end(problem=str(self._refused))
        if told.state not in (State.PENDING, State.MISSING):
            return self._end(told=told)
        if self._question.ends or self._refused is not None:
            return self._end(told=told, is_closed=self._close(told))
        if not self._order.qr and (qr := self._make()):
            return self._end(told=told, qr=qr)
        # Refused now: the next round looks whether it is there all the same, and closes it.
        return self._end(told=told, is_closed=self._refused is not None and told.state is State.MISSING)

    def _make(self) -> str:
        """The QR code, "" where the provider says no."""
        self._act = "create"
        wish = Wish(
            number=self._order.number,
            amount_fen=self._order.amount_fen,
            title=self._question.title,
            expires_at=self._order.expires_at,
            notify_url=f"{settings().public_url}/channel/callbacks/{self._channel.code}",
        )
        try:
            made = self._channel.order(wish)
        except ChannelRefused as refused:
            self._refused = refused
            self._note("create", "refused", str(refused), refused.raw)
            return ""
        self._note("create", "made", raw=made.raw)
        return made.qr

    def _tell(self) -> Told | None:
        self._act = "query"
        try:
            told = self._channel.tell(self._order.number)
        except ChannelRefused as refused:
            self._refused = refused
            self._note("query", "refused", str(refused), refused.raw)
            return None
        self._note("query", told.state.value, told.words, told.raw)
        return told

    def _close(self, told: Told) -> bool:
        """Whether nobody can pay the order any more.

        What nobody knows cannot be closed, and a code that was handed out can be scanned until it expires.
        """
        if told.state is State.MISSING:
            return self._order.is_expired or (self._refused is not None and not self._order.qr)
        self._act = "close"
        try:
            self._channel.close(self._order.number)
        except ChannelRefused as refused:
            self._note("close", "refused", str(refused), refused.raw)
            return False
        self._note("close", "closed")
        return True

    def _note(self, act: str, outcome: str, words: str = "", raw: str = "") -> None:
        self._askings.append(Asking(act=act, outcome=outcome, words=words, raw=raw))

    def _end(self, *, told: Told | None = None, qr: str = "", is_closed: bool = False, problem: str = "") -> Answered:
        return Answered(
            askings=tuple(self._askings),
            told=told,
            qr=qr,
            is_closed=is_closed,
            refused=self._refused,
            problem=problem or (str(self._refused) if self._refused else ""),
        )


def record(sitting: Sitting, question: Question, answered: Answered) -> None:
    """Write down what was asked and what it led to; a callback may have been faster, then only that it was asked."""
    case = cases.lock_one(sitting.session, question.order.application_id)
    suspense.take_turns(sitting.session, sitting.tenant)
    order = orders.load(sitting.session, question.order.id)
    orders.write_down(sitting.session, sitting.tenant, order, answered.askings)
    told = answered.told
    if told is not None and told.state not in (State.PENDING, State.MISSING):
        key = f"{order.channel}:{order.number}:{told.words}:{told.transaction}"
        order_money.learn(sitting, told, order, Source(channel=order.channel, how="query", case_key=key))
        order = orders.load(sitting.session, order.id)
    if not order.is_live:
        return
    if answered.refused is not None:
        _report(
            sitting,
            order,
            kind="channel_refuses",
            key=f"{order.channel}:{answered.refused.code}:{sitting.today}",
            reason=f"{NAMES[order.channel]}不受理订单 {order.number}：{answered.refused}",
        )
    if answered.is_closed:
        orders.settle(sitting.session, order.id, state="closed", at=sitting.now, problem=answered.problem)
        log.info("channel_order_closed", application=case.number, order=order.number, problem=answered.problem)
        return
    qr = answered.qr or order.qr
    is_known = told is not None or bool(answered.qr)
    orders.go_on(
        sitting.session,
        order,
        state="pending" if qr and is_known else "unknown",
        qr=qr,
        problem=answered.problem,
        pause_s=pause(order.asked + 1),
    )
    if order.asked + 1 >= ASKED_BEFORE_CASE:
        _report(
            sitting,
            order,
            kind="channel_unknown",
            key=str(order.id),
            reason=f"{NAMES[order.channel]}订单 {order.number} 询问 {order.asked + 1} 次仍无结果，"
            "将继续每小时询问；请向渠道核实",
        )


def _report(sitting: Sitting, order: OrderRow, *, kind: str, key: str, reason: str) -> None:
    attention.open_case(
        sitting.session,
        sitting.tenant,
        kind=kind,
        key=key,
        reason=reason,
        application_id=order.application_id,
        data={"order": order.number},
    )


# Looking.


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedChannel:
    """A channel that a bill can be paid by, with the bill's order there; `shown` says that its code may be scanned."""

    code: str
    name: str
    order: OrderRow | None
    shown: bool


def own_order(sitting: Sitting, *, order_id: UUID, account: AccountRow) -> tuple[OrderRow, bool]:
    """An order that somebody opened, and whether its code may be scanned. Raises `NotFound` for somebody else's."""
    order = orders.load(sitting.session, order_id)
    if order.opened_by != account.id:
        raise NotFound("没有这笔支付订单")
    return order, _is_shown(order)


def offered(sitting: Sitting, bill_id: UUID) -> tuple[OfferedChannel, ...]:
    """The city's channels with the latest order of a bill at each."""
    latest: dict[str, OrderRow] = {}
    for order in orders.of_bill(sitting.session, bill_id):
        latest.setdefault(order.channel, order)
    return tuple(
        OfferedChannel(code=code, name=name, order=latest.get(code), shown=_is_shown(latest.get(code)))
        for code, name in names(settings()).items()
    )


def _is_shown(order: OrderRow | None) -> bool:
    return bool(order and order.is_live and order.qr and not order.is_closing and not order.is_expired)
