"""Payment channels: their orders, keys and callbacks."""

from typing import Final

TABLE: Final = (
    (r"本市没有开通这个支付渠道", "the city does not have this payment channel"),
    (r"这张缴费通知书不在待缴状态", "nothing can be paid on this bill now"),
    (r"上一张二维码正在关闭，请稍后再试", "the last QR code is still being closed; try again in a while"),
    (r"没有这笔支付订单", "there is no such payment order"),
)
