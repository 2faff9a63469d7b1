"""One bill per payer, whatever is delivered how often and in which order."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st
from office import E1_TOTAL_FEN, WORK, Message, Office
from watching import assert_settled, broken, sums

from shared.tasks import Task


def pays_everything(office: Office, application_id: Any) -> None:
    for bill in office.bills(application_id):
        if bill.status == "issued":
            office.hears_from_bank(office.callback(bill))
    office.works()


class TestDeliveries:
    @seed(20140915)
    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(data=st.data())
    def test_in_any_order_and_number_lead_to_one_bill_one_payment_one_receipt(
        self, office: Office, data: st.DataObject
    ) -> None:
        shuffle = random.Random(data.draw(st.integers(0, 2**32), label="order"))
        received = office.receives()
        tasks = office.tasks(received.application_id)
        steps: list[tuple[str, Any]] = [("decide", task) for task in tasks]
        steps += [("deliver", None)] * 14 + [("confirm", None)] * 3
        shuffle.shuffle(steps)
        seen: list[Any] = []
        deliveries: Counter[str] = Counter()

        def deliver_some() -> None:
            seen.extend(each for each in office.bells() if each not in seen and each.task in WORK)
            if seen:
                chosen = [shuffle.choice(seen) for _ in range(shuffle.randint(1, 4))]
                deliveries.update(each.task for each in chosen)
                office.delivers(chosen)

        for step, what in steps:
            if step == "decide":
                office.decides(what)
            elif step == "confirm":
                office.confirms(received.application_id)
            else:
                deliver_some()
        office.works()
        office.confirms(received.application_id)
        office.works()
        (bill,) = office.bills(received.application_id)
        callback = office.callback(bill)
        for _ in range(shuffle.randint(1, 3)):
            office.hears_from_bank(callback)
            deliver_some()
        office.works()
        office.delivers(seen)  # everything once more, long after
        note(f"deliveries: {dict(deliveries)}")

        assert_settled(received.application_id, total_fen=E1_TOTAL_FEN)

    def test_of_many_applications_in_one_message_bill_each_once(self, office: Office) -> None:
        received = [office.receives() for _ in range(6)]
        lines = office.bells(Task.ASSESS_LINES)
        everything = tuple(number for message in lines for number in message.ids)
        office.delivers([Message(Task.ASSESS_LINES, everything)] * 2)
        for each in received:
            office.confirms(each.application_id)
            office.approves_everything(each.application_id)
        bells = office.bells(Task.ISSUE_BILLS)
        assert len(bells) == 6
        office.delivers([Message(Task.ISSUE_BILLS, tuple(n for bell in bells for n in bell.ids))] * 2)

        assert [len(office.bills(each.application_id)) for each in received] == [1] * 6
        assert office.one("select last from number_series where series like 'bill:%'") == 6
        assert broken() == {}


class TestBills:
    def test_of_nothing_complete_the_application_at_once(self, office: Office) -> None:
        office.at("2020-06-01 09:30")
        received = office.receives(
            office.body(
                use="industrial_workshop", wage_credit_grade="A", wage_clean_years=3, shelter_built_m2="86432.18"
            )
        )
        office.works()
        office.confirms(received.application_id)
        office.approves_everything(received.application_id)
        office.works()

        (bill,) = office.bills(received.application_id)
        assert (bill.total_fen, bill.status) == (0, "nothing_due")
        assert office.one("select count(*) from bill_line") == 7
        assert office.one("select status from application") == "completed"
        assert office.one("select count(*) from receipt") == 0
        assert broken() == {}

    def test_of_nothing_take_no_money(self, office: Office) -> None:
        office.at("2020-06-01 09:30")
        received = office.receives(
            office.body(
                use="industrial_workshop", wage_credit_grade="A", wage_clean_years=3, shelter_built_m2="86432.18"
            )
        )
        office.works()
        office.confirms(received.application_id)
        office.approves_everything(received.application_id)
        office.works()
        (bill,) = office.bills(received.application_id)
        office.hears_from_bank(office.callback(bill, amount="0.01"))
        office.works()

        assert office.one("select outcome from callback_inbox") == "refused"
        assert (sums().payment_count, sums().receipt_count) == (0, 0)
        assert broken() == {}

    def test_go_to_the_contractor_for_his_deposit_since_november_2021(self, office: Office) -> None:
        found: dict[str, list[Any]] = {}
        for day in ("2021-10-29", "2021-11-01"):
            office.at(f"{day} 09:30")
            received = office.receives()
            office.works()
            office.confirms(received.application_id)
            office.approves_everything(received.application_id)
            office.works()
            found[day] = office.bills(received.application_id)
            pays_everything(office, received.application_id)
            assert office.one("select status from application where id = :id", id=received.application_id) == (
                "completed"
            )
            assert len({sums(received.application_id).bills, sums(received.application_id).postings}) == 1

        assert [bill.payer for bill in found["2021-10-29"]] == ["developer"]
        assert [bill.payer for bill in found["2021-11-01"]] == ["contractor", "developer"]
        names = dict(office.rows("select payer, payer_name from bill where payer = 'contractor'"))
        assert names == {"contractor": "瀚海建工集团有限公司"}
        assert broken() == {}

    def test_complete_the_application_only_when_every_payer_has_paid(self, office: Office) -> None:
        office.at("2021-11-01 09:30")
        received = office.is_billed()
        first, second = office.bills(received.application_id)
        office.hears_from_bank(office.callback(first))
        office.works()
        assert office.one("select status from application") == "billed"
        assert broken() == {}
        office.hears_from_bank(office.callback(second))
        office.works()
        assert office.one("select status from application") == "completed"
        assert sums().receipt_count == 2
        assert broken() == {}

    def test_carry_what_others_collect_without_counting_it(self, office: Office) -> None:
        office.at("2026-11-20 09:30")
        received = office.is_billed()
        elsewhere = [line for line in office.lines(received.application_id) if line.status == "collected_elsewhere"]
        if not elsewhere:
            pytest.fail("the sample city hands one item to the tax authority by 2026")
        stated = sum(line.payable_fen for line in elsewhere)
        pays_everything(office, received.application_id)

        every = sum(line.payable_fen for line in office.lines(received.application_id))
        assert sums(received.application_id).bills == every - stated == sums(received.application_id).receipts
        assert office.one("select count(*) from bill_line") == 7
        assert broken() == {}


class TestTheJointClock:
    def test_stops_when_the_bill_is_out_because_what_follows_is_the_payers_time(self, office: Office) -> None:
        received = office.is_billed()

        (clock,) = office.rows(
            "select state, stopped_for, stopped_on from clock where application_id = :id and mechanism = 'joint'",
            id=received.application_id,
        )
        assert (clock.state, clock.stopped_for, str(clock.stopped_on)) == ("stopped", "done", "2014-09-15")

    def test_goes_on_while_a_review_is_open(self, office: Office) -> None:
        received = office.receives()
        office.works()
        office.confirms(received.application_id)
        for task in office.tasks(received.application_id)[1:]:
            office.decides(task)
        office.works()

        assert office.one("select state from clock where mechanism = 'joint'") == "running"
