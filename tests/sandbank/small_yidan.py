"""A small Yidan for the bank to talk to, and the words of these tests.

It checks every signature with Yidan's own code, so each test also holds the two hands of the
contract against each other.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, jsonify, request

from sandbank.book import Book
from shared.domain.channel import Callback, StaleTimestamp, check_signature, parse_keys
from shared.domain.errors import NotAllowed, Refused

KEYS_TEXT = f"k2:{'22' * 32},k1:{'11' * 32}"
CODE = "37100214000000031784"
OTHER_CODE = "37100214000000031795"
BUSINESS_TIME = "2014-09-19T14:05:00+08:00"
PATIENCE_S = 15


def bill(payment_code: str = CODE, **changed: str) -> dict[str, str]:
    """What Yidan answers about a bill."""
    return {
        "payment_code": payment_code,
        "bill_number": f"HHJ2014{payment_code[-6:]}",
        "payer_name": "瀚海市碧海置业有限公司",
        "project_name": "碧海湾花园一期",
        "amount": "32729939.24",
        "currency": "CNY",
        "status": "issued",
        "due_on": "2014-09-26",
        "business_time": BUSINESS_TIME,
    } | changed


@dataclass
class SmallYidan:
    """Answers about bills, takes callbacks, and remembers all that it was told."""

    keys: Any = field(default_factory=lambda: parse_keys(KEYS_TEXT))
    bills: dict[str, dict[str, str]] = field(default_factory=dict)
    heard: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    key_ids: list[str] = field(default_factory=list)
    # Statuses to answer with before being well again.
    answers_to_callbacks: list[int] = field(default_factory=list)
    is_away: bool = False
    url: str = ""

    def app(self) -> Flask:
        app = Flask("small_yidan")

        @app.before_request
        def believe() -> Any:
            if self.is_away:
                return "", 502
            try:
                check_signature(
                    method=request.method,
                    path=request.path,
                    headers=request.headers,
                    body=request.get_data(),
                    keys=self.keys,
                    now_epoch=time.time(),
                )
            except NotAllowed as refusal:
                self.refused.append(type(refusal).__name__)
                return jsonify(title=str(refusal)), 403 if isinstance(refusal, StaleTimestamp) else 401
            self.key_ids.append(request.headers["X-Bank-Key-Id"])
            return None

        @app.get("/channel/bills/<code>")
        def answer(code: str) -> Any:
            return jsonify(self.bills[code]) if code in self.bills else (jsonify(title="unknown"), 404)

        @app.post("/channel/callbacks/sandbank")
        def hear() -> Any:
            if self.answers_to_callbacks:
                return "", self.answers_to_callbacks.pop(0)
            assert request.mimetype == "application/json"
            try:
                Callback.from_body(request.get_data())
            except Refused as refusal:
                self.refused.append(str(refusal))
            self.heard.append(json.loads(request.get_data()))
            return "", 204

        return app

    def issue(self, payment_code: str, **changed: str) -> None:
        """Put out one more bill."""
        self.bills[payment_code] = bill(payment_code, **changed)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Answer nobody for a while."""
        self.is_away = True
        yield
        self.is_away = False

    def waits_for(self, count: int) -> list[dict[str, Any]]:
        """Everything heard, once it is `count` callbacks."""
        wait_until(lambda: len(self.heard) >= count)
        return self.heard


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def book_of(bank: Flask) -> Book:
    """The bank's book, for what no page shows."""
    book: Book = bank.extensions["sandbank"].book
    return book


def pay(bank: Flask, payment_code: str = CODE, *, key: str = "") -> dict[str, str]:
    """Pay by script and expect it to work."""
    response = bank.test_client().post("/api/pay", json=order(payment_code, key=key))
    assert response.status_code == 200, response.text
    answer: dict[str, str] = response.get_json()
    return answer


def order(payment_code: str = CODE, *, key: str = "") -> dict[str, str]:
    """The body of /api/pay."""
    return {
        "payment_code": payment_code,
        "account": "6229080371000010018",
        "channel": "网上银行",
        "idempotency_key": key or f"test-{payment_code}",
    }


def misbehave(bank: Flask, mode: str, **options: object) -> None:
    """Arm one fault."""
    assert bank.test_client().post("/admin/faults", json={"mode": mode, **options}).status_code == 201
