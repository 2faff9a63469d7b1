"""清算: prepaid funds settled at completion, by claim with proof, also after the item was abolished."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from giving_back import (
    ASKS,
    approves,
    asks,
    chain,
    claims,
    goes_back,
    left,
    paid,
    paper,
    refund,
    unit_checks,
)
from office import E1_TOTAL_FEN, Office
from sample_cases import E1_PAYABLE, E2
from watching import broken, side_by_side

from services import settlements
from services.refund_asks import KeyTaken
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from shared.domain.settlement import ClaimedTooLate

COMPLETED = "2016-06-30"


def is_settled(office: Office, refund_id: UUID) -> None:
    """Checked by its unit, approved, paid."""
    unit_checks(office, refund_id)
    goes_back(office, refund_id)


class TestAClaim:
    def test_of_e1_gives_back_96_percent_of_the_cement_fund_after_it_was_abolished(self, office: Office) -> None:
        application_id, bill = paid(office)
        office.at("2016-07-30 09:00")

        (refund_id,) = claims(office, application_id, "SNZ", "96", completed_on=COMPLETED)
        unit_checks(office, refund_id)
        goes_back(office, refund_id)

        found = refund(office, refund_id)
        assert (found.amount_fen, found.evidence["kept_fen"]) == (82_974_89, 3_457_29)
        assert chain(office, bill)[-1] == ("receipt", "normal", E1_TOTAL_FEN - 82_974_89)
        assert broken() == {}

    def test_of_e1_gives_back_the_whole_of_the_wall_fund(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-01 09:00")

        (refund_id,) = claims(office, application_id, "XQJ", "100", completed_on=COMPLETED)

        assert refund(office, refund_id).amount_fen == E1_PAYABLE["XQJ"] == 864_321_80

    def test_of_e2_leaves_a_tenth_of_the_wall_fund(self, office: Office) -> None:
        facts = {name: fact for name, fact in E2.items() if name not in ("case", "accepted_on")}
        application_id, _ = paid(office, **facts)
        office.at("2016-07-01 09:00")

        (refund_id,) = claims(office, application_id, "XQJ", "92", completed_on=COMPLETED)

        found = refund(office, refund_id)
        assert (found.amount_fen, found.evidence["kept_fen"]) == (213_124_50, 23_680_50)

    def test_on_the_thirty_first_day_is_refused_with_the_reason(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-31 00:01")

        with pytest.raises(ClaimedTooLate, match="2016-07-30"):
            claims(office, application_id, "SNZ", "96", completed_on=COMPLETED)
        assert office.one("select count(*) from refund") == 0

    def test_of_too_small_a_share_is_refused_with_the_reason(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-01 09:00")
        with pytest.raises(Invalid, match="按规定不予退还"):
            claims(office, application_id, "SNZ", "69.99", completed_on=COMPLETED)

    @pytest.mark.parametrize("share", ["", "九成", "96.123", "101", "-1", "NaN", "1e3"])
    def test_of_something_that_is_no_share_is_refused(self, office: Office, share: str) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-01 09:00")
        with pytest.raises(Invalid):
            claims(office, application_id, "SNZ", share, completed_on=COMPLETED)

    def test_for_a_day_to_come_is_refused(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-06-01 09:00")
        with pytest.raises(Invalid, match="不能晚于今天"):
            claims(office, application_id, "SNZ", "96", completed_on=COMPLETED)

    def test_twice_with_one_key_is_once_though_the_figures_have_changed_since(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-01 09:00")
        proof = paper(office)
        (first,) = claims(office, application_id, "SNZ", "96", completed_on=COMPLETED, key="k", paper_id=proof)
        unit_checks(office, first)
        office.at("2017-01-01 09:00")

        again = claims(office, application_id, "SNZ", "96", completed_on=COMPLETED, key="k", paper_id=proof)
        assert again == (first,)
        with pytest.raises(KeyTaken):
            claims(office, application_id, "SNZ", "97", completed_on=COMPLETED, key="k", paper_id=proof)

    def test_twice_with_two_keys_is_refused(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-01 09:00")

        results = side_by_side(
            *[
                partial(claims, office, application_id, "SNZ", "96", completed_on=COMPLETED, key=key)
                for key in ("a", "b", "c")
            ]
        )

        assert sum(isinstance(each, tuple) for each in results) == 1
        assert sum(isinstance(each, Conflict) for each in results) == 2
        assert broken() == {}

    def test_can_be_made_again_after_its_unit_has_turned_it_down(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-01 09:00")
        (first,) = claims(office, application_id, "SNZ", "96", completed_on=COMPLETED)
        unit_checks(office, first, is_right=False, opinion="发票缺页")

        (second,) = claims(office, application_id, "SNZ", "90", completed_on=COMPLETED)
        assert second != first
        assert refund(office, first).opinion == "发票缺页"
        assert broken() == {}

    def test_is_the_applicants_alone(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-01 09:00")
        with pytest.raises(NotFound):
            claims(office, application_id, "SNZ", "96", completed_on=COMPLETED, login="applicant2")

    def test_of_an_item_that_is_not_prepaid_is_refused(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-01 09:00")
        with pytest.raises(Invalid, match="不是预缴清算项目"):
            claims(office, application_id, "PTF", "96", completed_on=COMPLETED)

    def test_takes_only_what_nobody_has_asked_back_before(self, office: Office) -> None:
        application_id, bill = paid(office)
        goes_back(office, asks(office, bill, lines={"SNZ": 432_18}))
        office.at("2016-07-01 09:00")

        (refund_id,) = claims(office, application_id, "SNZ", "96", completed_on=COMPLETED)

        assert refund(office, refund_id).amount_fen == 86_000_00 * 96 // 100
        is_settled(office, refund_id)
        assert broken() == {}


class TestItsUnit:
    def test_looks_at_it_before_finance_can(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-01 09:00")
        (refund_id,) = claims(office, application_id, "SNZ", "96", completed_on=COMPLETED)

        with pytest.raises(Conflict, match="还在执收单位核对"):
            approves(office, refund_id, login=ASKS)
        unit_checks(office, refund_id)
        unit_checks(office, refund_id)
        approves(office, refund_id, login=ASKS)

        assert office.one("select count(*) from audit_event where verb = 'refund_checked' and unit_code = 'sn'") == 1
        assert broken() == {}

    def test_is_the_items_and_no_other(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-01 09:00")
        (refund_id,) = claims(office, application_id, "SNZ", "96", completed_on=COMPLETED)
        with pytest.raises(NotAllowed, match="其他单位"):
            unit_checks(office, refund_id, login="qg-officer")

    def test_must_say_why_not(self, office: Office) -> None:
        application_id, _ = paid(office)
        office.at("2016-07-01 09:00")
        (refund_id,) = claims(office, application_id, "SNZ", "96", completed_on=COMPLETED)
        with pytest.raises(Invalid, match="核对不符须写明理由"):
            unit_checks(office, refund_id, is_right=False)


class TestANewerRate:
    def ask(self, office: Office, bill: Any, key: str = "n") -> UUID:
        account = office.account(ASKS)
        with office.sits() as sitting:
            return settlements.ask_above_newer_rate(
                sitting,
                account=account,
                key=key,
                bill_id=bill.id,
                item_code="SNZ",
            )

    def test_gives_back_what_was_paid_above_it(self, office: Office) -> None:
        _, bill = paid(office)
        office.at("2015-10-08 09:00")

        refund_id = self.ask(office, bill)

        found = refund(office, refund_id)
        # 86,432.18 m² × (1.00 − 0.80)
        assert found.amount_fen == E1_PAYABLE["SNZ"] - 69_145_74 == 17_286_44
        assert found.evidence["newer_rate"] == "v2"
        goes_back(office, refund_id)
        assert broken() == {}

    def test_is_asked_once(self, office: Office) -> None:
        _, bill = paid(office)
        office.at("2015-10-08 09:00")
        first = self.ask(office, bill)
        assert self.ask(office, bill) == first
        with pytest.raises(Conflict, match="已经申请退还"):
            self.ask(office, bill, key="other")

    def test_leaves_the_rest_to_the_settlement(self, office: Office) -> None:
        application_id, bill = paid(office)
        office.at("2015-10-08 09:00")
        goes_back(office, self.ask(office, bill))
        office.at("2016-07-01 09:00")

        (refund_id,) = claims(office, application_id, "SNZ", "100", completed_on=COMPLETED)

        assert refund(office, refund_id).amount_fen == 69_145_74
        is_settled(office, refund_id)
        assert left(office, bill) == sum(E1_PAYABLE[code] for code in ("PTF", "XQJ", "JTJ", "RFY"))
        assert broken() == {}
