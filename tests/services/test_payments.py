"""Money: posted once and only where it fits; whatever else the bank says is kept and put before a person."""

from __future__ import annotations

import json
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from office import E1_TOTAL_FEN, Message, Office
from watching import Sums, assert_settled, broken, counts, kinds, side_by_side, sums

from services import payments
from services.payments import post_payments
from services.receipts import issue_receipts
from shared.domain.errors import NotFound
from shared.tasks import Task

PAID = ("payment", "ledger_entry", "ledger_posting", "receipt")


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


@pytest.fixture
def billed(office: Office) -> Any:
    """An application with its bill out."""
    received = office.is_billed()
    (bill,) = office.bills(received.application_id)
    return bill


def post(office: Office, *inbox_ids: UUID) -> None:
    with office.sits() as sitting:
        post_payments(sitting, inbox_ids)


class TestOneCallback:
    def test_a_hundred_times_in_parallel_is_one_payment(self, office: Office, billed: Any) -> None:
        body = office.callback(billed)

        results = side_by_side(*[partial(office.hears_from_bank, body)] * 100)
        assert set(kinds(results)) <= {"done", "Unavailable"}  # a bank that heard 503 calls again
        office.hears_from_bank(body)
        (inbox_id,) = (row.id for row in office.rows("select id from callback_inbox"))
        results = side_by_side(*[partial(post, office, inbox_id)] * 10)
        office.works()

        assert set(kinds(results)) == {"done"}
        assert_settled(_application(office), total_fen=E1_TOTAL_FEN)

    def test_replayed_after_everything_is_over_changes_nothing(self, office: Office, billed: Any) -> None:
        body = office.callback(billed)
        office.hears_from_bank(body)
        office.works()
        before = counts(*PAID, "audit_event", "outbox")
        for _ in range(3):
            office.hears_from_bank(body)
            office.works()

        assert counts(*PAID, "audit_event", "outbox") == before
        assert office.one("select deliveries from callback_inbox") == 4
        assert_settled(_application(office), total_fen=E1_TOTAL_FEN)

    def test_under_two_event_ids_is_one_payment(self, office: Office, billed: Any) -> None:
        for event in ("event-0001", "event-0002"):
            office.hears_from_bank(office.callback(billed, bank_txn_id="transaction-1", event_id=event))
        office.works()

        assert [row.outcome for row in office.rows("select outcome from callback_inbox")] == ["posted", "posted"]
        assert_settled(_application(office), total_fen=E1_TOTAL_FEN)

    def test_under_two_event_ids_at_once_is_one_payment(self, office: Office, billed: Any) -> None:
        for event in ("event-0001", "event-0002"):
            office.hears_from_bank(office.callback(billed, bank_txn_id="transaction-1", event_id=event))

        side_by_side(*[partial(office.delivers, [bell]) for bell in office.bells(Task.POST_PAYMENTS)])
        office.works()

        assert_settled(_application(office), total_fen=E1_TOTAL_FEN)

    def test_that_says_something_else_under_the_same_event_id_goes_to_a_person(
        self, office: Office, billed: Any
    ) -> None:
        office.hears_from_bank(office.callback(billed, event_id="event-0001", bank_txn_id="transaction-1"))
        office.hears_from_bank(
            office.callback(billed, event_id="event-0001", bank_txn_id="transaction-1", amount="1.00")
        )
        office.works()

        assert office.one("select count(*) from case_item") == 1
        assert "event-0001" in office.one("select reason from case_item")
        assert_settled(_application(office), total_fen=E1_TOTAL_FEN)


class TestWhatDoesNotFit:
    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"amount": yuan(E1_TOTAL_FEN - 1)}, "应缴"),
            ({"amount": yuan(E1_TOTAL_FEN + 1)}, "应缴"),
            ({"amount": "0.01"}, "应缴"),
            ({"bill_number": "瀚一单缴〔2014〕2号"}, "缴款码属于"),
            ({"payment_code": "00000000000000000000"}, "没有对应"),
        ],
    )
    def test_is_put_aside_with_the_reason_and_pays_no_bill(
        self, office: Office, billed: Any, changes: dict[str, str], word: str
    ) -> None:
        office.hears_from_bank(office.callback(billed, **changes))
        office.works()

        assert counts("payment", "receipt") == {"payment": 0, "receipt": 0}
        assert office.one("select outcome from callback_inbox") == "refused"
        assert word in office.one("select reason from case_item")
        # The money is there all the same: it waits in suspense for somebody who knows whose it is.
        (aside,) = office.rows("select amount_fen, why, state from suspense")
        assert (f"{aside.amount_fen // 100}.{aside.amount_fen % 100:02d}", aside.state) == (
            changes.get("amount", yuan(E1_TOTAL_FEN)),
            "open",
        )
        assert word in aside.why
        assert office.one("select -amount_fen from ledger_posting where account = 'suspense'") == aside.amount_fen
        assert office.one("select status from bill") == "issued"
        assert broken() == {}
        # What fits is still welcome afterwards.
        office.hears_from_bank(office.callback(billed))
        office.works()
        assert sums().receipts == E1_TOTAL_FEN

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"\xff\xfe",
            b'{"amount": 1.5}',
            b"null",
            b'{"event_id":"event-0001","event_id":"event-0002"}',
            b"[" * 60_000,
        ],
    )
    def test_or_cannot_be_understood_is_kept_raw(self, office: Office, body: bytes) -> None:
        office.hears_from_bank(body)
        office.hears_from_bank(body)
        office.works()

        assert [tuple(row) for row in office.rows("select body, outcome, deliveries from callback_inbox")] == [
            (body, "refused", 2)
        ]
        assert office.one("select count(*) from case_item") == 1
        assert broken() == {}

    def test_is_money_as_a_number_in_another_currency_or_with_an_unknown_key(self, office: Office, billed: Any) -> None:
        good = json.loads(office.callback(billed))
        for change in ({"amount": 327.0}, {"currency": "USD"}, {"amount": "1e3"}, {"amount": "-1.00"}, {"extra": "x"}):
            office.hears_from_bank(json.dumps(good | change).encode())
        office.works()

        assert {row.outcome for row in office.rows("select outcome from callback_inbox")} == {"refused"}
        assert counts(*PAID) == dict.fromkeys(PAID, 0)

    def test_is_put_aside_once_however_many_events_tell_of_it_at_once(self, office: Office, billed: Any) -> None:
        for event in ("event-0001", "event-0002", "event-0003"):
            body = office.callback(billed, event_id=event, bank_txn_id="transaction-1", payment_code="0" * 20)
            office.hears_from_bank(body)
        side_by_side(*[partial(office.delivers, [bell]) for bell in office.bells(Task.POST_PAYMENTS)])
        office.works()

        assert office.one("select count(*) from suspense") == 1
        assert office.one("select sum(-amount_fen) from ledger_posting where account = 'suspense'") == E1_TOTAL_FEN
        assert broken() == {}

    def test_is_a_second_transaction_for_a_paid_bill(self, office: Office, billed: Any) -> None:
        office.hears_from_bank(office.callback(billed))
        office.works()
        office.hears_from_bank(office.callback(billed))
        office.works()

        assert sorted(row.outcome for row in office.rows("select outcome from callback_inbox")) == ["posted", "refused"]
        assert "已经缴清" in office.one("select reason from case_item")
        assert_settled(_application(office), total_fen=E1_TOTAL_FEN)

    def test_is_one_of_two_transactions_at_once(self, office: Office, billed: Any) -> None:
        for _ in range(2):
            office.hears_from_bank(office.callback(billed))
        side_by_side(*[partial(office.delivers, [bell]) for bell in office.bells(Task.POST_PAYMENTS)])
        office.works()

        assert sorted(row.outcome for row in office.rows("select outcome from callback_inbox")) == ["posted", "refused"]
        assert_settled(_application(office), total_fen=E1_TOTAL_FEN)

    def test_is_one_transaction_for_two_bills(self, office: Office) -> None:
        bills = [office.bills(office.is_billed().application_id)[0] for _ in range(2)]
        for bill in bills:
            office.hears_from_bank(office.callback(bill, bank_txn_id="transaction-1"))
        office.works()

        assert sorted(row.outcome for row in office.rows("select outcome from callback_inbox")) == ["posted", "refused"]
        assert (sums().payment_count, sums().receipt_count) == (1, 1)
        assert office.one("select count(*) from suspense") == 0
        assert broken() == {}

    def test_does_not_hold_up_its_neighbours_in_the_batch(self, office: Office) -> None:
        bills = [office.bills(office.is_billed().application_id)[0] for _ in range(4)]
        office.hears_from_bank(office.callback(bills[0], amount="1.00"))
        office.hears_from_bank(office.callback(bills[1], bank_txn_id="transaction-1"))
        office.hears_from_bank(office.callback(bills[2], bank_txn_id="transaction-1"))
        office.hears_from_bank(office.callback(bills[3]))
        bells = office.bells(Task.POST_PAYMENTS)
        office.delivers([Message(Task.POST_PAYMENTS, tuple(number for bell in bells for number in bell.ids))])
        office.works()

        assert sums().payment_count == sums().receipt_count == 2
        assert office.one("select count(*) from case_item") == 2
        assert broken() == {}


class TestManyAtOnce:
    def test_batches_that_touch_the_same_applications_in_opposite_order_do_not_block_each_other(
        self, office: Office
    ) -> None:
        office.at("2021-11-01 09:30")  # two payers, so two bells per application
        applications = [office.is_billed().application_id for _ in range(4)]
        for application in applications:
            for bill in office.bills(application):
                office.hears_from_bank(office.callback(bill))
        bells = office.bells(Task.POST_PAYMENTS)
        batches = [
            Message(Task.POST_PAYMENTS, tuple(number for bell in bells[start::2] for number in bell.ids))
            for start in (0, 1)
        ]
        side_by_side(*[partial(office.delivers, [batch]) for batch in batches])

        assert office.rows("select task, problem from outbox where attempts > 1 or problem <> ''") == []
        office.works()
        assert sums() == Sums(*(sums().bills,) * 5, 8, 8, 8)
        assert broken() == {}


class TestReceipts:
    def test_are_numbered_without_gaps_whoever_issues_them(self, office: Office) -> None:
        bills = [office.bills(office.is_billed().application_id)[0] for _ in range(5)]
        for bill in bills:
            office.hears_from_bank(office.callback(bill))
        office.delivers(office.bells(Task.POST_PAYMENTS))

        def issue(*bill_ids: UUID) -> None:
            with office.sits() as sitting:
                issue_receipts(sitting, bill_ids)

        ids = [bill.id for bill in bills]
        results = side_by_side(partial(issue, *ids), partial(issue, *reversed(ids)), *[partial(issue, i) for i in ids])

        assert kinds(results) == {"done": 7}
        numbers = [row.number for row in office.rows("select number from receipt order by number")]
        assert numbers == [f"{running:010d}" for running in range(1, 6)]
        assert len({row.public_token for row in office.rows("select public_token from receipt")}) == 5
        office.works()
        assert broken() == {}

    def test_are_for_paid_bills_only(self, office: Office, billed: Any) -> None:
        with office.sits() as sitting:
            issue_receipts(sitting, [billed.id])

        assert counts("receipt") == {"receipt": 0}


class TestDescribingABill:
    def test_answers_for_known_payment_codes_only(self, office: Office, billed: Any) -> None:
        with office.sits() as sitting:
            assert payments.describe_bill(sitting, billed.payment_code)[0].total_fen == E1_TOTAL_FEN
        for code in ("", "0" * 20, "nul\x00", "half\ud800", "'; --"):
            with pytest.raises(NotFound), office.sits() as sitting:
                payments.describe_bill(sitting, code)


def _application(office: Office) -> UUID:
    application: UUID = office.one("select id from application")
    return application
