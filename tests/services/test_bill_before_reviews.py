"""A city may let the bill out as soon as every line is final, while reviews are still running."""

import pytest
from office import E1_TOTAL_FEN, Office


@pytest.fixture
def hasty(office: Office) -> Office:
    """The office of a city whose bills wait for the fee lines only."""
    office.rows(
        "update tenant set revision = 'hasty', "
        "data = jsonb_set(data, '{settings,bill_waits_for}', '\"lines\"') returning id"
    )
    return office


def billed(office: Office) -> object:
    received = office.receives()
    office.works()
    office.confirms(received.application_id)
    office.works()
    return received.application_id


class TestBillBeforeReviews:
    def test_is_out_while_every_review_is_open(self, hasty: Office) -> None:
        billed(hasty)

        assert hasty.rows("select total_fen, status from bill") == [(E1_TOTAL_FEN, "issued")]
        assert hasty.one("select count(*) from review_task where status <> 'open'") == 0

    def test_leaves_the_case_open_until_the_last_verdict_even_when_paid(self, hasty: Office) -> None:
        application_id = billed(hasty)
        (bill,) = hasty.bills(application_id)
        hasty.hears_from_bank(hasty.callback(bill))
        hasty.works()
        assert hasty.one("select status from application") == "billed"

        hasty.approves_everything(application_id)

        assert hasty.one("select status from application") == "completed"
        assert hasty.one("select count(*) from receipt") == 1

    def test_puts_a_later_objection_before_finance_and_keeps_the_money_as_it_is(self, hasty: Office) -> None:
        application_id = billed(hasty)
        task, *_ = hasty.tasks(application_id)

        hasty.decides(task, approve=False, opinion="图纸与规划不符，请修改后重新申报")

        assert hasty.one("select kind from case_item where closed_at is null") == "objected_after_bill"
        assert hasty.rows("select status from bill") == [("issued",)]
        assert hasty.one("select status from application") == "billed"
