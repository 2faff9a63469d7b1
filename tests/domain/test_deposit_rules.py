"""Interest on deposits to the 分 whatever the accruals, and the watch on a 保函."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_cases import E1_PAYABLE, PACKS

from shared.domain.deposits import DepositRules, Principal, Rate, interest_fen
from shared.domain.errors import Broken, Invalid
from shared.packs import build_pack, load_pack

PACK = load_pack(PACKS / "hanhai")
RULES = PACK.deposits
OPENED = date(2014, 9, 18)
ONE = (Rate(date(2003, 1, 1), Decimal("0.35")),)


class TestInterest:
    def test_of_e1_for_a_year_is_what_the_rate_says(self) -> None:
        assert interest_fen(RULES.rates, [Principal(OPENED, E1_PAYABLE["GZB"])], date(2015, 9, 18)) == 11_104_80

    def test_is_nothing_on_the_day_of_opening_and_before(self) -> None:
        assert interest_fen(ONE, [Principal(OPENED, 10**9)], OPENED) == 0
        assert interest_fen(ONE, [Principal(OPENED, 10**9)], OPENED - timedelta(days=3)) == 0

    def test_counts_each_day_under_the_rate_of_that_day(self) -> None:
        rates = (Rate(date(2003, 1, 1), Decimal("0.40")), Rate(date(2012, 7, 6), Decimal("0.35")))
        principal = [Principal(date(2012, 7, 1), 365_000_00)]
        # Five days at 0.40 %, then five at 0.35 %.
        assert interest_fen(rates, principal, date(2012, 7, 11)) == 5 * 4_00 + 5 * 3_50

    def test_counts_what_lay_there_before_and_after_a_draw(self) -> None:
        principals = [Principal(date(2014, 1, 1), 365_000_00), Principal(date(2014, 1, 11), 165_000_00)]
        assert interest_fen(ONE, principals, date(2014, 1, 21)) == 10 * 3_50 + round(10 * 350 * 165 / 365)

    def test_of_less_than_nothing_is_broken(self) -> None:
        with pytest.raises(Broken):
            interest_fen(ONE, [Principal(OPENED, -1)], date(2015, 1, 1))

    @given(st.integers(1, 10**11), st.lists(st.integers(1, 90), min_size=1, max_size=40))
    def test_comes_to_the_same_by_many_accruals_as_by_one(self, amount: int, steps: list[int]) -> None:
        principals = [Principal(OPENED, amount)]
        day, accrued = OPENED, 0
        for days in steps:
            day += timedelta(days=days)
            posted = interest_fen(RULES.rates, principals, day) - accrued
            assert posted >= 0
            accrued += posted
        assert accrued == interest_fen(RULES.rates, principals, day)


class TestTheWatch:
    rules = DepositRules(rates=ONE, notice_days=30, watch_days=(60, 30, 7), documents=("x",))

    @pytest.mark.parametrize(
        ("left", "step"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0, 7), (-1, 7)]
    )
    def test_looks_sixty_thirty_and_seven_days_before(self, left: int, step: int | None) -> None:
        today = date(2015, 3, 1)
        assert self.rules.watch_step(today + timedelta(days=left), today) == step

    def test_lets_nothing_go_before_the_notice_is_over(self) -> None:
        assert self.rules.notice_ends_on(date(2016, 6, 1)) == date(2016, 7, 1)


class TestACity:
    def test_must_date_its_rates_in_order(self) -> None:
        data = dict(PACK.data)
        data["deposits"] = dict(data["deposits"]) | {
            "interest": [{"from": "2012-07-06", "percent": "0.35"}, {"from": "2003-01-01", "percent": "0.72"}]
        }
        with pytest.raises(Invalid, match="利率应按起始日期先后排列"):
            build_pack(data)

    def test_must_have_the_rate_that_it_names_as_newer(self) -> None:
        data = dict(PACK.data)
        data["refunds"] = [
            dict(row) | ({"newer_rate": "v9"} if row["item"] == "SNZ" else {}) for row in data["refunds"]
        ]
        with pytest.raises(Invalid, match="SNZ 没有标准版本 v9"):
            build_pack(data)
