"""How the bank misbehaves on request: what a spoilt report says, and when it is sent.

Faults of content and order are settled when the payment is made and stand in the queue;
faults of transport (signature, timestamp) spoil single attempts, and the retry is right again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

_HOUR_S = 3_600
TIMES_MAX = 100_000


class Mode(StrEnum):
    """One way to misbehave, as /admin/faults knows it."""

    DUPLICATE = "duplicate"
    LATE = "late"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_BILL = "wrong_bill"
    UNKNOWN_CODE = "unknown_code"
    REORDER = "reorder"
    BAD_SIGNATURE = "bad_signature"
    STALE_TIMESTAMP = "stale_timestamp"


OF_TRANSPORT = (Mode.BAD_SIGNATURE, Mode.STALE_TIMESTAMP)
OF_CONTENT = (Mode.WRONG_AMOUNT, Mode.WRONG_BILL, Mode.UNKNOWN_CODE)
STALE_BY_S = _HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One misbehaviour that is due. `seconds` is for late and reorder; the rest is for spoilt content.

    `then_correct`: the right report follows the spoilt one, under an event id of its own;
    else the bank insists on what it said, and only the statement knows better.
    """

    mode: Mode
    seconds: float = 5
    then_correct: bool = False
    amount: str = ""
    bill_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One callback to be queued: what it says, how often, when, and whether a later one must overtake it."""

    event: Mapping[str, str]
    copies: int = 1
    delay_s: float = 0
    waits_for_later: bool = False


def reports_of(event: Mapping[str, str], faults: Iterable[Fault], *, delay_s: float = 0) -> tuple[Report, ...]:
    """The callbacks of one payment under these faults; without any, one report at once."""
    armed = {fault.mode: fault for fault in faults}
    late, reorder = armed.get(Mode.LATE), armed.get(Mode.REORDER)
    delay_s += (late.seconds if late else 0) + (reorder.seconds if reorder else 0)
    spoilt = dict(event)
    then_correct = False
    for mode in OF_CONTENT:
        if fault := armed.get(mode):
            spoilt |= _spoilt_part(event, fault)
            then_correct = then_correct or fault.then_correct
    first = Report(
        event=spoilt,
        copies=2 if Mode.DUPLICATE in armed else 1,
        delay_s=delay_s,
        waits_for_later=reorder is not None,
    )
    if not then_correct:
        return (first,)
    return first, Report(event={**event, "event_id": event["event_id"] + "-c"}, delay_s=delay_s)


def _spoilt_part(event: Mapping[str, str], fault: Fault) -> dict[str, str]:
    match fault.mode:
        case Mode.WRONG_AMOUNT:
            fen = int(event["amount"].replace(".", "")) + 1
            return {"amount": fault.amount or f"{fen // 100}.{fen % 100:02d}"}
        case Mode.WRONG_BILL:
            return {"bill_number": fault.bill_number or event["bill_number"] + "-9"}
        case _:
            # Region 99 is nobody's, so no bill has such a code.
            return {"payment_code": f"99{secrets.randbelow(10**18):018d}"}
