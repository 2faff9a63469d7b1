"""An order at a payment channel: its number, how long it lives, and when it is asked after again."""

from __future__ import annotations

import re
from typing import Final

#: States in which money may still come by an order.
LIVE: Final = ("created", "pending", "unknown")
#: How long a QR code can be paid, minutes.
LIFE_MINUTES: Final = 30
#: An order that has been asked after so often and is still live goes to a person; it is asked after all the same.
ASKED_BEFORE_CASE: Final = 20
_FIRST_PAUSE_S: Final = 5
_PAUSE_S_MAX: Final = 600
_PAUSE_S_AFTER_CASE: Final = 3600
#: Digits and an underscore, so that both providers take it and no reader of a bill sees more than one code in it.
_NUMBER: Final = re.compile(r"([0-9]{20})_[1-9][0-9]{0,3}")


def order_number(payment_code: str, count: int) -> str:
    """商户订单号 of a bill's order: its payment code and which of its orders this is, at most 25 characters."""
    return f"{payment_code}_{count}"


def payment_code_in(number: str) -> str:
    """The payment code in an order's number, or "" if it is none of ours."""
    match = _NUMBER.fullmatch(number)
    return match[1] if match else ""


def pause(asked: int) -> int:
    """Seconds until an order is asked after again when it has been asked after so often: 5, 10, 20 … 600, then 3600."""
    if asked >= ASKED_BEFORE_CASE:
        return _PAUSE_S_AFTER_CASE
    return int(min(_FIRST_PAUSE_S * 2 ** min(max(asked - 1, 0), 10), _PAUSE_S_MAX))
