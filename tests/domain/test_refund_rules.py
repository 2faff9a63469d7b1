"""What can go back of a bill's lines, and how an amount is divided over them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import Broken
from shared.domain.ledger import BANK, CREDIT, GUARANTEE, SUSPENSE, Due, guarantee_end_entry, refund_entry, take_out
from shared.domain.refunds import (
    ACCOUNT_OF_KIND,
    KIND_NAMES,
    KIND_OF_ACCOUNT,
    TAKES_BACK,
    Available,
    NotAvailable,
    RefundKind,
    must_be_available,
    spread,
)


def line(seq: int, paid_fen: int, asked_fen: int = 0) -> Available:
    return Available(seq=seq, item_code=f"I{seq}", account="treasury", paid_fen=paid_fen, asked_fen=asked_fen)


class TestWhatIsAvailable:
    def test_is_what_was_paid_less_what_was_asked_back(self) -> None:
        assert line(1, 100, 30).left_fen == 70

    def test_may_be_asked_for_to_the_last_fen(self) -> None:
        must_be_available(70, expected_fen=70, left_fen=70)

    def test_refuses_a_fen_more_and_says_what_is_there(self) -> None:
        with pytest.raises(NotAvailable, match=r"现在可退 0\.70 元"):
            must_be_available(71, expected_fen=70, left_fen=70)

    def test_refuses_an_ask_that_was_made_on_an_older_figure(self) -> None:
        with pytest.raises(NotAvailable, match=r"现在可退 0\.70 元，您看到的是 1\.00 元"):
            must_be_available(50, expected_fen=100, left_fen=70)


class TestAPartialRefund:
    def test_goes_to_the_lines_by_what_they_have_left_with_the_odd_fen_to_the_largest_remainder(self) -> None:
        assert spread(100, [line(1, 1), line(2, 1), line(3, 1_000, 2)]) == {3: 100}
        assert spread(10, [line(1, 100), line(2, 100), line(3, 100)]) == {1: 4, 2: 3, 3: 3}

    def test_leaves_out_a_line_with_nothing_left(self) -> None:
        assert spread(50, [line(1, 80, 80), line(2, 60)]) == {2: 50}

    def test_of_nothing_is_broken(self) -> None:
        with pytest.raises(Broken):
            spread(0, [line(1, 5)])

    def test_of_more_than_there_is_is_refused(self) -> None:
        with pytest.raises(NotAvailable):
            spread(6, [line(1, 5)])

    @given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), min_size=1, max_size=9), st.data())
    def test_loses_nothing_and_takes_from_no_line_more_than_it_has(
        self, lines: list[tuple[int, int]], data: st.DataObject
    ) -> None:
        rows = [line(seq, max(paid, asked), min(paid, asked)) for seq, (paid, asked) in enumerate(lines, start=1)]
        left = sum(row.left_fen for row in rows)
        if not left:
            return
        amount = data.draw(st.integers(1, left))
        parts = spread(amount, rows)
        assert sum(parts.values()) == amount
        assert all(0 < part <= rows[seq - 1].left_fen for seq, part in parts.items())

    @given(st.integers(2, 10**9), st.data())
    def test_in_two_steps_never_takes_more_than_the_whole(self, paid: int, data: st.DataObject) -> None:
        lines = [line(1, paid), line(2, paid // 2), line(3, 1)]
        whole = sum(each.left_fen for each in lines)
        first = data.draw(st.integers(1, whole - 1))
        once = spread(first, lines)
        again = [line(each.seq, each.paid_fen, once.get(each.seq, 0)) for each in lines]
        rest = spread(whole - first, again)
        assert {each.seq: once.get(each.seq, 0) + rest.get(each.seq, 0) for each in lines} == {
            each.seq: each.paid_fen for each in lines
        }


class TestTheBooks:
    def test_take_each_line_out_of_its_own_account_and_the_sum_out_of_the_bank(self) -> None:
        backs = [
            Due(item_code="XQJ", account="treasury", due_fen=7),
            Due(item_code="SNZ", account="treasury", due_fen=3),
        ]
        entry = refund_entry(key="k", backs=backs)

        assert [(each.account, each.amount_fen, each.item_code) for each in entry.postings] == [
            ("treasury", 7, "XQJ"),
            ("treasury", 3, "SNZ"),
            (BANK, -10, None),
        ]

    def test_leave_the_bank_alone_when_a_guarantee_goes_back(self) -> None:
        entry = refund_entry(key="k", backs=[Due(item_code="GZB", account="deposit", due_fen=9)], paid_from=GUARANTEE)
        assert (entry.balance(BANK), entry.balance(GUARANTEE), entry.balance("deposit")) == (0, -9, 9)

    @pytest.mark.parametrize("account", [CREDIT, SUSPENSE])
    def test_give_back_what_stood_for_no_item(self, account: str) -> None:
        assert take_out(key="k", account=account, amount_fen=5).balance(account) == 5

    def test_lose_the_security_of_a_guarantee_that_has_run_out(self) -> None:
        entry = guarantee_end_entry(key="k", item_code="GZB", amount_fen=9)
        assert (entry.balance("deposit"), entry.balance(GUARANTEE)) == (9, -9)

    def test_refuse_a_refund_of_nothing(self) -> None:
        with pytest.raises(Broken):
            refund_entry(key="k", backs=[Due(item_code="XQJ", account="treasury", due_fen=0)])


class TestKinds:
    def test_all_have_names(self) -> None:
        assert set(KIND_NAMES) == set(RefundKind)

    def test_that_take_back_come_out_of_a_bills_accounts(self) -> None:
        assert set(ACCOUNT_OF_KIND) > TAKES_BACK
        assert {ACCOUNT_OF_KIND[kind] for kind in KIND_OF_ACCOUNT.values()} == set(KIND_OF_ACCOUNT)
