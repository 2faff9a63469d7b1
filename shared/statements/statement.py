"""A statement and its lines, in one shape whatever bank or channel wrote them; amounts are whole 分, in positive.

A line is a tuple, because a month has a million of them and `COPY` takes tuples as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from shared.domain.errors import Invalid, Problem
from shared.domain.money import plain

WECHAT_TRADE: Final = "wechat_trade"
WECHAT_FUND: Final = "wechat_fund"
ALIPAY_DETAIL: Final = "alipay_detail"
BANK_TABLE: Final = "bank_csv"
BANK_WORKBOOK: Final = "bank_xlsx"
CAMT_053: Final = "camt_053"
MT940: Final = "mt940"
FORMAT_NAMES: Final = {
    WECHAT_TRADE: "微信支付交易账单（ALL）",
    WECHAT_FUND: "微信支付资金账单",
    ALIPAY_DETAIL: "支付宝业务明细",
    BANK_TABLE: "银行明细 CSV",
    BANK_WORKBOOK: "银行明细 XLSX",
    CAMT_053: "camt.053",
    MT940: "MT940",
}

# What a line is; the sign of its amount says where the money went.
BOOKED: Final = "booked"  # a bank's movement; what it was for, only its texts say
PAID: Final = "paid"
REFUNDED: Final = "refunded"
REVERSED: Final = "reversed"
FEE: Final = "fee"
MOVED: Final = "moved"  # between the city's own accounts: withdrawal, top-up
# How far the channel is with it.
DONE: Final = "done"
PENDING: Final = "pending"
FAILED: Final = "failed"

#: So many problems are told one by one; the rest are counted.
PROBLEMS_MAX: Final = 200


class StatementLine(NamedTuple):
    """One movement. `amount_fen` is positive for money that came in; `booked_at` is a moment in China.

    `bank_reference` is the sender's number for the movement, `order_no` ours as the sender repeats it. `payment_code`
    is the one 20-digit number in the order number and the words, or "". The payer is the other side, also where money
    went out. The same movement of the same account has the same `digest` in whatever file it comes again.
    """

    line_no: int
    kind: str
    state: str
    bank_reference: str
    order_no: str
    booked_at: datetime
    booked_on: date
    amount_fen: int
    balance_fen: int | None
    fee_fen: int
    payment_code: str
    payer_name: str
    payer_account: str
    words: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class LineProblem:
    """One thing wrong at one place: the line as a person counts it in the file (0: the file as a whole)."""

    line_no: int
    column: str
    problem: str

    @property
    def place(self) -> str:
        """第 12 行“余额”"""
        return (f"第 {self.line_no} 行" if self.line_no else "文件") + (f"“{self.column}”" if self.column else "")


class StatementRefused(Invalid):
    """The file is not imported, not even in part; `lines` are the first problems, `count` is how many there are."""

    def __init__(self, lines: Iterable[LineProblem], *, count: int | None = None) -> None:
        self.lines = tuple(lines)
        self.count = len(self.lines) if count is None else count
        super().__init__([Problem(each.place, each.problem) for each in self.lines])


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A whole file that holds together. Balances are None where the format gives none.

    `checked` says in words what of the file was proven by itself, `unchecked` what it gives no means to prove.
    `lines` is empty where the lines were streamed.
    """

    provider: str
    format: str
    account: str
    currency: str
    first_on: date | None
    last_on: date | None
    opening_fen: int | None
    closing_fen: int | None
    credits_fen: int
    debits_fen: int
    line_count: int
    checked: tuple[str, ...]
    unchecked: tuple[str, ...]
    lines: tuple[StatementLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a person sees before anything is kept: first good lines, first problems, and how many there are."""

    good: tuple[StatementLine, ...]
    bad: tuple[LineProblem, ...]
    good_count: int
    problem_count: int
    statement: Statement | None


def against(
    statement: Statement,
    *,
    account: str | None = None,
    opening_fen: int | None = None,
    closing_fen: int | None = None,
    credits_fen: int | None = None,
    debits_fen: int | None = None,
    line_count: int | None = None,
) -> tuple[LineProblem, ...]:
    """Where a statement differs from what is known from elsewhere: the day before, the bank's page, its totals file.

    A file cut off between two lines may hold together; only its neighbours can tell.
    """
    known = (
        ("账户", account, statement.account),
        ("期初余额", opening_fen, statement.opening_fen),
        ("期末余额", closing_fen, statement.closing_fen),
        ("收入合计", credits_fen, statement.credits_fen),
        ("支出合计", debits_fen, statement.debits_fen),
        ("笔数", line_count, statement.line_count),
    )
    return tuple(
        LineProblem(0, name, f"应为 {_shown(wanted, name)}，文件中为 {_shown(found, name)}；文件可能不完整或不是这一份")
        for name, wanted, found in known
        if wanted is not None and found is not None and wanted != found
    )


def _shown(value: int | str, name: str) -> str:
    return plain(value) if isinstance(value, int) and name != "笔数" else str(value)
