"""What WeChat Pay and Alipay let a merchant download: whole by their own totals, or refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from bank_files import CODE, MERCHANT, Order, alipay, at, detected, reading_of, wechat_fund, wechat_trade

from shared.statements.statement import FEE, PAID, PENDING, REFUNDED, StatementRefused

ONE = Order()
COMMAS = replace(ONE, number="4200000002", ours=f"{CODE}-2", goods="基础设施配套费,一期,二期")
BACK = Order(fen=-40_00, number="4200000001", refund="50300806962021020105978994968", fee_units=-24_000)


def problems(content: bytes) -> list[tuple[int, str, str]]:
    with pytest.raises(StatementRefused) as refused:
        reading_of(content)
    return [(each.line_no, each.column, each.problem) for each in refused.value.lines]


class TestATradeBill:
    def test_has_orders_and_refunds_with_their_fees(self) -> None:
        statement = reading_of(wechat_trade([ONE, BACK]))

        paid, refunded = statement.lines
        assert (statement.provider, statement.account, statement.opening_fen) == ("wechat", MERCHANT, None)
        assert (paid.kind, paid.amount_fen, paid.fee_fen, paid.payment_code) == (PAID, 100_00, 60, CODE)
        assert (paid.bank_reference, paid.order_no) == (ONE.number, ONE.ours)
        assert (refunded.kind, refunded.amount_fen, refunded.fee_fen) == (REFUNDED, -40_00, -24)
        assert (refunded.bank_reference, refunded.order_no) == (BACK.refund, f"R{BACK.ours}")
        assert refunded.payment_code == CODE
        assert (statement.credits_fen, statement.debits_fen) == (100_00, 40_00)

    def test_says_that_it_has_no_balances(self) -> None:
        statement = reading_of(wechat_trade([ONE]))

        assert statement.checked == ("合计与明细相符",)
        assert statement.unchecked == ("文件没有余额，期初与期末无从核对",)

    def test_may_have_names_with_commas(self) -> None:
        assert reading_of(wechat_trade([COMMAS])).lines[0].words == "基础设施配套费,一期,二期"

    def test_keeps_a_refund_that_is_under_way_as_such(self) -> None:
        content = wechat_trade([BACK]).replace(b"`SUCCESS,", b"`PROCESSING,")

        assert reading_of(content).lines[0].state == PENDING

    def test_may_have_no_lines(self) -> None:
        assert reading_of(wechat_trade([])).line_count == 0

    @pytest.mark.parametrize(
        ("name", "stated"),
        [
            ("总交易单数", "3"),
            ("应结订单总金额", "100.01"),
            ("退款总金额", "0.00"),
            ("手续费总金额", "0.36001"),
            ("订单总金额", "99.00"),
            ("申请退款总金额", "40.10"),
        ],
    )
    def test_is_refused_when_a_total_lies(self, name: str, stated: str) -> None:
        ((line_no, column, _),) = problems(wechat_trade([ONE, BACK], totals={name: stated}))

        assert (line_no, column) == (5, name)

    def test_is_read_where_a_spreadsheet_made_the_count_a_decimal(self) -> None:
        assert reading_of(wechat_trade([ONE], totals={"总交易单数": "1.0"})).line_count == 1

    def test_without_its_totals_is_refused(self) -> None:
        assert problems(wechat_trade([ONE], tail=False)) == [(0, "总交易单数", "文件末尾没有合计行，可能没有下载完整")]

    @pytest.mark.parametrize(
        ("old", "new", "column"),
        [
            ("`CNY", "`USD", "货币种类"),
            ("`SUCCESS", "`CLOSED", "交易状态"),
            ("`2024-03-01 10:00:00", "`1900-01-01 00:00:00", "交易时间"),
            ("`100.00,`0.00,`0", "`0.00,`0.00,`0", "应结订单金额"),
            ("`100.00,`0.00,`0", "`-1.00,`0.00,`0", "应结订单金额"),
            (f"`{ONE.number}", "`", "微信订单号"),
        ],
    )
    def test_with_a_wrong_value_is_refused_at_its_line(self, old: str, new: str, column: str) -> None:
        content = wechat_trade([COMMAS, ONE]).decode("utf-8-sig")
        place = content.rindex(old, 0, content.index("总交易单数"))
        content = content[:place] + new + content[place + len(old) :]

        assert problems(content.encode())[0][:2] == (3, column)

    def test_with_an_order_twice_is_refused(self) -> None:
        assert problems(wechat_trade([ONE, ONE]))[0] == (3, "流水号", f"流水号 {ONE.number} 在文件中重复")

    def test_of_two_merchants_is_refused(self) -> None:
        content = wechat_trade([ONE, COMMAS]).replace(MERCHANT.encode(), b"1900000001", 1)

        assert problems(content)[0][:2] == (3, "账户")

    def test_with_a_line_cut_short_is_refused(self) -> None:
        content = wechat_trade([ONE]).replace(b",`0.60%", b"")

        assert "可能被截断" in problems(content)[0][2]


class TestAFundBill:
    def test_has_a_balance_after_each_movement(self) -> None:
        statement = reading_of(wechat_fund([ONE, BACK], opening_fen=5_00))

        assert (statement.opening_fen, statement.closing_fen) == (5_00, 65_00)
        assert [(line.kind, line.amount_fen, line.balance_fen) for line in statement.lines] == [
            (PAID, 100_00, 105_00),
            (REFUNDED, -40_00, 65_00),
        ]
        assert statement.lines[0].payment_code == CODE
        assert statement.unchecked == ()

    def test_knows_the_fee_of_an_order_as_a_movement_of_its_own(self) -> None:
        content = wechat_fund([ONE, replace(ONE, fen=-60)]).decode().replace("`退款,`退款", "`交易,`扣除交易手续费")

        lines = reading_of(content.encode()).lines

        assert [(line.kind, line.bank_reference) for line in lines] == [(PAID, ONE.number), (FEE, ONE.number)]
        assert lines[0].digest != lines[1].digest

    def test_is_refused_where_its_balances_do_not_follow(self) -> None:
        content = wechat_fund([ONE, BACK, COMMAS]).replace(b"`60.00,", b"`61.00,", 1)

        assert problems(content)[0][:2] == (3, "余额")

    def test_is_refused_when_a_total_lies(self) -> None:
        content = wechat_fund([ONE, BACK]).replace(b"`2,`1,`100.00,`1,`40.00", b"`2,`1,`100.00,`1,`40.01")

        assert problems(content)[0][:2] == (5, "支出金额")


class TestAlipaysList:
    def test_has_orders_and_refunds(self) -> None:
        statement = reading_of(alipay([ONE, replace(BACK, refund="HZ01RF002")]))

        paid, refunded = statement.lines
        assert (statement.provider, statement.account) == ("alipay", f"{MERCHANT}0156")
        assert (paid.line_no, paid.amount_fen, paid.fee_fen) == (6, 100_00, 60)
        assert (paid.bank_reference, paid.order_no, paid.payment_code) == (ONE.number, ONE.ours, CODE)
        assert paid.booked_at == at("2024-03-01 10:00:00")
        assert (refunded.kind, refunded.amount_fen) == (REFUNDED, -40_00)
        assert refunded.bank_reference == f"{BACK.number}-HZ01RF002"
        assert statement.first_on == date(2024, 3, 1)

    def test_is_found_to_be_in_gbk(self) -> None:
        assert detected(alipay([ONE])).encoding == "gb18030"

    def test_without_its_end_mark_is_refused(self) -> None:
        assert "没有下载完整" in problems(alipay([ONE], end=False))[0][2]

    @pytest.mark.parametrize(("old", "new"), [("合计：1笔", "合计：2笔"), ("实收共100.00", "实收共100.01")])
    def test_is_refused_when_a_sum_lies(self, old: str, new: str) -> None:
        content = alipay([ONE]).decode("gb18030").replace(old, new, 1).encode("gb18030")

        assert [each[0] for each in problems(content)] == [8]

    @pytest.mark.parametrize(
        ("old", "new", "column"),
        [
            ("交易,政务", "转账,政务", "业务类型"),
            (",100.00,100.00,", ",100.00,-100.00,", "商家实收（元）"),
            (",100.00,100.00,", ",0.00,0.00,", "商家实收（元）"),
            ("10:00:00,,", "x,,", "完成时间"),
        ],
    )
    def test_with_a_wrong_value_is_refused_at_its_line(self, old: str, new: str, column: str) -> None:
        content = alipay([ONE]).decode("gb18030").replace(old, new, 1).encode("gb18030")

        assert problems(content)[0][:2] == (6, column)

    def test_with_the_same_order_twice_is_refused(self) -> None:
        assert problems(alipay([ONE, ONE]))[0][:2] == (7, "流水号")
