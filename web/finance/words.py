"""How money, bills and what went wrong are called on the finance pages; the stored words are codes."""

from __future__ import annotations

from flask_babel import gettext

from web.components import Tag, Tone

#: Natures by the account that their money goes to; only treasury money is 财政收入.
ACCOUNT_OF_NATURE = {
    "government_fund": "treasury",
    "administrative_charge": "treasury",
    "agency_collection": "agency",
    "deposit": "deposit",
}


def bill_tag(status: str, *, is_overdue: bool = False) -> Tag:
    """A bill's state."""
    if status in ("issued", "part_paid") and is_overdue:
        return Tag(gettext("逾期未缴"), Tone.RED)
    return {
        "issued": Tag(gettext("待缴"), Tone.AMBER),
        "part_paid": Tag(gettext("部分已缴"), Tone.AMBER),
        "paid": Tag(gettext("已缴"), Tone.GREEN, is_quiet=True),
        "refunded": Tag(gettext("已退费"), Tone.GREY),
        "nothing_due": Tag(gettext("无需缴纳"), Tone.GREY, is_quiet=True),
        "void": Tag(gettext("作废"), Tone.GREY),
    }[status]


def nature_words(nature: str) -> str:
    """A nature of money."""
    names: dict[str, str] = {
        "government_fund": gettext("政府性基金"),
        "administrative_charge": gettext("行政事业性收费"),
        "agency_collection": gettext("代收代拨"),
        "deposit": gettext("保证金"),
    }
    return names[nature]


def account_words(account: str) -> str:
    """An account of the books."""
    names: dict[str, str] = {
        "treasury": gettext("国库"),
        "agency": gettext("代收专户"),
        "deposit": gettext("保证金专户"),
        "subsidy": gettext("财政补助"),
        "suspense": gettext("待查款"),
        "credit": gettext("预存款"),
        "guarantee": gettext("保函"),
        "bank": gettext("银行存款"),
        "bank:agency": gettext("代收专户存款"),
        "interest": gettext("应收利息"),
        "channel_fee": gettext("渠道手续费（市级承担）"),
    }
    if account.startswith("channel:"):
        return str(gettext("渠道待清算 %(channel)s", channel=account.removeprefix("channel:")))
    return names.get(account, account)


def account_note(account: str) -> str:
    """Whether money on an account counts as income of the treasury."""
    notes: dict[str, str] = {
        "treasury": gettext("财政收入"),
        "agency": gettext("不计财政收入"),
        "deposit": gettext("可退还，不计财政收入"),
    }
    return notes[account]


def fund_words(fund: str) -> str:
    """The budget that money belongs to."""
    names: dict[str, str] = {
        "government_funds": gettext("政府性基金预算"),
        "general": gettext("一般公共预算"),
        "held": gettext("代管资金"),
    }
    return names[fund]


def payer_words(payer: str) -> str:
    """Who a bill is for."""
    return str(gettext("建设单位") if payer == "developer" else gettext("施工总承包单位"))


def kind_tag(kind: str) -> Tag:
    """What sort of attention a case needs."""
    return {
        "callback_refused": Tag(gettext("回调被拒"), Tone.RED),
        "payment_refused": Tag(gettext("款项不符"), Tone.AMBER),
        "channel_refuses": Tag(gettext("渠道不受理"), Tone.RED),
        "channel_unknown": Tag(gettext("渠道无结果"), Tone.RED),
        "objected_after_bill": Tag(gettext("出单后不予同意"), Tone.RED),
        "refund_due": Tag(gettext("应退费"), Tone.RED),
        "refund_differs": Tag(gettext("退费金额不符"), Tone.RED),
        "bill_unpaid": Tag(gettext("逾期未缴"), Tone.RED),
        "guarantee_expiring": Tag(gettext("保函将到期"), Tone.AMBER),
        "guarantee_expired": Tag(gettext("保函已到期"), Tone.RED),
        "commitment_late": Tag(gettext("承诺逾期"), Tone.RED),
        "commitment_failed": Tag(gettext("承诺未履行"), Tone.RED),
        "correction_unanswered": Tag(gettext("补正逾期"), Tone.RED),
        "work_dead": Tag(gettext("后台任务停止"), Tone.RED),
        "unprintable": Tag(gettext("文书缺字"), Tone.AMBER),
        "notice_failed": Tag(gettext("通知未送达"), Tone.AMBER),
        "clock_failed": Tag(gettext("到期提醒失败"), Tone.RED),
        "meeting_due": Tag(gettext("应召开联席会议"), Tone.RED),
        "no_officer": Tag(gettext("无人办理"), Tone.RED),
        "calendar_missing": Tag(gettext("缺少工作日历"), Tone.RED),
    }[kind]


def outcome_tag(outcome: str) -> Tag:
    """What became of a callback."""
    return {
        "received": Tag(gettext("待入账"), Tone.BLUE),
        "posted": Tag(gettext("已入账"), Tone.GREEN, is_quiet=True),
        "refused": Tag(gettext("未入账"), Tone.RED),
    }[outcome]


def order_tag(state: str) -> Tag:
    """Where an order at a payment channel stands."""
    return {
        "created": Tag(gettext("正在下单"), Tone.BLUE),
        "pending": Tag(gettext("待支付"), Tone.AMBER),
        "unknown": Tag(gettext("结果不明"), Tone.RED),
        "paid": Tag(gettext("已支付"), Tone.GREEN, is_quiet=True),
        "closed": Tag(gettext("已关闭")),
    }[state]


def asking_words(act: str, outcome: str) -> str:
    """One request to a payment channel and its answer in a word."""
    acts: dict[str, str] = {"create": gettext("下单"), "query": gettext("查询"), "close": gettext("关单")}
    outcomes: dict[str, str] = {
        "made": gettext("成功"),
        "paid": gettext("已支付"),
        "pending": gettext("待支付"),
        "missing": gettext("渠道尚无此订单"),
        "refunded": gettext("有退款"),
        "closed": gettext("已关闭"),
        "refused": gettext("渠道不受理"),
        "no_answer": gettext("没有应答"),
    }
    return f"{acts[act]}：{outcomes[outcome]}"


def receipt_tag(state: str) -> Tag:
    """A receipt's state."""
    return {
        "normal": Tag(gettext("正常"), Tone.GREEN, is_quiet=True),
        "reversed": Tag(gettext("已冲红"), Tone.RED),
        "replaced": Tag(gettext("已换开"), Tone.AMBER),
    }[state]


def entry_words(kind: str) -> str:
    """What an entry in the books records."""
    names: dict[str, str] = {
        "payment": gettext("缴款入账"),
        "suspense": gettext("转待查款"),
        "suspense_reversal": gettext("冲回待查款"),
        "payment_reversal": gettext("冲回缴款"),
        "transfer": gettext("划拨"),
        "subsidy": gettext("财政补助入账"),
        "channel_fee": gettext("渠道手续费"),
        "settlement": gettext("渠道结算到银行"),
        "refund": gettext("退费"),
        "interest": gettext("保证金计息"),
        "guarantee_end": gettext("保函到期"),
        "guarantee_renewal": gettext("保函续保"),
    }
    return names.get(kind, kind)
