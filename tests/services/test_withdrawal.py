"""撤回: until completion an applicant may take an application back; whatever races with it, one story comes out."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from office import Office
from watching import broken, counts, forge, kinds, side_by_side

from services import assessment, forwarding, review, withdrawal
from services.billing import issue_bills
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from shared.tasks import Task

RACES = 6


def withdraw(office: Office, application_id: UUID, *, login: str = "applicant", reason: str = "方案调整") -> None:
    account = office.account(login)
    with office.sits() as sitting:
        withdrawal.withdraw(sitting, application_id=application_id, account=account, reason=reason)


def status(office: Office, application_id: UUID) -> str:
    return str(office.one("select status from application where id = :id", id=application_id))


def nearly(office: Office) -> tuple[UUID, Any]:
    """An application that lacks one verdict only."""
    application_id = office.receives().application_id
    office.works()
    office.confirms(application_id)
    *tasks, last = office.tasks(application_id)
    for task in tasks:
        office.decides(task)
    return application_id, last


class TestAWithdrawal:
    def test_ends_tasks_clocks_and_everything_that_was_still_ahead(self, office: Office) -> None:
        office.at("2014-09-15 09:00")
        body = office.body(situations=["deep_pit", "river_works", "road_works", "waste_route"])
        application_id = office.receives(body).application_id
        tasks = {row.matter_code: row for row in office.tasks(application_id)}
        office.decides(tasks["site-check"])
        office.decides(tasks["st-environment"], approve=False, opinion="超标")
        with office.sits() as sitting:
            zj = office.actor("zj-officer")
            review.decide(sitting, task_id=tasks["zj-pit"].id, actor=zj, approve=True, opinion="可行")
            forwarding.forward(
                sitting,
                task_id=tasks["sw-river"].id,
                actor=office.actor("sw-chief"),
                opinion="拟同意",
                follow_up_on=sitting.city.calendar.add(sitting.today, 5),
            )

        withdraw(office, application_id)

        assert status(office, application_id) == "withdrawn"
        states = office.rows("select status, count(*) as n from review_task group by status")
        assert {row.status: row.n for row in states} == {"approved": 1, "objected": 1, "cancelled": len(tasks) - 2}
        assert office.one("select count(*) from clock where state <> 'stopped'") == 0
        assert office.one("select count(*) from meeting where state = 'called'") == 0
        (event,) = office.rows("select * from audit_event where verb = 'application_withdrawn'")
        assert (event.data["reason"], bool(event.seal)) == ("方案调整", True)
        office.works()
        assert office.bills(application_id) == []
        assert broken() == {}

    def test_repeated_changes_nothing(self, office: Office) -> None:
        application_id = office.receives().application_id
        withdraw(office, application_id)
        before = counts("audit_event", "outbox", "case_item")

        withdraw(office, application_id, reason="又一次")

        assert counts("audit_event", "outbox", "case_item") == before

    def test_is_the_applicants_own_and_has_a_reason(self, office: Office) -> None:
        application_id = office.receives().application_id
        with pytest.raises(NotFound):
            withdraw(office, application_id, login="applicant2")
        for login in ("zj-chief", "finance", "admin"):
            with pytest.raises(NotAllowed):
                withdraw(office, application_id, login=login)
        for reason in ("", "　\n", "长" * 501, "nul\x00"):
            with pytest.raises(Invalid):
                withdraw(office, application_id, reason=reason)
        assert status(office, application_id) == "in_review"

    def test_leaves_nothing_to_do_for_anybody(self, office: Office) -> None:
        application_id = office.receives().application_id
        task = office.tasks(application_id)[0]
        office.works()
        line = next(each for each in office.lines(application_id) if each.state == "assessed")
        withdraw(office, application_id)

        with pytest.raises(Conflict, match="已撤回"):
            office.decides(task)
        with pytest.raises(Conflict, match="已撤回"), office.sits() as sitting:
            review.take(sitting, task_id=task.id, actor=office.actor("zj-officer"))
        actor = office.actor(f"{line.unit_code}-officer")
        with pytest.raises(Conflict), office.sits() as sitting:
            assessment.confirm_line(sitting, line_id=line.id, actor=actor, version=line.version)
        assert broken() == {}

    def test_of_a_completed_application_comes_too_late(self, office: Office) -> None:
        received = office.is_billed()
        (bill,) = office.bills(received.application_id)
        office.hears_from_bank(office.callback(bill))
        office.works()

        with pytest.raises(Conflict, match="已经办结"):
            withdraw(office, received.application_id)


class TestTheBill:
    def test_that_was_not_paid_is_void_and_money_for_it_is_refused_with_a_case(self, office: Office) -> None:
        received = office.is_billed()
        (bill,) = office.bills(received.application_id)
        withdraw(office, received.application_id)
        assert office.one("select status from bill") == "void"

        office.hears_from_bank(office.callback(bill))
        office.works()

        assert office.one("select count(*) from payment") == 0
        assert office.one("select kind from case_item") == "payment_refused"
        assert broken() == {}

    def test_that_was_paid_stays_paid_with_its_receipt_and_asks_for_its_money_back(self, office: Office) -> None:
        received = office.is_billed()
        (bill,) = office.bills(received.application_id)
        office.hears_from_bank(office.callback(bill))
        office.delivers(office.bells(Task.POST_PAYMENTS))
        assert office.one("select status from bill") == "paid"

        withdraw(office, received.application_id)
        office.works()

        assert status(office, received.application_id) == "withdrawn"
        assert office.one("select count(*) from receipt") == 1
        asked = office.rows("select kind, state, amount_fen, asked_by from refund order by kind")
        assert [(each.kind, each.state) for each in asked] == [
            ("agency", "asked"),
            ("deposit", "asked"),
            ("treasury", "asked"),
        ]
        assert sum(each.amount_fen for each in asked) == bill.total_fen
        assert {each.asked_by for each in asked} == {office.account("applicant").id}
        assert broken() == {}


class TestARace:
    def test_with_the_last_verdict_has_one_outcome(self, office: Office) -> None:
        for _ in range(RACES):
            application_id, last = nearly(office)

            results = side_by_side(partial(withdraw, office, application_id), partial(office.decides, last))

            assert kinds(results) in ({"done": 2}, {"done": 1, "Conflict": 1})
            office.works()
            assert status(office, application_id) == "withdrawn"
            assert office.bills(application_id) == []
        assert broken() == {}

    def test_with_the_drawing_up_of_the_bill_leaves_none_to_pay(self, office: Office) -> None:
        for _ in range(RACES):
            application_id, last = nearly(office)
            office.decides(last)

            def draw(which: UUID = application_id) -> None:
                with office.sits() as sitting:
                    issue_bills(sitting, [which])

            results = side_by_side(partial(withdraw, office, application_id), draw)

            assert kinds(results) == {"done": 2}
            office.works()
            assert {bill.status for bill in office.bills(application_id)} <= {"void"}
        assert broken() == {}

    def test_with_a_payment_is_paid_or_void_never_both(self, office: Office) -> None:
        for _ in range(RACES):
            received = office.is_billed()
            (bill,) = office.bills(received.application_id)
            office.hears_from_bank(office.callback(bill))

            results = side_by_side(
                partial(withdraw, office, received.application_id),
                partial(office.delivers, office.bells(Task.POST_PAYMENTS)),
            )

            assert kinds(results) == {"done": 2}
            office.works()
            state = office.bills(received.application_id)[0].status
            cases = office.rows("select kind from case_item where application_id = :id", id=received.application_id)
            asked = office.one("select count(*) from refund where application_id = :id", id=received.application_id)
            found = (state, [each.kind for each in cases], asked)
            assert found in (("paid", [], 3), ("void", ["payment_refused"], 0))
            assert status(office, received.application_id) == "withdrawn"
        assert broken() == {}

    def test_of_two_clicks_is_one_withdrawal(self, office: Office) -> None:
        application_id = office.receives().application_id
        results = side_by_side(*[partial(withdraw, office, application_id)] * 3)

        assert kinds(results) == {"done": 3}
        assert office.one("select count(*) from audit_event where verb = 'application_withdrawn'") == 1


class TestAForgery:
    @pytest.mark.parametrize(
        ("statement", "found"),
        [
            ("update review_task set status = 'open' where status = 'cancelled'", "I9-ended"),
            ("update clock set state = 'running', stopped_on = null, stopped_at = null", "I9-ended"),
            ("update bill set status = 'issued', void_booked_on = null", "I9-ended"),
            ("update bill set status = 'issued', void_booked_on = null", "I10-void"),
            ("update application set status = 'in_review'", "I9-cancelled"),
            ("delete from audit_event where verb = 'application_withdrawn'", "I9-ended"),
            ("delete from audit_event where verb = 'bill_voided'", "I10-void"),
        ],
    )
    def test_of_a_withdrawn_application_is_found_out(self, office: Office, statement: str, found: str) -> None:
        office.rows(
            "update tenant set revision = 'hasty', "
            "data = jsonb_set(data, '{settings,bill_waits_for}', '\"lines\"') returning id"
        )
        application_id = office.receives().application_id
        office.works()
        office.confirms(application_id)
        office.works()
        withdraw(office, application_id)
        assert broken() == {}

        forge(statement)

        assert found in broken()
