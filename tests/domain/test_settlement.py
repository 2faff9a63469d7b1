"""What follows a bill: prepaid funds, the area survey, a late line."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_cases import E1, E1_PAYABLE, E1B, E2_PAYABLE, PACKS

from shared.domain.errors import Broken, Invalid
from shared.domain.facts import Facts
from shared.domain.money import plain
from shared.domain.settlement import (
    ClaimedTooLate,
    Refund,
    late_payment_fen,
    refund,
    settle_survey,
    supplement_fen,
)
from shared.domain.tariff import Tariff
from shared.domain.words import in_words
from shared.packs import load_pack

PACK = load_pack(PACKS / "hanhai")
RULES = {rule.item: rule for rule in PACK.refunds}
COMPLETED = date(2016, 6, 30)


def back(item: str, paid_fen: int, share: str, claimed_on: date = COMPLETED) -> Refund:
    return refund(RULES[item], paid_fen=paid_fen, share=Decimal(share), completed_on=COMPLETED, claimed_on=claimed_on)


class TestWallMaterialFund:
    @pytest.mark.parametrize(
        ("share", "percent"),
        [
            ("100", 100),
            ("99.99", 90),
            ("90", 90),
            ("89.99", 80),
            ("80", 80),
            ("79.9", 70),
            ("70", 70),
            ("69", 60),
            ("60", 60),
            ("59.99", 0),
            ("0", 0),
        ],
    )
    def test_comes_back_in_bands(self, share: str, percent: int) -> None:
        assert back("XQJ", 100_00, share).refund_fen == percent * 100

    def test_of_e1_comes_back_in_full(self) -> None:
        assert back("XQJ", E1_PAYABLE["XQJ"], "100").refund_fen == E1_PAYABLE["XQJ"]

    def test_of_e2_leaves_a_tenth(self) -> None:
        settled = back("XQJ", E2_PAYABLE["XQJ"], "92")

        assert (plain(settled.refund_fen), plain(settled.kept_fen)) == ("213124.50", "23680.50")
        assert settled.reason == "新型墙体材料使用比例 92%，退还 90%"


class TestBulkCementFund:
    def test_of_e1_comes_back_by_its_share(self) -> None:
        settled = back("SNZ", E1_PAYABLE["SNZ"], "96")

        assert (plain(settled.refund_fen), plain(settled.kept_fen)) == ("82974.89", "3457.29")

    @pytest.mark.parametrize(("share", "fen"), [("70", 7000), ("69.99", 0), ("70.005", 7001), ("100", 10000)])
    def test_comes_back_from_seventy_percent_on(self, share: str, fen: int) -> None:
        assert back("SNZ", 10_000, share).refund_fen == fen


class TestAClaim:
    @pytest.mark.parametrize("day", [date(2016, 6, 30), date(2016, 7, 30)])
    def test_is_in_time_for_thirty_days(self, day: date) -> None:
        assert back("XQJ", 100, "100", day).refund_fen == 100

    @pytest.mark.parametrize(("day", "said"), [(date(2016, 7, 31), "逾期"), (date(2016, 6, 29), "竣工")])
    def test_is_refused_outside_them_with_the_reason(self, day: date, said: str) -> None:
        with pytest.raises(ClaimedTooLate, match=said):
            back("XQJ", 100, "100", day)

    @pytest.mark.parametrize("share", ["-0.01", "100.01"])
    def test_needs_a_share_between_nothing_and_all(self, share: str) -> None:
        with pytest.raises(Invalid, match="0 至 100"):
            back("SNZ", 100, share)

    @given(st.sampled_from(["XQJ", "SNZ"]), st.integers(0, 10**15), st.decimals(0, 100, places=2))
    def test_loses_nothing_between_what_comes_back_and_what_is_kept(self, item: str, paid: int, share: Decimal) -> None:
        settled = back(item, paid, str(share))

        assert settled.refund_fen + settled.kept_fen == paid
        assert 0 <= settled.refund_fen <= paid

    def test_that_loses_something_is_broken(self) -> None:
        with pytest.raises(Broken):
            Refund(item="XQJ", paid_fen=3, refund_fen=1, kept_fen=1, percent=Decimal(50), reason="", documents=())


class TestTheAreaSurvey:
    def test_of_e1_comes_to_a_supplementary_bill(self) -> None:
        before = PACK.tariff.assess(Facts.from_json(E1))
        differences = settle_survey(PACK.tariff, before=before, surveyed=Facts.from_json(E1B))

        assert {each.code: plain(each.difference_fen) for each in differences} == {
            "PTF": "132401.10",
            "XQJ": "5192.20",
            "JTJ": "1038.44",
            "SNZ": "519.22",
        }
        assert plain(supplement_fen(differences)) == "139150.96"
        assert in_words(supplement_fen(differences)) == "人民币壹拾叁万玖仟壹佰伍拾元零玖角陆分"

    def test_keeps_the_versions_of_the_first_computation(self) -> None:
        before = PACK.tariff.assess(Facts.from_json(E1))
        sections = deepcopy(dict(PACK.data))
        for row in sections["versions"]:
            if row["item"] == "SNZ":
                # Since then the city has rewritten the periods: on that day v2 would now be in force.
                row["from"], row["to"] = (
                    ("2003-01-01", "2013-12-31") if row["version"] == "v1" else ("2014-01-01", "open")
                )
        today = Tariff.from_data(sections)

        differences = settle_survey(today, before=before, surveyed=Facts.from_json(E1B))

        assert today.assess_item("SNZ", Facts.from_json(E1B)).version == "v2"
        assert plain(supplement_fen(differences)) == "139150.96"
        assert {each.version for each in differences} == {"v1"}

    def test_that_finds_less_gives_back(self) -> None:
        before = PACK.tariff.assess(Facts.from_json(E1B))
        differences = settle_survey(PACK.tariff, before=before, surveyed=Facts.from_json(E1))

        assert supplement_fen(differences) == 0
        assert sum(each.difference_fen for each in differences) == -13_915_096

    def test_that_changes_nothing_finds_no_difference(self) -> None:
        before = PACK.tariff.assess(Facts.from_json(E1))

        assert settle_survey(PACK.tariff, before=before, surveyed=Facts.from_json(E1)) == ()

    def test_may_not_leave_out_a_fact_that_a_rule_needs(self) -> None:
        before = PACK.tariff.assess(Facts.from_json(E1))

        with pytest.raises(Invalid) as refused:
            settle_survey(PACK.tariff, before=before, surveyed=Facts.from_json(E1 | {"full_frame": None}))
        assert [each.field for each in refused.value.problems] == ["full_frame"]


class TestALateLine:
    @pytest.mark.parametrize(
        ("overdue", "days", "fen"), [(100_000, 1, 50), (100_000, 30, 1500), (999, 1, 0), (1000, 1, 1)]
    )
    def test_costs_five_ten_thousandths_a_day(self, overdue: int, days: int, fen: int) -> None:
        assert late_payment_fen(overdue_fen=overdue, days=days, rate_per_day=Decimal("0.0005")) == fen

    @pytest.mark.parametrize(("overdue", "days"), [(0, 5), (100, 0), (100, -1), (-100, 5)])
    def test_costs_nothing_when_nothing_is_late(self, overdue: int, days: int) -> None:
        assert late_payment_fen(overdue_fen=overdue, days=days, rate_per_day=Decimal("0.0005")) == 0

    def test_costs_nothing_in_the_sample_city(self) -> None:
        assert PACK.settings.late_payment is False
        assert PACK.settings.late_payment_rate == Decimal("0.0005")
