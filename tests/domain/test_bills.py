"""One bill per payer: nothing lost between lines and bills, and every line on exactly one bill."""

import pytest

from shared.domain.bills import DrawnBill, draw_up
from shared.domain.errors import Broken
from shared.domain.lines import CONTRACTOR, DEVELOPER, Line, LineStatus


def line(code: str, fen: int, payer: str = DEVELOPER, status: LineStatus = LineStatus.PAYABLE) -> Line:
    return Line(code=code, name=code, status=status, gross_fen=fen, payable_fen=fen, payer=payer)


class TestDrawUp:
    def test_puts_each_payers_lines_on_a_bill_of_his_own(self) -> None:
        bills = draw_up([line("PTF", 100), line("GZB", 7, CONTRACTOR), line("XQJ", 3)])

        assert [(bill.payer, bill.payable_fen, [each.code for each in bill.lines]) for bill in bills] == [
            (DEVELOPER, 103, ["PTF", "XQJ"]),
            (CONTRACTOR, 7, ["GZB"]),
        ]

    def test_puts_the_lines_of_a_payer_who_owes_nothing_on_the_developers_bill(self) -> None:
        (bill,) = draw_up([line("PTF", 100), line("GZB", 0, CONTRACTOR, LineStatus.ZERO)])

        assert [each.code for each in bill.lines] == ["PTF", "GZB"]

    def test_makes_a_bill_of_nothing_that_still_shows_every_line(self) -> None:
        (bill,) = draw_up([line("PTF", 0, status=LineStatus.EXEMPT), line("XQJ", 0, status=LineStatus.NOT_IN_FORCE)])

        assert (bill.payable_fen, len(bill.lines)) == (0, 2)

    def test_lists_but_does_not_count_what_others_collect(self) -> None:
        (bill,) = draw_up([line("PTF", 100), line("RFY", 900, status=LineStatus.COLLECTED_ELSEWHERE)])

        assert (bill.payable_fen, [each.code for each in bill.lines]) == (100, ["PTF", "RFY"])

    def test_refuses_an_item_that_comes_twice(self) -> None:
        with pytest.raises(Broken, match="once"):
            draw_up([line("PTF", 100), line("PTF", 100)])

    def test_refuses_a_total_that_is_not_the_sum(self) -> None:
        with pytest.raises(Broken, match="sum"):
            DrawnBill(DEVELOPER, (line("PTF", 100),), 101)
