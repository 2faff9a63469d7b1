"""Taking a payment: ask Yidan what is owed, take exactly that, once.

The amount never comes from the payer's side; whoever repeats a request gets the first answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbank.book import Book, Payment
from sandbank.merchant import Bill, BillStatus, Merchant
from sandbank.refusals import (
    AlreadyPaid,
    BillChanged,
    BillVoided,
    Declined,
    KeyReused,
    Malformed,
    Problem,
)

CHANNELS = ("网上银行", "手机银行", "银行柜面", "POS机")

_SEPARATORS = re.compile(r"[\s\-\u00b7\u2013\u2014]+")
_TWENTY_DIGITS = re.compile(r"(?<![0-9])[0-9]{20}(?![0-9])")
_ACCOUNT = re.compile(r"[0-9]{12,24}")
_KEY = re.compile(r"[\x21-\x7e]{8,128}")


@dataclass(frozen=True, slots=True)
class Account:
    """A made-up account; without a holder it belongs to whoever the bill is for."""

    number: str
    name: str
    holder: str = ""

    @property
    def masked(self) -> str:
        """Enough to recognise it, not enough to copy it."""
        return f"{self.number[:4]} **** {self.number[-4:]}"


ACCOUNTS = (
    Account("6229080371000010018", "基本存款账户"),
    Account("6229080371000010026", "一般存款账户"),
    Account("6229080371000020017", "委托代缴账户", holder="瀚海市诚信工程代理有限公司"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the payer wants, in the right form but not yet looked up."""

    payment_code: str
    account: str
    channel: str
    idempotency_key: str

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        if not re.fullmatch(r"[0-9]{20}", self.payment_code):
            problems.append(Problem("payment_code", "缴款码应为 20 位数字"))
        if not _ACCOUNT.fullmatch(self.account):
            problems.append(Problem("account", "请选择付款账户（12 至 24 位数字）"))
        if self.channel not in CHANNELS:
            problems.append(Problem("channel", f"请选择缴款渠道：{'、'.join(CHANNELS)}"))
        if not _KEY.fullmatch(self.idempotency_key):
            problems.append(Problem("idempotency_key", "应为 8 至 128 个可见 ASCII 字符"))
        if problems:
            raise Malformed(*problems)


def payment_code_in(typed: str) -> str:
    """The code in what was typed, pasted or scanned: spaces and dashes go, the address of a QR code may stand round it.

    Raises `Malformed` if there is none, or more than one.
    """
    found: set[str] = set(_TWENTY_DIGITS.findall(typed))
    found = found or set(_TWENTY_DIGITS.findall(_SEPARATORS.sub("", typed)))
    if len(found) != 1:
        raise Malformed(Problem("code", "请输入缴费通知书上的 20 位数字缴款码"))
    return found.pop()


def bill_to_pay(book: Book, merchant: Merchant, payment_code: str) -> Bill:
    """What is owed on this code now. Raises `AlreadyPaid`, `BillVoided`, or what the merchant raises."""
    # Our own book first: Yidan may not have heard of the payment yet.
    if book.find_by_code(payment_code):
        raise AlreadyPaid
    bill = merchant.bill(payment_code)
    if bill.status is BillStatus.PAID:
        raise AlreadyPaid
    if bill.status is BillStatus.VOID:
        raise BillVoided
    if bill.amount_fen == 0:
        raise NothingOwed
    return bill


def pay(
    book: Book,
    merchant: Merchant,
    order: Order,
    *,
    amount_shown_fen: int | None = None,
    duplicate_percent: int = 0,
    delay_s: float = 0,
) -> Payment:
    """Take the payment once per idempotency key and once per code.

    May be repeated: the same key gives the same payment for ever, even when Yidan is down.
    Raises `KeyReused` for the same key with another order, `BillChanged` if the payer was
    shown another amount, and what `bill_to_pay` raises.
    """
    if earlier := book.find_by_key(order.idempotency_key):
        return _same(earlier, order)
    bill = bill_to_pay(book, merchant, order.payment_code)
    if amount_shown_fen is not None and amount_shown_fen != bill.amount_fen:
        raise BillChanged
    holder = next((each.holder for each in ACCOUNTS if each.number == order.account), "")
    payment = book.record(
        bill=bill,
        account=order.account,
        payer_name=holder or bill.payer_name,
        channel=order.channel,
        idempotency_key=order.idempotency_key,
        duplicate_percent=duplicate_percent,
        delay_s=delay_s,
    )
    if payment:
        return payment
    if earlier := book.find_by_key(order.idempotency_key):
        return _same(earlier, order)
    raise AlreadyPaid


def _same(earlier: Payment, order: Order) -> Payment:
    if (earlier.payment_code, earlier.account, earlier.channel) != (order.payment_code, order.account, order.channel):
        raise KeyReused
    return earlier


class NothingOwed(Declined):
    """The bill comes to 0.00: every line is exempt or zero."""

    status = 409
    title = "这张缴费通知书无需缴款"
    way_out = "应缴合计为 0.00 元。"
