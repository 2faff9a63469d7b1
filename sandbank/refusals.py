"""Why the bank says no: each refusal with its HTTP status, a title and the way out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field."""

    field: str
    problem: str


class Declined(Exception):
    """The bank cannot do that; `title` and `way_out` are shown to the payer."""

    status = 400
    title = "暂时不能办理"
    way_out = "请核对后重试。"


class Malformed(Declined):
    """Something typed is wrong; every problem stands beside its field."""

    status = 422
    title = "填写的内容有误"
    way_out = "请按提示修改后重新提交。"

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("；".join(f"{each.field}：{each.problem}" for each in problems))


class UnknownCode(Declined):
    """Yidan knows no bill with this code."""

    status = 404
    title = "没有找到这个缴款码"
    way_out = "请对照缴费通知书核对 20 位缴款码；确认无误仍查不到的，请联系出具通知书的窗口。"


class BillVoided(Declined):
    """The bill has been called back."""

    status = 409
    title = "这张缴费通知书已作废"
    way_out = "请勿缴款。请到一单平台查看新的缴费通知书，或联系出具通知书的窗口。"


class AlreadyPaid(Declined):
    """The bill has been paid, here or elsewhere."""

    status = 409
    title = "这张缴费通知书已缴"
    way_out = "无需重复缴款。"


class BillChanged(Declined):
    """The bill is no longer the one that the payer saw."""

    status = 409
    title = "缴费通知书刚刚有变化"
    way_out = "请核对新的内容后再确认缴款；本次没有扣款。"


class KeyReused(Declined):
    """The same idempotency key came with another request."""

    status = 422
    title = "idempotency_key 已用于另一笔缴款"
    way_out = "同一个 idempotency_key 只能重复同样的请求；新的缴款请换一个。"


class PageExpired(Declined):
    """The form is too old, or it is not ours."""

    status = 400
    title = "页面已过期"
    way_out = "本次没有扣款。请重新输入缴款码。"


class MerchantUnreachable(Declined):
    """Yidan does not answer, or not in the words of the contract."""

    status = 503
    title = "暂时联系不上收费单位"
    way_out = "本次没有扣款。请稍后用同一缴款码再试；不会重复扣款。"
