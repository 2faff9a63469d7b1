"""The bank's counter: signature first, over the bytes as they came; nothing else is believed."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from office import E1_TOTAL_FEN, Office

from shared.domain.channel import parse_keys, signed_headers

KEYS = f"k2:{'22' * 32},k1:{'11' * 32}"
CALLBACKS = "/channel/callbacks/sandbank"


@pytest.fixture
def bank(office: Office, configured, monkeypatch, web):
    """A bank that signs: `bank("POST", path, body)`."""
    monkeypatch.setenv("CALLBACK_KEYS", KEYS)
    from shared.settings import settings

    settings.cache_clear()
    client = web.test_client()

    def ask(
        method: str, path: str, body: bytes = b"", *, keys: str = KEYS, age_s: int = 0, sent: bytes | None = None
    ) -> Any:
        headers = signed_headers(
            keys=parse_keys(keys), method=method, path=path, body=body, timestamp=int(time.time()) - age_s
        )
        return client.open(
            path, method=method, data=sent if sent is not None else body, headers=headers,
            content_type="application/json",
        )  # fmt: skip

    return ask


class TestAskingWhatIsOwed:
    def test_tells_amount_and_bill(self, office: Office, bank) -> None:
        (bill,) = office.bills(office.is_billed().application_id)
        told = bank("GET", f"/channel/bills/{bill.payment_code}").json

        assert told.pop("business_time").startswith("2014-09-15T")
        assert told == {
            "payment_code": bill.payment_code,
            "bill_number": bill.number,
            "payer_name": "瀚海市碧海置业有限公司",
            "project_name": "碧海湾花园一期",
            "amount": f"{E1_TOTAL_FEN // 100}.{E1_TOTAL_FEN % 100:02d}",
            "currency": "CNY",
            "status": "issued",
            "due_on": "2014-09-22",
        }

    def test_says_404_for_a_code_that_nobody_has(self, bank) -> None:
        answer = bank("GET", "/channel/bills/37100214000000031784")
        assert (answer.status_code, answer.is_json) == (404, True)

    def test_tells_strangers_nothing(self, office: Office, bank) -> None:
        (bill,) = office.bills(office.is_billed().application_id)
        path = f"/channel/bills/{bill.payment_code}"

        assert bank("GET", path, keys=f"k1:{'33' * 32}").status_code == 401
        assert bank("GET", path, keys=f"k9:{'11' * 32}").status_code == 401
        assert bank("GET", path, age_s=400).status_code == 403


class TestReportingAPayment:
    def test_is_kept_and_posted_once_however_often_it_comes(self, office: Office, bank) -> None:
        (bill,) = office.bills(office.is_billed().application_id)
        body = office.callback(bill)
        answers = [bank("POST", CALLBACKS, body) for _ in range(3)]
        office.works()

        assert [(each.status_code, each.json) for each in answers] == [(200, {"outcome": "kept"})] * 3
        assert office.rows("select outcome, deliveries from callback_inbox") == [("posted", 3)]
        assert office.one("select count(*) from payment") == 1

    def test_with_an_older_key_counts_while_that_key_is_active(self, office: Office, bank) -> None:
        (bill,) = office.bills(office.is_billed().application_id)
        assert bank("POST", CALLBACKS, office.callback(bill), keys=f"k1:{'11' * 32}").status_code == 200

    def test_wrongly_signed_is_kept_for_a_person_and_posts_nothing(self, office: Office, bank) -> None:
        (bill,) = office.bills(office.is_billed().application_id)
        body = office.callback(bill)
        refused = bank("POST", CALLBACKS, body, keys=f"k1:{'33' * 32}")
        office.works()

        assert refused.status_code == 401
        assert office.rows("select outcome from callback_inbox") == [("refused",)]
        assert office.rows("select kind from case_item") == [("callback_refused",)]
        assert office.one("select count(*) from payment") == 0

    def test_written_anew_after_signing_is_refused(self, office: Office, bank) -> None:
        (bill,) = office.bills(office.is_billed().application_id)
        body = office.callback(bill)
        assert bank("POST", CALLBACKS, body, sent=json.dumps(json.loads(body)).encode()).status_code == 401

    def test_signed_long_ago_is_refused(self, office: Office, bank) -> None:
        (bill,) = office.bills(office.is_billed().application_id)
        assert bank("POST", CALLBACKS, office.callback(bill), age_s=400).status_code == 403
        assert office.one("select count(*) from payment") == 0

    def test_of_more_than_64_kb_is_refused_unread(self, office: Office, bank) -> None:
        assert bank("POST", CALLBACKS, b"x" * 65_537).status_code == 413
        assert office.one("select count(*) from callback_inbox") == 0

    def test_that_nobody_understands_is_kept_for_a_person(self, office: Office, bank) -> None:
        assert bank("POST", CALLBACKS, b'{"type": "no idea"}').status_code == 200
        assert office.rows("select outcome from callback_inbox") == [("refused",)]

    def test_by_a_flood_of_strangers_is_slowed_down(self, office: Office, bank) -> None:
        answers = {bank("POST", CALLBACKS, f"{n}".encode(), keys=f"k1:{'33' * 32}").status_code for n in range(125)}
        assert answers == {401, 429}
        assert office.one("select count(*) from callback_inbox") == 120
