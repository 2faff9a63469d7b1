"""Reports to Yidan: signed, at least once, until it says 2xx, and badly on request."""

from __future__ import annotations

import time

import pytest
from small_yidan import CODE, OTHER_CODE, book_of, misbehave, pay, wait_until

from shared.domain.channel import Callback, parse_keys


def reports_of(bank, payment_code=CODE):
    return book_of(bank).payments_with_reports(payment_code=payment_code)[0]["reports"]


class TestReport:
    def test_says_what_was_paid_when_by_yidans_clock(self, bank, yidan):
        payment = pay(bank)

        heard = yidan.waits_for(1)[0]
        assert {key: value for key, value in heard.items() if key != "event_id"} == {
            "type": "payment.succeeded",
            "payment_code": CODE,
            "bill_number": "HHJ2014031784",
            "bank_txn_id": payment["bank_txn_id"],
            "amount": "32729939.24",
            "currency": "CNY",
            "paid_at": "2014-09-19T14:05:00+08:00",
            "channel": "网上银行",
            "payer_account": "6229080371000010018",
            "payer_name": "瀚海市碧海置业有限公司",
        }
        assert Callback.from_json(heard).amount_fen == 3_272_993_924
        assert yidan.refused == []

    def test_is_signed_with_the_newest_key(self, bank, yidan):
        pay(bank)

        yidan.waits_for(1)
        assert set(yidan.key_ids) == {"k2"}

    def test_is_signed_with_the_new_key_after_a_rotation(self, environment, open_bank, yidan):
        environment["CALLBACK_KEYS"] = f"k3:{'33' * 32},k2:{'22' * 32}"
        yidan.keys = parse_keys(environment["CALLBACK_KEYS"])

        pay(open_bank())

        yidan.waits_for(1)
        assert set(yidan.key_ids) == {"k3"}

    def test_is_sent_once_if_all_is_well(self, bank, yidan):
        pay(bank)
        pay(bank, OTHER_CODE)

        wait_until(lambda: book_of(bank).waiting() == 0)
        assert [heard["payment_code"] for heard in yidan.heard] == [CODE, OTHER_CODE]

    @pytest.mark.parametrize("status", [301, 401, 409, 422, 500, 503])
    def test_is_tried_again_after_anything_but_2xx(self, bank, yidan, status):
        yidan.answers_to_callbacks += [status, status, status]

        pay(bank)

        wait_until(lambda: book_of(bank).waiting() == 0)
        assert len(yidan.heard) == 1
        assert [(report["attempts"], report["last_answer"]) for report in reports_of(bank)] == [(4, "204")]

    def test_waits_while_yidan_is_away(self, bank, yidan):
        misbehave(bank, "late", seconds=0.3)
        pay(bank)

        with yidan.away():
            wait_until(lambda: reports_of(bank)[0]["attempts"] >= 2)
            assert yidan.heard == []

        assert yidan.waits_for(1)


class TestQueue:
    def test_is_taken_up_where_a_stopped_bank_left_it(self, open_bank, yidan):
        yidan.answers_to_callbacks += [500] * 1_000
        first = open_bank()
        payment = pay(first)
        wait_until(lambda: reports_of(first)[0]["attempts"] > 0)
        first.extensions["sandbank"].courier.stop()
        assert yidan.heard == []

        yidan.answers_to_callbacks.clear()
        open_bank()

        assert yidan.waits_for(1)[0]["bank_txn_id"] == payment["bank_txn_id"]

    def test_is_carried_by_one_bank_at_a_time(self, open_bank, yidan):
        first, second = open_bank(), open_bank()

        for number in range(20):
            yidan.issue(f"{number:020d}")
            pay(second, f"{number:020d}")

        wait_until(lambda: book_of(first).waiting() == 0)
        assert len(yidan.heard) == 20

    def test_passes_to_the_next_bank_when_the_first_is_gone(self, open_bank, yidan):
        first, second = open_bank(), open_bank()
        first.extensions["sandbank"].courier.stop()

        pay(second)

        assert yidan.waits_for(1)

    def test_starts_again_in_a_process_whose_courier_has_died(self, bank):
        courier = bank.extensions["sandbank"].courier
        courier.stop()
        courier._stopping.clear()

        assert bank.test_client().get("/healthz").status_code == 200
        assert courier.is_running


class TestFault:
    def test_of_duplicates_sends_the_same_words_twice(self, bank, yidan):
        misbehave(bank, "duplicate")

        pay(bank)
        pay(bank, OTHER_CODE)

        wait_until(lambda: book_of(bank).waiting() == 0)
        copies = [heard for heard in yidan.heard if heard["payment_code"] == CODE]
        assert len(copies) == 2
        assert copies[0] == copies[1]
        assert len(yidan.heard) == 3

    def test_of_duplicates_can_be_set_for_all_by_the_environment(self, environment, open_bank, yidan):
        environment["SANDBANK_DUPLICATE_PERCENT"] = "100"
        bank = open_bank()

        pay(bank)

        wait_until(lambda: book_of(bank).waiting() == 0)
        assert len(yidan.heard) == 2

    def test_of_lateness_holds_the_report_back(self, bank, yidan):
        misbehave(bank, "late", seconds=1)
        started = time.monotonic()

        pay(bank)

        yidan.waits_for(1)
        assert time.monotonic() - started >= 1

    def test_of_lateness_can_be_set_for_all_by_the_environment(self, environment, open_bank, yidan):
        environment["SANDBANK_DELAY_SECONDS"] = "0.7"
        bank = open_bank()
        started = time.monotonic()

        pay(bank)

        yidan.waits_for(1)
        assert time.monotonic() - started >= 0.7

    def test_of_order_lets_the_next_report_overtake(self, bank, yidan):
        misbehave(bank, "reorder", seconds=60)

        pay(bank)
        pay(bank, OTHER_CODE)

        assert [heard["payment_code"] for heard in yidan.waits_for(2)] == [OTHER_CODE, CODE]

    def test_of_amount_reports_one_fen_too_much_and_states_the_truth(self, bank, yidan):
        misbehave(bank, "wrong_amount")

        payment = pay(bank)

        assert yidan.waits_for(1)[0]["amount"] == "32729939.25"
        assert payment["amount"] == "32729939.24"
        assert "32729939.25" not in bank.test_client().get("/statements/2014-09-19.csv").text

    def test_of_amount_can_say_any_amount(self, bank, yidan):
        misbehave(bank, "wrong_amount", amount="0.01")

        pay(bank)

        assert yidan.waits_for(1)[0]["amount"] == "0.01"

    def test_of_bill_names_another_bill(self, bank, yidan):
        misbehave(bank, "wrong_bill", bill_number="HHJ2014999999")

        pay(bank)

        assert yidan.waits_for(1)[0]["bill_number"] == "HHJ2014999999"

    def test_of_code_names_a_code_that_nobody_has(self, bank, yidan):
        misbehave(bank, "unknown_code")

        pay(bank)

        heard = yidan.waits_for(1)[0]
        assert heard["payment_code"].startswith("99")
        assert len(heard["payment_code"]) == 20

    def test_of_content_can_be_followed_by_the_truth(self, bank, yidan):
        misbehave(bank, "wrong_amount", then_correct=True)

        payment = pay(bank)

        spoilt, right = yidan.waits_for(2)
        assert (spoilt["amount"], right["amount"]) == ("32729939.25", payment["amount"])
        assert spoilt["event_id"] != right["event_id"]
        assert spoilt["bank_txn_id"] == right["bank_txn_id"] == payment["bank_txn_id"]

    @pytest.mark.parametrize(
        ("mode", "refusal"), [("bad_signature", "BadSignature"), ("stale_timestamp", "StaleTimestamp")]
    )
    def test_of_transport_is_refused_and_then_made_good(self, bank, yidan, mode, refusal):
        misbehave(bank, mode, times=2)

        pay(bank)

        wait_until(lambda: book_of(bank).waiting() == 0)
        assert yidan.refused == [refusal, refusal]
        assert len(yidan.heard) == 1

    def test_ends_when_it_is_disarmed(self, bank, yidan):
        misbehave(bank, "wrong_amount", times=100)
        assert bank.test_client().get("/admin/faults").get_json()["faults"][0]["times"] == 100

        bank.test_client().delete("/admin/faults")
        pay(bank)

        assert yidan.waits_for(1)[0]["amount"] == "32729939.24"

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"mode": "explode"}, "mode"),
            ({}, "mode"),
            ({"mode": "late", "times": 0}, "times"),
            ({"mode": "late", "times": True}, "times"),
            ({"mode": "late", "times": "3"}, "times"),
            ({"mode": "late", "seconds": -1}, "seconds"),
            ({"mode": "late", "when": "now"}, "when"),
            ({"mode": "wrong_amount", "amount": "\ud800"}, "amount"),
            ({"mode": "wrong_bill", "bill_number": ""}, "bill_number"),
        ],
    )
    def test_is_refused_with_the_name_of_the_field(self, bank, sent, field):
        response = bank.test_client().post("/admin/faults", json=sent)

        assert response.status_code == 422
        assert [problem["field"] for problem in response.get_json()["problems"]] == [field]


class TestReplay:
    def test_sends_an_old_report_again_word_for_word(self, bank, yidan):
        payment = pay(bank)
        yidan.waits_for(1)

        response = bank.test_client().post("/admin/replays", json={"bank_txn_id": payment["bank_txn_id"], "times": 3})

        assert response.status_code == 202
        heard = yidan.waits_for(4)
        assert all(each == heard[0] for each in heard)

    def test_knows_only_its_own_payments(self, bank):
        response = bank.test_client().post("/admin/replays", json={"bank_txn_id": "HHB20140919000000000000"})

        assert response.status_code == 422


class TestAdmin:
    def test_lists_payments_with_what_became_of_their_reports(self, bank, yidan):
        payment = pay(bank)
        wait_until(lambda: book_of(bank).waiting() == 0)

        listed = bank.test_client().get(f"/admin/payments?payment_code={CODE}").get_json()["payments"]

        assert len(listed) == 1
        assert listed[0]["bank_txn_id"] == payment["bank_txn_id"]
        assert listed[0]["reports"] == [
            {
                "event_id": yidan.heard[0]["event_id"],
                "attempts": 1,
                "acknowledged": 1,
                "copies_left": 0,
                "last_answer": "204",
            }
        ]

    @pytest.mark.parametrize("path", ["/admin/payments", "/admin/faults"])
    def test_is_not_there_for_other_machines(self, bank, path):
        response = bank.test_client().get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"})

        assert response.status_code == 404

    def test_reads_only_json_so_that_no_foreign_page_can_post_to_it(self, bank):
        response = bank.test_client().post("/admin/faults", data='{"mode": "late"}', content_type="text/plain")

        assert response.status_code == 415

    def test_is_not_served_under_a_foreign_name(self, bank):
        assert bank.test_client().get("/admin/payments", headers={"Host": "bank.evil.example"}).status_code == 400
