"""What left the bank: a statement's line pays the refund that it names, once, and never one that was not ordered."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from giving_back import approves, asks, bank_pays, chain, paid, refund, sends
from office import E1_TOTAL_FEN, Office
from statements_files.bank_files import Move, Order, ccb, wechat_trade
from watching import broken, side_by_side

from services import reconciliation
from shared.db.queries.differences import differences
from shared.tasks import Task


def imports(office: Office, *moves: Move) -> None:
    with office.sits() as sitting:
        reconciliation.import_file(
            sitting, actor=office.actor("finance"), file_name="d.csv",
            content=ccb(moves, opening_fen=E1_TOTAL_FEN), profile="sandbank",
        )  # fmt: skip
    office.works()


def goes_out(number: str, fen: int = 1_000_000, txn: str = "T0000000000000077") -> Move:
    return Move(
        fen=-fen, at="2014-09-19 10:00:00", remark=f"退费 {number}", words="转账付款", reference=f"000001-{txn}"
    )


def open_lines(office: Office) -> int:
    return int(office.one("select count(*) from statement_line where state = 'open'"))


@pytest.fixture
def ordered(office: Office) -> tuple[Any, UUID]:
    """E1, paid; ten thousand yuan of it on their way back."""
    office.at("2014-09-18 10:00")
    _, bill = paid(office)
    office.at("2014-09-19 09:00")
    asked = asks(office, bill, lines={"PTF": 1_000_000})
    approves(office, asked)
    sends(office, asked)
    office.at("2014-09-19 18:00")
    return bill, asked


class TestALineThatGoesOut:
    def test_pays_the_refund_whose_number_and_amount_it_names(self, office: Office, ordered: tuple[Any, UUID]) -> None:
        bill, asked = ordered
        number = refund(office, asked).number
        imports(office, goes_out(number))

        assert (refund(office, asked).state, refund(office, asked).bank_txn_id) == ("paid", "T0000000000000077")
        assert tuple(office.rows("select state, rule, why from statement_line")[0]) == (
            "matched",
            "code",
            f"退费编号 {number} 一致 · 金额一致",
        )
        assert [kind for kind, _, _ in chain(office, bill)] == ["receipt", "reversal", "receipt"]
        with office.sits() as sitting:
            assert [each for each in differences(sitting.session, sitting.today) if each.amount_fen < 0] == []
        assert broken() == {}

    def test_that_a_person_has_noted_before_is_found(self, office: Office, ordered: tuple[Any, UUID]) -> None:
        _, asked = ordered
        bank_pays(office, asked, "T0000000000000077")
        imports(office, goes_out(refund(office, asked).number))

        assert office.one("select rule from statement_line") == "reference"
        assert office.one("select count(*) from ledger_entry where kind = 'refund'") == 1
        assert broken() == {}

    def test_twice_pays_once_and_the_other_stays_open(self, office: Office, ordered: tuple[Any, UUID]) -> None:
        _, asked = ordered
        number = refund(office, asked).number
        imports(office, goes_out(number), goes_out(number, txn="T0000000000000078"))

        assert (open_lines(office), refund(office, asked).state) == (1, "paid")
        assert office.one("select count(*) from ledger_entry where kind = 'refund'") == 1
        assert broken() == {}

    def test_of_another_amount_is_put_before_a_person(self, office: Office, ordered: tuple[Any, UUID]) -> None:
        _, asked = ordered
        imports(office, goes_out(refund(office, asked).number, fen=999_999))

        assert (open_lines(office), refund(office, asked).state) == (1, "sent")
        assert "应退 10,000.00 元，银行付出 9,999.99 元" in office.one(
            "select reason from case_item where kind = 'refund_differs'"
        )
        assert broken() == {}

    def test_pays_nothing_that_was_not_ordered(self, office: Office, ordered: tuple[Any, UUID]) -> None:
        bill, _ = ordered
        other = asks(office, bill, lines={"SNZ": 5_000})
        imports(office, goes_out(refund(office, other).number, fen=5_000))

        assert (open_lines(office), refund(office, other).state) == (1, "asked")
        assert broken() == {}

    def test_and_the_slip_noted_at_the_same_moment_pay_once(self, office: Office, ordered: tuple[Any, UUID]) -> None:
        _, asked = ordered
        with office.sits() as sitting:
            reconciliation.import_file(
                sitting, actor=office.actor("finance"), file_name="d.csv",
                content=ccb([goes_out(refund(office, asked).number)], opening_fen=E1_TOTAL_FEN), profile="sandbank",
            )  # fmt: skip
        bells = office.bells(Task.MATCH_STATEMENTS)
        side_by_side(partial(office.delivers, bells), partial(bank_pays, office, asked, "T0000000000000077"))
        office.works()

        assert refund(office, asked).state == "paid"
        assert office.one("select count(*) from ledger_entry where kind = 'refund'") == 1
        assert office.rows("select problem from outbox where problem <> ''") == []
        assert broken() == {}

    def test_of_a_channels_own_bill_is_no_order_to_the_bank(self, office: Office, ordered: tuple[Any, UUID]) -> None:
        _, asked = ordered
        number = refund(office, asked).number
        content = wechat_trade(
            [Order(at="2014-09-19 10:00:00", fen=-1_000_000, goods=f"退费 {number}", refund="50000000000000000001")]
        )
        with office.sits() as sitting:
            reconciliation.import_file(sitting, actor=office.actor("finance"), file_name="w.csv", content=content)
        office.works()

        assert refund(office, asked).state == "sent"
        assert office.one("select count(*) from ledger_entry where kind = 'refund'") == 0
        assert broken() == {}
