"""Yidan as the bank sees it: one question (what is owed on this code?) and one report (it was paid)."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from time import time
from typing import Any, Self
from urllib.parse import urlsplit

from sandbank import signing
from sandbank.refusals import MerchantUnreachable, UnknownCode

_ANSWER_BYTES_MAX = 65_536
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,12})\.[0-9]{2}")


class BillStatus(StrEnum):
    """Where a bill stands, in Yidan's words."""

    ISSUED = "issued"
    PAID = "paid"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What Yidan says is owed. `business_time` is Yidan's clock, kept as it was written: it dates the payment."""

    payment_code: str
    bill_number: str
    payer_name: str
    project_name: str
    amount_fen: int
    status: BillStatus
    due_on: date
    business_time: str

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> Self:
        """Raises `ValueError`, `KeyError` or `TypeError` if it is not the answer of the contract."""
        if not _AMOUNT.fullmatch(answer["amount"]) or answer["currency"] != "CNY":
            raise ValueError("amount")
        if datetime.fromisoformat(answer["business_time"]).tzinfo is None:
            raise ValueError("business_time")
        texts = {key: answer[key] for key in ("payment_code", "bill_number", "payer_name", "project_name")}
        # Half a character ("\ud800") passes JSON, but neither a book nor a page can hold it.
        if not all(isinstance(text, str) and text and text.encode() for text in texts.values()):
            raise ValueError("text")
        return cls(
            **texts,
            amount_fen=int(answer["amount"].replace(".", "")),
            status=BillStatus(answer["status"]),
            due_on=date.fromisoformat(answer["due_on"]),
            business_time=answer["business_time"],
        )

    @property
    def is_overdue(self) -> bool:
        """By Yidan's own clock; an overdue bill can still be paid."""
        return datetime.fromisoformat(self.business_time).date() > self.due_on


class Merchant:
    """Yidan's two addresses; every request is signed with the newest key and the real time."""

    def __init__(self, url: str, keys: tuple[signing.Key, ...], *, timeout_s: float) -> None:
        parts = urlsplit(url)
        self._is_tls = parts.scheme == "https"
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port
        self._prefix = parts.path.rstrip("/")
        self._key = keys[0]
        self._timeout_s = timeout_s

    def bill(self, payment_code: str) -> Bill:
        """Ask what is owed. Raises `UnknownCode`, or `MerchantUnreachable` for anything but a clear answer."""
        try:
            status, body = self._send("GET", f"/channel/bills/{payment_code}", b"")
            if status == http.HTTPStatus.NOT_FOUND:
                raise UnknownCode
            if status != http.HTTPStatus.OK:
                raise MerchantUnreachable
            bill = Bill.from_answer(json.loads(body))
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            raise MerchantUnreachable from error
        if bill.payment_code != payment_code:
            raise MerchantUnreachable
        return bill

    def tell(self, body: bytes, *, with_wrong_signature: bool = False, seconds_ago: int = 0) -> int:
        """Deliver one callback and return the HTTP status; raises `OSError` or `HTTPException` if there was none.

        The two switches spoil the signature or date it back, for the fault modes.
        """
        status, _ = self._send(
            "POST",
            "/channel/callbacks/sandbank",
            body,
            with_wrong_signature=with_wrong_signature,
            seconds_ago=seconds_ago,
        )
        return status

    def _send(
        self, method: str, path: str, body: bytes, *, with_wrong_signature: bool = False, seconds_ago: int = 0
    ) -> tuple[int, bytes]:
        path = self._prefix + path
        headers = signing.headers(self._key, method=method, path=path, body=body, timestamp=int(time()) - seconds_ago)
        if with_wrong_signature:
            right = headers["X-Bank-Signature"]
            headers["X-Bank-Signature"] = ("1" if right[0] == "0" else "0") + right[1:]
        if body:
            headers["Content-Type"] = "application/json"
        # http.client, because it knows no proxies of the environment and follows no redirects.
        connection: http.client.HTTPConnection
        if self._is_tls:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout_s, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        try:
            connection.request(method, path, body or None, {"Connection": "close", **headers})
            with connection.getresponse() as response:
                return response.status, response.read(_ANSWER_BYTES_MAX)
        finally:
            connection.close()
