"""How refunds and deposits are called on pages; the stored words are codes."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext

from shared.db.queries.refunds import DepositView, RefundView
from web.components import Tag, TimelineEvent, Tone
from web.filters import moment, money


def refund_tag(state: str) -> Tag:
    """Where a refund stands."""
    return {
        "checking": Tag(gettext("执收单位核对中"), Tone.BLUE),
        "asked": Tag(gettext("待审批"), Tone.AMBER),
        "approved": Tag(gettext("已批准，待付款"), Tone.AMBER),
        "sent": Tag(gettext("已付出，待银行确认"), Tone.BLUE),
        "paid": Tag(gettext("已付讫"), Tone.GREEN, is_quiet=True),
        "failed": Tag(gettext("银行退回"), Tone.RED),
        "declined": Tag(gettext("不予退费"), Tone.GREY),
    }[state]


def refund_words(kind: str) -> str:
    """What kind of refund it is."""
    names: dict[str, str] = {
        "treasury": gettext("退库"),
        "agency": gettext("代收款退还"),
        "deposit": gettext("保证金返还"),
        "settlement": gettext("预缴清算退还"),
        "payout": gettext("代收款拨付"),
        "draw": gettext("保证金动用"),
        "credit": gettext("多缴款退还"),
        "return": gettext("待查款退回"),
    }
    return names[kind]


def kinds() -> tuple[str, ...]:
    """Every kind of refund, in the order in which they are listed."""
    return ("treasury", "settlement", "agency", "payout", "deposit", "draw", "credit", "return")


def form_words(form: str) -> str:
    """What a deposit is made of."""
    return str(gettext("保函") if form == "guarantee" else gettext("现金"))


def deposit_tag(deposit: DepositView) -> Tag:
    """Where a deposit stands."""
    if deposit.state == "held" and deposit.notice_ends_on is not None:
        return Tag(gettext("公示中或公示期满"), Tone.BLUE)
    return {
        "offered": Tag(gettext("保函待核对"), Tone.AMBER),
        "declined": Tag(gettext("保函已退回"), Tone.GREY),
        "held": Tag(gettext("在存"), Tone.GREEN, is_quiet=True),
        "releasing": Tag(gettext("返还中"), Tone.BLUE),
        "released": Tag(gettext("已返还"), Tone.GREY, is_quiet=True),
        "expired": Tag(gettext("保函已到期"), Tone.RED),
    }[deposit.state]


def move_words(kind: str) -> str:
    """What happened to a deposit."""
    names: dict[str, str] = {
        "opening": gettext("保函接受"),
        "interest": gettext("计息"),
        "draw": gettext("动用"),
        "completion": gettext("确认完工"),
        "release": gettext("返还"),
        "renewal": gettext("续保"),
        "end": gettext("保函到期"),
    }
    return names[kind]


def move_tag(state: str) -> Tag:
    """Whether an ask about a deposit was answered."""
    return {
        "asked": Tag(gettext("待核对"), Tone.AMBER),
        "done": Tag(gettext("已办"), Tone.GREEN, is_quiet=True),
        "declined": Tag(gettext("已退回"), Tone.RED),
    }[state]


def history(refund: RefundView) -> tuple[TimelineEvent, ...]:
    """What happened to a refund, the latest first."""
    found = list(_history(refund))[::-1]
    return tuple(
        TimelineEvent(each.when, each.what, each.detail, is_latest=place == 0) for place, each in enumerate(found)
    )


def _history(refund: RefundView) -> Iterator[TimelineEvent]:
    yield TimelineEvent(moment(refund.asked_at), gettext("提出申请"), refund.asker or gettext("系统，因办件终止"))
    if refund.checked_at is not None:
        yield TimelineEvent(
            moment(refund.checked_at), gettext("执收单位核对属实"), f"{refund.checker} {refund.check_note}"
        )
    if refund.decided_at is not None:
        what = gettext("不予退费") if refund.state == "declined" else gettext("批准")
        yield TimelineEvent(moment(refund.decided_at), what, f"{refund.decider} {refund.opinion}")
    if refund.sent_at is not None:
        yield TimelineEvent(
            moment(refund.sent_at), gettext("付出指令"), gettext("第 %(count)s 次", count=refund.attempts)
        )
    if refund.failure:
        yield TimelineEvent("", gettext("银行退回"), refund.failure)
    if refund.paid_at is not None:
        paid = gettext(
            "%(amount)s 元，银行流水号 %(number)s", amount=money(refund.amount_fen), number=refund.bank_txn_id
        )
        yield TimelineEvent(moment(refund.paid_at), gettext("付讫"), paid)
