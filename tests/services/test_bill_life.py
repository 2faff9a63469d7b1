"""A bill's life after it is out: paid in parts, settled by survey, drawn up anew, disputed, called to mind, late."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from office import E1_TOTAL_FEN, Office
from watching import broken, forge, kinds, side_by_side

from services import area_surveys, bill_reminders, cashier, disputes, reissues
from services.cashier import Taking
from shared.db import bills, cases
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from shared.tasks import Task

E1B_AREA = {"floor_area_m2": "86951.40"}
#: fees.md 4, E1b: what 519.22 m² more come to under the versions of 2014.
E1B = {"PTF": 13240110, "XQJ": 519220, "JTJ": 103844, "SNZ": 51922}


@pytest.fixture
def billed(office: Office) -> Any:
    """An application with its bill out."""
    (bill,) = office.bills(office.is_billed().application_id)
    return bill


@pytest.fixture
def paid(office: Office, billed: Any) -> Any:
    """The same, paid."""
    office.hears_from_bank(office.callback(billed))
    office.works()
    return billed


def application_of(office: Office) -> UUID:
    found: UUID = office.one("select id from application")
    return found


def takes(office: Office, bill_id: UUID, amount_fen: int, txn: str, *, on: str = "2014-09-18 10:00") -> None:
    office.at(on)
    with office.sits() as sitting:
        cases.lock(sitting.session, [bills.load(sitting.session, bill_id).application_id])
        bill = bills.load(sitting.session, bill_id)
        taking = Taking(
            bill=bill,
            amount_fen=amount_fen,
            provider="counter",
            provider_txn_id=txn,
            channel="柜面",
            paid_at=sitting.now,
            source="statement",
        )
        cashier.take(sitting, [taking])


class TestPartPayments:
    def test_are_divided_as_it_was_shown_and_the_last_one_brings_the_receipt(self, office: Office, billed: Any) -> None:
        with office.sits() as sitting:
            shown, over = cashier.allocation_of(sitting, bills.load(sitting.session, billed.id), 1_000_001)
        takes(office, billed.id, 1_000_001, "part-0001")
        office.works()

        assert over == 0
        rows = office.rows("select item_code, amount_fen from payment_share order by seq")
        assert [tuple(row) for row in rows] == [(each.item_code, each.amount_fen) for each in shown]
        assert tuple(office.rows("select status, paid_fen from bill")[0]) == ("part_paid", 1_000_001)
        assert office.one("select count(*) from receipt") == 0
        assert broken() == {}

        takes(office, billed.id, E1_TOTAL_FEN - 1_000_001, "part-0002")
        office.works()
        assert office.one("select status from bill") == "paid"
        assert office.one("select total_fen from receipt") == E1_TOTAL_FEN
        assert office.one("select count(*) from deposit") == 1
        assert broken() == {}

    def test_above_what_is_owed_leave_a_credit_to_the_payer(self, office: Office, billed: Any) -> None:
        takes(office, billed.id, E1_TOTAL_FEN + 123, "over-0001")
        office.works()

        assert tuple(office.rows("select amount_fen, left_fen, payer_uscc from credit")[0]) == (
            123,
            123,
            "91371002MA3C00011N",
        )
        assert office.one("select -sum(amount_fen) from ledger_posting where account = 'credit'") == 123
        assert office.one("select total_fen from receipt") == E1_TOTAL_FEN
        assert broken() == {}

    def test_by_callback_must_be_what_is_still_owed(self, office: Office, billed: Any) -> None:
        takes(office, billed.id, 100, "part-0001")
        office.hears_from_bank(office.callback(billed))
        office.works()
        assert "应缴" in office.one("select reason from case_item")
        left = E1_TOTAL_FEN - 100
        office.hears_from_bank(office.callback(billed, amount=f"{left // 100}.{left % 100:02d}"))
        office.works()

        assert office.one("select status from bill") == "paid"
        assert office.one("select amount_fen from suspense") == E1_TOTAL_FEN
        assert broken() == {}


class TestAnAreaSurvey:
    def asks(self, office: Office, **changes: Any) -> UUID:
        with office.sits() as sitting:
            return area_surveys.ask(
                sitting,
                application_id=application_of(office),
                **{
                    "account": office.account("applicant"),
                    "measured": E1B_AREA,
                    "document": "瀚测〔2014〕88号",
                    "surveyed_on": sitting.today,
                    **changes,
                },
            )

    def settles(self, office: Office, survey_id: UUID, login: str = "finance") -> UUID | None:
        with office.sits() as sitting:
            return area_surveys.settle(sitting, survey_id=survey_id, actor=office.actor(login))

    @pytest.mark.usefixtures("paid")
    def test_of_e1b_brings_a_supplementary_bill_to_the_fen(self, office: Office) -> None:
        survey = self.asks(office)
        assert self.asks(office) == survey
        bill_id = self.settles(office, survey)
        assert self.settles(office, survey) == bill_id
        office.works()

        lines = office.rows("select item_code, due_fen from bill_line where bill_id = :id", id=bill_id)
        assert {row.item_code: row.due_fen for row in lines} == E1B
        bill = office.rows("select * from bill where id = :id", id=bill_id)[0]
        assert (bill.total_fen, bill.kind, bill.occasion, bill.status) == (13_915_096, "supplement", 1, "issued")
        assert office.one("select status from application") == "completed"
        assert broken() == {}

        office.hears_from_bank(office.callback(bill))
        office.works()
        assert office.one("select count(*) from receipt") == 2
        assert broken() == {}

    @pytest.mark.usefixtures("paid")
    def test_that_comes_out_smaller_is_put_before_finance_as_a_refund(self, office: Office) -> None:
        survey = self.asks(office, measured={"floor_area_m2": "86000.00"})

        assert self.settles(office, survey) is None
        case = office.rows("select * from case_item where kind = 'refund_due'")[0]
        assert case.data["lines"] == {"PTF": 11_020_590, "XQJ": 432_180, "JTJ": 86_436, "SNZ": 43_218}
        assert office.one("select count(*) from bill") == 1
        assert broken() == {}

    @pytest.mark.usefixtures("paid")
    def test_after_another_one_asks_only_for_what_has_changed_since(self, office: Office) -> None:
        self.settles(office, self.asks(office))
        with pytest.raises(Invalid):
            self.asks(office)
        survey = self.asks(office, measured={"floor_area_m2": "86952.40"}, document="瀚测〔2014〕90号")
        second = self.settles(office, survey)

        lines = office.rows("select item_code, due_fen from bill_line where bill_id = :id", id=second)
        assert {row.item_code: row.due_fen for row in lines} == {"PTF": 25_500, "XQJ": 1_000, "JTJ": 200, "SNZ": 100}
        assert broken() == {}

    @pytest.mark.usefixtures("paid")
    def test_is_not_for_an_application_that_has_ended(self, office: Office) -> None:
        survey = self.asks(office)
        office.rows("update application set status = 'withdrawn', closed_at = now() returning id")
        with pytest.raises(Conflict):
            self.settles(office, survey)
        with pytest.raises(Conflict):
            self.asks(office, document="瀚测〔2014〕91号")

    @pytest.mark.usefixtures("paid")
    def test_settled_twice_at_once_brings_one_bill(self, office: Office) -> None:
        survey = self.asks(office)

        results = side_by_side(*[partial(self.settles, office, survey)] * 4)

        assert kinds(results) == {"done": 4}
        assert office.one("select count(*) from bill where kind = 'supplement'") == 1

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"measured": {}}, "floor_area_m2"),
            ({"measured": {"floor_area_m2": "-1"}}, "floor_area_m2"),
            ({"measured": {"floor_area_m2": "86432.18"}}, "floor_area_m2"),
            ({"measured": {"contract_price": "1.00"}}, "contract_price"),
            ({"document": " "}, "document"),
            ({"surveyed_on": date(2014, 9, 1)}, "surveyed_on"),
            ({"surveyed_on": date(2044, 9, 1)}, "surveyed_on"),
        ],
    )
    @pytest.mark.usefixtures("paid")
    def test_that_cannot_be_is_refused_beside_its_field(
        self, office: Office, changes: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Invalid) as problem:
            self.asks(office, **changes)
        assert [each.field for each in problem.value.problems] == [field]

    @pytest.mark.usefixtures("billed")
    def test_is_not_taken_before_the_bill_is_paid_nor_from_a_stranger(self, office: Office) -> None:
        with pytest.raises(Conflict):
            self.asks(office)
        takes(office, office.one("select id from bill"), 100, "part-0001")
        with pytest.raises(Conflict):
            self.asks(office)
        with pytest.raises(NotFound):
            self.asks(office, account=office.account("applicant2"))

    @pytest.mark.usefixtures("paid")
    def test_is_not_settled_by_whoever_asked_and_says_why_it_was_sent_back(self, office: Office) -> None:
        survey = self.asks(office)
        with pytest.raises(NotAllowed):
            self.settles(office, survey, login="applicant")
        with pytest.raises(Invalid), office.sits() as sitting:
            area_surveys.decline(sitting, survey_id=survey, actor=office.actor("finance"), opinion=" ")
        with office.sits() as sitting:
            area_surveys.decline(sitting, survey_id=survey, actor=office.actor("finance"), opinion="报告缺页")
        with pytest.raises(Conflict):
            self.settles(office, survey)
        assert "报告缺页" in office.one("select body from notice where kind = 'survey_decided'")
        assert self.asks(office) != survey


class TestAReissue:
    def reissues(self, office: Office, bill_id: UUID, reason: str = "单位名称有误") -> UUID:
        with office.sits() as sitting:
            return reissues.reissue(sitting, bill_id=bill_id, actor=office.actor("finance"), reason=reason)

    def test_links_both_bills_and_takes_the_old_code_out_of_use(self, office: Office, billed: Any) -> None:
        new_id = self.reissues(office, billed.id)
        assert self.reissues(office, billed.id) == new_id

        old, new = office.rows("select * from bill order by occasion")
        assert (old.status, old.void_reason, new.status, new.replaces) == ("void", "单位名称有误", "issued", old.id)
        assert new.payment_code != old.payment_code
        assert new.total_fen == old.total_fen
        assert broken() == {}
        # Who pays the old code has paid all the same: the money waits in suspense.
        office.hears_from_bank(office.callback(billed))
        office.works()
        assert office.one("select amount_fen from suspense") == E1_TOTAL_FEN
        office.hears_from_bank(office.callback(new))
        office.works()
        assert office.one("select status from application") == "completed"
        assert broken() == {}

    def test_many_times_at_once_is_one(self, office: Office, billed: Any) -> None:
        results = side_by_side(*[partial(self.reissues, office, billed.id)] * 5)

        assert kinds(results) == {"done": 5}
        assert office.one("select count(*) from bill") == 2

    def test_against_a_payment_at_once_loses_or_wins_whole(self, office: Office, billed: Any) -> None:
        office.hears_from_bank(office.callback(billed))
        (bell,) = office.bells(Task.POST_PAYMENTS)

        results = side_by_side(partial(self.reissues, office, billed.id), partial(office.delivers, [bell]))

        assert kinds(results) in ({"done": 2}, {"done": 1, "Conflict": 1})
        office.works()
        assert office.one("select count(*) from payment") + office.one("select count(*) from suspense") == 1
        assert broken() == {}

    def test_needs_a_reason_and_an_unpaid_bill(self, office: Office, paid: Any) -> None:
        with pytest.raises(Invalid):
            self.reissues(office, paid.id, " ")
        with pytest.raises(Conflict):
            self.reissues(office, paid.id)


class TestADispute:
    def raises(self, office: Office, bill_id: UUID, grounds: str = "供热未接入", **more: Any) -> UUID:
        with office.sits() as sitting:
            return disputes.raise_dispute(
                sitting, bill_id=bill_id, account=office.account("applicant"), grounds=grounds, **more
            )

    def answers(self, office: Office, dispute_id: UUID, outcome: str = "kept", text: str = "经核，供热已接入") -> None:
        with office.sits() as sitting:
            disputes.answer(sitting, dispute_id=dispute_id, actor=office.actor("finance"), outcome=outcome, text=text)

    def test_is_answered_in_writing_within_its_days_while_the_bill_stays_payable(
        self, office: Office, billed: Any
    ) -> None:
        dispute = self.raises(office, billed.id, item_codes=["PTF"])
        assert self.raises(office, billed.id, item_codes=["PTF", "PTF"]) == dispute
        self.answers(office, dispute)
        self.answers(office, dispute)

        row = office.rows("select * from dispute")[0]
        assert (row.state, row.outcome, row.due_on) == ("answered", "kept", date(2014, 9, 28))
        assert "经核" in office.one("select body from notice where kind = 'dispute_answered' and channel = 'app'")
        assert office.one("select status from bill") == "issued"
        with pytest.raises(Conflict):
            self.answers(office, dispute, outcome="corrected")
        assert broken() == {}
        forge("update number_series set last = 2 where series = 'dispute:2014'")
        assert set(broken()) == {"I2-letter-series"}

    def test_needs_grounds_an_item_of_the_bill_and_its_own_applicant(self, office: Office, billed: Any) -> None:
        with pytest.raises(Invalid):
            self.raises(office, billed.id, " ")
        with pytest.raises(Invalid):
            self.raises(office, billed.id, item_codes=["XXX"])
        with pytest.raises(NotFound), office.sits() as sitting:
            disputes.raise_dispute(sitting, bill_id=billed.id, account=office.account("applicant2"), grounds="与我无关")

    def test_is_taken_back_before_the_answer_only(self, office: Office, billed: Any) -> None:
        dispute = self.raises(office, billed.id)
        with office.sits() as sitting:
            disputes.withdraw_dispute(sitting, dispute_id=dispute, account=office.account("applicant"))
        with pytest.raises(Conflict):
            self.answers(office, dispute)
        second = self.raises(office, billed.id)
        self.answers(office, second)
        with pytest.raises(Conflict), office.sits() as sitting:
            disputes.withdraw_dispute(sitting, dispute_id=second, account=office.account("applicant"))


class TestReminders:
    def look(self, office: Office) -> int:
        with office.sits() as sitting:
            found = bill_reminders.due(sitting)
        count = 0
        for application_id in found:
            with office.sits() as sitting:
                count += bill_reminders.remind(sitting, application_id)
        return count

    @pytest.mark.usefixtures("billed")
    def test_come_a_working_day_before_on_the_day_after_it_and_a_last_time(self, office: Office) -> None:
        due_on = office.one("select due_on from bill")
        assert due_on == date(2014, 9, 22)
        told = []
        for day in ("2014-09-18", "2014-09-19", "2014-09-22", "2014-09-23", "2014-10-10"):
            office.at(f"{day} 09:00")
            self.look(office)
            assert self.look(office) == 0
            told.append(sorted(row.step for row in office.rows("select step from bill_reminder")))
        assert told == [
            [],
            ["near"],
            ["due", "near"],
            ["due", "near", "overdue"],
            ["due", "final", "near", "overdue"],
        ]
        assert office.one("select count(*) from notice where kind like 'bill_%' and channel = 'app'") == 4
        assert office.one("select kind from case_item") == "bill_unpaid"

    @pytest.mark.usefixtures("billed")
    def test_after_a_pause_are_told_once_and_missed_by_none(self, office: Office) -> None:
        office.at("2014-12-01 09:00")
        assert side_by_side(partial(self.look, office), partial(self.look, office)) in ([4, 0], [0, 4])

        assert office.one("select kind from notice where kind like 'bill_%' and channel = 'app'") == "bill_final"

    @pytest.mark.usefixtures("billed")
    def test_look_at_a_bill_only_when_a_step_is_to_be_told(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Bills that wait for their next step must not keep the others from theirs."""
        monkeypatch.setattr(bill_reminders, "AT_ONCE", 1)
        office.at("2014-09-25 09:00")
        for _ in range(2):
            office.is_billed()
        due = office.one("select max(due_on) from bill")
        assert due == date(2014, 10, 8)
        office.at("2014-10-09 09:00")
        for _ in range(4):
            self.look(office)

        told = office.rows("select count(*) as steps from bill_reminder group by bill_id")
        assert [row.steps for row in told] == [3, 3, 3]
        with office.sits() as sitting:
            assert bill_reminders.due(sitting) == []

    @pytest.mark.usefixtures("billed")
    def test_are_told_at_the_end_of_a_year_whose_successor_nobody_has_loaded(self, office: Office) -> None:
        last = office.one("select max(day) from calendar_day")
        office.at(f"{last} 09:00")
        self.look(office)
        assert office.one("select count(*) from bill_reminder") == 4

    @pytest.mark.usefixtures("paid")
    def test_stop_with_the_payment(self, office: Office) -> None:
        office.at("2014-12-01 09:00")
        assert self.look(office) == 0


class TestALatePayment:
    def test_costs_nothing_more_where_the_city_has_not_switched_it_on(self, office: Office, billed: Any) -> None:
        takes(office, billed.id, E1_TOTAL_FEN, "late-0001", on="2014-10-09 10:00")
        office.works()
        assert office.one("select count(*) from bill") == 1

    def test_is_followed_by_a_bill_for_each_lines_own_days_where_it_is_on(self, office: Office, billed: Any) -> None:
        office.switches("late_payment")
        takes(office, billed.id, 10_000_000, "part-0001", on="2014-09-20 10:00")  # in time
        takes(office, billed.id, E1_TOTAL_FEN - 10_000_000, "late-0001", on="2014-10-02 10:00")  # ten days late
        office.works()

        late = office.rows("select * from bill where kind = 'late'")[0]
        expected = office.one(
            "select sum(round(s.amount_fen * 0.005)) from payment_share s join payment p on p.id = s.payment_id "
            "where p.provider_txn_id = 'late-0001'"
        )
        assert (late.total_fen, late.occasion) == (int(expected), 1)
        assert broken() == {}
        office.hears_from_bank(office.callback(late, paid_at="2014-12-01T10:00:00+08:00"))
        office.works()
        assert office.one("select count(*) from bill") == 2  # a surcharge is never surcharged
        assert broken() == {}
