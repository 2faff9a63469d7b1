"""A part payment is divided by the city's rule, to the last 分, and nothing is paid above what a line owes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.allocation import Open, Rule, allocate
from shared.domain.errors import Broken


def line(seq: int, open_fen: int, *, account: str = "treasury") -> Open:
    return Open(seq=seq, item_code=f"I{seq}", account=account, open_fen=open_fen, is_revenue=account == "treasury")


LINES = st.lists(
    st.tuples(st.integers(min_value=0, max_value=10**12), st.sampled_from(["treasury", "deposit", "agency"])),
    min_size=1,
    max_size=9,
).map(lambda owed: [line(seq, fen, account=account) for seq, (fen, account) in enumerate(owed, start=1)])


class TestAllocating:
    @pytest.mark.parametrize(
        ("rule", "paid"),
        [
            (Rule.PRO_RATA, {1: 67, 2: 33}),
            (Rule.IN_ORDER, {1: 100}),
            (Rule.REVENUE_FIRST, {2: 100}),
        ],
    )
    def test_follows_the_rule(self, rule: Rule, paid: dict[int, int]) -> None:
        shares, over = allocate(100, [line(1, 200, account="deposit"), line(2, 100)], rule)

        assert ({each.seq: each.amount_fen for each in shares}, over) == (paid, 0)

    def test_leaves_over_what_nobody_owes(self) -> None:
        shares, over = allocate(500, [line(1, 200), line(2, 100)], Rule.PRO_RATA)

        assert [each.amount_fen for each in shares] == [200, 100]
        assert over == 200

    @pytest.mark.parametrize("amount", [0, -1])
    def test_is_refused_for_no_money(self, amount: int) -> None:
        with pytest.raises(Broken):
            allocate(amount, [line(1, 200)], Rule.PRO_RATA)

    @given(LINES, st.integers(min_value=1, max_value=10**13), st.sampled_from(Rule))
    def test_loses_no_fen_and_overpays_no_line(self, lines: list[Open], amount: int, rule: Rule) -> None:
        shares, over = allocate(amount, lines, rule)

        owed = {each.seq: each.open_fen for each in lines}
        assert sum(each.amount_fen for each in shares) + over == amount
        assert all(0 < each.amount_fen <= owed[each.seq] for each in shares)
        assert over == 0 or sum(owed.values()) == amount - over

    @given(LINES, st.lists(st.integers(min_value=1, max_value=10**12), min_size=1, max_size=6), st.sampled_from(Rule))
    def test_pays_a_bill_whole_in_any_number_of_parts(self, lines: list[Open], parts: list[int], rule: Rule) -> None:
        total = sum(each.open_fen for each in lines)
        paid = dict.fromkeys((each.seq for each in lines), 0)
        for part in [*parts, total + 1]:
            left = [line(each.seq, each.open_fen - paid[each.seq], account=each.account) for each in lines]
            shares, _ = allocate(part, left, rule)
            for share in shares:
                paid[share.seq] += share.amount_fen
        assert paid == {each.seq: each.open_fen for each in lines}
