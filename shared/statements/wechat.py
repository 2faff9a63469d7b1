"""WeChat Pay's daily bills: orders and refunds (交易账单 ALL), and the movements of the account (资金账单).

Every value begins with a backtick and nothing is quoted, so a row is split at ",`": names may contain commas.
The totals at the end prove that the file is whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from typing import Final

from shared.statements import cells
from shared.statements.named_rows import Head, NamedRow
from shared.statements.statement import BOOKED, DONE, FAILED, FEE, MOVED, PAID, PENDING, REFUNDED, StatementLine
from shared.statements.tally import Running, Tally

#: What a line needs; WeChat's other columns may come and go.
TRADE_COLUMNS: Final = (
    "交易时间", "商户号", "特约商户号", "微信订单号", "商户订单号", "用户标识", "交易状态", "货币种类", "应结订单金额",
    "微信退款单号", "商户退款单号", "退款金额", "退款状态", "商品名称", "商户数据包", "手续费",
)  # fmt: skip
FUND_COLUMNS: Final = (
    "记账时间", "微信支付业务单号", "资金流水单号", "业务名称", "业务类型", "收支类型", "收支金额(元)", "账户结余(元)",
    "备注", "业务凭证号",
)  # fmt: skip
_TRADE_END: Final = "总交易单数"
_FUND_END: Final = "资金流水总笔数"
# Totals by the column that they add up.
_TRADE_TOTALS: Final = {
    "应结订单总金额": "应结订单金额",
    "退款总金额": "退款金额",
    "充值券退款总金额": "充值券退款金额",
    "手续费总金额": "手续费",
    "订单总金额": "订单金额",
    "申请退款总金额": "申请退款金额",
}
#: 手续费 is written to the fifth decimal, so sums are kept in such units.
_DIGITS: Final = 5
_UNITS_PER_FEN: Final = 10 ** (_DIGITS - 2)
_BATCH: Final = 2000
_REFUND_STATES: Final = {"SUCCESS": DONE, "PROCESSING": PENDING}
_SIGNS: Final = {"收入": 1, "支出": -1}
_FUND_KINDS: Final = {
    "交易": PAID,
    "退款": REFUNDED,
    "扣除交易手续费": FEE,
    "手续费": FEE,
    "提现": MOVED,
    "充值": MOVED,
}


def read_trade(lines: Iterable[tuple[int, str]], tally: Tally) -> Iterator[list[StatementLine]]:
    """交易账单 ALL. The account is the merchant's number; there are no balances, but totals of every column."""
    bill = _Bill(tally, TRADE_COLUMNS, _TRADE_END)
    sums = dict.fromkeys(_TRADE_TOTALS.values(), 0)
    rows = bill.rows(lines)
    count = 0
    while batch := list(islice(rows, _BATCH)):
        count += len(batch)
        for row in batch:
            for name in sums:
                sums[name] += row.read(name, _units) or 0 if row.text(name) else 0
        yield tally.take([line for row in batch if (line := _trade_line(row))], unique_reference=True)
    if totals := bill.totals:
        bill.check(_TRADE_END, count)
        for name, column in _TRADE_TOTALS.items():
            if totals.text(name) and (stated := totals.read(name, _units)) is not None and stated != sums[column]:
                tally.contradiction(totals.number, name, f"文件写的{name}是 {totals.text(name)}，与明细之和不符")


def read_fund(lines: Iterable[tuple[int, str]], tally: Tally) -> Iterator[list[StatementLine]]:
    """资金账单, with a balance after each movement. It does not name the account."""
    bill = _Bill(tally, FUND_COLUMNS, _FUND_END)
    tally.running = Running()
    rows = bill.rows(lines)
    counts = {1: 0, -1: 0}
    while batch := list(islice(rows, _BATCH)):
        found = [line for row in batch if (line := _fund_line(row, tally.account or tally.provider))]
        for line in found:
            counts[1 if line.amount_fen > 0 else -1] += 1
        yield tally.take(found, unique_reference=False)
    if totals := bill.totals:
        bill.check(_FUND_END, tally.line_count)
        bill.check("收入笔数", counts[1])
        bill.check("支出笔数", counts[-1])
        for name, found_fen in (("收入金额", tally.credits_fen), ("支出金额", tally.debits_fen)):
            if (stated_fen := totals.read(name, cells.amount)) is not None:
                tally.total(name, stated_fen, found_fen, totals.number)


@dataclass(slots=True)
class _Bill:
    """Splits a bill into its rows and its totals."""

    tally: Tally
    columns: tuple[str, ...]
    end: str
    totals: NamedRow | None = None

    def rows(self, lines: Iterable[tuple[int, str]]) -> Iterator[NamedRow]:
        """The rows above the totals, whole ones only; a file without head or totals is a problem."""
        head, ending = None, None
        for number, line in lines:
            if not line.strip():
                continue
            values = split(line)
            if self.totals is not None:
                self.tally.problem(number, "", "合计行之后不应再有内容")
            elif ending is not None:
                row = NamedRow(ending, number, values, self.tally)
                self.totals = row if self._is_whole(row) else None
            elif head is None:
                head = Head.of(values)
                if missing := head.missing(self.columns):
                    self.tally.problem(number, "", f"表头缺少列：{'、'.join(missing)}")
                    return
            elif cells.column_name(values[0]) == self.end:
                ending = Head.of(values)
            elif self._is_whole(row := NamedRow(head, number, values, self.tally)):
                yield row
        if head is None:
            self.tally.problem(0, "", "文件中没有表头")
        elif self.totals is None:
            self.tally.problem(0, self.end, "文件末尾没有合计行，可能没有下载完整")
        self.tally.ends_proven = True

    def check(self, name: str, found: int) -> None:
        """A number of rows, as stated in the totals."""
        if self.totals and (stated := self.totals.read(name, cells.count)) is not None:
            self.tally.total(name, stated, found, self.totals.number, money=False)

    def _is_whole(self, row: NamedRow) -> bool:
        if not row.is_whole:
            self.tally.problem(
                row.number, "", f"有 {len(row.values)} 列，表头有 {len(row.head.names)} 列；这一行可能被截断"
            )
        return row.is_whole


def _trade_line(row: NamedRow) -> StatementLine | None:
    before = row.tally.problem_count
    state = row.text("交易状态")
    refunded = state in {"REFUND", "REVOKED"}
    if state not in {"SUCCESS", "REFUND", "REVOKED"}:
        row.problem("交易状态", f"“{state}”不是 SUCCESS、REFUND 或 REVOKED")
    if (currency := row.text("货币种类")) not in cells.CNY_WORDS:
        row.problem("货币种类", f"币种是“{currency}”，这里只收人民币")
    merchant = next((each for each in (row.text("特约商户号"), row.text("商户号")) if each.strip("0")), "")
    row.tally.belongs_to(merchant, row.number)
    money, own = ("退款金额", "微信退款单号") if refunded else ("应结订单金额", "微信订单号")
    amount_fen = row.read(money, cells.amount)
    if amount_fen == 0:
        row.problem(money, "金额为零，不是一笔收支")
    if not (reference := row.text(own)).strip("0"):
        row.problem(own, "没有流水号")
    fee = row.read("手续费", _units)
    booked_at = row.read("交易时间", partial(cells.moment, latest=row.tally.latest))
    if row.tally.problem_count > before or amount_fen is None or fee is None or booked_at is None:
        return None
    order_no = row.text("商户订单号")
    text = cells.joined((row.text("商品名称"), row.text("商户数据包"), f"原订单 {order_no}" if refunded else ""))
    return StatementLine(
        line_no=row.number,
        kind=REFUNDED if refunded else PAID,
        state=_REFUND_STATES.get(row.text("退款状态"), FAILED) if refunded else DONE,
        bank_reference=reference,
        order_no=row.text("商户退款单号") if refunded else order_no,
        booked_at=booked_at,
        booked_on=booked_at.date(),
        amount_fen=-amount_fen if refunded else amount_fen,
        balance_fen=None,
        fee_fen=_rounded(fee),
        payment_code=cells.payment_code(cells.joined((order_no, text))),
        payer_name="",
        payer_account=row.text("用户标识"),
        words=text,
        digest=cells.digest(merchant, reference, -amount_fen if refunded else amount_fen),
    )


def _fund_line(row: NamedRow, account: str) -> StatementLine | None:
    before = row.tally.problem_count
    sign = _SIGNS.get(row.text("收支类型"))
    if sign is None:
        row.problem("收支类型", f"“{row.text('收支类型')}”不是收入或支出")
    amount_fen = row.read("收支金额(元)", cells.amount)
    if amount_fen == 0:
        row.problem("收支金额(元)", "金额为零，不是一笔收支")
    balance_fen = row.read("账户结余(元)", partial(cells.amount, signed=True))
    booked_at = row.read("记账时间", partial(cells.moment, latest=row.tally.latest))
    if row.tally.problem_count > before:
        return None
    if sign is None or amount_fen is None or balance_fen is None or booked_at is None:
        return None
    order_no, reference = row.text("业务凭证号"), row.text("资金流水单号")
    text = cells.joined((row.text("业务名称"), row.text("业务类型"), row.text("备注")))
    # One order's payment, fee and refund may share a number, so the movement is known by everything.
    known = (reference, sign * amount_fen, booked_at, balance_fen, row.text("微信支付业务单号"), order_no, text)
    return StatementLine(
        line_no=row.number,
        kind=_FUND_KINDS.get(row.text("业务类型"), BOOKED),
        state=DONE,
        bank_reference=reference,
        order_no=order_no,
        booked_at=booked_at,
        booked_on=booked_at.date(),
        amount_fen=sign * amount_fen,
        balance_fen=balance_fen,
        fee_fen=0,
        payment_code=cells.payment_code(cells.joined((order_no, text))),
        payer_name="",
        payer_account="",
        words=text,
        digest=cells.digest(account, *known),
    )


def split(line: str) -> list[str]:
    """The values of a row, or the names of a head."""
    text = line.removeprefix("\ufeff").rstrip()
    return text[1:].split(",`") if text.startswith("`") else text.split(",")


@lru_cache(maxsize=4096)
def _units(text: str) -> int:
    return cells.fraction(text, digits=_DIGITS)


def _rounded(units: int) -> int:
    """分, half up away from zero; the exact fee is in the fund bill, where it is taken."""
    fen = (abs(units) + _UNITS_PER_FEN // 2) // _UNITS_PER_FEN
    return fen if units >= 0 else -fen
