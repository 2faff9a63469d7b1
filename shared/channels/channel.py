"""What a channel can do, whoever runs it: make an order that a telephone scans, tell of it, close it, give money back.

A channel speaks its provider's own words on the wire and these few on our side. What it cannot be sure of is
`Unavailable`: the caller asks again later and never takes silence for an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.domain.errors import Refused


class State(StrEnum):
    """How an order stands at its provider."""

    PAID = "paid"
    PENDING = "pending"
    CLOSED = "closed"
    REFUNDED = "refunded"
    MISSING = "missing"  # nobody there knows it (yet): Alipay makes a trade only when somebody scans


class ChannelRefused(Refused):
    """The provider has read the request and says no; `code` is its word for why, `raw` all that it said."""

    def __init__(self, code: str, words: str, *, raw: str = "") -> None:
        super().__init__(f"{code} {words}".strip())
        self.code = code
        self.raw = raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer over HTTP; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Carries one request to a provider."""

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        """Any answer with a status is an answer. Raises `Unavailable` where there is none, also half-way through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An order to be made. `number` is ours for ever (商户订单号); the same wish twice is one order."""

    number: str
    amount_fen: int
    title: str
    expires_at: datetime
    notify_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An order that can be paid: `qr` is what the payer's telephone reads."""

    qr: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a provider says of an order; `words` is its own name of the state, `raw` all that it said.

    `is_ours` says whether the merchant and the application that it names are this city's.
    """

    number: str
    state: State
    words: str
    raw: str
    is_ours: bool = True
    transaction: str = ""
    amount_fen: int = 0
    currency: str = "CNY"
    paid_at: datetime | None = None
    payer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A callback: `event_id` names the report, `told` is what it reports."""

    event_id: str
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """Money of an order to go back to who paid it. `number` is ours for ever; the same twice is one."""

    number: str
    order_number: str
    refund_fen: int
    total_fen: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """What became of it: `is_done` once the money has left, else it is under way."""

    is_done: bool
    words: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a provider is answered on its callback."""

    status: int
    content_type: str
    body: str


class Channel(Protocol):
    """One provider as this city is known there.

    `order`, `tell`, `close` and `give_back` raise `Unavailable` where the outcome is unknown and `ChannelRefused`
    where the provider says no.
    """

    code: str
    name: str
    thanks: Answer
    no: Answer

    def order(self, wish: Wish) -> Made:
        """Make an order and give its QR code."""

    def tell(self, number: str) -> Told:
        """How an order stands."""

    def close(self, number: str) -> None:
        """Let nobody pay an order any more."""

    def give_back(self, wish: GiveBack) -> GivenBack:
        """Give money back, or learn what became of it."""

    def check(self, headers: Mapping[str, str], body: bytes, *, now_epoch: float) -> None:
        """Return only if the provider signed these bytes; raises `BadSignature` or `StaleTimestamp`."""

    def hear(self, body: bytes) -> Heard:
        """Read a callback whose signature was checked; raises `CallbackMalformed`."""
