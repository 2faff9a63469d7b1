"""Alipay's 业务明细: GBK, lines of "#" round the list, numbers that end in a TAB, a mark where the list ends.

There are no balances. The mark, and the sums that may follow it, prove that the file is whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from shared.statements import cells
from shared.statements.delimited import Rows
from shared.statements.named_rows import Head, NamedRow
from shared.statements.statement import DONE, PAID, REFUNDED, StatementLine
from shared.statements.tally import Tally

COLUMNS: Final = (
    "支付宝交易号", "商户订单号", "业务类型", "商品名称", "完成时间", "对方账户", "订单金额（元）", "商家实收（元）",
    "退款批次号/请求号", "服务费（元）", "备注",
)  # fmt: skip
_END: Final = "业务明细列表结束"
_ACCOUNT = re.compile(r"#账号[:：]\[([0-9A-Za-z@._-]+)\]")
# "#交易合计：2笔，商家实收共0.02元，商家优惠共0.00元", "#退款合计：1笔，商家实收退款共-0.01元，…"
_SUM = re.compile(r"#+(交易|退款)合计[:：]([0-9]+)笔[,，][^0-9,，-]*(-?[0-9,]+(?:\.[0-9]+)?)元.*")


def read(batches: Iterable[Rows], tally: Tally) -> Iterator[list[StatementLine]]:
    """Lines by batches; what stands after the end mark is compared with them."""
    head: Head | None = None
    ended = False
    counted = {PAID: [0, 0], REFUNDED: [0, 0]}
    for numbers, rows in batches:
        found = []
        for number, values in zip(numbers, rows, strict=True):
            first = values[0].strip().lstrip("\ufeff")
            if not any(map(str.strip, values)):
                continue
            if first.startswith("#"):
                ended = ended or _END in first
                _beside(",".join(values).strip(), number, counted, tally)
            elif ended:
                tally.problem(number, "", "结束标记之后不应再有明细")
            elif head is None:
                head = Head.of(values)
                if missing := head.missing(COLUMNS):
                    tally.problem(number, "", f"表头缺少列：{'、'.join(missing)}")
                    return
            elif line := _line(NamedRow(head, number, values, tally)):
                counted[line.kind][0] += 1
                counted[line.kind][1] += line.amount_fen
                found.append(line)
        yield tally.take(found, unique_reference=True)
    if not ended:
        tally.problem(0, "", f"文件末尾没有“{_END}”，可能没有下载完整")
    tally.ends_proven = True
    tally.checked["文件有结束标记"] = None


def _beside(text: str, number: int, counted: dict[str, list[int]], tally: Tally) -> None:
    """What a "#" line says: the account, a sum."""
    if account := _ACCOUNT.match(text):
        tally.belongs_to(account[1], number)
    elif stated := _SUM.fullmatch(text):
        count, total_fen = counted[PAID if stated[1] == "交易" else REFUNDED]
        tally.total(f"{stated[1]}笔数", cells.count(stated[2]), count, number, money=False)
        tally.total(f"{stated[1]}商家实收", cells.amount(stated[3], signed=True), total_fen, number)


def _line(row: NamedRow) -> StatementLine | None:
    before = row.tally.problem_count
    if not row.is_whole:
        row.problem("", f"有 {len(row.values)} 列，表头有 {len(row.head.names)} 列；这一行可能被截断")
        return None
    refunded = row.text("业务类型") == "退款"
    if not refunded and row.text("业务类型") != "交易":
        row.problem("业务类型", f"“{row.text('业务类型')}”不是交易或退款")
    amount_fen = row.read("商家实收（元）", partial(cells.amount, signed=True))
    if amount_fen is not None and (amount_fen == 0 or (amount_fen < 0) != refunded):
        row.problem("商家实收（元）", "交易应为正数，退款应为负数，不能为零")
    fee_fen = row.read("服务费（元）", partial(cells.amount, signed=True))
    booked_at = row.read("完成时间", partial(cells.moment, latest=row.tally.latest))
    reference = "-".join(filter(None, (row.text("支付宝交易号"), row.text("退款批次号/请求号") if refunded else "")))
    if not reference:
        row.problem("支付宝交易号", "没有流水号")
    if row.tally.problem_count > before or amount_fen is None or fee_fen is None or booked_at is None:
        return None
    order_no = row.text("商户订单号")
    text = cells.joined((row.text("商品名称"), row.text("备注")))
    return StatementLine(
        line_no=row.number,
        kind=REFUNDED if refunded else PAID,
        state=DONE,
        bank_reference=reference,
        order_no=order_no,
        booked_at=booked_at,
        booked_on=booked_at.date(),
        amount_fen=amount_fen,
        balance_fen=None,
        # Alipay writes what it keeps as a negative number.
        fee_fen=-fee_fen,
        payment_code=cells.payment_code(cells.joined((order_no, text))),
        payer_name="",
        payer_account=row.text("对方账户"),
        words=text,
        digest=cells.digest(row.tally.account or row.tally.provider, reference, amount_fen),
    )
